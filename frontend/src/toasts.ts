// Short messages in a polite live region; server-rendered ones go by themselves, unless a pointer or the focus is on them.
const SHORT_MS = 4000;
const LONG_MS = 8000;

function place(): HTMLElement {
  const there = document.getElementById("toasts");
  if (there) return there;
  const region = document.createElement("div");
  region.id = "toasts";
  region.className = "toasts";
  region.setAttribute("role", "status");
  document.body.append(region);
  return region;
}

function leave(toast: HTMLElement, after: number): void {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leave(toast, 1000);
    else toast.remove();
  }, after);
}

export function announce(message: string): void {
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = message;
  place().replaceChildren(toast);
  leave(toast, SHORT_MS);
}

export function toasts(): void {
  for (const toast of document.querySelectorAll<HTMLElement>("#toasts .toast:not([data-stay])")) leave(toast, LONG_MS);
  document.addEventListener("click", (event) => {
    (event.target as Element | null)?.closest("[data-dismiss]")?.closest(".toast, .banner")?.remove();
  });
}
