// The builder of a form. What it can do without a script, the page below it does; this takes its place.
import { Actions } from "./actions";
import { Canvas } from "./canvas";
import { speak } from "./conditions";
import { button, Controls, tool } from "./controls";
import { h, icon, mount, type Child, type Node_ } from "./dom";
import { FieldSheet } from "./fieldsheet";
import { FormSheet } from "./formsheet";
import { Inserter } from "./insert";
import { Languages } from "./languages";
import { Preview } from "./preview";
import { Publisher } from "./publish";
import { Saver } from "./save";
import { Store, type View } from "./store";
import type { Finding, Given } from "./types";

const SAYS = {
  saved: "Saved", waiting: "Saving …", saving: "Saving …", offline: "Not saved yet: it will be when the connection is back",
  refused: "Not saved", conflict: "Not saved: there is a newer draft",
}; // prettier-ignore
/** Below this width there is one column (styles/builder.css). */
const NARROW = 700;
const VIEWS: [View, string][] = [["edit", "Form"], ["settings", "Settings"], ["preview", "Preview"]];

function start(root: HTMLElement, given: Given): void {
  speak(given.kinds);
  const store = new Store(given);
  const controls = new Controls(store);
  const actions = new Actions(store);
  const preview = new Preview(actions);
  const saver = new Saver(store, () => preview.refresh());
  const canvas = new Canvas(controls, actions);
  const fields = new FieldSheet(controls, actions);
  const forms = new FormSheet(controls, actions);
  const inserter = new Inserter(actions);
  const languages = new Languages(actions);
  const publisher = new Publisher(actions, saver);

  const bar = (): Node_ => {
    const { errors } = store;
    const { saving, trouble, hints, look, view } = store.state;
    const count = errors.length || hints.length;
    return h(
      "div.builder-bar",
      { key: "bar", role: "toolbar", "aria-label": "Builder" },
      tool("undo", "Undo (Ctrl+Z)", () => store.undo(), { disabled: !store.undoable }),
      tool("redo", "Redo (Ctrl+Shift+Z)", () => store.redo(), { disabled: !store.redoable }),
      h("p.saving", { role: "status", class: saving, title: trouble }, SAYS[saving]),
      h("span.grow", {}),
      h("div.segments.views", { role: "group", "aria-label": "What to see" }, VIEWS.map(([name, label]) => button(label, () => store.show({ view: name }), "bare small", { "aria-pressed": String(view === name || (name === "preview" && view === "edit" && root.clientWidth >= NARROW)) }))),
      button(errors.length ? `${count} to mend` : hints.length ? `${count} to check` : "All is well", () => actions.settings({ at: "checks" }), `quiet small checks ${errors.length ? "bad" : hints.length ? "warn" : "good"}`),
      button([icon("settings"), h("span.words-of", {}, "Form settings")], () => actions.settings({ at: "form" }), "quiet small", { "aria-current": look.at === "form" ? "true" : null, "aria-label": "Form settings" }),
    );
  };

  const notices = (): Child => {
    const { saving, trouble } = store.state;
    if (saving === "conflict") {
      return h("div.banner.warn", { key: "notice", role: "alert" }, h("span", {}, "Somebody saved a newer draft while you worked on this one, perhaps you in another tab. Which one is to stay?"), button("Load theirs", () => saver.takeTheirs(), "small"), button("Keep mine", () => saver.keepMine()));
    }
    return saving === "refused" && h("div.banner.bad", { key: "notice", role: "alert" }, h("span", {}, `The last change is not saved. ${trouble}`), button("Try again", () => void saver.flush()));
  };

  const finding = (found: Finding, cls: string): Node_ =>
    h("li", { key: found.path + found.code, class: cls }, h("button", { type: "button", onclick: () => actions.goTo(found.path) }, found.message));

  const checks = (): Child => {
    const { errors } = store;
    const { hints } = store.state;
    return [
      !errors.length && !hints.length && h("p.muted", { key: "none" }, "Nothing stands in the way of publishing, and nothing looks odd."),
      errors.length > 0 && [h("h3", { key: "eh" }, "Must be mended before publishing"), h("ul.findings", { key: "e", role: "list" }, errors.map((each) => finding(each, "bad")))],
      hints.length > 0 && [h("h3", { key: "hh" }, "Worth a second look"), h("ul.findings", { key: "h", role: "list" }, hints.map((each) => finding(each, "")))],
    ];
  };

  const inspector = (): Node_ => {
    const { look, draft } = store.state;
    const field = look.at === "field" ? store.field(look.key) : undefined;
    const [title, content]: [string, Child] =
      field ? [actions.kind(field.type).name, fields.view(field.key)]
      : look.at === "step" ? ["Step", forms.step(look.id)]
      : look.at === "ending" ? ["Ending", forms.ending(look.id)]
      : look.at === "checks" ? ["Checks", checks()]
      : ["Form settings", forms.form()]; // prettier-ignore
    const back = (): void => {
      store.show({ view: "edit" });
      actions.focus(field ? `[data-card="${field.key}"] .label-input` : ".doc-title");
    };
    return h(
      "section.inspector",
      { key: "inspector", "aria-label": "Settings", onkeydown: (event: KeyboardEvent) => event.key === "Escape" && !store.state.open && back() },
      h("header.row-flex", {}, h("h2.grow", { tabindex: -1 }, title), look.at !== "form" && button("Done", back, "bare small")),
      draft && content,
    );
  };

  store.redraw = mount(root, () => [
    bar(),
    notices(),
    h("div.columns", { key: "columns", "data-view": store.state.view }, canvas.view(), inspector(), preview.view()),
    inserter.view(),
    languages.view(),
    publisher.view(),
  ]);
  const after = store.redraw;
  let seen = "";
  store.redraw = () => {
    after();
    const { look, changed } = store.state;
    for (const element of document.querySelectorAll<HTMLElement>("[data-when-changed]")) element.hidden = !changed;
    if (look.at === "field" && look.key !== seen) preview.point((seen = look.key));
  };

  addEventListener("resize", () => store.redraw());
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "z" || document.querySelector("dialog[open]:not(.wide)")) return;
    event.preventDefault();
    if (event.shiftKey) store.redo();
    else store.undo();
  });
  // A click elsewhere and Escape close a menu.
  document.addEventListener("pointerdown", (event) => {
    if (/^(field|step):/.test(store.state.open) && !(event.target as Element).closest(".more-of")) actions.close();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !/^(field|step):/.test(store.state.open)) return;
    const opener = document.querySelector<HTMLElement>(".more-of [aria-expanded=true]");
    actions.close();
    opener?.focus();
    event.stopPropagation();
  });
  if (location.hash.length > 1) actions.goTo(decodeURIComponent(location.hash.slice(1)));
}

const root = document.getElementById("builder");
const data = document.getElementById("builder-data");
if (root && data) {
  document.getElementById("plain")?.remove();
  start(root, JSON.parse(data.textContent ?? "") as Given);
}
