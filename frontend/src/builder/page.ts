// A draft as the form's own page, inside the builder's preview or in a tab: the script of that page shows its steps and
// conditions at work; this one tells which ending would come. Nothing is sent or stored.
import "./calm";
import "../hosted/main";
import { carry, changed } from "../hosted/carried";
import { list, make, mark, type Fault } from "../hosted/marks";
import type { Control, Drawn, Logic, Say } from "../hosted/types";
import { attempt, type Outcome } from "./attempt";

/** Dispatched by the builder: what was typed is to stand in the next draft too; a field is to be seen. */
const CARRY = "leadsbot-carry", POINT = "leadsbot-point"; // prettier-ignore

const enhance = (form: HTMLFormElement, { steps, words }: Logic): void => {
  const say: Say = (name) => words[name] ?? "";
  const pages = [...form.querySelectorAll<HTMLElement>("[data-step]")];
  const shown = (): number => pages.findIndex((page) => !page.hidden);
  const box = (key: string): HTMLElement | undefined => form.querySelector<HTMLElement>(`[data-field="${key}"]`) ?? undefined;
  const controls = (key: string): Control[] => ([...form.elements] as Control[]).filter((one) => one.name === key);
  const drawn = steps.flatMap(({ fields }, step) =>
    fields.map((part): Drawn => ({ part, step, box: box(part.key), controls: controls(part.key), shown: true, insisted: false })),
  );

  /** Turn to a step as the browser's own Back would. */
  const turn = (step: number): void => {
    dispatchEvent(new PopStateEvent("popstate", { state: { step } }));
  };
  const refuse = ({ errors = [], detail }: Outcome): void => {
    const faults = drawn.flatMap((each) => errors.filter(({ field }) => field === each.part.key).map(({ message }): Fault => [each, message]));
    for (const [each, text] of faults) mark(each, text);
    if (faults[0]) turn(faults[0][0].step);
    list(form, faults, say);
    if (!faults[0]) tell(detail ?? "This cannot be tried now. Please try again.");
  };
  const tell = (text: string): void => {
    document.getElementById("told")?.remove();
    form.before(make("p", { class: "kept", id: "told", role: "status", tabindex: "-1" }, text));
    document.getElementById("told")?.focus();
  };
  const end = ({ title = "", text = "" }: NonNullable<Outcome["ending"]>): void => {
    const again = make("button", { type: "button", class: "back" }, "Start again");
    again.addEventListener("click", () => location.replace(location.href));
    const heading = make("h1", { tabindex: "-1" }, title);
    form.parentElement?.replaceChildren(heading, ...(text ? [make("p", { class: "text" }, text)] : []), make("p", { class: "help" }, "This is a preview: nothing was stored."), again);
    heading.focus();
  };

  /** What would be sent: without what is hidden, which the page's own script leaves out. */
  const answers = (): Record<string, unknown> => {
    const data = new FormData(form);
    const sent: Record<string, unknown> = {};
    for (const { part } of drawn) {
      const values = data.getAll(part.key).map((each) => (each instanceof File ? each.name : each)).filter(Boolean);
      if (values[0]) sent[part.key] = /multi|file/.test(part.type) ? values : values[0];
    }
    return sent;
  };
  form.addEventListener("submit", (event) => {
    // Steps and faults are answered by the page's own script.
    if (event.defaultPrevented) return;
    event.preventDefault();
    const { trial } = form.dataset;
    if (!trial) tell("This is a preview: nothing is sent.");
    void (trial ? attempt(trial, answers(), document.documentElement.lang) : Promise.resolve(null))
      .then((told) => told && (told[1].ending ? end(told[1].ending) : refuse(told[1])))
      .catch(() => refuse({}))
      // The page's own script waits for another page otherwise.
      .finally(() => dispatchEvent(new Event("pageshow")));
  });

  addEventListener(CARRY, () => {
    // What nobody typed may be otherwise in the next draft.
    if (form.isConnected) carry(`leadsbot.language.${form.dataset["form"]}`, shown(), drawn.filter((each) => changed([each])));
  });
  addEventListener(POINT, (event) => {
    const field = box((event as CustomEvent<string>).detail);
    if (!field) return;
    event.preventDefault();
    const before = shown();
    const wanted = pages.findIndex((page) => page.contains(field));
    if (wanted !== before) turn(wanted);
    // A step that the answers do not ask for is not shown, and another one would only confuse.
    if (pages[wanted]?.hidden) return turn(before);
    const { top, bottom } = field.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) scrollBy({ top: top - innerHeight / 3, behavior: "smooth" });
  });
};

const form = document.querySelector<HTMLFormElement>("form[data-logic]");
if (form) enhance(form, JSON.parse(form.dataset["logic"] as string) as Logic);
