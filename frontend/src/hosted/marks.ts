// What is wrong, shown as the server shows it: beside the field, and as a list above the form.
import { after } from "../widget/form/alike";
import type { Drawn, Say } from "./types";

export type Fault = [Drawn, string];

export const make = <K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string>, ...children: (Node | string)[]): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

/** Put a fault beside a field, or take it away. */
export const mark = ({ part, box, controls }: Drawn, fault: string): void => {
  const id = `e-${part.key}`;
  box?.querySelector(".error")?.remove();
  const help = box?.querySelector(".help");
  if (fault) (help ?? box?.firstElementChild)?.after(make("p", { class: "error", id, ...(part.type === "file" && { role: "alert" }) }, make("bdi", {}, fault)));
  for (const each of controls) {
    if (fault) each.setAttribute("aria-invalid", "true");
    else each.removeAttribute("aria-invalid");
  }
  const about = [help?.id, fault && id].filter(Boolean).join(" ");
  const told = box instanceof HTMLFieldSetElement ? box : controls[0];
  if (about) told?.setAttribute("aria-describedby", about);
  else told?.removeAttribute("aria-describedby");
};

/** The list of what is wrong, or nothing; it takes the place of the one that is there. */
export const list = (form: HTMLFormElement, faults: Fault[], say: Say): void => {
  document.getElementById("problems")?.remove();
  if (!faults[0]) return;
  const lines = faults.map(([{ part }, text]) => make("li", {}, make("a", { href: `#f-${part.key}` }, make("bdi", {}, part.label), after(part.label) + text)));
  form.before(
    make("div", { class: "problems", role: "alert", id: "problems", tabindex: "-1", "aria-labelledby": "problems-title" },
      make("h2", { id: "problems-title" }, say("problem_title")), make("ul", {}, ...lines)),
  ); // prettier-ignore
};
