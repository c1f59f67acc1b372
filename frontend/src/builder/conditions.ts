// Conditions as sentences: "Show when [Budget] [is at least] [1000]", and, or.
import { button, choices, tool, type Controls } from "./controls";
import { h, type Child, type Node_ } from "./dom";
import { fieldsOf, get, parts, spliced } from "./edit";
import type { Comparison, Conditions, Field, FieldType, Kind, Op } from "./types";

let kinds: Kind[] = [];
/** What each type can be asked, in whose words. */
export const speak = (known: Kind[]): unknown => (kinds = known);
const words = (type: FieldType | undefined, op: Op): string => kinds.flatMap((kind) => (!type || kind.type === type ? kind.ops : [])).find(([each]) => each === op)?.[1] ?? op;
const TICKS = /checkbox|consent/;
const NUMBERS = /number|money|rating/;

const called = (field: Field | undefined, key: string): string => field?.label || field?.text?.slice(0, 40) || key;

/** The questions that can be asked of a type, in the order that people think of them. */
function questions(kind: Kind): [string, string][] {
  if (TICKS.test(kind.type)) return [["true", "is ticked"], ["false", "is not ticked"]];
  return kind.ops;
}

/** One comparison in words. */
export function said(each: Comparison, field: Field | undefined): string {
  const name = `“${called(field, each.field)}”`;
  if (field && TICKS.test(field.type)) return `${name} is ${(each.op === "is") === each.value ? "" : "not "}ticked`;
  const op = words(field?.type, each.op);
  if (each.op === "filled" || each.op === "empty") return `${name} ${op}`;
  const label = field?.options?.find((option) => option.value === each.value)?.label ?? each.value;
  return `${name} ${op} ${typeof each.value === "number" ? label : `“${label ?? "…"}”`}`;
}

export const sentence = (conditions: Conditions, fields: Field[]): string =>
  conditions
    .map((group) => group.map((each) => said(each, fields.find((field) => field.key === each.field))).join(" and "))
    .join(", or ");

function fitting(field: Field): Comparison {
  if (TICKS.test(field.type)) return { field: field.key, op: "is", value: true };
  const option = field.options?.[0];
  return option ? { field: field.key, op: field.type === "multiselect" ? "contains" : "is", value: option.value } : { field: field.key, op: "filled" };
}

/** The editor of the conditions at a place. `earlier` are the fields that can be asked for there. */
export function conditionEditor(controls: Controls, path: string, earlier: Field[], what: string): Node_ {
  const { store } = controls;
  const held = (get(store.state.draft, parts(path)) ?? []) as Conditions;
  const write = (groups: Conditions, typing = false): void => store.set(path, groups.filter((group) => group.length), typing);
  const known = earlier.filter((field) => kinds.find((kind) => kind.type === field.type)?.ops.length);
  // To begin with: whatever was asked last.
  const last = known.at(-1);
  const start = last && fitting(last);

  const row = (each: Comparison, g: number, n: number): Node_ => {
    const here = `${path}[${g}][${n}]`;
    const field = earlier.find((one) => one.key === each.field);
    const kind = kinds.find((one) => one.type === field?.type);
    const group = held[g] ?? [];
    const change = (next: Comparison | null, typing = false): void =>
      write(held.map((other, i) => (i === g ? spliced(group, n, 1, ...(next ? [next] : [])) : other)), typing);
    const fields: [string, string][] = known.map((one) => [one.key, called(one, one.key)]);
    if (!known.some((one) => one.key === each.field)) {
      const later = fieldsOf(store.state.draft).find((one) => one.key === each.field);
      fields.unshift([each.field, later ? `${called(later, each.field)} (comes later)` : `${each.field} (gone)`]);
    }
    const lead = n > 0 ? "and" : g > 0 ? "or when" : `${what} when`;
    return h(
      "div.condition",
      { "data-path": here, tabindex: -1, role: "group", "aria-label": `${lead}: ${said(each, field)}` },
      h("span.lead-in", { "aria-hidden": "true" }, lead),
      h("select", { "aria-label": "Field", value: each.field, onchange: (event: Event) => {
        const chosen = known.find((one) => one.key === (event.target as HTMLSelectElement).value);
        if (chosen) change(fitting(chosen));
      } }, choices(fields)),
      kind && h("select", { "aria-label": "Question", value: TICKS.test(kind.type) ? String((each.op === "is") === each.value) : each.op, onchange: (event: Event) => change(asked(each, (event.target as HTMLSelectElement).value, field as Field)) }, choices(questions(kind))),
      field && kind && answer(controls, here, each, field, change),
      tool("close", "Remove this condition", () => change(null)),
      controls.said(here),
      controls.said(`${here}.value`),
    );
  };

  return h(
    "div.conditions",
    { key: path, "data-path": path, tabindex: -1 },
    held.length > 0 && h("ul", { role: "list" }, held.map((group, g) => [
      group.map((each, n) => h("li", { key: `${g}.${n}` }, row(each, g, n))),
      h("li.more", { key: `${g}.more` }, start && group.length < 10 && button("and …", () => write(held.map((other, i) => (i === g ? [...other, start] : other))), "bare small")),
    ])),
    controls.said(path),
    !start
      ? h("p.help", {}, "Conditions ask for answers that were given before. There is no field before this one.")
      : held.length === 0
        ? button(`${what} only when …`, () => write([[start]]))
        : held.length < 10 && button("or when …", () => write([...held, [start]]), "bare small"),
    start && what === "Show" && h("p.help", {}, "Where scripts are off, the form's own page shows everything."),
  );
}

/** The comparison with another question. */
function asked(each: Comparison, question: string, field: Field): Comparison {
  if (TICKS.test(field.type)) return { field: each.field, op: "is", value: question === "true" };
  const op = question as Op;
  if (op === "filled" || op === "empty") return { field: each.field, op };
  const usual = NUMBERS.test(field.type) ? 0 : field.type === "date" ? new Date().toISOString().slice(0, 10) : (field.options?.[0]?.value ?? "");
  return { field: each.field, op, value: each.value ?? usual };
}

function answer(controls: Controls, path: string, each: Comparison, field: Field, change: (next: Comparison, typing?: boolean) => void): Child {
  if (TICKS.test(field.type) || each.op === "filled" || each.op === "empty") return null;
  if (field.options) {
    const options: [string, string][] = field.options.map((option) => [option.value, option.label]);
    if (!field.options.some((option) => option.value === each.value)) options.unshift([String(each.value), `${each.value} (gone)`]);
    return h("select", { "aria-label": "Answer", value: String(each.value), onchange: (event: Event) => change({ ...each, value: (event.target as HTMLSelectElement).value }) }, choices(options));
  }
  const at = `${path}.value`;
  return h("input", {
    "aria-label": "Answer", "data-path": at, value: String(each.value ?? ""), type: field.type === "date" ? "date" : "text", maxlength: 200,
    oninput: (event: Event) => change({ ...each, value: (event.target as HTMLInputElement).value }, true),
    ...(NUMBERS.test(field.type) && controls.amount(at, field, true)),
  }); // prettier-ignore
}
