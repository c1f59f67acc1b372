// What a form of the site says: names, labels and types; values only when it is submitted.
import type { Json } from "./env";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** One field as the server maps it; the type is the autocomplete token where there is one. */
export interface Told {
  name: string;
  label: string;
  type: string;
  value?: string | string[] | undefined;
}

// A form's own properties are hidden by fields of the same name, so everything is asked of the prototypes.
const asked = <T>(name: "closest" | "querySelector" | "getAttribute") =>
  Function.prototype.call.bind(Element.prototype[name]) as (element: Element, text: string) => T;
export const closest = asked<Element | null>("closest");
export const inside = asked<Element | null>("querySelector");
export const attribute = asked<string | null>("getAttribute");
const controls = (form: HTMLFormElement) => Reflect.get(HTMLFormElement.prototype, "elements", form) as Iterable<Control>;

/** Text in lower case with words apart: `billing_cardNumber2` is "billing card number 2". */
const words = (text: string): string =>
  text
    .replace(/([a-z])(?=[A-Z])/g, "$1 ")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}]+/gu, " ");

const SECRET =
  /passw|\bpwd|card ?n|kartenn|\bcc |\bcv[vc]|\bcsc|\biban|\bssn|social sec|security code|[cx]srf|captcha|\bnonce|honey|gotcha|\bhp |\botp|one ?time|\btoken/;
const CAMPAIGN = /^(utm_|(g|fb|msclk)id$)/;

const labelled = (control: Control): string => {
  const text =
    // Without the choices of a select inside its label.
    control.labels?.[0]?.textContent?.replace(control.textContent || "", " ") ||
    control.getAttribute("aria-label") ||
    (control as HTMLInputElement).placeholder ||
    "";
  return text.replace(/\s+/g, " ").trim().slice(0, 200);
};

const isPhone = ({ type, name }: Told): boolean => /^tel/.test(type) || /phone|tel|mobil|handy|cell/i.test(name);

/** Cards only: thirteen to nineteen digits whose check digit is right. */
const isCard = (value: string): boolean => {
  const digits = value.replace(/[ -]/g, "");
  let sum = 0;
  [...digits].reverse().forEach((digit, place) => (sum += place % 2 ? (+digit * 2) % 9 || +digit : +digit));
  return /^\d{13,19}$/.test(digits) && sum % 10 === 0;
};

/** Fields that the visitor has been in: the others, when they cannot be seen, are traps for bots. */
export const touched = new WeakSet<EventTarget>();

/** Only lines of text: what is drawn anew by a script (an editor, a nicer select) hides the original as well. */
const trap = (control: Control): unknown => {
  const { width, height, right, bottom } = control.getBoundingClientRect();
  return (
    /^(text|email|tel|url|number)$/.test(control.type) &&
    !touched.has(control) &&
    (width * height < 4 ||
      right + scrollX <= 0 ||
      bottom + scrollY <= 0 ||
      control.tabIndex < 0 ||
      control.closest("[aria-hidden=true]"))
  );
};

const answer = (control: Control): string | string[] => {
  const { type, value } = control;
  if (/^(radio|checkbox)$/.test(type)) {
    return (control as HTMLInputElement).checked ? value : "";
  }
  if (!/^select/.test(type)) return trap(control) ? "" : value.slice(0, 5e4);
  // What the visitor read: values are codes as often as not.
  const chosen = [...(control as HTMLSelectElement).selectedOptions].map(({ value, text }) => value && text);
  return chosen[1] ? chosen : chosen[0] || "";
};

/** The fields that may be known, or nothing for a form that is none of our business. */
export const read = (form: HTMLFormElement, values: boolean): Told[] | undefined => {
  if (closest(form, "[data-leadsbot-ignore],[role=search],search")) return;
  const found = new Map<string, Told>();
  for (const control of controls(form)) {
    // The attribute: of the property, browsers leave out what they do not know.
    const hint = control.getAttribute("autocomplete") || "";
    if (/^cc-|password|one-time-code/.test(hint + control.type)) return;
    if (typeof control.value !== "string" || /^(file|submit|button|image|reset|output)$/.test(control.type)) continue;
    const label = labelled(control);
    const name = control.name || control.id || label;
    const type = hint.replace(/^o(n|ff)$/, "").split(" ").pop() || control.type;
    if (control.type === "hidden" ? !CAMPAIGN.test(name) : SECRET.test(words(name + " " + label)) || control.matches(":disabled,[data-leadsbot-ignore],[data-leadsbot-ignore] *")) continue;
    const one: Told = { name, label, type, value: values ? answer(control) : undefined };
    if (!name || one.value === "" || (!isPhone(one) && isCard(String(one.value)))) continue;
    const earlier = found.get(name)?.value;
    if (earlier) one.value = [earlier, one.value as string].flat();
    found.set(name, one);
  }
  if (found.size) return [...found.values()];
};

/** Whether somebody can be answered: an e-mail address or a number among the values. */
export const reachable = (fields: Told[]): boolean =>
  fields.some((field) => /^\s*(\S+@\S+\.\S+|[+(0][\d ().\/-]{6,20})\s*$/.test(field.value as string) || isPhone(field));

export const describe = (form: HTMLFormElement): Json => ({
  id: attribute(form, "id"),
  name: attribute(form, "name"),
});
