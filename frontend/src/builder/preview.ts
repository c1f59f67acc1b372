// What visitors will get: the draft's own page from the server, in the width, light and direction that one wants to see.
// A new draft is morphed into the page that is there, so that nothing flickers and the place scrolled to stays.
import { announce } from "../toasts";
import { choices, tool } from "./controls";
import { h, icon, type Node_ } from "./dom";
import type { Actions } from "./actions";

const WIDTHS = { phone: 390, tablet: 768, desktop: 1280 } as const;
type Width = keyof typeof WIDTHS;
const DEVICES: [Width, string, string][] = [["phone", "mobile", "Phone"], ["tablet", "tablet", "Tablet"], ["desktop", "desktop", "Desktop"]];

export class Preview {
  private width: Width = "phone";
  private dark = matchMedia("(prefers-color-scheme: dark)").matches;
  private flipped = false;
  private language = "";
  /** Whether the widget draws the form, with its steps and conditions at work, instead of the page. */
  private widget = false;
  private first = "";
  private drawn: boolean | null = null;
  private frame: HTMLIFrameElement | null = null;
  private wanted = 0;

  constructor(private readonly actions: Actions) {
    addEventListener("resize", () => this.fit());
  }

  private get path(): string {
    const query = new URLSearchParams(this.widget ? { as: "widget", scheme: this.dark ? "dark" : "light" } : {});
    if (this.language) query.set("lang", this.language);
    return `/forms/${this.actions.store.given.form.id}/preview?${query}`;
  }

  view(): Node_ {
    const { draft } = this.actions.store.state;
    // The frame's address stays what it was first: another one would load it anew.
    if (this.drawn !== this.widget) Object.assign(this, { first: this.path, drawn: this.widget });
    const { languages } = this.actions.store.given;
    const known = [draft.language ?? "en", ...Object.keys(draft.languages ?? {})];
    if (this.language && !known.includes(this.language)) this.language = "";
    const set = (change: () => void): void => {
      change();
      this.actions.store.redraw();
      queueMicrotask(() => (this.widget ? void this.refresh() : this.dress()));
    };
    return h(
      "section.preview",
      { key: "preview", "aria-label": "Preview" },
      h(
        "header.preview-bar",
        {},
        h("div.segments", { role: "group", "aria-label": "Width" }, DEVICES.map(([width, name, label]) => tool(name, label, () => set(() => (this.width = width)), { "aria-pressed": String(this.width === width) }))),
        h("select", { "aria-label": "Drawn as", value: this.widget ? "widget" : "page", onchange: (event: Event) => {
          this.widget = (event.target as HTMLSelectElement).value === "widget";
          this.actions.store.redraw();
        } }, choices([["page", "Page"], ["widget", "Widget"]])),
        tool("moon", "Dark", () => set(() => (this.dark = !this.dark)), { "aria-pressed": String(this.dark) }),
        tool("direction", "Right to left", () => set(() => (this.flipped = !this.flipped)), { "aria-pressed": String(this.flipped) }),
        known.length > 1 && h("select", { "aria-label": "Language of the preview", value: this.language || known[0], onchange: (event: Event) => {
          this.language = (event.target as HTMLSelectElement).value;
          void this.refresh();
        } }, choices(known.map((tag) => [tag, languages.find((each) => each.tag === tag)?.name ?? tag]))),
        h("a.icon-button", { href: this.path, target: "_blank", "aria-label": "Open the preview in a tab", title: "Open in a tab" }, icon("link")),
      ),
      h("div.stage", {}, h("iframe", {
        // The page has no script and is not posted from here. The widget has one, which is ours.
        key: this.widget ? "widget" : "page", title: "The form as visitors see it", sandbox: this.widget ? null : "allow-same-origin", src: this.first, ref: (element: HTMLIFrameElement) => this.take(element),
      })), // prettier-ignore
    );
  }

  private take(frame: HTMLIFrameElement): void {
    this.frame = frame;
    frame.addEventListener("load", () => this.ready());
    new ResizeObserver(() => this.fit()).observe(frame.parentElement as Element);
    this.fit();
  }

  private ready(): void {
    const page = this.frame?.contentDocument;
    if (!page) return;
    // Links would lead the frame away; those to other languages are what the list above is for. Nothing is sent: a
    // browser that refuses it in a sandbox would do so before the page is asked.
    page.addEventListener("click", (event) => {
      if ((event.target as Element).closest?.("button")) {
        event.preventDefault();
        return announce("This is a preview: nothing is sent. Drawn as a widget, it can be tried to the end.");
      }
      const link = (event.target as Element).closest?.("a");
      if (!link || link.hash.length > 1) return;
      event.preventDefault();
      if (!link.hreflang) return;
      this.language = link.hreflang;
      this.actions.store.redraw();
      void this.refresh();
    });
    this.dress();
  }

  /** Light or dark, and the direction: set on the page itself, as a visitor's device would. */
  private dress(): void {
    this.fit();
    const root = this.frame?.contentDocument?.documentElement;
    if (!root) return;
    const drawn = root.querySelector("leadsbot-form")?.shadowRoot?.querySelector<HTMLElement>("[dir]");
    const turned = drawn ?? root;
    turned.dataset.dir ??= turned.dir;
    turned.dir = this.flipped ? (turned.dataset.dir === "rtl" ? "ltr" : "rtl") : turned.dataset.dir;
    const own = this.actions.store.state.draft.theme?.scheme ?? "auto";
    root.style.setProperty("--scheme", own === "auto" ? (this.dark ? "dark" : "light") : own);
  }

  /** The frame as wide as the device, and as much smaller as the room beside the document asks for. */
  private fit(): void {
    const { frame } = this;
    const stage = frame?.parentElement;
    if (!frame || !stage?.clientWidth) return;
    const width = WIDTHS[this.width];
    const scale = Math.min(1, stage.clientWidth / width);
    frame.style.width = `${width}px`;
    frame.style.height = `${stage.clientHeight / scale}px`;
    frame.style.transform = `scale(${scale})`;
    frame.style.marginInlineStart = `${Math.max(0, (stage.clientWidth - width * scale) / 2)}px`;
  }

  /** Show the draft that the server has now. */
  async refresh(): Promise<void> {
    const mine = ++this.wanted;
    if (this.widget) return this.frame?.contentWindow?.location.replace(this.path);
    try {
      const answer = await fetch(this.path, { headers: { Accept: "text/html" }, cache: "no-store" });
      const html = await answer.text();
      const page = this.frame?.contentDocument;
      if (mine !== this.wanted || !answer.ok || !page) return;
      const fresh = new DOMParser().parseFromString(html, "text/html");
      const root = page.documentElement;
      delete root.dataset.dir;
      for (const name of ["lang", "dir"]) root.setAttribute(name, fresh.documentElement.getAttribute(name) ?? "");
      const sheet = page.querySelector<HTMLLinkElement>("link[rel=stylesheet]");
      const style = fresh.querySelector<HTMLLinkElement>("link[rel=stylesheet]")?.getAttribute("href");
      if (sheet && style && sheet.getAttribute("href") !== style) sheet.setAttribute("href", style);
      window.Idiomorph.morph(page.body, fresh.body, { morphStyle: "innerHTML" });
      this.dress();
    } catch {
      // Offline: what is there stays until the next draft is saved.
    }
  }

  /** Scroll to a field, and show for a moment which one it is. */
  point(key: string): void {
    const page = this.frame?.contentDocument;
    const field = page?.querySelector<HTMLElement>(`[data-field="${key}"]`);
    if (!page || !field) return;
    const box = field.getBoundingClientRect();
    const height = page.documentElement.clientHeight;
    if (box.top < 0 || box.bottom > height) page.defaultView?.scrollBy({ top: box.top - height / 3, behavior: "smooth" });
  }
}

