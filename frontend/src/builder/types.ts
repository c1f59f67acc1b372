// A form as the server keeps it (features/forms/definition.py); what is as by default is left out.

export type FieldType =
  | "text" | "textarea" | "email" | "phone" | "number" | "money" | "date" | "select" | "multiselect" | "radio"
  | "checkbox" | "consent" | "rating" | "file" | "hidden" | "heading"; // prettier-ignore
export type Op = "is" | "is_not" | "contains" | "gt" | "gte" | "lt" | "lte" | "filled" | "empty";

export interface Comparison {
  field: string;
  op: Op;
  value?: string | number | boolean;
}
/** Any of these groups; all of a group. */
export type Conditions = Comparison[][];

export interface Option {
  value: string;
  label: string;
}

export interface Field {
  key: string;
  type: FieldType;
  label: string;
  required?: boolean;
  help?: string;
  placeholder?: string;
  autocomplete?: string;
  options?: Option[];
  min?: number;
  max?: number;
  step?: number;
  pattern?: string;
  pattern_help?: string;
  prefill?: string;
  default?: string;
  country?: string;
  currency?: string;
  scale?: number;
  accept?: string[];
  max_bytes?: number;
  text?: string;
  text_version?: string;
  half?: boolean;
  show_if?: Conditions;
}

export interface Step {
  id: string;
  fields: Field[];
  title?: string;
  show_if?: Conditions;
}

export interface Ending {
  id: string;
  kind?: "message" | "redirect";
  title?: string;
  text?: string;
  url?: string;
  show_if?: Conditions;
}

export interface Theme {
  accent?: string;
  scheme?: "auto" | "light" | "dark";
  corners?: "square" | "soft" | "round";
  font?: "system" | "serif" | "mono";
  density?: "airy" | "compact";
}

export interface FieldTexts {
  label?: string;
  help?: string;
  placeholder?: string;
  pattern_help?: string;
  text?: string;
  options?: Record<string, string>;
}

export interface Translation {
  title?: string;
  intro?: string;
  button?: string;
  fields?: Record<string, FieldTexts>;
  steps?: Record<string, string>;
  endings?: Record<string, Record<string, string>>;
}

export interface Definition {
  v: number;
  title: string;
  steps: Step[];
  intro?: string;
  button?: string;
  language?: string;
  languages?: Record<string, Translation>;
  endings?: Ending[];
  theme?: Theme;
  closes_at?: string;
  max_submissions?: number;
  closed_text?: string;
  files_max_bytes?: number;
  partials?: boolean;
  confirmation?: { enabled?: boolean; subject?: string; text?: string };
  lawful_basis?: string;
  notice_url?: string;
  notice_version?: string;
}

/** One thing about one place: `steps[0].fields[2].label`. */
export interface Finding {
  path: string;
  code: string;
  message: string;
}

/** A form as the API answers it. */
export interface Form {
  id: string;
  source: string;
  state: "unpublished" | "open" | "closed";
  key: string;
  revision: number;
  changed: boolean;
  live_version: number | null;
  draft: Definition;
  errors: Finding[];
  hints: Finding[];
}

export interface Kind {
  type: FieldType;
  name: string;
  hint: string;
  /** What else people look for when they want it. */
  also: string;
  /** The attributes that the type has beside those of all. */
  has: (keyof Field)[];
  /** What conditions can ask of it, and how that is said. */
  ops: [Op, string][];
}

/** Kinds of files that go by one name; the usual ones are taken where a field names none. */
export interface FileKind {
  name: string;
  types: string[];
  usual: boolean;
}

/** What the page brings along: the form, and what the server knows about forms in general. */
export interface Given {
  form: Form;
  live: Definition | null;
  kinds: Kind[];
  currency: string;
  country: string;
  redirects: string[];
  languages: { tag: string; name: string; english: string; words: boolean; rtl: boolean }[];
  autocomplete: string[];
  bases: [string, string][];
  regions: [string, string][];
  files: FileKind[];
}
