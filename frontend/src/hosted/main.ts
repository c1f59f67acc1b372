// The hosted page of a form, one step at a time: without this script it shows everything, and works as well.
import type { Seen } from "../widget/form/types";
import { holds } from "../widget/logic";
import { given, read } from "./answers";
import { carry, changed, take } from "./carried";
import { fault } from "./faults";
import { list, make, mark, type Fault } from "./marks";
import type { Control, Drawn, Logic, Say } from "./types";

const enhance = (form: HTMLFormElement, send: HTMLButtonElement, { steps, words }: Logic): void => {
  const say: Say = (name, numbers = {}) => (words[name] ?? "").replace(/\{(\w+)\}/g, (_, part: string) => String((numbers as Record<string, unknown>)[part] ?? ""));
  const pages = [...form.querySelectorAll<HTMLElement>("[data-step]")];
  const drawn = fields(form, steps);
  const ends = [...send.childNodes];
  const carried = `leadsbot.language.${form.dataset["form"] as string}`;
  const several = steps.length > 1;
  /** The steps that the answers so far ask for, and which of them is shown. */
  let open: number[] = [];
  let current = 0;
  /** The step that somebody comes back to; it means nothing where the browser does not put back what was typed. */
  let place = 0;
  let sending = false;
  /** A beginning is kept with everything that was typed. */
  let keeping = false;

  const count = make("p", { class: "count", id: "count", tabindex: "-1" });
  const bar = make("progress", { "aria-labelledby": "count" });
  const back = make("button", { type: "button", class: "back" }, say("back"));
  const state = make("p", { class: "count", role: "status" });

  /** Show what the answers so far ask for. What is hidden keeps what was typed. */
  const settle = (): void => {
    const answers: Seen = {};
    open = [];
    steps.forEach((step, number) => {
      const there = holds(step.show_if, answers);
      let any = false;
      for (const each of drawn) {
        if (each.step !== number) continue;
        each.shown = (there && holds(each.part.show_if, answers)) || each.insisted;
        if (each.box) each.box.hidden = !each.shown;
        if (!each.shown) continue;
        any ||= !!each.box;
        answers[each.part.key] = read(each.part, given(each.part, each.controls));
      }
      if (any) open.push(number);
    });
    if (!open.includes(current)) current = open.find((number) => number > current) ?? open[open.length - 1] ?? 0;
    pages.forEach((page, number) => {
      page.hidden = number !== current;
    });
    const n = open.indexOf(current) + 1;
    count.textContent = say("progress", { n, count: open.length });
    count.hidden = bar.hidden = !open[1];
    bar.max = open.length;
    bar.value = n;
    back.hidden = n < 2;
    send.replaceChildren(...(n < open.length ? [say("next")] : ends));
  };

  /** Show a step and lead there who cannot see it. */
  const show = (number: number): void => {
    place = 0;
    current = number;
    settle();
    (pages[current]?.querySelector<HTMLElement>("h2") ?? count).focus();
  };
  /** Go back, or on again: what was wrong in the step that is left is not said above another one. */
  const turn = (number: number): void => {
    list(form, [], say);
    show(number);
  };
  const next = (): void => {
    const from = current;
    show(open[open.indexOf(current) + 1] ?? current);
    // The browser's own Back leads to the step before, and a reload to this one.
    history.pushState({ step: current, from }, "");
  };
  back.addEventListener("click", () => {
    if (Number.isInteger(history.state?.from)) return history.back();
    turn(open[open.indexOf(current) - 1] ?? current);
    history.replaceState({ step: current }, "");
  });
  addEventListener("popstate", ({ state: at }) => {
    if (Number.isInteger(at?.step)) turn(at.step as number);
  });

  const lead = (each: Drawn): void => {
    if (each.step !== current) show(each.step);
    each.controls[0]?.focus();
  };
  const complain = (faults: Fault[]): void => {
    for (const each of drawn) if (each.controls[0]) mark(each, "");
    for (const [each, text] of faults) mark(each, text);
    list(form, faults, say);
    if (faults[0]) lead(faults[0][0]);
  };
  form.addEventListener("submit", (event) => {
    keeping = !!event.submitter?.classList.contains("later");
    if (keeping) return;
    const last = current === open[open.length - 1];
    const asked = drawn.filter((each) => each.shown && each.box && (last || each.step === current));
    const faults = asked.map((each): Fault => [each, fault(each, say)]).filter(([, text]) => text);
    if (sending || faults[0] || !last) event.preventDefault();
    if (sending) return;
    complain(faults);
    if (faults[0]) return;
    if (!last) return next();
    sending = true;
    state.textContent = say("sending");
  });

  // Not by disabling fields: a browser puts nothing back into those when somebody returns to the page.
  form.addEventListener("formdata", ({ formData }) => {
    for (const each of drawn) if (!each.shown && !keeping) formData.delete(each.part.key);
  });

  const typed = ({ target }: Event): void => {
    const each = drawn.find((one) => one.controls.includes(target as Control));
    settle();
    if (!each) return;
    const wrong = fault(each, say);
    // What is wrong with a file is said at once, before somebody fills in the rest.
    if (each.part.type === "file") mark(each, wrong);
    else if (each.box?.querySelector(".error") && !wrong) mark(each, "");
  };
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("#problems a");
    const each = drawn.find((one) => link?.hash === `#f-${one.part.key}`);
    if (!each) return;
    event.preventDefault();
    lead(each);
  });
  document.querySelector(".languages")?.addEventListener("click", (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event as MouseEvent;
    // With a key it is opened beside this page, which stays as it is.
    if ((target as Element).closest("a") && !ctrlKey && !metaKey && !shiftKey && changed(drawn)) carry(carried, current, drawn);
  });
  // By now the browser has put back what was typed before a reload, or brings the page as it was left.
  addEventListener("pageshow", () => {
    sending = false;
    state.textContent = "";
    settle();
    // What the server had put back after a refusal, no browser does: then the steps before are not as they were left.
    const sound = !drawn.some((each) => each.shown && each.box && each.step < place && fault(each, say));
    if (place && sound && changed(drawn)) current = place;
    place = 0;
    settle();
    if (history.state?.step !== current) history.replaceState({ ...history.state, step: current }, "");
  });

  form.noValidate = true;
  if (several) {
    form.classList.add("paged");
    form.prepend(count, bar);
    for (const page of pages) page.querySelector("h2")?.setAttribute("tabindex", "-1");
  }
  const row = make("div", { class: "row" });
  send.before(state, row);
  row.append(send, back);
  const wrong = drawn.find((each) => each.insisted)?.step;
  const kept = take(carried, drawn);
  current = wrong ?? kept ?? 0;
  if (wrong === undefined && kept === undefined) place = Number(history.state?.step) || 0;
  settle();
  if (!history.state) history.replaceState({ step: current }, "");
};

/** Every field of the page, in order. */
const fields = (form: HTMLFormElement, steps: Logic["steps"]): Drawn[] => {
  const named = new Map<string, Control[]>();
  for (const each of form.elements as Iterable<Element> & HTMLFormControlsCollection) {
    const { name } = each as Control;
    if (name) named.set(name, [...(named.get(name) ?? []), each as Control]);
  }
  const boxes = new Map([...form.querySelectorAll<HTMLElement>("[data-field]")].map((box) => [box.dataset["field"], box]));
  return steps.flatMap((step, number) =>
    step.fields.map((part) => {
      const box = boxes.get(part.key);
      return { part, step: number, box, controls: named.get(part.key) ?? [], shown: true, insisted: !!box?.querySelector(".error") };
    }),
  );
};

const form = document.querySelector<HTMLFormElement>("form[data-logic]");
const send = form?.querySelector<HTMLButtonElement>(".send");
if (form && send) enhance(form, send, JSON.parse(form.dataset["logic"] as string) as Logic);
