// Elements with data-live="lead. delivery." and an id are fetched again and morphed when such an event happens.
// With data-live-hold nothing moves while somebody reads: a bar says how many rows are new and brings them.
import { Idiomorph } from "idiomorph";

export const ANY = "*";
const FIRST_MS = 60;
const PAUSE_MS = 1000;

// One address is fetched once for all its elements, however many they are and however much happens.
interface Wave {
  elements: Set<HTMLElement>;
  timer: number | undefined;
  busy: boolean;
  last: number;
}

const waves = new Map<string, Wave>();

export function refreshLive(name: string): void {
  document.dispatchEvent(new CustomEvent("leadsbot:change"));
  for (const element of document.querySelectorAll<HTMLElement>("[data-live][id]")) {
    const wanted = (element.dataset.live ?? "").split(" ").filter(Boolean);
    if (name !== ANY && !wanted.some((prefix) => name.startsWith(prefix))) continue;
    const url = element.dataset.liveUrl ?? location.href;
    const wave = waves.get(url) ?? { elements: new Set(), timer: undefined, busy: false, last: 0 };
    waves.set(url, wave);
    wave.elements.add(element);
    schedule(url, wave);
  }
}

/** At once, but at most once a second. */
function schedule(url: string, wave: Wave): void {
  if (wave.busy || wave.timer !== undefined) return;
  wave.timer = window.setTimeout(
    async () => {
      const elements = [...wave.elements];
      wave.elements.clear();
      wave.timer = undefined;
      wave.busy = true;
      await refresh(url, elements);
      wave.busy = false;
      wave.last = Date.now();
      if (wave.elements.size) schedule(url, wave);
    },
    Math.max(FIRST_MS, wave.last + PAUSE_MS - Date.now()),
  );
}

async function refresh(url: string, elements: HTMLElement[]): Promise<void> {
  try {
    const answer = await fetch(url, { headers: { "X-Live": "1", Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return; // Signed out, or the thing is gone: the next click tells.
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (workspaceOf(page) !== workspaceOf(document)) {
      // Another tab switched: its rows under our header would be a mixture of two workspaces.
      location.reload();
      return;
    }
    for (const element of elements) {
      const fresh = page.getElementById(element.id);
      if (!fresh || !element.isConnected) continue;
      if (element.hasAttribute("data-live-hold") && reading(element)) offer(element, fresh);
      else morph(element, fresh);
    }
    document.dispatchEvent(new CustomEvent("leadsbot:refreshed"));
  } catch {
    // The next hint, or coming back to the tab, tries again.
  }
}

function workspaceOf(page: Document): string {
  return page.querySelector<HTMLMetaElement>('meta[name="workspace"]')?.content ?? "";
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
    morph(element, fresh);
    document.dispatchEvent(new CustomEvent("leadsbot:refreshed"));
    scrollTo({ top: 0 });
  });
  if (earlier) earlier.replaceWith(bar);
  else element.before(bar);
}

function morph(element: HTMLElement, fresh: HTMLElement): void {
  document.getElementById(`${element.id}-new`)?.remove();
  Idiomorph.morph(element, fresh, {
    ignoreActiveValue: true,
    callbacks: {
      // What a person opened stays open.
      beforeAttributeUpdated: (name: string, node: Element) =>
        !(name === "open" && (node instanceof HTMLDetailsElement || node instanceof HTMLDialogElement)),
    },
  });
}
