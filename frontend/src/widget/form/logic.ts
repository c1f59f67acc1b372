// Conditions, as the server reads them (features/forms/conditions.py).
import type { Comparison, Conditions, Field } from "./types";

export type Value = string | number | boolean | string[] | undefined;
/** Answers as conditions read them; what is empty or not shown is absent. */
export type Seen = Record<string, Value>;

const low = (text: unknown): unknown => (typeof text === "string" ? text.trim().toLowerCase() : text);

export const seen = ({ type }: Field, value: string | string[]): Value =>
  !value.length
    ? undefined
    : /number|money|rating/.test(type)
      ? parseFloat(String(value).replace(",", "."))
      : /check|consent/.test(type)
        ? true
        : /text|email|phone|hidden/.test(type)
          ? (low(value) as string)
          : value;

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

export const holds = (conditions: Conditions | undefined, answers: Seen): boolean =>
  !conditions?.length || conditions.some((group) => group.every((each) => compared(answers, each)));
