// Changes to a form, each a new form: nothing is changed in place, so that every state can be gone back to.
import type { Comparison, Conditions, Definition, Field, FieldType, Kind, Option, Step } from "./types";

export type Path = (string | number)[];

/** `steps[0].fields[2].label` as its parts, and back. */
export const parts = (path: string): Path =>
  (path.match(/[^.[\]]+/g) ?? []).map((each) => (/^\d+$/.test(each) ? Number(each) : each));
export const text = (path: Path): string =>
  path.map((each, n) => (typeof each === "number" ? `[${each}]` : n ? `.${each}` : each)).join("");

/** A list with some taken out at a place and others put in. */
export const spliced = <T>(list: T[], at: number, out: number, ...more: T[]): T[] => [...list.slice(0, at), ...more, ...list.slice(at + out)];

const blank = (value: unknown): boolean =>
  value === undefined || value === "" || value === false || (Array.isArray(value) && !value.length) ||
  (typeof value === "object" && value !== null && !Array.isArray(value) && !Object.keys(value).length);
/** What must be there even when it is empty. */
const KEPT = new Set(["title", "label", "value", "fields", "steps", "key", "id", "field"]);

/** The same with another value at a place; what is blank there is left out. */
export function put<T>(whole: T, path: Path, value: unknown): T {
  const [name, ...rest] = path;
  if (name === undefined) return value as T;
  const held = (whole ?? (typeof name === "number" ? [] : {})) as Record<string | number, unknown>;
  const inner = rest.length ? put(held[name], rest, value) : value;
  if (Array.isArray(held)) return held.map((each, n) => (n === name ? inner : each)) as T;
  const { [name]: _, ...others } = held;
  const needed = KEPT.has(String(name)) && inner !== undefined;
  return (blank(inner) && !needed ? others : { ...held, [name]: inner }) as T;
}

export const get = (whole: unknown, path: Path): unknown =>
  path.reduce<unknown>((held, name) => (held as Record<string | number, unknown> | undefined)?.[name], whole);

export const fieldsOf = (form: Definition): Field[] => form.steps.flatMap((step) => step.fields);

/** Where a field is: the number of its step and its own. */
export function placeOf(form: Definition, key: string): [number, number] | null {
  for (const [s, step] of form.steps.entries()) {
    const n = step.fields.findIndex((field) => field.key === key);
    if (n >= 0) return [s, n];
  }
  return null;
}

export function freeName(wanted: string, taken: Iterable<string>, fallback: string): string {
  const known = new Set(taken);
  let base = wanted.normalize("NFD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 36);
  base ||= fallback;
  let name = base;
  for (let n = 2; known.has(name); n++) name = `${base}_${n}`;
  return name;
}

const keys = (form: Definition, except = ""): string[] => fieldsOf(form).map((field) => field.key).filter((key) => key !== except);

export function newField(form: Definition, kind: Kind, currency: string): Field {
  const { type, name } = kind;
  const field: Field = { key: freeName(type === "email" ? "email" : name, keys(form), "field"), type, label: name };
  if (kind.has.includes("options")) field.options = [1, 2].map((n) => ({ value: `Option ${n}`, label: `Option ${n}` }));
  if (type === "money") field.currency = currency;
  if (type === "hidden") field.prefill = "utm_campaign";
  if (type === "heading") field.text = "";
  if (type === "consent") {
    Object.assign(field, { label: "", required: true, text: "I agree that you use my answers to reply to me." });
  }
  return field;
}

const withFields = (form: Definition, fields: Field[][]): Definition => ({
  ...form,
  steps: form.steps.map((step, n) => (step.fields === fields[n] ? step : { ...step, fields: fields[n] as Field[] })),
});

export function insert(form: Definition, field: Field, step: number, at: number): Definition {
  return withFields(form, form.steps.map((each, n) => (n === step ? spliced(each.fields, at, 0, field) : each.fields)));
}

/** To another place; `at` counts without the field itself. */
export function moveTo(form: Definition, key: string, step: number, at: number): Definition {
  const from = placeOf(form, key);
  const field = from && form.steps[from[0]]?.fields[from[1]];
  if (!field) return form;
  const without = withFields(form, form.steps.map((each) => (each.fields.includes(field) ? each.fields.filter((one) => one !== field) : each.fields)));
  return insert(without, field, step, at);
}

/** One place up or down, at the border of a step into the next one; the same form where there is none. */
export function moveBy(form: Definition, key: string, by: -1 | 1): Definition {
  const from = placeOf(form, key);
  if (!from) return form;
  const [s, n] = from;
  const there = n + by;
  if (there >= 0 && there < (form.steps[s]?.fields.length ?? 0)) return moveTo(form, key, s, there);
  const next = form.steps[s + by];
  return next ? moveTo(form, key, s + by, by < 0 ? next.fields.length : 0) : form;
}

const without = <T>(all: Record<string, T> | undefined, name: string): Record<string, T> | undefined => {
  if (!all || !(name in all)) return all;
  const { [name]: _, ...rest } = all;
  return rest;
};

/** Every translation, changed in one part. */
function translated(form: Definition, part: "fields" | "steps" | "endings", change: (all: Record<string, unknown>) => unknown): Definition {
  if (!form.languages) return form;
  const languages = Object.fromEntries(
    Object.entries(form.languages).map(([tag, texts]) => [tag, texts[part] ? put(texts, [part], change(texts[part])) : texts]),
  );
  return { ...form, languages };
}

export function removeField(form: Definition, key: string): Definition {
  const gone = withFields(form, form.steps.map((each) => each.fields.filter((field) => field.key !== key)));
  return translated(gone, "fields", (all) => without(all, key));
}

export function duplicateField(form: Definition, key: string): [Definition, string] {
  const from = placeOf(form, key);
  const field = from && form.steps[from[0]]?.fields[from[1]];
  if (!field) return [form, key];
  const copy = { ...field, key: freeName(key.replace(/_\d+$/, ""), keys(form), "field") };
  if (copy.text_version) delete copy.text_version;
  const made = insert(form, copy, from[0], from[1] + 1);
  return [translated(made, "fields", (all) => (key in all ? { ...all, [copy.key]: all[key] } : all)), copy.key];
}

const everywhere = (conditions: Conditions | undefined, change: (each: Comparison) => Comparison): Conditions | undefined =>
  conditions?.map((group) => group.map(change));

function asked<T extends { show_if?: Conditions }>(thing: T, change: (each: Comparison) => Comparison): T {
  return thing.show_if ? { ...thing, show_if: everywhere(thing.show_if, change) } : thing;
}

/** Every condition, changed. */
function conditions(form: Definition, change: (each: Comparison) => Comparison): Definition {
  const steps = form.steps.map((step) => asked({ ...step, fields: step.fields.map((field) => asked(field, change)) }, change));
  return { ...form, steps, ...(form.endings && { endings: form.endings.map((ending) => asked(ending, change)) }) };
}

/** Another key, also where conditions, translations and texts with answers name it. */
export function renameKey(form: Definition, from: string, to: string): Definition {
  const place = placeOf(form, from);
  if (!place || from === to || keys(form).includes(to)) return form;
  let made = put(form, ["steps", place[0], "fields", place[1], "key"], to);
  made = conditions(made, (each) => (each.field === from ? { ...each, field: to } : each));
  made = translated(made, "fields", (all) => (from in all ? { ...without(all, from), [to]: all[from] } : all));
  const said = (held: string): string => held.replaceAll(`{${from}}`, `{${to}}`);
  const filled = <T extends object>(thing: T, names: string[]): T =>
    Object.fromEntries(Object.entries(thing).map(([name, held]) => [name, names.includes(name) && typeof held === "string" ? said(held) : held])) as T;
  if (made.endings) made = { ...made, endings: made.endings.map((ending) => filled(ending, ["title", "text", "url"])) };
  if (made.confirmation) made = { ...made, confirmation: filled(made.confirmation, ["subject", "text"]) };
  return translated(made, "endings", (all) =>
    Object.fromEntries(Object.entries(all).map(([id, texts]) => [id, filled(texts as object, ["title", "text"])])),
  );
}

/** Another value of an option, also where conditions and translations name it. */
export function renameOption(form: Definition, key: string, from: string, to: string): Definition {
  const made = conditions(form, (each) => (each.field === key && each.value === from ? { ...each, value: to } : each));
  return translated(made, "fields", (all) => {
    const own = all[key] as { options?: Record<string, string> } | undefined;
    const held = own?.options?.[from];
    if (!own?.options || held === undefined) return all;
    return { ...all, [key]: { ...own, options: { ...without(own.options, from), [to]: held } } };
  });
}

/** Other options; the translations of those that are gone go, too. */
export function setOptions(form: Definition, key: string, options: Option[]): Definition {
  const place = placeOf(form, key);
  if (!place) return form;
  const known = new Set(options.map((option) => option.value));
  const made = put(form, ["steps", place[0], "fields", place[1], "options"], options);
  return translated(made, "fields", (all) => {
    const own = all[key] as { options?: Record<string, string> } | undefined;
    if (!own?.options) return all;
    return { ...all, [key]: put(own, ["options"], Object.fromEntries(Object.entries(own.options).filter(([value]) => known.has(value)))) };
  });
}

/** Lines as options: `value | label`, or a label alone, which keeps the value that it had. */
export function optionsFrom(lines: string, before: Option[]): Option[] {
  const known = new Map(before.map((option) => [option.label, option.value]));
  return lines
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, 200)
    .map((line) => {
      const [first = "", ...rest] = line.split(" | ");
      const label = (rest.length ? rest.join(" | ") : first).trim().slice(0, 200);
      return { value: (rest.length ? first.trim() : (known.get(label) ?? label)).slice(0, 100), label };
    });
}

export const asLines = (options: Option[]): string =>
  options.map(({ value, label }) => (value === label ? label : `${value} | ${label}`)).join("\n");

export function addStep(form: Definition): [Definition, string] {
  const id = freeName(`step ${form.steps.length + 1}`, form.steps.map((step) => step.id), "step");
  return [{ ...form, steps: [...form.steps, { id, fields: [] }] }, id];
}

/** Without a step; its fields go with it, and so do their translations. */
export function removeStep(form: Definition, id: string): Definition {
  const gone = form.steps.find((step) => step.id === id);
  if (!gone || form.steps.length < 2) return form;
  const made = { ...form, steps: form.steps.filter((step) => step !== gone) };
  const cleaned = translated(made, "steps", (all) => without(all, id));
  return translated(cleaned, "fields", (all) => gone.fields.reduce<Record<string, unknown>>((left, field) => without(left, field.key) ?? {}, all));
}

export function moveStep(form: Definition, id: string, by: -1 | 1): Definition {
  const at = form.steps.findIndex((step) => step.id === id);
  const step = form.steps[at];
  if (!step || !form.steps[at + by]) return form;
  return { ...form, steps: spliced(spliced(form.steps, at, 1), at + by, 0, step) };
}

export function removeEnding(form: Definition, id: string): Definition {
  const made = put(form, ["endings"], (form.endings ?? []).filter((ending) => ending.id !== id));
  return translated(made, "endings", (all) => without(all, id));
}

export type { FieldType, Step };
