// What is wrong with an answer, in the server's own sentences. Only what is certain: the rest the server knows better.
import { PHONE } from "../widget/form/alike";
import { refused } from "../widget/form/chosen";
import { amount, files, given } from "./answers";
import type { Drawn, Say } from "./types";

const SPACED = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export const fault = ({ part, controls }: Drawn, say: Say): string => {
  const { type } = part;
  const [first] = controls;
  if (!first) return "";
  // A browser gives no value for a number or a date that it cannot read.
  if (first.validity.badInput) return say(type);
  const answers = given(part, controls);
  const [answer] = answers;
  if (!answer) return part.missing ?? "";
  if (type === "multiselect") return counted(answers.length, part, "too_few", "too_many", say);
  if (type === "file") return (answers.length > (part.max ?? 1) && say("too_many_files", { max: part.max ?? 1 })) || refused(files(controls), { ...part, accept: (first as HTMLInputElement).accept.split(",") }, say);
  if (type === "number" || type === "money") return numbered(answer, first, part, say);
  if (type === "email" && !SPACED.test(answer)) return say("email");
  if (type === "phone" && !PHONE.test(answer)) return say(type, { ...part });
  if (!/text|email|phone/.test(type)) return "";
  return counted([...answer].length, part, "too_short", "too_long", say) || patterned(answer, part, say);
};

type Bounds = Drawn["part"];

const counted = (size: number, { min = 0, max }: Bounds, few: string, many: string, say: Say): string =>
  size < min ? say(few, { min }) : max !== undefined && size > max ? say(many, { max }) : "";

const numbered = (answer: string, control: Drawn["controls"][number], part: Bounds, say: Say): string => {
  const number = amount(answer, part);
  if (number === undefined) return say(part.type);
  const { min, max, told } = part;
  const code = number < min! ? "at_least" : number > max! ? "at_most" : control.validity.stepMismatch && "step";
  return code ? say(code, told) : "";
};

const patterned = (answer: string, { type, pattern, pattern_help }: Bounds, say: Say): string => {
  if (!pattern || type === "textarea") return "";
  try {
    return new RegExp(`^(?:${pattern})$`, "v").test(answer) ? "" : pattern_help || say("pattern");
  } catch {
    // An older browser: the server looks at it.
    return "";
  }
};
