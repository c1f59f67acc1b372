// Where our own forms appear and what opens them. The forms themselves come with one more request, when needed.
import { keeps, on, safe, tell, unique, warn, type Config, type Json } from "./env";
import { deliver, type Answer } from "./outbox";
import { context } from "./visit";

/** What the drawing module gets from the core. */
export interface Core {
  config: Config;
  /** Values that the site knows, by the key of the field. */
  values: Json;
  deliver: (config: Config, body: Json, waits: () => void) => Promise<Answer>;
  context: (more: Json) => Json;
  tell: (name: string, detail: Json) => void;
  /** Whether this visit may use the browser's storage, and be remembered. */
  keeps: boolean;
}
/** A drawn form. */
export interface View {
  open(): unknown;
  close(): void;
  fill(): void;
  submit(): void;
}
interface FormModule {
  draw(host: HTMLElement, core: Core): View;
}

/** One instance of a form; the handle that `LeadsBot.open` and others use. */
export interface Drawn {
  config: Config;
  act(what: keyof View): void;
}

export const drawn = (config: Config, values: Json, place?: Element | null): Drawn => {
  const inline = config.mode === "inline";
  const host = document.createElement("leadsbot-form");
  let coming: Promise<void> | undefined;
  let view: View | undefined;

  const fetched = async (): Promise<void> => {
    try {
      const lang = config.lang || document.documentElement.lang;
      // Another address for each, since a browser never runs the same module twice.
      const asked = `token=${config.token}&form=${config.form || ""}&lang=${lang}&n=${unique()}`;
      const module = (await import(`${config.api}/api/widget/form.js?${asked}`)) as FormModule;
      view = module.draw(host, { config, values, deliver, context, tell, keeps: keeps(config) });
      tell("ready", { form: config.form });
    } catch (error) {
      coming = undefined;
      warn(error);
      if (inline) setTimeout(load, 5e3);
    }
  };
  const load = (): Promise<void> => (coming ||= fetched());
  const open = (): unknown => load().then(safe(() => view?.open()));

  // Stay on the page, also when it is drawn anew: what was typed is in our element, which is put back.
  const stay = safe(() => {
    if (host.isConnected) return;
    if (!inline) document.body?.append(host);
    else if (config.target) document.querySelector(config.target)?.append(host);
    else if (place?.isConnected) place.after(host);
  });
  new MutationObserver(() => {
    if (!host.isConnected) setTimeout(stay, 100);
  }).observe(document, { childList: true, subtree: true });
  stay();

  if (inline) void load();
  else if (config.target) {
    on(document, "click", (event: MouseEvent) => {
      if ((event.composedPath()[0] as Element).closest?.(config.target as string)) open();
    });
  } else {
    const launcher = document.createElement("button");
    launcher.append(config.label || "Contact");
    launcher.ariaHasPopup = "dialog";
    launcher.ariaExpanded = "false";
    // Set by script, which no style policy forbids; in a shadow root, which of the page's styles only custom properties
    // reach. The form's own style sheet brings the theme's accent (--a) as soon as it is there. Black or white is
    // written on it, whichever is read better: WCAG's contrast meets itself at a lightness of 49.5.
    launcher.style.cssText =
      `--c:var(--leadsbot,${config.colour || "var(--a,#2f5bea)"});background:var(--c);color:lab(from var(--c) calc((49.5 - l)*999) 0 0);` +
      "position:fixed;inset-inline-end:16px;bottom:16px;z-index:99999;padding:14px 20px;border-radius:24px;border:0;font:600 16px system-ui";
    host.attachShadow({ mode: "open" }).append(launcher);
    on(launcher, "click", open);
    on(launcher, "pointerenter", load);
  }

  return { config, act: (what) => (what === "open" ? open() : view?.[what]()) };
};
