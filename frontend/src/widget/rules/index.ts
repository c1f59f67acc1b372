// What answers must be, for forms with amounts, patterns or bounds, sent along with those: said at the step where it was
// typed. The server reads the same (features/forms/reading.py) and has the last word; what is in doubt is left to it.
import { MULTIPLE } from "../form/alike";
import type { Field, Rules } from "../form/types";

export const amount: Rules["amount"] = ({ type, decimals }, text) => {
  const money = type === "money";
  // Currencies stand before or behind: "€ 250", "Rs. 250", "250 kr".
  const plain = (money ? text.replace(/^(\D*\p{L}\.)?[^\d.,+-]*|\D+$/gu, "") : text).replace(/['’\s]/g, "");
  const [, whole = plain, mark = "", rest = ""] = /^(.*)([.,])(\d*)$/.exec(plain) || [];
  const several = !!mark && whole.includes(mark);
  // A single mark before three digits groups the thousands of money, unless its currency has three decimals.
  const grouped = several ? /^[-+]?\d{1,3}([.,]\d{3})+$/.test(plain) : money && !decimals && /^[-+]?\d+[.,]\d{3}$/.test(plain);
  return (money && MULTIPLE.test(text)) || (several && !grouped) ? NaN : Number(whole.replace(/[.,]/g, "") + (grouped ? "" : ".") + rest);
};

/** The code of what is wrong with an amount, if anything is. */
const wrongAmount = (field: Field, text: string): string | false => {
  const { min = 0, step } = field;
  const number = amount(field, text);
  // Digits of other scripts, which the server reads.
  if (/[^\d\P{Nd}]/u.test(text)) return false;
  if (isNaN(number)) return field.type;
  if (number < field.min!) return "at_least";
  if (number > field.max!) return "at_most";
  const steps = (number - min) / step!;
  return Math.abs(steps - Math.round(steps)) > 1e-6 && "step";
};

/** The same of what has a length: letters of a text, choices, files. */
const wrongLength = ({ type, min, max }: Field, answer: string | string[]): string | false => {
  const size = [...answer].length;
  const several = typeof answer !== "string";
  if (size < min!) return several ? "too_few" : "too_short";
  return size > max! && (type === "file" ? "too_many_files" : several ? "too_many" : "too_long");
};

/** As the attribute is matched, but without the blanks around, and in text areas, too. */
const fits = (pattern: string, answer: string): boolean => {
  try {
    return new RegExp(`^(?:${pattern})$`, "v").test(answer);
  } catch {
    // A browser that does not know the flag.
    return true;
  }
};

export const fault: Rules["fault"] = (field, answer, say) => {
  const { type, pattern, pattern_help } = field;
  const code = /number|money/.test(type) ? wrongAmount(field, answer as string) : wrongLength(field, answer);
  if (code) return say(code, { ...field, ...field.told });
  return !pattern || fits(pattern, answer as string) ? "" : pattern_help || say("pattern");
};
