// What visitors will get: the draft's own page from the server, in the width, light and direction that one wants to see,
// with its script at work (page.ts), or the widget (trial.ts).
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
  /** Whether the widget draws the form instead of the page. */
  private widget = false;
  private frame: HTMLIFrameElement | null = null;
  private place: Element | null = null;
  /** Always this very node: what is in it is no part of the view. */
  private readonly stage = h("div.stage", { key: "stage", ref: (element: Element) => this.take(element) });
  /** The field to turn to, while the page does not have it yet. */
  private pointed = "";

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
    const { languages } = this.actions.store.given;
    const known = [draft.language ?? "en", ...Object.keys(draft.languages ?? {})];
    if (this.language && !known.includes(this.language)) this.language = "";
    const set = (change: () => void): void => {
      change();
      this.actions.store.redraw();
      queueMicrotask(() => (this.widget ? this.refresh() : this.dress()));
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
          this.refresh();
        } }, choices([["page", "Page"], ["widget", "Widget"]])),
        tool("moon", "Dark", () => set(() => (this.dark = !this.dark)), { "aria-pressed": String(this.dark) }),
        tool("direction", "Right to left", () => set(() => (this.flipped = !this.flipped)), { "aria-pressed": String(this.flipped) }),
        known.length > 1 && h("select", { "aria-label": "Language of the preview", value: this.language || known[0], onchange: (event: Event) => {
          this.language = (event.target as HTMLSelectElement).value;
          this.refresh();
        } }, choices(known.map((tag) => [tag, languages.find((each) => each.tag === tag)?.name ?? tag]))),
        h("a.icon-button", { href: this.path, target: "_blank", "aria-label": "Open the preview in a tab", title: "Open in a tab" }, icon("link")),
      ),
      this.stage,
    );
  }

  private take(place: Element): void {
    this.place = place;
    new ResizeObserver(() => this.fit()).observe(place);
    this.refresh();
  }

  /** Show the draft that the server has now. It is drawn behind what is there, which goes when the other is ready:
      nothing flickers, what was typed and the place scrolled to stay. Offline, what is there stays until the next. */
  refresh(): void {
    this.tell("leadsbot-carry");
    const frame = document.createElement("iframe");
    frame.title = "The form as visitors see it";
    frame.src = this.path;
    frame.addEventListener("load", () => this.ready(frame));
    for (const each of this.place?.children ?? []) if (each !== this.frame) each.remove();
    this.place?.append(frame);
    this.fit();
  }

  private ready(frame: HTMLIFrameElement): void {
    const page = frame.contentDocument;
    const before = this.frame;
    if (!page) return before && before !== frame ? frame.remove() : undefined;
    this.frame = frame;
    this.dress();
    if (before && before !== frame) {
      frame.contentWindow?.scrollTo(0, before.contentWindow?.scrollY ?? 0);
      before.remove();
    }
    // Links would lead the frame away; those to other languages are what the list above is for.
    page.addEventListener("click", (event) => {
      const link = (event.target as Element).closest?.("a");
      if (!link || link.hash.length > 1) return;
      event.preventDefault();
      if (!link.hreflang) return;
      this.language = link.hreflang;
      this.actions.store.redraw();
      this.refresh();
    });
    if (this.pointed) this.point(this.pointed);
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
    const { place } = this;
    if (!place?.clientWidth) return;
    const width = WIDTHS[this.width];
    const scale = Math.min(1, place.clientWidth / width);
    for (const { style } of place.children as HTMLCollectionOf<HTMLIFrameElement>) {
      style.width = `${width}px`;
      style.height = `${place.clientHeight / scale}px`;
      style.transform = `scale(${scale})`;
      style.insetInlineStart = `${Math.max(0, (place.clientWidth - width * scale) / 2)}px`;
    }
  }

  /** Turn to a field, as soon as the page has it. */
  point(key: string): void {
    this.pointed = this.tell("leadsbot-point", key) ? key : "";
  }

  /** Say something to the page in the frame, if it is ours; whether it was not heard. */
  private tell(name: string, detail = ""): boolean {
    return !this.frame?.contentDocument || !!this.frame.contentWindow?.dispatchEvent(new CustomEvent(name, { detail, cancelable: true }));
  }
}
