// Tell LeadsBot which forms there are (names and labels, never a value) and, now and then, that the widget was loaded.
import { allowed, quiet, safe, type Config } from "./env";
import { describe, read } from "./fields";
import { post } from "./outbox";
import { bare } from "./visit";

const SAMPLE = 10;
const told = new WeakSet<HTMLFormElement>();
/** Forms that the owner told us to leave alone, as far as we know. */
export const ignored = new WeakSet<HTMLFormElement>();

/** Tell of forms that are new here, and of loads. It may fail: nothing that a visitor sees depends on it. */
export const meet = async (config: Config, forms: HTMLFormElement[], loads?: number): Promise<void> => {
  const found = forms.filter((form) => !told.has(form) && read(form, false));
  if (!found[0] && !loads) return;
  try {
    const said = JSON.stringify({
      token: config.token,
      page: bare(location.href),
      mode: config.mode,
      loads,
      forms: found.map((form) => {
        told.add(form);
        return { ...describe(form), fields: read(form, false)?.slice(0, 50) };
      }),
    });
    const answer = await post(config.api + "/api/widget/seen", said);
    for (const place of ((await answer.json()) as { ignored?: number[] }).ignored || []) ignored.add(found[place]!);
  } catch {
    // No network, or the page's policy forbids it.
  }
};

/** One page in ten is counted, tenfold, with the forms on it; none of a visitor who asks for privacy. */
export const count = safe((config: Config): void => {
  if (quiet || !allowed(config) || Math.random() * SAMPLE > 1) return;
  void meet(config, config.mode === "listener" ? [...document.forms].slice(0, 20) : [], SAMPLE);
});
