// A draft drawn by the widget itself, inside the builder's preview: steps and conditions work, and sending tells which
// ending would come. Nothing is stored.
import type { Core } from "../widget/draw";
import { draw } from "../widget/form";
import * as logic from "../widget/logic";
import * as rules from "../widget/rules";

const form = JSON.parse(document.getElementById("form")?.textContent ?? "{}") as { language: string };
const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";

interface Told {
  ending?: { kind: string; title?: string; text?: string; url?: string };
}

const core = {
  config: { mode: "inline", api: location.origin, token: "" },
  values: {},
  context: (more: unknown) => more,
  tell: () => {},
  deliver: async (_: unknown, sent: Record<string, unknown>) => {
    const answer = await fetch(`/forms/${document.body.dataset.form}/try`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
      body: JSON.stringify({ fields: sent.fields, language: form.language }),
    });
    const body = (await answer.json()) as Told;
    // A preview stays where it is: it only says where visitors would be led.
    if (body.ending?.kind === "redirect") body.ending = { kind: "message", title: "→", text: body.ending.url ?? "" };
    return { status: answer.status, body };
  },
};

Object.assign(globalThis, { LEADSBOT_FORM: form, LEADSBOT_MORE: undefined, LEADSBOT_RULES: rules, LEADSBOT_LOGIC: logic });
const host = document.createElement("leadsbot-form");
document.getElementById("here")?.append(host);
draw(host, core as unknown as Core);
