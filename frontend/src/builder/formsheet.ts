// The settings of the form as a whole, of one step, and of one ending.
import { amount } from "../hosted/answers";
import { conditionEditor, sentence } from "./conditions";
import { button, type Controls } from "./controls";
import { verdicts } from "./contrast";
import { h, icon, type Child, type Node_ } from "./dom";
import { call } from "./save";
import { missing } from "./languages";
import type { Actions } from "./actions";
import type { Ending } from "./types";

const MIB = 2 ** 20;
const USUAL_MB = 25;
const MOST_MB = 50;

export class FormSheet {
  private redirects: string[];

  constructor(
    private readonly controls: Controls,
    private readonly actions: Actions,
  ) {
    this.redirects = controls.store.given.redirects;
  }

  form(): Node_ {
    const c = this.controls;
    return h(
      "div.form",
      { key: "form" },
      this.group("Look", "theme", this.look(), true),
      this.group("Languages", "languages", this.languages(), false),
      this.group("Closing", "closes_at", [
        this.closing(),
        c.number("max_submissions", "At most so many submissions", "Then the form closes by itself."),
        c.area("closed_text", "What a closed form says", "Empty: a sentence of ours in the visitor's language."),
      ]),
      this.actions.all().some((field) => field.type === "file") && this.group("Files", "files_max_bytes", this.files()),
      this.group("Privacy", "lawful_basis", [
        c.select("lawful_basis", "Lawful basis (GDPR, article 6)", [["", "The one of the source"], ...c.store.given.bases], "Kept with every answer."),
        c.text("notice_url", "Address of your privacy notice", "Linked below the form.", { type: "url", maxlength: 1000, placeholder: "https://www.example.com/privacy" }),
        c.text("notice_version", "Version of the notice", "Kept with every answer, for example a date."),
        c.check("partials", "Keep beginnings that are not sent", "In the widget: what was typed is kept for 30 days, so that somebody can go on where they left. Say so in your notice."),
      ]),
      this.group("Confirmation by e-mail", "confirmation", this.confirmation()),
    );
  }

  private group(title: string, path: string, content: Child, open = false): Node_ {
    return h("details.group", { key: title, "data-path": path, tabindex: -1, open }, h("summary", {}, title), content);
  }

  private look(): Child {
    const c = this.controls;
    const accent = c.store.state.draft.theme?.accent ?? "#2f5bea";
    return [
      c.field("theme.accent", "Colour", (props) => h("span.colour", {}, h("input", { type: "color", ...props, value: accent, oninput: (event: Event) => c.store.set("theme.accent", (event.target as HTMLInputElement).value) }), h("code", {}, accent))),
      h("ul.verdicts", { key: "verdicts", role: "list" }, verdicts(accent).map(([good, text]) => h("li", { class: good ? "good" : "warn" }, text))),
      c.select("theme.scheme", "Light or dark", [["auto", "As the device or the site"], ["light", "Always light"], ["dark", "Always dark"]], null, "auto"),
      h("div.pair", { key: "pair" },
        c.select("theme.corners", "Corners", [["square", "Square"], ["soft", "Soft"], ["round", "Round"]], null, "soft"),
        c.select("theme.font", "Letters", [["system", "Plain"], ["serif", "With serifs"], ["mono", "Typewriter"]], null, "system")),
      c.select("theme.density", "Spacing", [["airy", "Generous"], ["compact", "Compact"]], null, "airy"),
    ];
  }

  private languages(): Child {
    const c = this.controls;
    const { draft } = c.store.state;
    const { languages } = c.store.given;
    const name = (tag: string): string => languages.find((each) => each.tag === tag)?.name ?? tag;
    const known: [string, string][] = languages.map((each) => [each.tag, `${each.name}${each.words ? "" : " (our own words in English)"}`]);
    if (!languages.some((each) => each.tag === (draft.language ?? "en"))) known.unshift([draft.language as string, draft.language as string]);
    return [
      c.select("language", "What you write here is in", known, null, "en"),
      h("ul.plain-list", { key: "translations", role: "list" }, Object.entries(draft.languages ?? {}).map(([tag, texts]) => {
        const left = missing(draft, texts);
        return h("li.row-flex", { key: tag, "data-path": `languages.${tag}`, tabindex: -1 }, h("span.grow", {}, h("bdi", { lang: tag }, name(tag)), " ", h("small.muted", {}, left ? `${left} missing` : "complete")), button("Translate", () => this.actions.open(`languages:${tag}`), "quiet small", { "aria-label": `Translate into ${languages.find((each) => each.tag === tag)?.english ?? tag}` }), c.said(`languages.${tag}`));
      })),
      button([icon("plus"), "Add a language"], () => this.actions.open("languages:")),
    ];
  }

  /** What all files of one submission may have together. */
  private files(): Child {
    const c = this.controls;
    const at = "files_max_bytes";
    const from = (text: string): unknown => {
      const size = Math.round((amount(text, { type: "number" }) ?? 0) * MIB);
      return size === USUAL_MB * MIB ? undefined : size > 0 && size <= MOST_MB * MIB ? size : null;
    };
    const box = c.read(at, from, (held?: number) => String(+((held ?? USUAL_MB * MIB) / MIB).toFixed(3)), `Write a number of megabytes up to ${MOST_MB}.`);
    return c.text(at, "All files together, in MB", `Of one submission, besides the limit of each file; ${MOST_MB} at most.`, box);
  }

  private closing(): Node_ {
    const c = this.controls;
    const held = c.store.state.draft.closes_at;
    const local = held ? new Date(Date.parse(held) - new Date(held).getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "";
    return c.field("closes_at", "Closes on", (props) => h("input", { type: "datetime-local", ...props, value: local, onchange: (event: Event) => {
      const { value } = event.target as HTMLInputElement;
      c.store.set("closes_at", value ? new Date(value).toISOString() : "", false);
    } }), `In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`);
  }

  private confirmation(): Child {
    const c = this.controls;
    return [
      c.check("confirmation.enabled", "Thank everybody by e-mail", "Sent to the address in the form, at a limited rate."),
      c.store.state.draft.confirmation?.enabled && [
        c.text("confirmation.subject", "Subject"),
        c.area("confirmation.text", "Text", "What was typed into the form is never put above your own words.", { rows: 6 }),
      ],
    ];
  }

  step(id: string): Child {
    const n = this.controls.store.state.draft.steps.findIndex((step) => step.id === id);
    if (n < 0) return null;
    return h(
      "div.form",
      { key: `step-${id}` },
      this.controls.text(`steps[${n}].title`, "Title"),
      h("h3", {}, "When it is shown"),
      h("p.help", {}, "A step that is not shown is skipped, with everything in it."),
      conditionEditor(this.controls, `steps[${n}].show_if`, this.actions.before(n), "Show"),
    );
  }

  ending(id: string): Child {
    const c = this.controls;
    const { draft } = c.store.state;
    const n = (draft.endings ?? []).findIndex((ending) => ending.id === id);
    const ending = draft.endings?.[n];
    if (!ending) return null;
    const path = `endings[${n}]`;
    const leads = ending.kind === "redirect";
    return h(
      "div.form",
      { key: `ending-${id}` },
      c.select(`${path}.kind`, "What happens", [["message", "Show a text"], ["redirect", "Lead to a page of mine"]], null, "message"),
      leads ? this.address(path, ending) : null,
      c.text(`${path}.title`, leads ? "Title, where no page can be led to" : "Title", null),
      c.area(`${path}.text`, "Text"),
      this.variables(path, leads ? "url" : "text"),
      h("h3", {}, "When"),
      h("p.help", {}, ending.show_if ? `It is what visitors see when ${sentence(ending.show_if, this.actions.all())}, unless an earlier ending applies.` : "Always, unless an earlier ending applies."),
      conditionEditor(c, `${path}.show_if`, this.actions.all(), "Use"),
    );
  }

  private address(path: string, ending: Ending): Child {
    const c = this.controls;
    const refused = c.store.state.errors.some((each) => each.path === `${path}.url` && each.code === "not_allowed");
    return [
      c.text(`${path}.url`, "Address", "Whole, with https://. Answers may stand behind the question mark.", { type: "url", maxlength: 1000, placeholder: "https://www.example.com/thanks?name={name}" }),
      refused && h("p.actions", { key: "allow" }, button("Allow this page", () => void this.allow(ending.url ?? ""), "quiet small")),
    ];
  }

  /** Put the page on the list of those that the form may lead to. */
  private async allow(url: string): Promise<void> {
    const { store } = this.controls;
    const page = url.split(/[?#]/)[0] as string;
    const wanted = [...new Set([...this.redirects, page])];
    try {
      const answer = await call(`/api/v1/sources/${store.given.form.source}`, "PATCH", { redirect_allow: wanted });
      if (!answer.ok) throw new Error(((await answer.json()) as { detail?: string }).detail);
      this.redirects = wanted;
      const form = await call(`/api/v1/forms/${store.given.form.id}`);
      if (form.ok) {
        const { errors, hints } = (await form.json()) as { errors: typeof store.state.errors; hints: typeof store.state.hints };
        store.show({ errors, hints });
      }
    } catch (error) {
      this.actions.say(error instanceof Error && error.message ? error.message : "That did not work.", "Close", () => {});
    }
  }

  /** Buttons that put the answer to a field into a text. */
  private variables(path: string, part: string): Child {
    const fields = this.actions.all().filter((field) => !/heading|file|consent/.test(field.type));
    if (!fields.length) return null;
    const put = (key: string): void => {
      const known = document.activeElement?.getAttribute("data-path")?.startsWith(path) ? document.activeElement : document.querySelector(`[data-path="${path}.${part}"]`);
      const input = known as HTMLInputElement | null;
      if (!input) return;
      const at = input.selectionStart ?? input.value.length;
      const next = `${input.value.slice(0, at)}{${key}}${input.value.slice(input.selectionEnd ?? at)}`;
      this.controls.store.set(input.dataset.path as string, next, false);
    };
    return h("div.field", { key: "variables" }, h("span.label", {}, "Put an answer in"), h("div.chips.wrap", {}, fields.map((field) => h("button.tag", { type: "button", key: field.key, onmousedown: (event: Event) => event.preventDefault(), onclick: () => put(field.key) }, this.actions.called(field)))));
  }
}
