// <time datetime data-relative>: "3 min ago", kept true while the page is open.
const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [3600, "minute"],
  [86400, "hour"],
  [2592000, "day"],
  [31536000, "month"],
  [Infinity, "year"],
];
const SIZE: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86400, month: 2592000, year: 31536000 };
const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto", style: "short" });

export function say(then: Date, now: Date): string {
  const seconds = (then.getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  const unit = STEPS.find(([limit]) => size < limit)?.[1] ?? "year";
  return format.format(Math.trunc(seconds / (SIZE[unit] ?? 1)), unit);
}

function refresh(): void {
  const now = new Date();
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const then = new Date(element.dateTime);
    if (Number.isNaN(then.getTime())) continue;
    element.title ||= then.toLocaleString();
    element.textContent = say(then, now);
  }
}

export function relativeTimes(): void {
  refresh();
  setInterval(refresh, 15_000);
  document.addEventListener("htmx:afterSettle", refresh);
}
