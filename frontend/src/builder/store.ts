// What is on the page: the draft with all its earlier states, what is looked at, and what the server last said.
import { get, parts, placeOf, put, renameKey } from "./edit";
import type { Definition, Field, Finding, Form, Given } from "./types";

/** What the settings beside the document are about. */
export type Look =
  | { at: "field"; key: string }
  | { at: "step" | "ending"; id: string }
  | { at: "form" }
  | { at: "checks" };
/** What a narrow page shows: one of the three columns. */
export type View = "edit" | "settings" | "preview";
export type Saving = "saved" | "waiting" | "saving" | "offline" | "refused" | "conflict";

const MOST = 200;
const TYPING_MS = 1500;

interface Kept {
  draft: Definition;
  look: Look;
}

/** What stands in a box whose text is read, while it is typed and as long as it cannot be. */
interface Typed {
  text: string;
  /** What the draft has there meanwhile, and had before. */
  at: unknown;
  before: unknown;
  /** What is wrong with it; nothing while it is typed. */
  fault: string;
}

export interface State {
  draft: Definition;
  revision: number;
  changed: boolean;
  errors: Finding[];
  hints: Finding[];
  look: Look;
  view: View;
  saving: Saving;
  /** Why the server did not take the draft. */
  trouble: string;
  /** What opened above the page: a menu of a card, the list of types, a dialog. */
  open: string;
}

/** `change` makes a state that can be taken back, `show` one that needs no way back. */
export class Store {
  state: State;
  redraw: () => void = () => {};
  /** Told of every change of the draft. */
  changed: () => void = () => {};
  private past: Kept[] = [];
  private future: Kept[] = [];
  private last = "";
  private then = 0;
  private ids = new Map<string, number>();
  private count = 0;
  /** Fields that are new: their keys follow their labels. */
  readonly fresh = new Set<string>();
  /** By what stays when a field moves or gets another key. */
  readonly typed = new Map<string, Typed>();

  constructor(readonly given: Given) {
    const { form } = given;
    this.state = {
      draft: form.draft, revision: form.revision, changed: form.changed, errors: form.errors, hints: form.hints,
      look: { at: "form" }, view: "edit", saving: "saved", trouble: "", open: "",
    }; // prettier-ignore
  }

  /** A place by a name that stays when its field moves or gets another key. */
  anchor(path: string): string {
    return path.replace(/^steps\[\d+\]\.fields\[\d+\]/, (held) => `#${this.id((get(this.state.draft, parts(held)) as Field).key)}`);
  }

  /** What must be mended: what stands in a box and cannot be read, which the server does not know of, and what it says. */
  get errors(): Finding[] {
    const { draft, errors } = this.state;
    const fields = new Map(draft.steps.flatMap((step, s) => step.fields.map((field, n) => [`#${this.id(field.key)}`, `steps[${s}].fields[${n}]`])));
    const unread = [...this.typed].flatMap(([anchor, { fault, at }]) => {
      const path = anchor.replace(/^#\d+/, (id) => fields.get(id) ?? id);
      const { label } = Object(get(draft, parts(path).slice(0, 4))) as Partial<Field>;
      return fault && !path.startsWith("#") && get(draft, parts(path)) === at ? [{ path, code: "unread", message: label ? `“${label}”: ${fault}` : fault }] : [];
    });
    return [...unread, ...errors];
  }

  show(more: Partial<State>): void {
    Object.assign(this.state, more);
    this.redraw();
  }

  /** Another draft. What is typed into one place within a moment (`typing`) is one step of the way back. */
  change(draft: Definition, more: Partial<State> = {}, typing = ""): void {
    const { state } = this;
    if (draft === state.draft) return this.show(more);
    const now = Date.now();
    if (!typing || typing !== this.last || now - this.then > TYPING_MS) {
      this.past.push({ draft: state.draft, look: state.look });
      if (this.past.length > MOST) this.past.shift();
    }
    this.future = [];
    this.last = typing;
    this.then = now;
    this.show({ draft, ...more });
    this.changed();
  }

  /** Another value at a place. */
  set(path: string, value: unknown, typing = true): void {
    this.change(put(this.state.draft, parts(path), value), {}, typing ? path : "");
  }

  get undoable(): boolean {
    return this.past.length > 0;
  }

  get redoable(): boolean {
    return this.future.length > 0;
  }

  undo(): void {
    this.step(this.past, this.future);
  }

  redo(): void {
    this.step(this.future, this.past);
  }

  private step(from: Kept[], to: Kept[]): void {
    const kept = from.pop();
    if (!kept) return;
    const { draft, look } = this.state;
    to.push({ draft, look });
    this.last = "";
    this.show({ draft: kept.draft, look: this.there(kept.draft, kept.look), open: "" });
    this.changed();
  }

  /** What to look at in a draft: the same, if it is there. */
  private there(draft: Definition, look: Look): Look {
    const known =
      look.at === "field" ? placeOf(draft, look.key) !== null
      : look.at === "step" ? draft.steps.some((step) => step.id === look.id)
      : look.at === "ending" ? draft.endings?.some((ending) => ending.id === look.id)
      : true; // prettier-ignore
    return known ? look : { at: "form" };
  }

  /** What the server says of the draft that it has now. */
  told(form: Form): void {
    this.show({ revision: form.revision, changed: form.changed, errors: form.errors, hints: form.hints });
  }

  /** What stands for a field on the page, whatever its key becomes. */
  id(key: string): number {
    const known = this.ids.get(key) ?? ++this.count;
    this.ids.set(key, known);
    return known;
  }

  /** Another key for a field that visitors do not know yet. */
  rename(from: string, to: string, typing = ""): void {
    const draft = renameKey(this.state.draft, from, to);
    if (draft === this.state.draft) return;
    this.ids.set(to, this.id(from));
    this.ids.delete(from);
    if (this.fresh.delete(from)) this.fresh.add(to);
    this.change(draft, { look: { at: "field", key: to } }, typing);
  }

  field(key: string): Field | undefined {
    const place = placeOf(this.state.draft, key);
    return place ? this.state.draft.steps[place[0]]?.fields[place[1]] : undefined;
  }

  /** Whether visitors know a key (or an option's value) already: then it stays, for the answers are kept under it. */
  published(key: string, option?: string): boolean {
    const field = this.given.live?.steps.flatMap((step) => step.fields).find((each) => each.key === key);
    return option === undefined ? field !== undefined : !!field?.options?.some((each) => each.value === option);
  }
}
