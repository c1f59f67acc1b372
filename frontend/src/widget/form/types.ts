// What the server bakes into the module: everything to draw a form, in one language. See features/forms/localized.py.
import type { Core } from "../draw";
import type { Json } from "../env";

export type FieldType =
  | "text" | "textarea" | "email" | "phone" | "number" | "money" | "date" | "select" | "multiselect" | "radio"
  | "checkbox" | "consent" | "rating" | "file" | "hidden" | "heading"; // prettier-ignore

export interface Comparison {
  field: string;
  op: "is" | "is_not" | "contains" | "gt" | "gte" | "lt" | "lte" | "filled" | "empty";
  value?: string | number | boolean | null;
}
/** Any of these groups; all of a group. None at all holds always. */
export type Conditions = Comparison[][];

export interface Choice {
  value: string;
  label: string;
  /** What is read aloud, where that is more. */
  spoken?: string;
}

export interface Field {
  key: string;
  type: FieldType;
  label: string;
  required?: boolean;
  /** What is said where it is required and nothing was answered. */
  missing?: string;
  help?: string;
  placeholder?: string;
  autocomplete?: string;
  inputmode?: string;
  options?: Choice[];
  min?: number;
  max?: number;
  step?: number;
  pattern?: string;
  pattern_help?: string;
  prefill?: string;
  default?: string;
  currency?: string;
  /** Bounds and steps of an amount, as messages tell them. */
  told?: Partial<Record<"min" | "max" | "step", string>>;
  /** Three, for the currencies that have so many; left out for the usual two. */
  decimals?: number;
  /** A telephone number of the field's country, as it is written. */
  example?: string;
  accept?: string[];
  max_bytes?: number;
  /** The kinds of files that are taken and the largest size, in words. */
  types?: string;
  size?: string;
  text?: string;
  half?: boolean;
  show_if?: Conditions;
}

export interface Step {
  id: string;
  title?: string;
  fields: Field[];
  show_if?: Conditions;
}

/** What the style sheet is made of, as CSS. See features/forms/theme.py. */
export interface Theme {
  accent: string;
  scheme: "auto" | "light" | "dark";
  radius: string;
  font: string;
  gap: string;
}

export interface LocalForm {
  /** The public key of the form's source. */
  key: string;
  version: number;
  /** Signed and fresh: says when and for which site this copy was made. */
  token: string;
  language: string;
  dir: "ltr" | "rtl";
  title: string;
  intro?: string;
  button: string;
  notice_url?: string;
  theme: Theme;
  steps: Step[];
  words: Record<string, string>;
  partials?: boolean;
}

/** What somebody typed and has not sent, kept by the server. */
export interface Beginning {
  /** Which one it is, once that is known; the submission tells it. */
  id?: string | undefined;
  save(): void;
  /** What was kept in this tab before. */
  load(): Promise<Json | undefined>;
  /** Nothing is on its way any more. */
  settled(): Promise<unknown>;
  end(): void;
}

/** The part of the widget that only some forms come with. */
export interface More {
  deliver(core: Core, body: Json, files: [string, File][], waits: () => void): Promise<{ status: number; body: Json }>;
  /** What is wrong with chosen files, as a message. */
  refused(files: File[], field: Field, say: Say): string;
  keep(core: Core, form: LocalForm, typed: () => [Json, string]): Beginning | undefined;
}

/** One of our messages, with these numbers in it. */
export type Say = (code: string, numbers?: object) => string;

/** The part of the widget that comes with forms whose fields have rules of their own. */
export interface Rules {
  /** The number that was meant; NaN where there is none. */
  amount(field: Field, text: string): number;
  /** What is wrong with an answer, as a message; empty when nothing is. */
  fault(field: Field, answer: string | string[], say: Say): string;
}

export type Value = string | number | boolean | string[] | undefined;
/** Answers as conditions read them; what is empty or not shown is absent. */
export type Seen = Record<string, Value>;

/** The part of the widget that comes with forms that have conditions. */
export interface Logic {
  seen(field: Field, value: string | string[], rules?: Rules): Value;
  holds(conditions: Conditions | undefined, answers: Seen): boolean;
}

/** A form that cannot be drawn, and why. */
export interface Refusal {
  language: string;
  dir: "ltr" | "rtl";
  title: string;
  text: string;
  theme: Theme;
  words: Record<string, string>;
}

export interface Ending {
  kind: "message" | "redirect";
  title?: string;
  text?: string;
  url?: string;
}
