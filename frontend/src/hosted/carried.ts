// What was typed, over to the same form in another language: the link there is another page, which knows nothing of it.
import { given } from "./answers";
import type { Control, Drawn } from "./types";

type Carried = [step: number, answers: Record<string, string[]>];

const usual = (one: Control): string =>
  one instanceof HTMLSelectElement ? ([...one.options].find((each) => each.defaultSelected)?.value ?? "") : one.defaultValue;

/** Whether anything is otherwise than the page brought it. */
export const changed = (drawn: Drawn[]): boolean =>
  drawn.some(({ controls }) =>
    (controls as HTMLInputElement[]).some((one) => one.value !== usual(one) || one.checked !== one.defaultChecked),
  );

/** Keep everything but files in the tab, for the moment until the other page takes it. */
export const carry = (place: string, step: number, drawn: Drawn[]): void => {
  const answers = drawn.filter(({ part }) => part.type !== "file").map(({ part, controls }) => [part.key, given(part, controls)]);
  try {
    sessionStorage.setItem(place, JSON.stringify([step, Object.fromEntries(answers)]));
  } catch {
    // Storage is full or forbidden: the other page begins with nothing.
  }
};

/** Fill in what was carried here, which is kept no longer; says at which step somebody was. */
export const take = (place: string, drawn: Drawn[]): number | undefined => {
  try {
    const [step, answers] = JSON.parse(sessionStorage.getItem(place) ?? "") as Carried;
    sessionStorage.removeItem(place);
    for (const { part, controls } of drawn) {
      const values = answers[part.key];
      for (const one of values ? (controls as HTMLInputElement[]) : []) {
        if (/radio|checkbox/.test(one.type)) one.checked = values!.includes(one.value);
        else if (one.type !== "file") one.value = values![0] ?? "";
      }
    }
    return step;
  } catch {
    return undefined;
  }
};
