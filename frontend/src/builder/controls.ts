// Inputs that are bound to a place of the form: what is typed there is in the draft at once, what the checks say of
// that place stands below.
import { get, parts } from "./edit";
import { h, icon, type Child, type Node_, type Props } from "./dom";
import type { Store } from "./store";
import type { Finding } from "./types";

export class Controls {
  constructor(readonly store: Store) {}

  at(path: string): unknown {
    return get(this.store.state.draft, parts(path));
  }

  private findings(path: string): Finding[] {
    const { errors, hints } = this.store.state;
    return [...errors, ...hints].filter((found) => found.path === path);
  }

  /** A label, what is filled in, and below it help and what is wrong. */
  field(path: string, label: string, input: (props: Props) => Child, help: Child = null): Node_ {
    const id = `c-${path}`;
    const found = this.findings(path);
    const wrong = this.store.state.errors.some((each) => each.path === path);
    const described = [help && `${id}-help`, found.length && `${id}-found`].filter(Boolean).join(" ");
    return h(
      "div.field",
      { key: path },
      h("label", { for: id }, label),
      input({ id, "data-path": path, "aria-describedby": described || null, "aria-invalid": wrong ? "true" : null }),
      help && h("p.help", { id: `${id}-help` }, help),
      found.length > 0 && h("div", { id: `${id}-found`, class: wrong ? "error" : "hint" }, found.map((each) => h("p", {}, each.message))),
    );
  }

  text(path: string, label: string, help: Child = null, more: Props = {}): Node_ {
    const typed = (event: Event): void => this.store.set(path, (event.target as HTMLInputElement).value);
    return this.field(path, label, (props) => h("input", { maxlength: 200, ...props, value: String(this.at(path) ?? ""), oninput: typed, ...more }), help);
  }

  area(path: string, label: string, help: Child = null, more: Props = {}): Node_ {
    const typed = (event: Event): void => this.store.set(path, (event.target as HTMLTextAreaElement).value);
    return this.field(path, label, (props) => h("textarea", { rows: 3, maxlength: 2000, ...props, value: String(this.at(path) ?? ""), oninput: typed, ...more }), help);
  }

  number(path: string, label: string, help: Child = null, more: Props = {}): Node_ {
    const typed = (event: Event): void => {
      const { value } = event.target as HTMLInputElement;
      const number = Number(value.replace(",", "."));
      if (value.trim() === "") this.store.set(path, undefined);
      else if (Number.isFinite(number)) this.store.set(path, number);
    };
    return this.text(path, label, help, { inputmode: "decimal", maxlength: 20, oninput: typed, ...more });
  }

  select(path: string, label: string, options: [string, string][], help: Child = null, fallback = ""): Node_ {
    const chosen = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.store.set(path, value === fallback ? "" : value, false);
    };
    return this.field(path, label, (props) => h("select", { ...props, value: String(this.at(path) ?? fallback), onchange: chosen }, choices(options)), help);
  }

  check(path: string, label: string, help: Child = null): Node_ {
    const id = `c-${path}`;
    const ticked = (event: Event): void => this.store.set(path, (event.target as HTMLInputElement).checked, false);
    const found = this.findings(path);
    const wrong = this.store.state.errors.some((each) => each.path === path);
    const described = [help && `${id}-help`, found.length && `${id}-found`].filter(Boolean).join(" ");
    return h(
      "div.field",
      { key: path },
      h("label.tick", {}, h("input", { id, type: "checkbox", "data-path": path, checked: !!this.at(path), onchange: ticked, "aria-describedby": described || null }), h("span", {}, label)),
      help && h("p.help", { id: `${id}-help` }, help),
      found.length > 0 && h("div", { id: `${id}-found`, class: wrong ? "error" : "hint" }, found.map((each) => h("p", {}, each.message))),
    );
  }

  /** What the checks say of a place that has no input of its own. */
  said(path: string): Child {
    const found = this.findings(path);
    const wrong = this.store.state.errors.some((each) => each.path === path);
    return found.length > 0 && h("div", { id: `said-${path}`, class: wrong ? "error" : "hint", "data-path": path, tabindex: -1 }, found.map((each) => h("p", {}, each.message)));
  }
}

export const choices = (options: [string, string][]): Node_[] => options.map(([value, label]) => h("option", { key: value, value }, label));

/** A button with a drawing; its words are for screen readers and for whoever waits over it. */
export const tool = (name: string, label: string, onclick: (event: MouseEvent) => void, more: Props = {}): Node_ =>
  h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...more }, icon(name));

export const button = (label: Child, onclick: (event: MouseEvent) => void, kind = "quiet small", more: Props = {}): Node_ =>
  h("button.button", { type: "button", onclick, ...more, class: kind }, label);
