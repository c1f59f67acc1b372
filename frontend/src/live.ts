// Live updates: one event stream per browser, not per tab (HTTP/1.1 allows six connections to a host). A leader, chosen
// by a Web Lock, listens and relays by BroadcastChannel. On any doubt the page is simply fetched again.
import { ANY, refreshLive } from "./refresh";

const CHANNEL = "leadsbot-live";
const POLL_MS = 5000;

type Tell = (name: string) => void;

/** Follow the stream until told to stop; falls back to asking every few seconds where streams are refused. */
function follow(tell: Tell, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stream = new EventSource("/live");
    let lost = false;
    let poll: number | undefined;
    signal.addEventListener("abort", () => {
      stream.close();
      clearInterval(poll);
      resolve();
    });
    stream.addEventListener("change", (event) => tell((event as MessageEvent<string>).data));
    stream.addEventListener("open", () => {
      if (lost) tell(ANY); // What happened meanwhile is not repeated.
      lost = false;
    });
    stream.addEventListener("error", () => {
      lost = true;
      if (stream.readyState !== EventSource.CLOSED || poll) return;
      const ask = poller(tell);
      void ask(); // What there is now is what changes are told from.
      poll = window.setInterval(ask, POLL_MS);
    });
  });
}

function poller(tell: Tell): () => Promise<void> {
  let etag = "";
  return async () => {
    try {
      const answer = await fetch("/live/poll", { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      const now = answer.ok && !answer.redirected ? (answer.headers.get("etag") ?? "") : "";
      if (etag && now && now !== etag) tell(ANY);
      etag = now || etag;
    } catch {
      // The next round asks again.
    }
  };
}

export function live(): void {
  if (!document.querySelector("[data-live]")) return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", (event: MessageEvent<string>) => refreshLive(event.data));
  const tell: Tell = (name) => {
    channel.postMessage(name);
    refreshLive(name);
  };
  let stop: AbortController | null = null;
  const start = () => {
    if (stop || document.hidden) return;
    stop = new AbortController();
    const { signal } = stop;
    if (navigator.locks) {
      // An aborted wait for the lock rejects, which is what was asked for.
      navigator.locks.request(CHANNEL, { signal }, () => follow(tell, signal)).catch(() => undefined);
    } else {
      void follow(tell, signal);
    }
  };
  const end = () => {
    stop?.abort();
    stop = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return end();
    refreshLive(ANY);
    start();
  });
  addEventListener("pagehide", end);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    refreshLive(ANY);
    start();
  });
  start();
}
