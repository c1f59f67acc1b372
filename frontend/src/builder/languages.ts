// The table of translations: every text of the form beside what it is in another language; what is missing stands out.
import { button, choices } from "./controls";
import { dialog } from "./dialog";
import { h, type Child, type Node_ } from "./dom";
import { get, put, type Path } from "./edit";
import type { Actions } from "./actions";
import type { Definition, Translation } from "./types";

interface Text {
  path: Path;
  /** What it is: "Label", "Help". */
  what: string;
  original: string;
  long: boolean;
}

const PARTS = [["label", "Label"], ["help", "Help"], ["placeholder", "Placeholder"], ["pattern_help", "When the pattern does not fit"], ["text", "Text"]] as const;

/** Every text that visitors read, by the thing that it belongs to. */
export function texts(form: Definition): [string, Text[]][] {
  const some = (list: [Path, string, string | undefined, boolean?][]): Text[] =>
    list.filter(([, , original]) => original?.trim()).map(([path, what, original, long = false]) => ({ path, what, original: original as string, long }));
  const found: [string, Text[]][] = [["The form", some([[["title"], "Title", form.title], [["intro"], "Introduction", form.intro, true], [["button"], "Button", form.button]])]];
  for (const step of form.steps) {
    if (step.title) found.push([`Step “${step.title}”`, some([[["steps", step.id], "Title", step.title]])]);
    for (const field of step.fields) {
      if (field.type === "hidden") continue;
      const own = PARTS.map(([part, what]): [Path, string, string | undefined, boolean] => [["fields", field.key, part], what, field[part], part === "text"]);
      const options = (field.options ?? []).map((option): [Path, string, string] => [["fields", field.key, "options", option.value], "Option", option.label]);
      found.push([field.label || field.text?.slice(0, 40) || field.key, some([...own, ...options])]);
    }
  }
  for (const ending of form.endings ?? []) {
    found.push([`Ending “${ending.title || ending.id}”`, some([[["endings", ending.id, "title"], "Title", ending.title], [["endings", ending.id, "text"], "Text", ending.text, true]])]);
  }
  return found.filter(([, list]) => list.length > 0);
}

const empty = (texts: Translation, path: Path): boolean => !String(get(texts, path) ?? "").trim();

/** How many texts a translation leaves out. */
export const missing = (form: Definition, own: Translation): number =>
  texts(form).reduce((count, [, list]) => count + list.filter((each) => empty(own, each.path)).length, 0);

export class Languages {
  private onlyMissing = false;

  constructor(private readonly actions: Actions) {}

  view(): Child {
    const { store } = this.actions;
    const [what, tag] = store.state.open.split(":");
    if (what !== "languages") return null;
    const own = tag ? store.state.draft.languages?.[tag] : undefined;
    return dialog("languages", own ? `Translate into ${this.english(tag as string)}` : "Add a language", () => this.actions.close(), own ? this.table(tag as string, own) : this.choose(), own ? "wide" : "");
  }

  private name(tag: string, part: "name" | "english" = "name"): string {
    return this.actions.store.given.languages.find((each) => each.tag === tag)?.[part] ?? tag;
  }

  private english(tag: string): string {
    return this.name(tag, "english");
  }

  private choose(): Child {
    const { store } = this.actions;
    const { draft } = store.state;
    const taken = new Set([draft.language ?? "en", ...Object.keys(draft.languages ?? {})]);
    const free = store.given.languages.filter((each) => !taken.has(each.tag));
    const add = (tag: string): void => store.change({ ...draft, languages: { ...draft.languages, [tag]: {} } }, { open: `languages:${tag}` });
    const listed = (words: boolean): Node_ => h("ul.places", { key: String(words), role: "list" }, free.filter((each) => each.words === words).map((each) => h("li", { key: each.tag }, button([h("span", { lang: each.tag }, each.name), each.rtl && h("span.tag", {}, "right to left")], () => add(each.tag), "bare small"))));
    return [
      h("p.muted", { key: "a" }, "Errors and buttons of ours come along in these:"),
      listed(true),
      h("p.muted", { key: "b" }, "In these they are English:"),
      listed(false),
    ];
  }

  private table(tag: string, own: Translation): Child {
    const { store } = this.actions;
    const { draft } = store.state;
    const groups = texts(draft);
    const all = groups.reduce((count, [, list]) => count + list.length, 0);
    const left = missing(draft, own);
    const rtl = store.given.languages.find((each) => each.tag === tag)?.rtl;
    const shown = groups
      .map(([title, list]): [string, Text[]] => [title, this.onlyMissing ? list.filter((each) => empty(own, each.path)) : list])
      .filter(([, list]) => list.length);
    const others = Object.keys(draft.languages ?? {});
    return [
      h("div.row-flex", { key: "head" },
        h("p.grow", { role: "status" }, left ? `${all - left} of ${all} texts translated. What is missing is shown in ${this.english(draft.language ?? "en")}.` : `All ${all} texts are translated.`),
        others.length > 1 && h("select", { "aria-label": "Language", value: tag, onchange: (event: Event) => store.show({ open: `languages:${(event.target as HTMLSelectElement).value}` }) }, choices(others.map((each) => [each, this.name(each)]))),
        h("label.tick", {}, h("input", { type: "checkbox", checked: this.onlyMissing, onchange: () => {
          this.onlyMissing = !this.onlyMissing;
          store.redraw();
        } }), h("span", {}, "Missing only"))),
      h("div.translations", { key: `table-${tag}` }, shown.map(([title, list]) => h("section", { key: title, "aria-label": title }, h("h3", {}, title), list.map((each) => this.row(tag, own, each, rtl))))),
      h("div.actions", { key: "foot" }, button(`Remove ${this.english(tag)}`, () => {
        const { [tag]: _, ...rest } = draft.languages ?? {};
        this.actions.undoable(`Removed ${this.english(tag)}.`, put(draft, ["languages"], rest));
      }, "danger small")),
    ];
  }

  private row(tag: string, own: Translation, each: Text, rtl = false): Node_ {
    const { store } = this.actions;
    const id = `t-${each.path.join("-")}`;
    const path: Path = ["languages", tag, ...each.path];
    const typed = (event: Event): void => store.change(put(store.state.draft, path, (event.target as HTMLInputElement).value), {}, path.join("."));
    const props = { id, lang: tag, dir: rtl ? "rtl" : "ltr", value: String(get(own, each.path) ?? ""), maxlength: each.long ? 2000 : 200, oninput: typed, class: empty(own, each.path) ? "missing" : "" };
    return h("div.translation", { key: id }, h("label", { for: id }, h("small.muted", {}, each.what), h("span", {}, each.original)), each.long ? h("textarea", { ...props, rows: 2 }) : h("input", props));
  }
}

