// <time datetime data-relative>: "3 min ago", kept true while the page is open. The wording is the server's
// (`ago` in web/render.py), so that nothing jumps when the script takes over.
const SIZES: [number, string][] = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
];

function span(seconds: number): string {
  const found = SIZES.find(([size]) => seconds >= size);
  return found ? `${Math.floor(seconds / found[0])} ${found[1]}` : `${seconds} s`;
}

/** How long ago in a few words; null beyond a week, where the server's date stays. */
export function say(then: number, now: number): string | null {
  const seconds = Math.round((now - then) / 1000);
  if (seconds <= -5) return `in ${span(-seconds)}`;
  if (seconds < 0) return "now";
  if (seconds < 10) return "just now";
  return seconds < 7 * 86400 ? `${span(seconds)} ago` : null;
}

function refresh(): void {
  const now = Date.now();
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const then = Date.parse(element.dateTime);
    const text = Number.isNaN(then) ? null : say(then, now);
    if (text && element.textContent !== text) element.textContent = text;
  }
}

export function relativeTimes(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-zone]")) {
    field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }
  refresh();
  setInterval(() => document.hidden || refresh(), 5000);
  document.addEventListener("visibilitychange", refresh);
  document.addEventListener("leadsbot:refreshed", refresh);
}
