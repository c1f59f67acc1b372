// What the server writes beside the form: see features/forms/drawing.py.
import type { Conditions, FieldType } from "../widget/form/types";

/** One field, as far as its answer is judged. */
export interface Part {
  key: string;
  type: FieldType;
  label: string;
  /** What is said where it is required and nothing was answered. */
  missing?: string;
  min?: number;
  max?: number;
  scale?: number;
  currency?: string;
  /** Bounds and steps of an amount, as messages tell them. */
  told?: Partial<Record<"min" | "max" | "step", string>>;
  pattern?: string;
  pattern_help?: string;
  max_bytes?: number;
  /** The kinds of files that are taken and the largest size, in words. */
  types?: string;
  size?: string;
  /** A telephone number of the field's country, as it is written. */
  example?: string;
  show_if?: Conditions;
}

export interface Logic {
  steps: { show_if?: Conditions; fields: Part[] }[];
  words: Record<string, string>;
}

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** One field with what belongs to it in the page. */
export interface Drawn {
  part: Part;
  step: number;
  /** What is shown and hidden; absent for what visitors never see. */
  box: HTMLElement | undefined;
  controls: Control[];
  /** Whether its conditions and those of its step hold. */
  shown: boolean;
  /** The server found a fault here, so it is shown whatever the conditions say: it must be possible to mend it. */
  insisted: boolean;
}

export type Say = (name: string, numbers?: object) => string;
