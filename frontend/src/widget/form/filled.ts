// A form to fill in: steps, conditions, errors, sending, the end.
import type { Core, View } from "../draw";
import type { Json } from "../env";
import { after } from "./alike";
import { element } from "./element";
import { field, own, type Drawn } from "./field";
import type { Ending, Field, LocalForm, Logic, More, Rules, Say, Seen } from "./types";

/** These come along with forms that need them; the others the server declares without a value. */
declare const LEADSBOT_MORE: More | undefined;
declare const LEADSBOT_RULES: Rules | undefined;
declare const LEADSBOT_LOGIC: Logic | undefined;

type Fault = [Drawn, string];

export const filled = (form: LocalForm, title: HTMLElement, core: Core, view: View): HTMLElement => {
  const { words, steps } = form;
  const say: Say = (code, numbers) => (words[code] || "").replace(/\{(\w+)\}/g, (_, name: string) => (numbers as Record<string, string>)[name] ?? "");
  const drawn: Drawn[] = [];
  const touched = new Set<Drawn>();
  /** The steps that the answers so far ask for, and which of them is shown. */
  let open: number[] = [];
  let current = 0;
  let busy = false;

  const more = LEADSBOT_MORE;
  const rules = LEADSBOT_RULES;
  const logic = LEADSBOT_LOGIC;
  const begun = more?.keep(core, form, () => [Object.fromEntries(drawn.map((each) => [each.field.key, each.value()])), steps[current]!.id]);

  const part = (one: Field, step: number): HTMLElement | false => {
    if (one.type === "heading") return element("div", { class: "field" }, element("h3", {}, one.label), element("p", {}, one.text));
    const made = field(one, step, say, rules, more);
    drawn.push(made);
    made.box.addEventListener("input", () => {
      touched.add(made);
      // Nobody should fill in the rest before hearing that the file is not taken.
      if (one.type === "file") made.mark(made.fault());
    });
    return made.box;
  };
  const pages = steps.map((step, number) =>
    element("div", {}, step.title && element("h3", { tabindex: -1 }, step.title), element("div", { class: "grid" }, ...step.fields.map((one) => part(one, number)))),
  );
  const summary = element("div", { class: "bad", role: "alert" });
  const state = element("p", { role: "status" });
  const bar = element("progress", { "aria-labelledby": "count" });
  const count = element("p", { class: "dim", id: "count" });
  const next = element("button", { class: "go" });
  const back = element("button", { type: "button", click: () => (complain([]), go(-1)) }, say("back"));
  const trap = element("input", { name: "_gotcha", tabindex: -1, autocomplete: "off" });
  const whole = element(
    "form",
    {
      novalidate: true,
      "data-leadsbot-ignore": true,
      "aria-labelledby": "title",
      input: () => settle(),
      submit: (event) => {
        event.preventDefault();
        submit();
      },
    },
    title,
    element("p", {}, form.intro),
    count,
    bar,
    summary,
    ...pages,
    element("div", { class: "trap", "aria-hidden": "true" }, trap),
    form.notice_url && element("p", {}, element("a", { href: form.notice_url, target: "_blank", rel: "noopener" }, say("notice"))),
    state,
    element("div", { class: "row" }, next, back),
  );

  /** Show what the answers so far ask for. */
  const settle = (): void => {
    const answers: Seen = {};
    open = [];
    steps.forEach((step, number) => {
      const there = !logic || logic.holds(step.show_if, answers);
      if (there) open.push(number);
      for (const each of drawn) {
        if (each.step !== number) continue;
        each.shown = there && (!logic || logic.holds(each.field.show_if, answers));
        each.box.hidden = !each.shown || each.field.type === "hidden";
        if (each.shown) answers[each.field.key] = logic?.seen(each.field, each.value(), rules);
      }
      pages[number]!.hidden = number !== current;
    });
    const n = open.indexOf(current) + 1;
    count.textContent = say("progress", { n, count: open.length });
    count.hidden = bar.hidden = !open[1];
    bar.max = open.length;
    bar.value = n;
    back.hidden = n < 2;
    next.textContent = n < open.length ? say("next") : form.button;
  };
  const go = (by: number): void => {
    current = open[open.indexOf(current) + by] ?? current;
    settle();
    begun?.save();
    (pages[current]!.querySelector<HTMLElement>("h3[tabindex]") || title).focus();
  };

  /** Mark what is wrong, say it, and go to the first place. */
  const complain = (faults: Fault[]): void => {
    for (const each of drawn) each.mark("");
    summary.replaceChildren();
    if (!faults[0]) return;
    current = faults[0][0].step;
    settle();
    summary.append(say("problem_title"));
    for (const [each, fault] of faults) {
      each.mark(fault);
      summary.append(element("button", { type: "button", click: each.focus }, own(each.field.label), after(each.field.label) + fault));
    }
    faults[0][0].focus();
  };

  const end = ({ kind, title: thanks, text, url }: Partial<Ending>): void => {
    if (kind === "redirect" && url) return location.assign(url);
    title.textContent = thanks || say("thanks_title");
    whole.replaceWith(element("div", { class: "end", role: "status" }, title, element("p", {}, text || (thanks ? "" : say("thanks_text")))));
    title.focus();
  };

  const waiting = (is: boolean): void => {
    busy = is;
    whole.setAttribute("aria-busy", "" + is);
    next.setAttribute("aria-disabled", "" + is);
    state.textContent = is ? say("sending") : "";
  };
  const send = async (): Promise<void> => {
    waiting(true);
    const { key, version, language, token } = form;
    const fields: Json = {};
    const files: [string, File][] = [];
    for (const each of drawn) {
      if (!each.shown || !each.value().length) continue;
      if (each.field.type !== "file" || !more) fields[each.field.key] = each.value();
      else files.push(...each.files().map((file): [string, File] => [each.field.key, file]));
    }
    await begun?.settled();
    const context = core.context({ form: { id: key, version }, partial: begun?.id });
    const body = { token: key, fields, context, _token: token, _gotcha: trap.value, _lang: language };
    const waits = (): void => {
      state.textContent = say(navigator.onLine ? "waiting" : "offline");
    };
    const { status, body: told } = await (files[0] ? more!.deliver(core, body, files, waits) : core.deliver(core.config, body, waits));
    waiting(false);
    core.tell(status < 300 ? "sent" : "failed", { form: key, id: told.id, status });
    if (status < 300) {
      begun?.end();
      return end((told.ending || {}) as Ending);
    }
    const named = (told.errors || []) as { field: string; message: string }[];
    const faults = drawn.flatMap((each) =>
      named.filter((one) => one.field === each.field.key && each.shown).map((one): Fault => [each, one.message]),
    );
    complain(faults);
    if (!faults[0]) summary.append((status === 410 && (told.detail as string)) || say("failed"));
  };

  const submit = (): void => {
    if (busy) return;
    const last = current === open[open.length - 1];
    const faults = drawn.filter((each) => each.shown && (last || each.step === current)).map((each): Fault => [each, each.fault()]);
    const wrong = faults.filter(([, fault]) => fault);
    complain(wrong);
    if (wrong[0]) return;
    if (last) void send();
    else go(1);
  };
  /** What is known goes where nothing was typed. */
  const adopt = (known: (one: Field) => unknown): void => {
    for (const each of drawn) {
      const value = known(each.field);
      if (value && !touched.has(each)) each.set(String(value));
    }
    settle();
  };
  const fill = (): void => {
    const asked = new URLSearchParams(location.search);
    adopt(({ key, prefill, default: usual }) => core.values[key] ?? asked.get(prefill || "") ?? usual);
  };
  void begun?.load().then((kept = {}) => adopt(({ key }) => kept[key]));
  view.submit = submit;
  view.fill = fill;
  fill();
  return whole;
};
