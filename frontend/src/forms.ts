// A double click sends once; dialogs open from buttons; a select can send its form.
export function forms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll<HTMLButtonElement>("button[type=submit], button:not([type])")) {
      button.setAttribute("aria-busy", "true");
    }
    setTimeout(() => release(form), 8000);
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target as Element | null;
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    if (!(field instanceof HTMLTextAreaElement) || field.form?.method !== "post") return;
    event.preventDefault();
    field.form.requestSubmit();
  });
  addEventListener("pageshow", (event) => {
    document.querySelectorAll<HTMLFormElement>("form[data-sent]").forEach(release);
    // Back from the cache: the filters are those of the list, not those that led away from it.
    if (event.persisted) document.querySelectorAll<HTMLFormElement>("form[method=get]").forEach((form) => form.reset());
  });
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLElement;
    if (field.matches("[data-submit-on-change]")) (field.closest("form") as HTMLFormElement | null)?.requestSubmit();
  });
}

function release(form: HTMLFormElement): void {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

/** <details data-edit> holds a form: opening it focuses the first field, Escape forgets what was typed and closes it. */
export function edits(): void {
  document.addEventListener(
    "toggle",
    (event) => {
      const edit = event.target as HTMLDetailsElement;
      if (!edit.matches("details[data-edit][open]") || edit.contains(document.activeElement?.closest("form") ?? null)) return;
      edit.querySelector<HTMLElement>("input:not([type=hidden]), textarea, select")?.focus();
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    const edit = (event.target as Element | null)?.closest<HTMLDetailsElement>("details[data-edit][open]");
    if (event.key !== "Escape" || event.isComposing || !edit) return;
    event.preventDefault();
    edit.querySelector("form")?.reset();
    edit.open = false;
    edit.querySelector("summary")?.focus();
  });
}

export function dialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element | null;
    const opener = target?.closest<HTMLElement>("[data-opens]");
    if (opener?.dataset.opens) {
      (document.getElementById(opener.dataset.opens) as HTMLDialogElement | null)?.showModal();
      return;
    }
    if (target?.closest("[data-closes]")) target.closest("dialog")?.close();
    // A click on the backdrop lands on the dialog itself.
    if (target instanceof HTMLDialogElement && target.hasAttribute("data-light")) target.close();
  });
}
