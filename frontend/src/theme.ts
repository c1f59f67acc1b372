// Dark mode follows the system unless somebody chooses; the choice lives in this browser only.
const KEY = "leadsbot.theme";

function apply(choice: string | null): void {
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
  else delete document.documentElement.dataset.theme;
}

export function theme(): void {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage can be switched off; then the system decides.
  }
  apply(stored);
  document.addEventListener("click", (event) => {
    if (!(event.target as Element | null)?.closest("[data-theme-toggle]")) return;
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    const next = dark ? "light" : "dark";
    apply(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // The choice then lasts for this page.
    }
  });
}
