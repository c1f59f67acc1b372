// How the visitor came here: kept for the tab until a submission has arrived, and told with it.
import { quiet, type Json } from "./env";
import { load, save, VISIT } from "./store";

type Touch = Record<string, string>;

const CAMPAIGN = /^(utm_\w+|(g|d|y|fb|tt|tw)clid|[gw]braid|msclkid|li_fat_id)$/;

/** An address without what may name a person: no query, no fragment. */
export const bare = (address: string): string => address.split(/[?#]/)[0] as string;

const read = (): Touch => {
  const touch: Touch = { page: bare(location.href), referrer: bare(document.referrer) };
  new URLSearchParams(location.search).forEach((value, name) => {
    if (CAMPAIGN.test(name)) touch[name] = value;
  });
  return touch;
};

const now = read();
const arrived = Object.keys(now).length > 2 || !document.referrer.startsWith(location.origin + "/");
let first = now;
let last = now;

/** Join this page to the visit; only where storage is allowed does it reach beyond the page. */
export const join = (): void => {
  const known = load<[Touch, Touch]>(VISIT);
  if (known) {
    first = known[0];
    if (!arrived) last = known[1];
  }
  if (known || arrived) save(VISIT, [first, last]);
};

let identity: Json | undefined;
/** Who the site says the visitor is. */
export const identify = (more: Json): void => {
  identity = { ...identity, ...more };
};

/** What is told beside the answers. */
export const context = (more: Json): Json => ({
  ...(!quiet && {
    ...last,
    page_title: document.title,
    landing_page: first.page,
    first_touch: first === last ? undefined : first,
    identity,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    seconds_on_page: Math.round(performance.now() / 1e3),
  }),
  page: bare(location.href),
  ...more,
});
