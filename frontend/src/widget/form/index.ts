// The form as visitors see it: drawn once, in a shadow root of its own, on whatever page it is.
import type { Core, View } from "../draw";
import { element } from "./element";
import { filled } from "./filled";
import { fit } from "./scheme";
import { sheet } from "./style";
import type { LocalForm, Refusal } from "./types";

/** The server writes it below this module: one request for both. */
declare const LEADSBOT_FORM: LocalForm | Refusal;

/** Draw into the element; the page keeps the element wherever it wants the form. */
export const draw = (host: HTMLElement, core: Core): View => {
  const form = LEADSBOT_FORM;
  const { mode } = core.config;
  const root = host.shadowRoot || host.attachShadow({ mode: "open" });
  const launcher = root.querySelector("button");
  const { scheme } = form.theme;
  root.adoptedStyleSheets = [sheet(form.theme)];
  const title = element("h2", { id: "title", tabindex: -1 }, form.title);
  const nothing = (): void => {};
  const view: View = { open: nothing, close: nothing, fill: nothing, submit: nothing };
  const made = (): HTMLElement =>
    "steps" in form ? filled(form, title, core, view) : element("div", { class: "end" }, title, element("p", {}, form.text));
  let content = made();
  const spoken = { lang: form.language, dir: form.dir };
  const show = (whole: HTMLElement): void => {
    root.append(whole);
    if (scheme === "auto") fit(host, root, whole);
    else whole.classList.add(scheme);
  };
  if (mode === "inline") {
    show(element("div", spoken, content));
    return view;
  }
  const told = (open: boolean): void => {
    // After the thanks the next opening offers the form anew.
    if (!content.isConnected) {
      title.textContent = form.title;
      dialog.firstChild!.replaceWith((content = made()));
    }
    launcher?.setAttribute("aria-expanded", "" + open);
    core.tell(open ? "open" : "close", {});
  };
  const close = (): void => dialog.close();
  const dialog = element(
    "dialog",
    {
      ...spoken,
      class: mode,
      "aria-labelledby": "title",
      close: () => told(false),
      keydown: (event) => (event as KeyboardEvent).key === "Escape" && close(),
    },
    content,
    element("button", { class: "x", "aria-label": form.words.close, click: close }, "×"),
  );
  show(dialog);
  view.close = close;
  view.open = () => {
    if (dialog.open) return mode === "button" && close();
    if (mode === "button") dialog.show();
    else dialog.showModal();
    told(true);
    // Not a field: a phone would cover the form with its keyboard.
    title.focus();
  };
  return view;
};
