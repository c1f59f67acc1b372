// What is filled in, and how conditions read it. The server decides again, by the same rules (features/forms/reading.py).
import type { Field, Value } from "../widget/form/types";
import { MULTIPLE } from "../widget/form/alike";
import { seen } from "../widget/logic";
import type { Control, Part } from "./types";

const AMOUNT = /^(?:[-+]?[0-9][0-9.,'’ \u00a0\u202f]{0,30}|[-+]?[.,][0-9]{1,20})$/;
const GROUPED = /^[-+]?[0-9]{1,3}(?:[.,][0-9]{3})+$/;
const MARK = "(?:\\p{L}{1,4}\\.?|\\p{L}{0,2}\\p{Sc})?";
const MONEY = new RegExp(`^${MARK}\\s*([-+]?[0-9.,][0-9.,'’\\s]*)(?:[.,]\\s*[-–—]{1,2})?\\s*${MARK}$`, "u");
/** Currencies with three decimals: there "1.250" has a fraction. */
const THOUSANDTHS = /^(BHD|IQD|JOD|KWD|LYD|OMR|TND)$/;

/** The answers to a field: none, one, or of several choices and files each. */
export const given = ({ type }: Part, controls: Control[]): string[] => {
  const [first] = controls;
  if (!first) return [];
  if (type === "file") return files(controls).map((each) => each.name);
  const values = /radio|multi|rating|check|consent/.test(type)
    ? (controls as HTMLInputElement[]).filter((each) => each.checked).map((each) => each.value)
    : [first.value.trim()];
  return values.filter((each) => each);
};

export const files = ([first]: Control[]): File[] => [...((first as HTMLInputElement).files ?? [])];

/** The number that was meant, whatever its marks. */
export const amount = (text: string, { type, currency = "" }: Pick<Part, "type" | "currency">): number | undefined => {
  const money = type === "money";
  let said = text.replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15));
  if (money) said = (MULTIPLE.test(said) ? "" : MONEY.exec(said)?.[1]?.trim()) ?? "";
  if (!AMOUNT.test(said)) return undefined;
  said = said.replace(/['’ \u00a0\u202f]/g, "");
  const point = Math.max(said.lastIndexOf("."), said.lastIndexOf(","));
  if (point < 0) return Number(said);
  const [mark, other] = said[point] === "," ? [",", "."] : [".", ","];
  const several = said.indexOf(mark) < point;
  if (several && !GROUPED.test(said)) return undefined;
  const grouped = money && point > 0 && said.length - point === 4 && !said.includes(other) && !THOUSANDTHS.test(currency);
  const whole = said.slice(0, point).replace(/[.,]/g, "");
  const number = Number(whole + (several || grouped ? "" : ".") + said.slice(point + 1));
  return Number.isNaN(number) ? undefined : number;
};

/** An answer as conditions read it; undefined where there is none. */
export const read = (part: Part, answers: string[]): Value =>
  /number|money|rating/.test(part.type)
    ? answers[0] && amount(answers[0], part)
    : seen(part as unknown as Field, /multi|file/.test(part.type) ? answers : (answers[0] ?? ""));
