// Elements with data-live="lead. delivery." and an id are fetched again and morphed when such an event happens.
// With data-live-hold nothing moves while somebody reads: a bar says how many rows are new and brings them.
export const ANY = "*";
const FIRST_MS = 60;
const PAUSE_MS = 1000;

interface State {
  timer: number | undefined;
  busy: boolean;
  again: boolean;
  last: number;
}

const states = new WeakMap<HTMLElement, State>();

export function refreshLive(name: string): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-live][id]")) {
    const wanted = (element.dataset.live ?? "").split(" ").filter(Boolean);
    if (name === ANY || wanted.some((prefix) => name.startsWith(prefix))) schedule(element);
  }
}

/** At once, but at most once a second however much happens. */
function schedule(element: HTMLElement): void {
  const state = states.get(element) ?? { timer: undefined, busy: false, again: false, last: 0 };
  states.set(element, state);
  if (state.busy) {
    state.again = true;
    return;
  }
  state.timer ??= window.setTimeout(
    async () => {
      state.timer = undefined;
      state.busy = true;
      await refresh(element);
      state.busy = false;
      state.last = Date.now();
      if (state.again && element.isConnected) {
        state.again = false;
        schedule(element);
      }
    },
    Math.max(FIRST_MS, state.last + PAUSE_MS - Date.now()),
  );
}

async function refresh(element: HTMLElement): Promise<void> {
  try {
    const answer = await fetch(element.dataset.liveUrl ?? location.href, {
      headers: { "X-Live": "1", Accept: "text/html" },
      cache: "no-store",
    });
    if (!answer.ok || answer.redirected) return; // Signed out, or the thing is gone: the next click tells.
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(element.id);
    if (!fresh || !element.isConnected) return;
    if (element.hasAttribute("data-live-hold") && reading(element)) offer(element, fresh);
    else morph(element, fresh);
  } catch {
    // The next hint, or coming back to the tab, tries again.
  }
}

function rows(element: Element): Set<string> {
  return new Set([...element.querySelectorAll("[data-row][id]")].map((row) => row.id));
}

function reading(element: HTMLElement): boolean {
  return rows(element).size > 0 && (scrollY > 120 || element.contains(document.activeElement));
}

function offer(element: HTMLElement, fresh: HTMLElement): void {
  const known = rows(element);
  const count = [...rows(fresh)].filter((id) => !known.has(id)).length;
  if (!count) {
    morph(element, fresh);
    return;
  }
  const id = `${element.id}-new`;
  const earlier = document.getElementById(id);
  const bar = document.createElement("button");
  bar.type = "button";
  bar.id = id;
  bar.className = "new-bar";
  bar.textContent = `${count} new`;
  bar.addEventListener("click", () => {
    bar.remove();
    morph(element, fresh);
    scrollTo({ top: 0 });
  });
  if (earlier) earlier.replaceWith(bar);
  else element.before(bar);
}

function morph(element: HTMLElement, fresh: HTMLElement): void {
  document.getElementById(`${element.id}-new`)?.remove();
  if (window.Idiomorph) {
    window.Idiomorph.morph(element, fresh, {
      ignoreActiveValue: true,
      callbacks: {
        // What a person opened stays open.
        beforeAttributeUpdated: (name: string, node: Element) =>
          !(name === "open" && (node instanceof HTMLDetailsElement || node instanceof HTMLDialogElement)),
      },
    });
    window.htmx?.process(element);
  } else {
    element.replaceWith(fresh);
  }
  document.dispatchEvent(new CustomEvent("leadsbot:refreshed"));
}
