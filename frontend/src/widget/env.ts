// What every part of the widget needs: how it was set up, what the visitor allows, and borders that let nothing out.

export type Mode = "listener" | "inline" | "popup" | "slide-in" | "button";

/** One instance, as its script tag or `LeadsBot.start` describes it. */
export interface Config {
  /** The public token: of a widget source, or of the form itself. */
  token: string;
  /** Where LeadsBot answers, without a slash at the end. */
  api: string;
  mode: Mode;
  /** The key of the form to draw, when the token is not the form's own. */
  form?: string | undefined;
  /** Selector: where to draw (inline), what opens it (popup, slide-in, button), which forms to hear (listener). */
  target?: string | undefined;
  label?: string | undefined;
  /** Of the widget's own button, until the form is there. */
  colour?: string | undefined;
  lang?: string | undefined;
  storage?: string | undefined;
  consent?: string | undefined;
  /** The id of the script tag, by which `open` and others find the instance. */
  id?: string | undefined;
}

/** Every instance on the page. */
export const configs: Config[] = [];

export type Json = Record<string, unknown>;

const asked = navigator as Navigator & { globalPrivacyControl?: boolean };
/** Global Privacy Control or Do Not Track: only what the visitor typed is sent, and nothing is stored. */
export const quiet = asked.globalPrivacyControl || asked.doNotTrack === "1";

let agreed = false;
export const agree = (yes: boolean): void => {
  agreed = yes;
};
/** Whether the site lets this instance work without being asked to by the visitor. */
export const allowed = (config: Config): boolean => config.consent !== "required" || agreed;
/** Whether this instance may use the browser's storage. */
export const keeps = (config: Config): boolean => !quiet && config.storage !== "none" && allowed(config);

/** The same function, only that nothing it throws reaches the page. */
export const safe =
  <A extends unknown[]>(work: (...given: A) => void) =>
  (...given: A): void => {
    try {
      work(...given);
    } catch (error) {
      warn(error);
    }
  };

export const warn = (what: unknown): void => console.warn("LeadsBot:", what);

export const on = (where: EventTarget, name: string, work: (event: never) => void, capture?: boolean): void =>
  where.addEventListener(name, safe(work as (event: Event) => void), capture);

/** Unguessable, also on plain http pages, where `crypto.randomUUID` is missing. */
export const unique = (): string =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");

/** Events are DOM events of the window, so that tag managers hear them, too. */
const EVENT = "leadsbot:";
export const hear = (name: string, work: (detail: Json) => void): void =>
  on(window, EVENT + name, (event: CustomEvent<Json>) => work(event.detail));
export const tell = (name: string, detail: Json): unknown => dispatchEvent(new CustomEvent(EVENT + name, { detail }));
