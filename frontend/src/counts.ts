// The number beside a place in the navigation, in an element with data-count="/address": asked for once the page stands,
// and again when something happens, at most once in two seconds. A page never waits for it.
const PAUSE_MS = 2000;

export function counts(): void {
  let due: number | undefined;
  const ask = async () => {
    due = undefined;
    for (const element of document.querySelectorAll<HTMLElement>("[data-count]")) {
      try {
        const answer = await fetch(element.dataset.count ?? "", { cache: "no-store" });
        if (answer.ok && !answer.redirected) element.textContent = (await answer.text()).trim();
      } catch {
        // Offline: the number that is there stays until something happens again.
      }
    }
  };
  document.addEventListener("leadsbot:change", () => {
    due ??= window.setTimeout(ask, PAUSE_MS);
  });
  void ask();
}
