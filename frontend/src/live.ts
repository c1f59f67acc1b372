// Live updates: one event stream per browser, not per tab (HTTP/1.1 allows six connections to a host).
// A leader, chosen by a Web Lock, listens and relays by BroadcastChannel. On any doubt the page is simply refetched.
const CHANNEL = "leadsbot-live";

function react(name: string): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const wanted = (element.dataset.live ?? "").split(" ");
    if (name !== "*" && !wanted.some((prefix) => name.startsWith(prefix))) continue;
    refresh(element);
  }
}

const waiting = new WeakMap<HTMLElement, number>();

function refresh(element: HTMLElement): void {
  const earlier = waiting.get(element);
  if (earlier) return;
  waiting.set(
    element,
    window.setTimeout(async () => {
      waiting.delete(element);
      const url = element.dataset.liveUrl ?? location.href;
      const id = element.id;
      try {
        const answer = await fetch(url, { headers: { "X-Live": "1" }, credentials: "same-origin" });
        if (!answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = id ? page.getElementById(id) : null;
        if (!fresh || !element.isConnected) return;
        if (window.Idiomorph) window.Idiomorph.morph(element, fresh, { ignoreActiveValue: true });
        else element.replaceWith(fresh);
        document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
      } catch {
        // The next hint, or coming back to the tab, tries again.
      }
    }, 120),
  );
}

function listen(channel: BroadcastChannel, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stream = new EventSource("/live");
    const tell = (name: string) => {
      channel.postMessage(name);
      react(name);
    };
    stream.addEventListener("change", (event) => tell((event as MessageEvent<string>).data));
    stream.addEventListener("open", () => tell("*"));
    signal.addEventListener("abort", () => {
      stream.close();
      resolve();
    });
  });
}

export function live(): void {
  if (!document.querySelector("[data-live]")) return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", (event: MessageEvent<string>) => react(event.data));
  let stop: AbortController | null = null;
  const start = () => {
    if (stop || document.hidden) return;
    stop = new AbortController();
    const { signal } = stop;
    if (navigator.locks) {
      navigator.locks.request(CHANNEL, { signal }, () => listen(channel, signal)).catch(() => undefined);
    } else {
      void listen(channel, signal);
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stop?.abort();
      stop = null;
    } else {
      react("*");
      start();
    }
  });
  addEventListener("pagehide", () => {
    stop?.abort();
    stop = null;
  });
  start();
}
