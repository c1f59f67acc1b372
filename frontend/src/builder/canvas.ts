// The document: the form as cards that are written in, moved, added and taken away.
import { button, tool, type Controls } from "./controls";
import { sentence } from "./conditions";
import { drag } from "./drag";
import { h, icon, type Child, type Node_ } from "./dom";
import { addStep, duplicateField, fieldsOf, freeName, moveBy, moveStep, placeOf, removeEnding, removeField, removeStep } from "./edit";
import type { Store } from "./store";
import type { Ending, Field, Step } from "./types";
import type { Actions } from "./actions";

export class Canvas {
  private readonly store: Store;

  constructor(
    private readonly controls: Controls,
    private readonly actions: Actions,
  ) {
    this.store = controls.store;
  }

  view(): Child {
    const { draft } = this.store.state;
    const several = draft.steps.length > 1;
    return h(
      "div.canvas",
      { key: "canvas", onkeydown: (event: KeyboardEvent) => this.keys(event) },
      h(
        "header.doc-head",
        {},
        this.line("title", "Title of the form", "doc-title", "Give the form a title"),
        h("textarea.bare-input", { "aria-label": "Introduction", "data-path": "intro", rows: 1, maxlength: 2000, placeholder: "A few words before the first question (optional)", value: draft.intro ?? "", oninput: (event: Event) => this.store.set("intro", (event.target as HTMLTextAreaElement).value) }),
        this.controls.said("title"),
      ),
      draft.steps.map((step, n) => this.step(step, n, several)),
      this.controls.said("steps"),
      h("p.add-step", { key: "add-step" }, button([icon("plus"), "Add a step"], () => {
        const [next, id] = addStep(this.store.state.draft);
        this.store.change(next, { look: { at: "step", id } });
        this.actions.focus(`[data-step="${id}"] input`);
      }, "bare small"), h("span.muted.small", {}, `${several ? "" : "Long forms are easier in several short steps. "}Visitors see one step at a time; where scripts are off, the form's own page shows all.`)),
      h("div.send-line", { key: "send" }, this.line("button", "Text of the button", "send-button", "Send")),
      this.endings(),
    );
  }

  /** A line of text that looks like what it becomes. */
  private line(path: string, label: string, cls: string, placeholder: string): Node_ {
    const wrong = this.store.errors.some((each) => each.path === path);
    return h(`input.bare-input.${cls}`, {
      key: path, "aria-label": label, "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong ? `said-${path}-found` : null, "data-path": path, maxlength: 200, placeholder, value: String(this.controls.at(path) ?? ""),
      oninput: (event: Event) => this.store.set(path, (event.target as HTMLInputElement).value),
    }); // prettier-ignore
  }

  private step(step: Step, n: number, several: boolean): Node_ {
    const { draft, look, open } = this.store.state;
    const path = `steps[${n}]`;
    const name = step.title || `Step ${n + 1}`;
    const last = n === draft.steps.length - 1;
    return h(
      "section.step-card",
      { key: `step-${step.id}`, "data-step": step.id, "data-number": n, class: several ? "several" : "", "aria-label": several ? `Step ${n + 1}: ${name}` : "Fields" },
      several && h(
        "header",
        { key: "head", class: look.at === "step" && look.id === step.id ? "current" : "", onfocusin: () => this.actions.look({ at: "step", id: step.id }) },
        h("span.tag", {}, `Step ${n + 1}`),
        this.line(`${path}.title`, `Title of step ${n + 1}`, "step-title", "Untitled step"),
        h("span.more-of", {}, tool("more", `More for step ${n + 1}`, () => this.actions.open(`step:${step.id}`), { "aria-expanded": String(open === `step:${step.id}`) }),
          open === `step:${step.id}` && this.menu([
            ["settings", "Settings", () => this.actions.settings({ at: "step", id: step.id })],
            n > 0 && ["up", "Move up", () => this.moveStep(step.id, -1)],
            !last && ["down", "Move down", () => this.moveStep(step.id, 1)],
            ["trash", "Delete the step", () => {
              this.actions.undoable(`Deleted “${name}” with its fields.`, removeStep(draft, step.id));
              this.actions.focus(".doc-title");
            }],
          ])),
      ),
      several && step.show_if && h("p.when", { key: "when" }, `Shown when ${sentence(step.show_if, fieldsOf(draft))}`),
      h("div.field-list", { key: "list", "data-list": n }, step.fields.map((field, at) => this.card(field, n, at))),
      this.controls.said(path),
      h("button.add-field", {
        key: "add", type: "button", "data-add": n, onclick: () => this.actions.insertAt(n, step.fields.length),
        "data-hotkey": last ? "/" : null, "data-hotkey-label": last ? "Add a field" : null,
      }, icon("plus"), "Add a field", last && h("kbd", { "aria-hidden": "true" }, "/")), // prettier-ignore
    );
  }

  private card(field: Field, step: number, at: number): Node_ {
    const { errors } = this.store;
    const { draft, look, open } = this.store.state;
    const { key } = field;
    const path = `steps[${step}].fields[${at}]`;
    const name = this.actions.called(field);
    const current = look.at === "field" && look.key === key;
    const wrong = errors.some((each) => each.path.startsWith(`${path}.`) || each.path === path);
    const hidden = field.type === "hidden" || field.type === "heading";
    const renamed = (event: Event): void => {
      const { value } = event.target as HTMLInputElement;
      if (this.store.fresh.has(key) && value.trim()) {
        this.store.rename(key, freeName(value, fieldsOf(draft).filter((each) => each !== field).map((each) => each.key), "field"), `${path}.label`);
      }
    };
    return h(
      "article.field-card",
      { key: this.store.id(key), "data-card": key, class: [current && "current", wrong && "wrong"].filter(Boolean).join(" "), "aria-label": name, tabindex: -1, onfocusin: () => this.actions.look({ at: "field", key }), onclick: (event: MouseEvent) => {
        if (event.target === event.currentTarget) this.actions.focus(`[data-card="${key}"] .label-input`);
      } },
      h("button.grip", {
        type: "button", "aria-label": `Move ${name}`, title: "Drag, or press Alt with the arrow keys",
        onpointerdown: (event: PointerEvent) => drag(event, key, this.store), onclick: () => this.actions.open(`move:${key}`),
      }, icon(field.type), icon("grip")), // prettier-ignore
      h(
        "div.words",
        {},
        h("textarea.bare-input.label-input", {
          "aria-label": `Label of the field (${this.actions.kind(field.type).name})`, value: field.label, maxlength: 200, rows: 1, onchange: renamed,
          placeholder: field.type === "consent" ? "No label: the text stands alone" : "Label",
          oninput: (event: Event) => this.store.set(`${path}.label`, (event.target as HTMLTextAreaElement).value.replace(/\n/g, " ")),
        }), // prettier-ignore
        h("p.facts-line", {}, this.facts(field)),
        field.show_if && h("p.when", {}, `Shown when ${sentence(field.show_if, fieldsOf(draft))}`),
      ),
      h(
        "div.tools",
        {},
        !hidden && h("button.icon-button.star", { type: "button", "aria-pressed": String(!!field.required), "aria-label": `${name} must be filled in`, title: field.required ? "Must be filled in" : "May be left empty", onclick: () => this.store.set(`${path}.required`, !field.required, false) }, "*"),
        tool("plus", `Add a field below ${name}`, () => this.actions.insertAt(step, at + 1), { class: "icon-button quiet-tool" }),
        h("span.more-of", {}, tool("more", `More for ${name}`, () => this.actions.open(`field:${key}`), { "aria-expanded": String(open === `field:${key}`) }),
          open === `field:${key}` && this.menu([
            ["settings", "Settings", () => this.actions.settings({ at: "field", key })],
            ["copy", "Duplicate", () => this.duplicate(key)],
            moveBy(draft, key, -1) !== draft && ["up", "Move up", () => this.move(key, -1)],
            moveBy(draft, key, 1) !== draft && ["down", "Move down", () => this.move(key, 1)],
            fieldsOf(draft).length > 1 && ["direction", "Move to …", () => this.actions.open(`move:${key}`)],
            ["trash", "Delete", () => this.remove(key)],
          ])),
      ),
    );
  }

  private facts(field: Field): Child {
    const options = field.options?.map((option) => option.label);
    const some = options && (options.length > 4 ? [...options.slice(0, 4), `${options.length - 4} more`] : options).join(" · ");
    return [this.actions.kind(field.type).name, some, field.text && field.text.slice(0, 90)].filter(Boolean).join(": ");
  }

  private menu(items: (false | [string, string, () => void])[]): Node_ {
    const run = (work: () => void): void => {
      this.store.show({ open: "" });
      work();
    };
    const keys = (event: KeyboardEvent): void => {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (!step) return;
      const all = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
      all.at((all.indexOf(document.activeElement as HTMLButtonElement) + step) % all.length)?.focus();
      event.preventDefault();
      event.stopPropagation();
    };
    return h(
      "div.menu.pop",
      { onkeydown: keys, ref: (element: HTMLElement) => {
        element.querySelector("button")?.focus();
        element.scrollIntoView({ block: "nearest" });
      } },
      items.filter((item) => item !== false).map(([name, label, work]) => h("button", { type: "button", key: label, onclick: () => run(work) }, icon(name), label)),
    );
  }

  private endings(): Child {
    const { draft, look } = this.store.state;
    const endings = draft.endings ?? [];
    return h(
      "section.endings",
      { key: "endings", "aria-label": "What visitors see at the end", "data-path": "endings", tabindex: -1 },
      h("h2", {}, "At the end"),
      endings.length === 0 && h("p.muted", {}, "Visitors read a short thank-you in their language."),
      endings.map((ending, n) => h(
        "article.ending-card",
        { key: `ending-${ending.id}`, class: look.at === "ending" && look.id === ending.id ? "current" : "" },
        h("span.kind", {}, icon(ending.kind === "redirect" ? "link" : "check")),
        h("button.words", { type: "button", onclick: () => this.actions.settings({ at: "ending", id: ending.id }) },
          h("strong", {}, ending.title || ending.url || "Thank you"),
          h("span.facts-line", {}, ending.show_if ? `When ${sentence(ending.show_if, fieldsOf(draft))}` : ending.kind === "redirect" ? "Leads to a page of yours" : "Always")),
        h("div.tools", {},
          n > 0 && tool("up", "Earlier", () => this.store.change({ ...draft, endings: swapped(endings, n, n - 1) })),
          tool("trash", `Delete the ending ${ending.title || n + 1}`, () => this.actions.undoable("Deleted the ending.", removeEnding(draft, ending.id)))),
        this.controls.said(`endings[${n}]`),
      )),
      button([icon("plus"), endings.length ? "Another ending" : "Write your own"], () => this.addEnding(), "bare small"),
      this.controls.said("endings"),
    );
  }

  private addEnding(): void {
    const { draft } = this.store.state;
    const endings = draft.endings ?? [];
    const id = freeName(endings.length ? "ending" : "thanks", endings.map((ending) => ending.id), "ending");
    // The new one comes first: a later one would never be reached behind one without conditions.
    const made: Ending = { id, title: "Thank you", text: "We have your message and answer soon." };
    this.store.change({ ...draft, endings: endings.every((each) => each.show_if) ? [...endings, made] : [made, ...endings] });
    this.actions.settings({ at: "ending", id });
  }

  private keys(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const key = target.closest<HTMLElement>("[data-card]")?.dataset.card;
    if (!key || event.isComposing) return;
    const place = placeOf(this.store.state.draft, key);
    if (!place) return;
    const [step, at] = place;
    const label = target.matches(".label-input") ? (target as HTMLTextAreaElement) : null;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) this.move(key, event.key === "ArrowUp" ? -1 : 1);
    else if (event.altKey || event.ctrlKey || event.metaKey) return;
    else if (label && event.key === "Escape") label.closest<HTMLElement>(".field-card")?.focus();
    else if (label && event.key === "Enter") this.actions.insertAt(step, at + 1);
    else if (event.key === "/" && (!label || label.value === "")) this.actions.insertAt(step, at + 1);
    else if (label && (event.key === "ArrowUp" || event.key === "ArrowDown")) this.actions.step(label, event.key === "ArrowUp" ? -1 : 1);
    else if (event.key === "Delete" && !label && target.matches(".grip, .field-card")) this.remove(key);
    else return;
    event.preventDefault();
  }

  private move(key: string, by: -1 | 1): void {
    const draft = moveBy(this.store.state.draft, key, by);
    if (draft === this.store.state.draft) return;
    const { activeElement: focused } = document;
    const part = focused?.closest(`[data-card="${key}"]`) && focused.matches(".grip") ? ".grip" : ".label-input";
    this.store.change(draft);
    this.actions.sayPlace(key);
    // In another step the card is another element.
    this.actions.focus(`[data-card="${key}"] ${part}`);
  }

  private moveStep(id: string, by: -1 | 1): void {
    this.store.change(moveStep(this.store.state.draft, id, by));
    this.actions.focus(`[data-step="${id}"] .step-title`);
  }

  private duplicate(key: string): void {
    const [draft, copy] = duplicateField(this.store.state.draft, key);
    this.store.fresh.add(copy);
    this.store.change(draft, { look: { at: "field", key: copy } });
    this.actions.focus(`[data-card="${copy}"] .label-input`);
  }

  private remove(key: string): void {
    const field = this.store.field(key);
    if (!field) return;
    const all = fieldsOf(this.store.state.draft);
    const next = all[all.indexOf(field) + 1] ?? all[all.indexOf(field) - 1];
    this.actions.undoable(`Deleted “${this.actions.called(field)}”.`, removeField(this.store.state.draft, key));
    if (next) this.actions.focus(`[data-card="${next.key}"] .label-input`);
  }
}

function swapped<T>(list: T[], one: number, other: number): T[] {
  return list.map((each, n) => (n === one ? list[other] : n === other ? list[one] : each) as T);
}

