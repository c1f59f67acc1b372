// One field: its control, its label, its error, what was answered.
import { PHONE } from "./alike";
import { element } from "./element";
import type { Choice, Field, More, Rules, Say } from "./types";

export interface Drawn {
  field: Field;
  /** What is hidden and shown. */
  box: HTMLElement;
  step: number;
  files: () => File[];
  /** Whether its conditions hold. */
  shown: boolean;
  value(): string | string[];
  set(value: string): void;
  /** What is wrong with the answer, as a message; empty when nothing is. */
  fault(): string;
  mark(fault: string): void;
  focus(): void;
}

/** A text of the form's owner inside one of ours, in whatever direction either runs. */
export const own = (text: string): HTMLElement => element("bdi", {}, text);

export const field = (one: Field, step: number, say: Say, rules?: Rules, more?: More): Drawn => {
  const { type, key, required, label, options = [] } = one;
  const choice = /radio|multi|rating/.test(type);
  const tick = /check|consent/.test(type);
  /** Beside the box of a consent stands its text, if it has one. */
  const titled = !tick || (one.text && label);
  const boxes: HTMLInputElement[] = [];
  const about = { "aria-describedby": `h-${key} e-${key}` };
  const given = { ...about, id: key, name: key, required, placeholder: one.placeholder };
  const optional = !required && element("small", {}, ` (${say("optional")})`);

  const box = (kind: string, { value, label, spoken }: Choice): HTMLElement => {
    const input = element("input", { ...(tick && given), type: kind, name: key, value, "aria-label": spoken });
    boxes.push(input);
    return element("label", { class: "tick" }, input, element("span", {}, own(label), !titled && optional));
  };
  // Numbers are texts, because everybody writes them in another way and the server reads them all.
  const line = (): HTMLElement => {
    const text = !/number|money|date|file/.test(type);
    const more = {
      accept: one.accept?.join(),
      multiple: type === "file" && one.max! > 1,
      ...given,
      autocomplete: one.autocomplete,
      inputmode: one.inputmode,
      maxlength: text && one.max,
    };
    return type === "textarea" ? element("textarea", more) : element("input", { ...more, type: /date|email|file/.test(type) ? type : type === "phone" ? "tel" : "text" });
  };
  const list = (): HTMLElement =>
    element(
      "select",
      { ...given, autocomplete: one.autocomplete },
      ...[{ value: "", label: say("choose") }, ...options].map((each) => {
        const made = element("option", {}, each.label);
        made.value = each.value;
        return made;
      }),
    );
  const several = (): HTMLElement =>
    element("div", { class: type === "rating" && "row" }, ...options.map((each) => box(type === "multiselect" ? "checkbox" : "radio", each)));

  const control = choice ? several() : tick ? box("checkbox", { value: "true", label: one.text || label }) : type === "select" ? list() : line();
  const only = (boxes[0] || control) as HTMLInputElement;
  const name = [own(label), one.currency && ` (${one.currency})`, optional];
  const error = element("p", { class: "bad", id: "e-" + key, "aria-live": type === "file" && "polite" });
  const made = choice
    ? element("fieldset", about, element("legend", { class: "name" }, ...name), control)
    : element("div", {}, titled && element("label", { class: "name", for: key }, ...name), control);
  made.className = one.half ? "field half" : "field";
  made.append(element("p", { class: "dim", id: "h-" + key }, one.help), error);

  const files = (): File[] => [...(only.files || [])];
  const value = (): string | string[] => {
    if (type === "file") return files().map((each) => each.name);
    if (!boxes[0]) return only.value.trim();
    const chosen = boxes.filter((each) => each.checked).map((each) => each.value);
    return type === "multiselect" ? chosen : chosen[0] || "";
  };
  return {
    field: one,
    box: made,
    step,
    shown: true,
    value,
    files,
    set: (wanted) => {
      if (!boxes[0] && type !== "file") only.value = wanted;
      for (const each of boxes) each.checked = tick ? /^(true|1|on|yes)$/.test(wanted) : wanted.split(",").includes(each.value);
    },
    // The rest the server knows better: its answer is shown in the same places.
    fault: () => {
      const { badInput, typeMismatch } = only.validity;
      if (badInput) return say(type);
      if (!value().length) return one.missing || "";
      if (typeMismatch || (type === "phone" && !PHONE.test(only.value.trim()))) return say(type, one);
      return more?.refused(files(), one, say) || rules?.fault(one, value(), say) || "";
    },
    mark: (fault) => {
      error.textContent = fault;
      for (const each of boxes[0] ? boxes : [only]) each.setAttribute("aria-invalid", "" + !!fault);
    },
    focus: () => only.focus(),
  };
};
