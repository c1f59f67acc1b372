// What buttons and keys do that concerns more than one part of the page.
import { announce } from "../toasts";
import { fieldsOf, insert, newField, parts, placeOf } from "./edit";
import type { Look, Store } from "./store";
import type { Definition, Field, FieldType, Kind } from "./types";

const TOAST_MS = 8000;

export class Actions {
  constructor(readonly store: Store) {}

  kind(type: FieldType): Kind {
    return this.store.given.kinds.find((kind) => kind.type === type) as Kind;
  }

  called(field: Field): string {
    return field.label || field.text?.slice(0, 60) || field.key;
  }

  /** Show the settings of something beside the document, without going there. */
  look(look: Look): void {
    const now = this.store.state.look;
    if (JSON.stringify(now) !== JSON.stringify(look)) this.store.show({ look });
  }

  /** Go to the settings of something. */
  settings(look: Look): void {
    this.store.show({ look, view: "settings", open: "" });
    this.focus(".inspector h2");
  }

  open(what: string): void {
    this.store.show({ open: this.store.state.open === what ? "" : what });
  }

  close(): void {
    if (this.store.state.open) this.store.show({ open: "" });
  }

  /** Put the focus somewhere once the page shows it: before the next key is heard, so that quick fingers do not miss. */
  focus(selector: string, select = false): void {
    queueMicrotask(() => {
      const element = document.querySelector<HTMLElement>(selector);
      element?.focus({ preventScroll: true });
      element?.scrollIntoView({ block: "nearest" });
      if (select && (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement)) element.select();
    });
  }

  insertAt(step: number, at: number): void {
    this.store.show({ open: `insert:${step}:${at}` });
  }

  add(kind: Kind, step: number, at: number): void {
    const { draft } = this.store.state;
    const field = newField(draft, kind, this.store.given.currency);
    this.store.fresh.add(field.key);
    this.store.change(insert(draft, field, step, at), { look: { at: "field", key: field.key }, open: "", view: "edit" });
    this.focus(`[data-card="${field.key}"] .label-input`, true);
  }

  /** A change that says what it did and offers to take it back. */
  undoable(what: string, draft: Definition): void {
    this.store.change(draft, { open: "" });
    const made = this.store.state.draft;
    this.say(what, "Undo", () => this.store.state.draft === made && this.store.undo());
  }

  /** Say something for a while, with a button. */
  say(what: string, label: string, work: () => void): void {
    const toast = document.createElement("p");
    toast.className = "toast";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = label;
    button.addEventListener("click", () => {
      toast.remove();
      work();
    });
    toast.append(what, button);
    document.getElementById("toasts")?.replaceChildren(toast);
    const leave = (): unknown => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : toast.remove());
    setTimeout(leave, TOAST_MS);
  }

  sayPlace(key: string): void {
    const { draft } = this.store.state;
    const place = placeOf(draft, key);
    const field = this.store.field(key);
    if (!place || !field) return;
    const step = draft.steps[place[0]];
    const where = draft.steps.length > 1 ? ` in step ${place[0] + 1}` : "";
    announce(`“${this.called(field)}” is number ${place[1] + 1} of ${step?.fields.length}${where} now.`);
  }

  /** From one label to the next. */
  step(from: HTMLElement, by: -1 | 1): void {
    const all = [...document.querySelectorAll<HTMLElement>(".label-input")];
    all[all.indexOf(from) + by]?.focus();
  }

  /** Go to the place that a check is about. */
  goTo(path: string): void {
    const [first, n, second, m] = parts(path);
    const { draft } = this.store.state;
    let look: Look = { at: "form" };
    if (first === "steps" && typeof n === "number") {
      const step = draft.steps[n];
      const field = second === "fields" && typeof m === "number" ? step?.fields[m] : undefined;
      if (field) look = { at: "field", key: field.key };
      else if (step) look = { at: "step", id: step.id };
    } else if (first === "endings" && typeof n === "number") {
      const ending = draft.endings?.[n];
      if (ending) look = { at: "ending", id: ending.id };
    }
    const open = first === "languages" ? `languages:${String(n)}` : "";
    const written = first === "title" || first === "intro" || first === "button" || path === "steps" || path === "endings";
    this.store.show({ look, open, view: written ? "edit" : "settings" });
    requestAnimationFrame(() => {
      for (let left = path; left; left = left.replace(/[.[][^.[]*$|^[^.[]*$/, "")) {
        const all = [...document.querySelectorAll<HTMLElement>(`[data-path="${CSS.escape(left)}"]`)];
        // What is in a closed group is not visible until the group is open.
        for (const each of all) (each.closest("details") ?? { open: true }).open = true;
        const element = all.find((each) => each.checkVisibility());
        if (!element) continue;
        element.focus({ preventScroll: true });
        element.scrollIntoView({ block: "center" });
        return;
      }
      this.focus(".inspector h2");
    });
  }

  /** Fields that stand before a place, which conditions there may ask for. */
  before(step: number, at = 0): Field[] {
    const { draft } = this.store.state;
    return [...draft.steps.slice(0, step).flatMap((each) => each.fields), ...(draft.steps[step]?.fields.slice(0, at) ?? [])];
  }

  all(): Field[] {
    return fieldsOf(this.store.state.draft);
  }
}
