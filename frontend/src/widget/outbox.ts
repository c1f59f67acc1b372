// Submissions on their way: kept until the server has answered, sent again when it did not, delivered once.
//
// The key of each makes a repeat harmless, so every doubt is settled by sending again: after an error, when the
// network is back, when the page is left, and on the next page of the same tab.
import { keeps, on, unique, warn, type Config, type Json } from "./env";
import { load, QUEUE, save, VISIT } from "./store";

const MOST = 10;
const LONGEST = 864e5;
/** All requests that outlive a page share 64 KiB. */
const KEEPALIVE = 6e4;
const PATIENCE = 2e4;
/** In one page's life; a refusal that the browser hides from us looks like a network that is down. */
const TRIES = 12;

/** A submission as it is kept: key, address, body, time. */
interface Work {
  k: string;
  u: string;
  b: string;
  t: number;
  /** Whether it may be stored. */
  s: boolean;
  /** Attempts that failed. */
  n: number;
  /** On its way right now. */
  y?: boolean;
  done?: ((answer: Answer) => void) | undefined;
  /** Called when an attempt failed and another one will follow. */
  waits?: (() => void) | undefined;
}

export interface Answer {
  status: number;
  body: Json;
}

const works = new Map<string, Work>();

const store = (): void => {
  const kept = [...works.values()].filter((work) => work.s);
  save(QUEUE, kept[0] && kept.slice(-MOST));
};

/** A request that no browser asks about first: it says nothing but its text, and no cookie goes with it. */
export const post = (address: string, body: string): Promise<Response> =>
  fetch(address, {
    method: "POST",
    body,
    credentials: "omit",
    keepalive: new Blob([body]).size < KEEPALIVE,
    signal: AbortSignal.timeout?.(PATIENCE),
  } as RequestInit);

/** Send until it is answered; resolves then, and never when the page is gone before. */
export const deliver = (config: Config, body: Json, waits?: () => void): Promise<Answer> =>
  new Promise((done) => {
    const k = unique();
    const b = JSON.stringify({ token: config.token, ...body, _key: k });
    works.set(k, { k, u: config.api + "/api/capture", b, t: Date.now(), s: keeps(config), n: 0, done, waits });
    store();
    flush();
  });

const attempt = async (work: Work): Promise<void> => {
  if (work.y || !works.has(work.k)) return;
  work.y = true;
  let wait = 0;
  try {
    const answer = await post(work.u, work.b);
    const { status } = answer;
    if (status < 500 && status !== 408 && status !== 429) {
      const body = (await answer.json().catch(() => ({}))) as Json;
      works.delete(work.k);
      store();
      if (!works.size) save(VISIT);
      if (!answer.ok) warn(body.detail);
      work.done?.({ status, body });
      return;
    }
    wait = +answer.headers.get("Retry-After")! * 1e3;
  } catch {
    // No network, no answer in time, or the page's policy forbids it: all look the same from here.
  }
  work.y = false;
  work.waits?.();
  if (work.n < TRIES) setTimeout(attempt, Math.max(wait, Math.min(6e4, 1e3 * 2 ** work.n++) * (0.5 + Math.random())), work);
};

const flush = (): void => works.forEach(attempt);

/** Take up what an earlier page of this tab left behind. */
export const resume = (): void => {
  for (const work of load<Work[]>(QUEUE) || []) {
    if (!works.has(work.k) && Date.now() - work.t < LONGEST) works.set(work.k, { ...work, n: 0, y: false });
  }
  store();
  flush();
};

/** The site withdrew its consent: what waits is sent from memory, if at all. */
export const forget = (): void => {
  works.forEach((work) => (work.s = false));
  save(QUEUE);
  save(VISIT);
};

export const follow = (): void => {
  on(window, "online", flush);
  on(window, "pageshow", flush);
};
