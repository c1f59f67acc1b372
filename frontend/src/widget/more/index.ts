// What only some forms need, sent along with those: files, and keeping what was typed until it is sent.
import type { Core } from "../draw";
import type { Json } from "../env";
import { load, save, VISIT } from "../store";
import { refused } from "../form/chosen";
import type { Beginning, LocalForm, More } from "../form/types";

export { refused };

const pause = (time: number): Promise<void> => new Promise((go) => setTimeout(go, time));

/** Post what would be JSON together with the files, until it is answered. Files cannot be stored in the browser, so it
 * is tried again only while the page is there. */
export const deliver: More["deliver"] = async ({ config }, body, files, waits) => {
  const data = new FormData();
  data.append("_body", JSON.stringify({ ...body, _key: `${Math.random()}${Date.now()}` }));
  for (const [key, file] of files) data.append(key, file);
  for (let tries = 0; tries < 8; tries++) {
    try {
      const answer = await fetch(`${config.api}/api/capture?token=${body.token as string}`, { method: "POST", body: data, credentials: "omit" });
      const { status } = answer;
      if (status < 500 && status !== 429) {
        // Told with this submission, as with every other one.
        if (answer.ok) save(VISIT);
        return { status, body: (await answer.json()) as Json };
      }
    } catch {
      // The network, or a file that changed since it was chosen.
    }
    waits();
    await pause(1e3 * 2 ** tries);
  }
  return { status: 500, body: {} };
};

export const keep: More["keep"] = (core: Core, { key, partials }: LocalForm, typed: () => [Json, string]): Beginning | undefined => {
  if (!partials || !core.keeps) return;
  const place = `leadsbot.resume.${key}`;
  let code = load<string>(place) || "";
  const remember = (now: string): void => {
    code = now;
    save(place, now);
  };
  const ask = async (body: Json): Promise<Json> => {
    try {
      const answer = await fetch(`${core.config.api}/f/${key}/partial`, {
        method: "POST",
        body: JSON.stringify({ ...body, resume: code }),
        credentials: "omit",
        keepalive: true,
      });
      if (answer.status === 404) remember("");
      return answer.ok ? ((await answer.json()) as Json) : {};
    } catch {
      return {};
    }
  };
  let said = "";
  let over = false;
  let busy: Promise<unknown> = Promise.resolve();
  const beginning: Beginning = {
    save: () => {
      const [answers, step] = typed();
      const now = JSON.stringify([answers, step]);
      if (over || now === said) return;
      said = now;
      // One after the other: two at once would make two beginnings.
      busy = busy.then(async () => {
        const told = await ask({ answers, step });
        if (told.resume) remember(told.resume as string);
        beginning.id = (told.id as string) || beginning.id;
      });
    },
    load: async () => {
      if (!code) return;
      const told = await ask({});
      beginning.id = told.id as string;
      return told.answers as Json | undefined;
    },
    settled: () => busy,
    end: () => {
      over = true;
      remember("");
    },
  };
  // The last that a page hears before it is left, on phones the only thing.
  document.addEventListener("visibilitychange", () => document.hidden && beginning.save());
  return beginning;
};
