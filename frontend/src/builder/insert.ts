// The two lists that open above the page: what can be inserted, and where a field can go to.
import { dialog } from "./dialog";
import { button } from "./controls";
import { h, icon, type Child, type Node_ } from "./dom";
import { moveTo, placeOf } from "./edit";
import type { Actions } from "./actions";
import type { Kind } from "./types";

export class Inserter {
  private wanted = "";
  private at = 0;
  private place = "";

  constructor(private readonly actions: Actions) {}

  view(): Child {
    const { open } = this.actions.store.state;
    const [what, first, second] = open.split(":");
    if (what === "insert") return this.types(open, Number(first), Number(second));
    return what === "move" && first && this.places(first);
  }

  private types(place: string, step: number, at: number): Node_ {
    if (place !== this.place) Object.assign(this, { place, wanted: "", at: 0 });
    const words = this.wanted.toLowerCase();
    const rank = (kind: Kind): number =>
      kind.name.toLowerCase().startsWith(words) ? 0 : `${kind.name} ${kind.type}`.toLowerCase().includes(words) ? 1 : `${kind.hint} ${kind.also}`.toLowerCase().includes(words) ? 2 : 3;
    const found = this.actions.store.given.kinds.filter((kind) => rank(kind) < 3).sort((a, b) => (words ? rank(a) - rank(b) : 0));
    this.at = Math.max(0, Math.min(this.at, found.length - 1));
    const here = found[this.at];
    const move = (by: number): void => {
      this.at = (this.at + by + found.length) % (found.length || 1);
      this.actions.store.redraw();
      requestAnimationFrame(() => document.querySelector(".kinds [aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
    };
    const keys = (event: KeyboardEvent): void => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by) move(by);
      else if (event.key === "Enter" && here) this.actions.add(here, step, at);
      else return;
      event.preventDefault();
    };
    return dialog("insert", "Add a field", () => this.actions.close(), [
      h("input", {
        type: "search", role: "combobox", "aria-label": "What kind of field", "aria-expanded": "true", "aria-controls": "kinds", "aria-autocomplete": "list",
        "aria-activedescendant": here ? `kind-${here.type}` : null, placeholder: "Search: mail, price, upload …", autocomplete: "off", autofocus: true, value: this.wanted, onkeydown: keys,
        oninput: (event: Event) => {
          this.wanted = (event.target as HTMLInputElement).value.trim();
          this.at = 0;
          this.actions.store.redraw();
        },
      }), // prettier-ignore
      h("ul.kinds", { id: "kinds", role: "listbox", "aria-label": "Kinds of fields" }, found.map((kind, n) =>
        h("li", { key: kind.type, id: `kind-${kind.type}`, role: "option", "aria-selected": String(n === this.at), onclick: () => this.actions.add(kind, step, at) }, h("span.kind", {}, icon(kind.type)), h("span", {}, h("strong", {}, kind.name), h("small.muted", {}, kind.hint))))),
      !found.length && h("p.muted", { role: "status" }, "No kind of field is called so."),
    ], "kinds-dialog");
  }

  private places(key: string): Child {
    const { store } = this.actions;
    const { draft } = store.state;
    const from = placeOf(draft, key);
    const field = store.field(key);
    if (!from || !field) return null;
    const go = (step: number, at: number): void => {
      store.change(moveTo(draft, key, step, at), { open: "" });
      this.actions.sayPlace(key);
      this.actions.focus(`[data-card="${key}"] .grip`);
    };
    return dialog("move", `Move “${this.actions.called(field)}”`, () => this.actions.close(), [
      h("ul.places", { role: "list" }, draft.steps.map((step, s) => {
        const others = step.fields.filter((each) => each !== field);
        return [
          draft.steps.length > 1 && h("li.tag", { key: `${step.id}.name` }, step.title || `Step ${s + 1}`),
          h("li", { key: `${step.id}.first` }, button("At the beginning", () => go(s, 0), "bare small")),
          others.map((other, n) => h("li", { key: other.key }, button(`After “${this.actions.called(other)}”`, () => go(s, n + 1), "bare small"))),
        ];
      })),
    ]);
  }
}
