// The settings of one field: what its type has, and nothing else.
import { conditionEditor } from "./conditions";
import { button, tool, type Controls } from "./controls";
import { h, type Child, type Node_ } from "./dom";
import { asLines, fieldsOf, freeName, optionsFrom, placeOf, renameOption, setOptions, spliced } from "./edit";
import { matches } from "./pattern";
import type { Actions } from "./actions";
import type { Field, FileKind, Option } from "./types";

const MIB = 1_048_576;
const SIZES = [1, 2, 5, 10].map((size): [string, string] => [String(size * MIB), `${size} MB`]);
const currencies = new Intl.DisplayNames(["en"], { type: "currency" });
const COMMON = ["EUR", "USD", "GBP", "CHF"];

function money(): [string, string][] {
  return [...new Set([...COMMON, ...Intl.supportedValuesOf("currency")])].map((each) => [each, `${each}, ${currencies.of(each)}`]);
}

export class FieldSheet {
  /** Whose options are edited as lines, and what stands there. */
  private lines: { key: string; text: string } | null = null;
  private tried = "";
  /** Options whose values are their labels, also while a label is empty or another option's for a moment. */
  private readonly following = new WeakSet<Option>();

  constructor(
    private readonly controls: Controls,
    private readonly actions: Actions,
  ) {}

  view(key: string): Child {
    const { store } = this.controls;
    const place = placeOf(store.state.draft, key);
    const field = store.field(key);
    if (!place || !field) return null;
    const [step, at] = place;
    const path = `steps[${step}].fields[${at}]`;
    const kind = this.actions.kind(field.type);
    const has = (name: keyof Field): boolean => kind.has.includes(name);
    const c = this.controls;
    const shown = field.type !== "hidden";
    return h(
      "div.form",
      { key: `field-${store.id(key)}` },
      h("p.muted.small", {}, kind.hint),
      shown && c.text(`${path}.label`, "Label", field.type === "consent" ? "May stay empty: the text below is what counts." : null),
      has("text") && c.area(`${path}.text`, field.type === "consent" ? "What is agreed to" : "Text", field.type === "consent" ? "Kept word for word with every answer, with its version." : null),
      shown && field.type !== "heading" && c.check(`${path}.required`, "Must be filled in"),
      has("options") && this.options(field, path),
      shown && field.type !== "heading" && c.text(`${path}.help`, "Help", "A sentence below the label."),
      has("placeholder") && c.text(`${path}.placeholder`, "Placeholder", "An example inside the field; it goes when somebody types."),
      this.limits(field, path, has),
      has("country") && c.select(`${path}.country`, "Country of numbers without a prefix", [["", "The workspace's country"], ...store.given.regions]),
      has("currency") && c.select(`${path}.currency`, "Currency", [["", "Choose one"], ...money()]),
      has("scale") && c.select(`${path}.scale`, "Scale", [...Array(9).keys()].map((n) => [String(n + 2), `1 to ${n + 2}`]), null, "5"),
      has("pattern") && this.pattern(field, path),
      h("details.group", { key: "conditions", open: !!field.show_if }, h("summary", {}, "When it is shown"), conditionEditor(c, `${path}.show_if`, this.actions.before(step, at), "Show")),
      h(
        "details.group",
        { key: "more" },
        h("summary", {}, "Filling in, key and width"),
        has("default") && this.start(field, path),
        has("prefill") && c.text(`${path}.prefill`, "Fill in from the page's address", h("span", {}, "The name of a parameter: with ", h("code", {}, "topic"), ", an address that ends in ", h("code", {}, "?topic=roof"), " fills in “roof”.")),
        has("autocomplete") && this.autofill(path),
        shown && field.type !== "heading" && c.check(`${path}.half`, "Half as wide, where there is room"),
        has("text_version") && c.text(`${path}.text_version`, "Version of the text", "Set by itself when you publish a changed text, unless you write your own."),
        this.key(field),
      ),
    );
  }

  private limits(field: Field, path: string, has: (name: keyof Field) => boolean): Child {
    const c = this.controls;
    if (field.type === "file") {
      return [
        h("div.pair", { key: "files" }, c.number(`${path}.max`, "How many at most", null, { placeholder: "1" }), c.field(`${path}.max_bytes`, "Each at most", (props) => h("select", { ...props, value: String(SIZES.find(([size]) => Number(size) >= (field.max_bytes ?? 5 * MIB))?.[0]), onchange: (event: Event) => {
          const size = Number((event.target as HTMLSelectElement).value);
          c.store.set(`${path}.max_bytes`, size === 5 * MIB ? undefined : size, false);
        } }, SIZES.map(([value, label]) => h("option", { value }, label))))),
        this.kinds(field, path),
      ];
    }
    if (!has("min")) return null;
    const part = has("step") ? field : undefined;
    const [low, high] =
      part ? ["At least", "At most"]
      : field.type === "multiselect" ? ["Choices at least", "Choices at most"]
      : ["Letters at least", "Letters at most"]; // prettier-ignore
    const unit = field.currency ? ` (${field.currency})` : "";
    return [
      h("div.pair", { key: "bounds" }, c.number(`${path}.min`, low + unit, null, {}, part), c.number(`${path}.max`, high + unit, null, {}, part)),
      has("step") && c.number(`${path}.step`, "In steps of", null, { placeholder: "any" }, part),
    ];
  }

  /** Kinds of files by what people call them; whatever else stands in the list of media types. */
  private kinds({ accept = [] }: Field, path: string): Node_ {
    const c = this.controls;
    const { files } = c.store.given;
    const ticked = files.filter(({ types, usual }) => (accept[0] ? types.every((each) => accept.includes(each)) : usual));
    const others = accept.filter((each) => !ticked.some(({ types }) => types.includes(each)));
    const last = !others[0] && !ticked[1];
    const write = (types: string[]): void => c.store.set(`${path}.accept`, types, false);
    const tick = (kind: FileKind): void => {
      const wanted = files.filter((each) => ticked.includes(each) !== (each === kind));
      const plain = !others[0] && files.every((each) => each.usual === wanted.includes(each));
      write(plain ? [] : [...new Set([...wanted.flatMap(({ types }) => types), ...others])]);
    };
    return h(
      "fieldset",
      { key: "kinds" },
      h("legend", {}, "Kinds of files"),
      files.map((kind) => {
        const checked = ticked.includes(kind);
        // Without any, the field would take the usual ones again.
        return h("label.tick", { key: kind.name }, h("input", { type: "checkbox", checked, onclick: (event: Event) => checked && last && event.preventDefault(), onchange: () => tick(kind) }), h("span", {}, kind.name));
      }),
      h("details.group", {}, h("summary", {}, "Media types", others.map((each) => `, ${each}`)), c.field(`${path}.accept`, "In this form", (props) => h("input", { ...props, value: accept.join(", "), onchange: (event: Event) => write((event.target as HTMLInputElement).value.toLowerCase().split(/[\s,]+/).filter(Boolean)) }), "Like application/pdf or image/*. Empty: the usual ones.")),
    );
  }

  private start(field: Field, path: string): Node_ {
    const c = this.controls;
    if (field.options && field.type !== "multiselect") return c.select(`${path}.default`, "Chosen at the beginning", [["", "Nothing"], ...field.options.map((option): [string, string] => [option.value, option.label])]);
    if (field.type === "checkbox") return c.select(`${path}.default`, "At the beginning", [["", "Not ticked"], ["yes", "Ticked"]]);
    return c.text(`${path}.default`, "Filled in at the beginning", null, field.type === "date" ? { type: "date" } : {});
  }

  private autofill(path: string): Node_ {
    return h("div", { key: "autofill" }, this.controls.text(`${path}.autocomplete`, "Autofill", "What browsers fill in by themselves. Empty: what fits the field.", { list: "autofill-words", placeholder: "automatic" }),
      h("datalist", { id: "autofill-words" }, this.controls.store.given.autocomplete.map((word) => h("option", { value: word }))));
  }

  /** The pattern, and a line to try it on. */
  private pattern(field: Field, path: string): Node_ {
    const c = this.controls;
    const verdict = field.pattern && this.tried ? matches(field.pattern, this.tried) : null;
    return h(
      "details.group",
      { key: "pattern", open: !!field.pattern },
      h("summary", {}, "Pattern"),
      c.text(`${path}.pattern`, "Pattern", h("span", {}, "For the whole text: ", h("code", {}, "[0-9]{5}"), " are five digits, ", h("code", {}, "[A-Z]{2}-[0-9]+"), " two letters, a hyphen and a number."), { class: "mono", spellcheck: "false", autocapitalize: "off" }),
      field.pattern && c.text(`${path}.pattern_help`, "What to say when it does not fit", null, { placeholder: "Five digits, like 10115" }),
      field.pattern && h("div.field", { key: "try" }, h("label", { for: "try-pattern" }, "Try it"), h("input", { id: "try-pattern", value: this.tried, oninput: (event: Event) => {
        this.tried = (event.target as HTMLInputElement).value;
        c.store.redraw();
      } }), h("p.verdict", { role: "status", class: verdict === null ? "" : verdict ? "good" : "bad" }, verdict === null ? "" : verdict ? "This fits." : "This does not fit.")),
    );
  }

  private options(field: Field, path: string): Node_ {
    const c = this.controls;
    const { store } = c;
    const options = field.options ?? [];
    const many = this.lines?.key === field.key ? this.lines : null;
    const write = (next: Option[], typing = ""): void => store.change(setOptions(store.state.draft, field.key, next), {}, typing);
    const typed = (option: Option, n: number, label: string): void => {
      const lines = label.split("\n");
      if (lines.length > 1) return write([...options.slice(0, n), ...optionsFrom(label, options), ...options.slice(n + 1)]);
      const follows = this.following.has(option) || (option.value === option.label.trim().slice(0, 100) && !store.published(field.key, option.value));
      const value = follows ? label.trim().slice(0, 100) : option.value;
      const taken = options.some((other, m) => m !== n && other.value === value);
      const named = follows && !taken && value ? value : option.value;
      const draft = named === option.value ? store.state.draft : renameOption(store.state.draft, field.key, option.value, named);
      const next = { value: named, label };
      if (follows) this.following.add(next);
      store.change(setOptions(draft, field.key, spliced(options, n, 1, next)), {}, `${path}.options[${n}]`);
    };
    const more = (): void => {
      const value = freeName(`option ${options.length + 1}`, options.map((option) => option.value), "option").replace("option_", "Option ");
      write([...options, { value, label: value }]);
      this.actions.focus(`.options li:last-child input`, true);
    };
    return h(
      "fieldset.options-edit",
      { key: "options", "data-path": `${path}.options`, tabindex: -1 },
      h("legend", {}, "Options"),
      c.said(`${path}.options`),
      many
        ? h("div.field", { key: "lines" }, h("label", { for: "option-lines" }, "One option a line"), h("textarea", { id: "option-lines", rows: 10, value: many.text, oninput: (event: Event) => {
            many.text = (event.target as HTMLTextAreaElement).value;
            write(optionsFrom(many.text, options), `${path}.options`);
          } }), h("p.help", {}, "Paste a whole list. To keep a value of its own, write ", h("code", {}, "value | label"), "."))
        : h("ol.options", { key: "rows", role: "list" }, options.map((option, n) => h(
            "li",
            { key: n },
            h("input", {
              "aria-label": `Option ${n + 1}`, "data-path": `${path}.options[${n}]`, value: option.label, maxlength: 200, "aria-invalid": c.store.errors.some((each) => each.path.startsWith(`${path}.options[${n}].`)) ? "true" : null,
              oninput: (event: Event) => typed(option, n, (event.target as HTMLInputElement).value),
              onpaste: (event: ClipboardEvent) => {
                const pasted = event.clipboardData?.getData("text") ?? "";
                if (!pasted.trim().includes("\n")) return;
                event.preventDefault();
                typed(option, n, `${option.label.startsWith("Option ") ? "" : `${option.label}\n`}${pasted}`);
              },
              onkeydown: (event: KeyboardEvent) => {
                if (event.key === "Enter") more();
                else if (event.altKey && event.key === "ArrowUp" && n > 0) write(spliced(spliced(options, n, 1), n - 1, 0, option));
                else if (event.altKey && event.key === "ArrowDown" && n < options.length - 1) write(spliced(spliced(options, n, 1), n + 1, 0, option));
                else return;
                event.preventDefault();
                if (event.altKey) this.actions.focus(`.options li:nth-child(${n + 1 + (event.key === "ArrowUp" ? -1 : 1)}) input`);
              },
            }), // prettier-ignore
            tool("up", `Option ${option.label} up`, () => write(spliced(spliced(options, n, 1), n - 1, 0, option)), { disabled: n === 0 }),
            tool("close", `Remove option ${option.label}`, () => write(spliced(options, n, 1))),
            ["label", "value"].map((part) => c.said(`${path}.options[${n}].${part}`)),
          ))),
      h("div.actions", {}, !many && button("Add an option", more), button(many ? "Back to the list" : "Paste many", () => {
        this.lines = many ? null : { key: field.key, text: asLines(options) };
        store.redraw();
        if (!many) this.actions.focus("#option-lines");
      }, "bare small")),
    );
  }

  private key(field: Field): Child {
    const { store } = this.controls;
    const fixed = store.published(field.key);
    return h(
      "div.field",
      { key: "key" },
      h("label", { for: "field-key" }, "Key"),
      h("input.mono", {
        id: "field-key", value: field.key, maxlength: 40, readonly: fixed, spellcheck: "false", autocapitalize: "off", "aria-describedby": "field-key-help",
        onchange: (event: Event) => {
          const input = event.target as HTMLInputElement;
          const others = fieldsOf(store.state.draft).filter((each) => each !== field).map((each) => each.key);
          store.fresh.delete(field.key);
          store.rename(field.key, freeName(input.value, others, "field"));
          input.value = store.state.look.at === "field" ? store.state.look.key : field.key;
        },
      }), // prettier-ignore
      h("p.help", { id: "field-key-help" }, fixed ? "The name of the answer in results and webhooks. It stays, for answers are kept under it." : "The name of the answer in results and webhooks."),
    );
  }
}
