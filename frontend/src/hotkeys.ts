// One registry of keys, shown by "?". Single keys can be turned off (WCAG 2.1.4) and are dead inside fields.
const OFF = "leadsbot.hotkeys";

interface Key {
  keys: string;
  label: string;
  run: () => void;
}

function move(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step))];
  (next?.querySelector<HTMLElement>("a, button") ?? next)?.focus();
}

function go(selector: string): () => void {
  return () => document.querySelector<HTMLElement>(selector)?.click();
}

const KEYS: Key[] = [
  { keys: "j", label: "Next row", run: () => move(1) },
  { keys: "k", label: "Previous row", run: () => move(-1) },
  { keys: "/", label: "Search", run: () => document.querySelector<HTMLElement>("input[type=search]")?.focus() },
  { keys: "[", label: "Previous in this view", run: go("[data-previous]") },
  { keys: "]", label: "Next in this view", run: go("[data-next]") },
  { keys: "g l", label: "Go to leads", run: go('[data-nav="leads"]') },
  { keys: "g s", label: "Go to sources", run: go('[data-nav="sources"]') },
  { keys: "g t", label: "Go to Telegram", run: go('[data-nav="telegram"]') },
  { keys: "g d", label: "Go to deliveries", run: go('[data-nav="deliveries"]') },
  { keys: "?", label: "This list", run: help },
];

function enabled(): boolean {
  try {
    return localStorage.getItem(OFF) !== "off";
  } catch {
    return true;
  }
}

function help(): void {
  let dialog = document.getElementById("hotkeys") as HTMLDialogElement | null;
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "hotkeys";
    dialog.className = "dialog";
    dialog.setAttribute("aria-label", "Keyboard");
    const title = document.createElement("h2");
    title.textContent = "Keyboard";
    const list = document.createElement("dl");
    list.className = "keys";
    for (const key of KEYS) {
      const term = document.createElement("dt");
      for (const part of key.keys.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = part;
        term.append(cap);
      }
      const text = document.createElement("dd");
      text.textContent = key.label;
      list.append(term, text);
    }
    const form = document.createElement("form");
    form.method = "dialog";
    form.className = "actions";
    const off = document.createElement("button");
    off.className = "button quiet";
    off.type = "button";
    off.textContent = enabled() ? "Turn single keys off" : "Turn single keys on";
    off.addEventListener("click", () => {
      try {
        localStorage.setItem(OFF, enabled() ? "off" : "on");
      } catch {
        // Without storage the keys stay as they are.
      }
      dialog?.remove();
    });
    const close = document.createElement("button");
    close.className = "button";
    close.textContent = "Close";
    form.append(off, close);
    dialog.append(title, list, form);
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}

export function hotkeys(): void {
  let prefix = "";
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (target.matches("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (!enabled() && event.key !== "?") return;
    const pressed = prefix ? `${prefix} ${event.key}` : event.key;
    prefix = "";
    const key = KEYS.find((item) => item.keys === pressed);
    if (key) {
      event.preventDefault();
      key.run();
    } else if (KEYS.some((item) => item.keys.startsWith(`${pressed} `))) {
      prefix = pressed;
      setTimeout(() => (prefix = ""), 1200);
    }
  });
  document.addEventListener("click", (event) => {
    if ((event.target as Element | null)?.closest("[data-hotkeys]")) help();
  });
}
