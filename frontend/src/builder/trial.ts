// A draft drawn by the widget itself, inside the builder's preview: steps and conditions work, and sending tells which
// ending would come. Nothing is stored.
import type { Core } from "../widget/draw";
import { draw } from "../widget/form";
import * as logic from "../widget/logic";
import * as rules from "../widget/rules";
import { attempt } from "./attempt";

const form = JSON.parse(document.getElementById("form")?.textContent ?? "{}") as { language: string };

/** As the page's preview ends. */
const sent = (): void => {
  const again = document.createElement("button");
  again.textContent = "Start again";
  again.addEventListener("click", () => location.reload());
  const said = document.createElement("p");
  said.append("This is a preview: nothing was stored. ", again);
  document.getElementById("here")?.append(said);
};

const core = {
  config: { mode: "inline", api: location.origin, token: "" },
  values: {},
  context: (more: unknown) => more,
  tell: (event: string) => event === "sent" && sent(),
  deliver: async (_: unknown, sent: { fields: Record<string, unknown> }) => {
    const [status, body] = await attempt(`/forms/${document.body.dataset.form}/try`, sent.fields, form.language);
    return { status, body };
  },
};

Object.assign(globalThis, { LEADSBOT_FORM: form, LEADSBOT_MORE: undefined, LEADSBOT_RULES: rules, LEADSBOT_LOGIC: logic });
const host = document.createElement("leadsbot-form");
document.getElementById("here")?.append(host);
draw(host, core as unknown as Core);
