// Saves the draft a moment after the last change, keeps what could not be saved in this browser, and tells kindly of
// somebody who was quicker.
import type { Store } from "./store";
import type { Definition, Form } from "./types";

const PAUSE_MS = 600;
const RETRY_MS = [2000, 5000, 15000, 30000];
/** The largest body that a browser sends after its page was left. */
const KEEPALIVE = 60_000;

interface Kept {
  revision: number;
  draft: Definition;
}

export const token = (): string => document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";

export function call(path: string, method = "GET", body?: unknown, more: RequestInit = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", "X-CSRF-Token": token() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(path, { method, headers, cache: "no-store", ...(body !== undefined && { body: JSON.stringify(body) }), ...more });
}

/** A value as text, whatever the order of its names. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (_, held: unknown) =>
    held && typeof held === "object" && !Array.isArray(held) ? Object.fromEntries(Object.entries(held).sort()) : held,
  );

export class Saver {
  private timer = 0;
  private tries = 0;
  private busy: Promise<void> | null = null;
  /** The draft that the server has. */
  private stored: Definition;
  private readonly path: string;
  private readonly shelf: string;
  /** The newer draft of somebody else. */
  theirs: Form | null = null;

  constructor(
    private readonly store: Store,
    private readonly saved: () => void,
  ) {
    const { form } = store.given;
    this.stored = form.draft;
    this.path = `/api/v1/forms/${form.id}`;
    this.shelf = `leadsbot.builder.${form.id}`;
    store.changed = () => this.soon();
    addEventListener("online", () => this.dirty && this.flush());
    addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.leave() : this.look()));
    this.restore();
  }

  get dirty(): boolean {
    return this.store.state.draft !== this.stored;
  }

  private soon(): void {
    if (this.store.state.saving === "conflict") return this.keep();
    this.keep();
    clearTimeout(this.timer);
    if (!this.dirty) return this.store.show({ saving: "saved", trouble: "" });
    this.store.show({ saving: "waiting" });
    this.timer = window.setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Save now. Resolves when the server has what is on the page, or why not stands in the state. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.dirty && this.store.state.saving !== "conflict") {
      this.busy ??= this.once().finally(() => (this.busy = null));
      await this.busy;
      if (this.store.state.saving !== "saving") break;
    }
    return !this.dirty;
  }

  private async once(): Promise<void> {
    const { draft, revision } = this.store.state;
    this.store.show({ saving: "saving" });
    let answer: Response;
    try {
      answer = await call(this.path, "PATCH", { definition: draft, revision });
    } catch {
      return this.later("offline", "");
    }
    if (answer.ok) {
      this.stored = draft;
      this.tries = 0;
      this.store.told((await answer.json()) as Form);
      // "saving" while more was typed meanwhile: the caller goes on.
      this.store.show({ saving: this.dirty ? "saving" : "saved", trouble: "" });
      this.keep();
      this.saved();
    } else if (answer.status === 409) await this.stale();
    else if (answer.status === 429 || answer.status >= 500) this.later("offline", "");
    else {
      const said = (await answer.json().catch(() => ({}))) as { detail?: string };
      const gone = answer.status === 401 ? "You are signed out. Sign in in another tab, then change something here." : "";
      this.store.show({ saving: "refused", trouble: gone || said.detail || "The server did not take it." });
    }
  }

  private later(saving: "offline", trouble: string): void {
    this.store.show({ saving, trouble });
    const wait = RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)];
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), wait);
  }

  private async stale(): Promise<void> {
    try {
      const answer = await call(this.path);
      if (!answer.ok) return this.later("offline", "");
      this.theirs = (await answer.json()) as Form;
      this.store.show({ saving: "conflict" });
    } catch {
      this.later("offline", "");
    }
  }

  /** Go on with the draft of the other one; one's own stays a step of the way back. */
  takeTheirs(): void {
    const form = this.theirs;
    if (!form) return;
    this.theirs = null;
    this.stored = form.draft;
    this.store.told(form);
    this.store.state.saving = "saved";
    this.store.change(form.draft, { saving: "saved" });
    this.keep();
    this.saved();
  }

  /** Save one's own over the draft of the other one. */
  keepMine(): void {
    const form = this.theirs;
    if (!form) return;
    this.theirs = null;
    this.stored = form.draft;
    this.store.show({ revision: form.revision, saving: "waiting" });
    void this.flush();
  }

  /** Somebody may have changed the form in another tab while this one was away. */
  private async look(): Promise<void> {
    if (this.busy || this.theirs) return;
    if (this.dirty) return void this.flush();
    try {
      const answer = await call(this.path);
      const form = answer.ok ? ((await answer.json()) as Form) : null;
      if (!form || this.dirty || this.busy || form.revision === this.store.state.revision) return;
      this.theirs = form;
      this.takeTheirs();
    } catch {
      // Offline: the next change tells.
    }
  }

  private leave(): void {
    if (!this.dirty || this.theirs) return;
    const { draft, revision } = this.store.state;
    const body = { definition: draft, revision };
    // The answer may never be seen: what is on the shelf is compared when the page is opened again.
    if (!this.busy && JSON.stringify(body).length < KEEPALIVE) void this.flushLeaving(body);
  }

  private async flushLeaving(body: { definition: Definition; revision: number }): Promise<void> {
    this.busy = call(this.path, "PATCH", body, { keepalive: true })
      .then(async (answer) => {
        if (!answer.ok) return;
        this.stored = body.definition;
        this.store.told((await answer.json()) as Form);
        this.store.show({ saving: this.dirty ? "waiting" : "saved" });
        this.keep();
      })
      .catch(() => undefined)
      .finally(() => (this.busy = null));
    await this.busy;
  }

  /** What is not saved lies on a shelf of this browser, and nothing else does. */
  private keep(): void {
    try {
      if (!this.dirty) localStorage.removeItem(this.shelf);
      else localStorage.setItem(this.shelf, JSON.stringify({ revision: this.store.state.revision, draft: this.store.state.draft }));
    } catch {
      // Without storage a draft that cannot be saved lives as long as its page.
    }
  }

  private restore(): void {
    let kept: Kept | null = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.shelf) ?? "null") as Kept | null;
      localStorage.removeItem(this.shelf);
    } catch {
      return;
    }
    if (!kept || plain(kept.draft) === plain(this.stored)) return;
    const { form } = this.store.given;
    if (kept.revision === form.revision) return this.store.change(kept.draft);
    this.theirs = form;
    this.store.change(kept.draft, { saving: "conflict" });
  }
}
