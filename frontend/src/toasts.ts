// Short messages in a polite live region; server-rendered ones fade by themselves.
let region: HTMLElement | null = null;

function place(): HTMLElement {
  region ??= document.getElementById("toasts");
  if (!region) {
    region = document.createElement("div");
    region.id = "toasts";
    region.className = "toasts";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  return region;
}

export function announce(message: string): void {
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = message;
  place().append(toast);
  setTimeout(() => toast.remove(), 4000);
}

export function toasts(): void {
  for (const toast of document.querySelectorAll<HTMLElement>("#toasts .toast:not([data-stay])")) {
    setTimeout(() => toast.remove(), 8000);
  }
  document.addEventListener("click", (event) => {
    (event.target as Element | null)?.closest("[data-dismiss]")?.closest(".toast, .banner")?.remove();
  });
}
