// Dark mode follows the system unless somebody chooses; the choice lives in this browser only.
const KEY = "leadsbot.theme";

export function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // Storage can be switched off; then the system decides.
  }
}

export function apply(choice: string | null): void {
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
  else delete document.documentElement.dataset.theme;
}

function keep(choice: string | null): void {
  try {
    if (choice) localStorage.setItem(KEY, choice);
    else localStorage.removeItem(KEY);
  } catch {
    // The choice then lasts for this page.
  }
}

export function theme(): void {
  document.addEventListener("click", (event) => {
    if (!(event.target as Element | null)?.closest("[data-theme-toggle]")) return;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const next = (document.documentElement.dataset.theme ?? system) === "dark" ? "light" : "dark";
    // Choosing what the system says anyway is to follow it again.
    const choice = next === system ? null : next;
    apply(choice);
    keep(choice);
  });
  // Another tab chose.
  addEventListener("storage", (event) => {
    if (event.key === KEY) apply(event.newValue);
  });
}
