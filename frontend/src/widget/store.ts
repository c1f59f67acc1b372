// The browser's storage for this tab, which any call may refuse.
/** Submissions on their way, see outbox.ts. */
export const QUEUE = "leadsbot.queue";
/** How the visit began, see visit.ts. */
export const VISIT = "leadsbot.visit";

export const load = <T>(key: string): T | undefined => {
  try {
    return JSON.parse(sessionStorage.getItem(key) || "") as T;
  } catch {
    return undefined;
  }
};

/** Keep a value, or none. */
export const save = (key: string, value?: unknown): void => {
  try {
    if (value) sessionStorage.setItem(key, JSON.stringify(value));
    else sessionStorage.removeItem(key);
  } catch {
    // Full or forbidden: memory has to do.
  }
};
