// Hear the forms that the site has: every submission once, without touching form, events or page.
//
// Two listeners on the window do for all forms, also those that come later. What was typed is read at once, because
// many pages empty the form right away; whether it counts is decided when the page has had its say.
import { allowed, configs, on, safe, tell, type Config, type Json } from "./env";
import { attribute, closest, describe, inside, reachable, read, touched } from "./fields";
import { deliver } from "./outbox";
import { ignored, meet } from "./seen";
import { context } from "./visit";

const SETTLE = 350;
/** The same answers within this time are the same submission: a double click, a script that submits again. */
const SAME = 1e4;
const FAULTY = "[aria-invalid=true],.is-invalid,[data-invalid]";

type Commit = () => void;
/** Submissions that the page has not had its say about. */
const pending = new Set<Commit>();
const sent = new Map<string, number>();
const heard = new WeakMap<HTMLFormElement, number>();

const listeners = (form: HTMLFormElement): Config[] =>
  configs.filter(
    (config) =>
      config.mode === "listener" && allowed(config) && !ignored.has(form) && (!config.target || closest(form, config.target)),
  );

/** What is in the form now, as calls that settle it; each works once. */
const look = (form: HTMLFormElement): Commit[] => {
  const mine = listeners(form);
  const fields = mine[0] && read(form, true);
  if (!fields || !reachable(fields)) return [];
  return mine.map((config) => {
    const commit = safe(() => {
      if (!pending.delete(commit) || ignored.has(form) || inside(form, FAULTY)) return;
      const content = config.token + JSON.stringify(fields);
      const now = Date.now();
      if (now - (sent.get(content) || 0) < SAME) return;
      sent.set(content, now);
      void meet(config, [form]);
      send(config, fields, describe(form));
    });
    pending.add(commit);
    return commit;
  });
};

const settle = (commits: Iterable<Commit>): void => [...commits].forEach((commit) => commit());

export const send = (config: Config, fields: unknown, form?: Json): void =>
  void deliver(config, { fields, context: context({ form }) }).then(({ status, body }) =>
    tell("captured", { status, id: body.id }),
  );

const submitted = (event: SubmitEvent): void => {
  const form = event.target as HTMLFormElement;
  heard.set(form, Date.now());
  const found = look(form);
  // A microtask would come before the page's own handlers.
  setTimeout(() => {
    if (event.defaultPrevented) setTimeout(settle, SETTLE, found);
    else settle(found);
  });
};

/** `form.submit()` fires no submit event, but it gathers the data; so does a page that only looks. The first leaves. */
const gathered = (event: FormDataEvent): void => {
  const form = event.target as HTMLFormElement;
  if (Date.now() - (heard.get(form) || 0) < 1e3) return;
  const found = look(form);
  const leave = (): void => settle(found);
  if (/^(?!_self|_top|_parent)./.test(attribute(form, "target") || "")) setTimeout(leave);
  addEventListener("beforeunload", leave);
  setTimeout(() => {
    removeEventListener("beforeunload", leave);
    found.forEach((commit) => pending.delete(commit));
  }, 500);
};

const follow = (where: EventTarget): void => {
  on(where, "submit", submitted, true);
  on(where, "formdata", gathered, true);
};

const roots = new WeakSet<EventTarget>();
const focused = (event: FocusEvent): void => {
  const path = event.composedPath();
  touched.add(path[0] as EventTarget);
  for (const node of path) {
    // A submit event does not leave its shadow tree.
    if (node instanceof ShadowRoot && !roots.has(node)) {
      roots.add(node);
      follow(node);
    }
  }
  const form = (path[0] as HTMLInputElement).form;
  if (form) listeners(form).forEach((config) => void meet(config, [form]));
};

export const listen = (): void => {
  follow(window);
  on(window, "focusin", focused, true);
  on(window, "pagehide", () => settle(pending));
};
