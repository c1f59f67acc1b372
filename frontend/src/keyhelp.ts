// The dialog that "?" opens: every key that works on this page.
export interface Key {
  keys: string;
  label: string;
  run: () => void;
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, text = "", cls = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = text;
  if (cls) element.className = cls;
  return element;
}

function rows(keys: Key[]): HTMLElement {
  const list = make("dl", "", "keys");
  for (const key of keys) {
    const term = make("dt");
    term.append(...key.keys.split(" ").map((part) => make("kbd", part)));
    list.append(term, make("dd", key.label));
  }
  return list;
}

export function keyHelp(keys: Key[], enabled: boolean, toggle: () => void): void {
  const dialog = make("dialog", "", "dialog");
  const title = make("h2", "Keyboard");
  title.id = "keys-title";
  dialog.setAttribute("aria-labelledby", title.id);
  const form = make("form", "", "actions end");
  form.method = "dialog";
  const off = make("button", enabled ? "Turn keys off" : "Turn keys on", "button quiet");
  off.addEventListener("click", toggle);
  const close = make("button", "Close", "button");
  close.autofocus = true;
  form.append(off, close);
  dialog.append(title, rows(keys), form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
