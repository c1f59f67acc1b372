// Inputs that are bound to a place of the form: what is typed there is in the draft at once, what the checks say of
// that place stands below.
import { amount } from "../hosted/answers";
import { get, parts } from "./edit";
import { h, icon, type Child, type Node_, type Props } from "./dom";
import type { Store } from "./store";
import type { Field } from "./types";

export class Controls {
  constructor(readonly store: Store) {}

  at(path: string): unknown {
    return get(this.store.state.draft, parts(path));
  }

  /** What the checks say of a place, and how its box says that it is described and wrong. */
  private found(path: string, id: string, help: Child): [Child, Props] {
    const { errors, state } = this.store;
    const wrong = errors.some((each) => each.path === path);
    const found = [...errors, ...state.hints].filter((each) => each.path === path);
    const described = [help && `${id}-help`, found.length && `${id}-found`].filter(Boolean).join(" ");
    return [
      [help && h("p.help", { id: `${id}-help` }, help), found.length > 0 && h("div", { id: `${id}-found`, class: wrong ? "error" : "hint" }, found.map((each) => h("p", {}, each.message)))],
      { id, "data-path": path, "aria-describedby": described || null, "aria-invalid": wrong ? "true" : null },
    ];
  }

  /** A label, what is filled in, and below it help and what is wrong. */
  field(path: string, label: string, input: (props: Props) => Child, help: Child = null): Node_ {
    const id = `c-${path}`;
    const [below, props] = this.found(path, id, help);
    return h("div.field", { key: path }, h("label", { for: id }, label), input(props), below);
  }

  text(path: string, label: string, help: Child = null, more: Props = {}): Node_ {
    const typed = (event: Event): void => this.store.set(path, (event.target as HTMLInputElement).value);
    return this.field(path, label, (props) => h("input", { maxlength: 200, ...props, value: String(this.at(path) ?? ""), oninput: typed, ...more }), help);
  }

  area(path: string, label: string, help: Child = null, more: Props = {}): Node_ {
    const typed = (event: Event): void => this.store.set(path, (event.target as HTMLTextAreaElement).value);
    return this.field(path, label, (props) => h("textarea", { rows: 3, maxlength: 2000, ...props, value: String(this.at(path) ?? ""), oninput: typed, ...more }), help);
  }

  /** A box whose text is read (null: it cannot be). What was understood stands there once the box is left; what cannot
      be read stays, with an error, and the draft keeps what it had. */
  read(path: string, from: (text: string) => unknown, to: (held?: number) => string, wanted: string): Props {
    const { store } = this;
    const place = store.anchor(path);
    const held = this.at(path);
    // Taken back, or changed by somebody else.
    if (store.typed.get(place)?.at !== held) store.typed.delete(place);
    const typed = (event: Event): void => {
      const text = (event.target as HTMLInputElement).value;
      const last = store.typed.get(place);
      const before = last ? last.before : held;
      const found = from(text.trim());
      const at = found === null ? before : found;
      store.typed.set(place, { text, at, before, fault: found === null && last ? last.fault : "" });
      if (at === this.at(path)) store.show({});
      else store.set(path, at);
    };
    const left = (): void => {
      const last = store.typed.get(place);
      const kept = last && to(last.before as number | undefined);
      if (last && from(last.text.trim()) === null) last.fault = `${wanted} “${last.text}” is not kept${kept && `; ${kept} is`}.`;
      else store.typed.delete(place);
      store.show({});
    };
    return { value: store.typed.get(place)?.text ?? to(held as number | undefined), inputmode: "decimal", oninput: typed, onchange: left };
  }

  /** A box for an amount, read by the very rules that visitors' answers are read by. Without a type it is a count. */
  amount(path: string, part?: Pick<Field, "type" | "currency">, must = false): Props {
    const from = (text: string): unknown => {
      if (!text) return must ? null : undefined;
      const number = amount(text, part ?? { type: "money" }) ?? null;
      return part || /^\d+$/.test(`${number}`) ? number : null;
    };
    // Three decimals would be read as thousands.
    return this.read(path, from, (held) => String(held ?? "").replace(/\.\d{3}$/, "$&0"), part ? "Write a number, like 1250.50." : "Write a whole number.");
  }

  number(path: string, label: string, help: Child = null, more: Props = {}, part?: Pick<Field, "type" | "currency">): Node_ {
    return this.text(path, label, help, { ...this.amount(path, part), ...more });
  }

  select(path: string, label: string, options: [string, string][], help: Child = null, fallback = ""): Node_ {
    const chosen = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.store.set(path, value === fallback ? "" : value, false);
    };
    return this.field(path, label, (props) => h("select", { ...props, value: String(this.at(path) ?? fallback), onchange: chosen }, choices(options)), help);
  }

  check(path: string, label: string, help: Child = null): Node_ {
    const ticked = (event: Event): void => this.store.set(path, (event.target as HTMLInputElement).checked, false);
    const [below, props] = this.found(path, `c-${path}`, help);
    return h("div.field", { key: path }, h("label.tick", {}, h("input", { type: "checkbox", ...props, checked: !!this.at(path), onchange: ticked }), h("span", {}, label)), below);
  }

  /** What the checks say of a place that has no input of its own. */
  said(path: string): Child {
    const [below] = this.found(path, `said-${path}`, null);
    return (below as Child[])[1] && h("div", { "data-path": path, tabindex: -1 }, below);
  }
}

export const choices = (options: [string, string][]): Node_[] => options.map(([value, label]) => h("option", { key: value, value }, label));

/** A button with a drawing; its words are for screen readers and for whoever waits over it. */
export const tool = (name: string, label: string, onclick: (event: MouseEvent) => void, more: Props = {}): Node_ =>
  h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...more }, icon(name));

export const button = (label: Child, onclick: (event: MouseEvent) => void, kind = "quiet small", more: Props = {}): Node_ =>
  h("button.button", { type: "button", onclick, ...more, class: kind }, label);
