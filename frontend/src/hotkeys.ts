// Keys of a page: a few that every list has, and every element with data-hotkey="g i" (or "c", or "/"): its key clicks
// it, or focuses it when it is a field. Single keys can be turned off (WCAG 2.1.4) and are dead inside fields.
import { type Key, keyHelp } from "./keyhelp";

const OFF = "leadsbot.hotkeys";
const PREFIX_MS = 1200;
const FIELDS = "input, textarea, select, [contenteditable]";

function list(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")];
}

function move(step: number): void {
  const rows = list();
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const wanted = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step));
  const row = rows[wanted];
  (row?.querySelector<HTMLElement>("a, button, summary") ?? row)?.focus();
}

/** Clicks the button with this key in the row that has the focus. */
function inRow(keys: string): void {
  const row = document.activeElement?.closest<HTMLElement>("[data-row]");
  for (const element of row?.querySelectorAll<HTMLElement>("[data-row-key]") ?? []) {
    if (element.dataset.rowKey === keys) element.click();
  }
}

function use(element: HTMLElement): void {
  if (element.matches(FIELDS)) element.focus();
  else element.click();
}

function named(element: HTMLElement): string {
  return (element.dataset.hotkeyLabel ?? element.getAttribute("aria-label") ?? element.textContent ?? "").trim();
}

function keysOfPage(): Key[] {
  const found: Key[] = [];
  if (list().length) {
    found.push({ keys: "j", label: "Next row", run: () => move(1) });
    found.push({ keys: "k", label: "Previous row", run: () => move(-1) });
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-row-key]")) {
    const keys = element.dataset.rowKey ?? "";
    if (found.some((key) => key.keys === keys)) continue;
    found.push({ keys, label: `${(element.textContent ?? "").trim()} (this row)`, run: () => inRow(keys) });
  }
  const search = document.querySelector<HTMLElement>("input[type=search]");
  if (search) found.push({ keys: "/", label: "Search", run: () => search.focus() });
  for (const element of document.querySelectorAll<HTMLElement>("[data-hotkey]")) {
    const keys = element.dataset.hotkey ?? "";
    if (keys && !found.some((key) => key.keys === keys)) {
      found.push({ keys, label: named(element), run: () => use(element) });
    }
  }
  found.push({ keys: "?", label: "This list", run: help });
  return found;
}

function enabled(): boolean {
  try {
    return localStorage.getItem(OFF) !== "off";
  } catch {
    return true;
  }
}

function toggle(): void {
  try {
    localStorage.setItem(OFF, enabled() ? "off" : "on");
  } catch {
    // Without storage the keys stay as they are.
  }
}

/** Keys that a part of the page listens to by itself: only told here. */
function told(): Key[] {
  const notes = [...document.querySelectorAll<HTMLElement>("[data-key-note]")];
  return notes.map((note) => ({ keys: note.dataset.keyNote ?? "", label: note.textContent ?? "", run: () => {} }));
}

function help(): void {
  keyHelp([...keysOfPage(), ...told()], enabled(), toggle);
}

export function hotkeys(): void {
  let prefix = "";
  let timer: number | undefined;
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (target.matches(FIELDS)) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (!enabled() || document.querySelector("dialog[open]")) return;
    clearTimeout(timer);
    const pressed = prefix ? `${prefix} ${event.key}` : event.key;
    prefix = "";
    const keys = keysOfPage();
    const key = keys.find((item) => item.keys === pressed);
    if (key) {
      event.preventDefault();
      key.run();
    } else if (keys.some((item) => item.keys.startsWith(`${pressed} `))) {
      prefix = pressed;
      timer = window.setTimeout(() => (prefix = ""), PREFIX_MS);
    }
  });
  document.addEventListener("click", (event) => {
    if ((event.target as Element | null)?.closest("[data-hotkeys]")) help();
  });
}
