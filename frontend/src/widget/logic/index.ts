// Conditions, sent along with forms that have some, read as the server reads them (features/forms/conditions.py).
import type { Comparison, Logic, Seen } from "../form/types";

const low = (text: unknown): unknown => (typeof text === "string" ? text.trim().toLowerCase() : text);

export const seen: Logic["seen"] = (field, value, rules) => {
  if (!value.length) return;
  if (/number|money/.test(field.type)) return rules?.amount(field, value as string);
  if (field.type === "rating") return +value;
  if (/check|consent/.test(field.type)) return true;
  return /text|email|phone|hidden/.test(field.type) ? (low(value) as string) : value;
};

const compared = (answers: Seen, { field, op, value }: Comparison): boolean => {
  const has = answers[field];
  const some = has !== undefined;
  const alone = Array.isArray(has) && !has[1] ? has[0] : has;
  const is = value === false ? !some : alone === value || alone === low(value);
  const wanted = value as string;
  const there = has as string;
  return {
    filled: some,
    empty: !some,
    is,
    is_not: !is,
    contains: some && !!(there.includes?.(wanted) || there.includes?.(low(wanted) as string)),
    gt: there > wanted,
    gte: there >= wanted,
    lt: there < wanted,
    lte: there <= wanted,
  }[op];
};

export const holds: Logic["holds"] = (conditions, answers) =>
  !conditions?.length || conditions.some((group) => group.every((each) => compared(answers, each)));
