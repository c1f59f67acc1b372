// widget.js: one small script for other people's pages. See docs/guide/widget.md for its attributes and calls.
import { drawn, type Drawn, type View } from "./draw";
import { agree, configs, hear, keeps, safe, warn, type Config, type Json } from "./env";
import { read } from "./fields";
import { listen, send } from "./listener";
import { follow, forget, resume } from "./outbox";
import { count } from "./seen";
import { identify, join } from "./visit";

type Call = [string, ...unknown[]] | ((api: Api) => void);

interface Api {
  push(...calls: Call[]): void;
  start(config: Partial<Config>): void;
  open(name?: string): void;
  close(name?: string): void;
  submit(name?: string): void;
  prefill(values: Json): void;
  identify(values: Json): void;
  on(name: string, work: (detail: Json) => void): void;
  consent(yes: boolean): void;
  capture(what: HTMLFormElement | Json): void;
  adopt(script: HTMLScriptElement | null): void;
}

const page = window as unknown as { LeadsBot?: Api | Call[] };

const views: Drawn[] = [];
const values: Json = {};

const begin = (config: Config): void => {
  if (keeps(config)) {
    join();
    resume();
  }
  setTimeout(count, 1e3, config);
};

const start = (given: Partial<Config>, place?: Element): void => {
  const config = { mode: "listener", ...given } as Config;
  const { api, mode, token } = config;
  if (!api || !token) return warn("no token");
  config.api = api.replace(/\/+$/, "");
  const hears = mode === "listener";
  if (hears && configs.some((each) => each.mode === mode && each.token === token)) return;
  configs.push(config);
  begin(config);
  if (!hears) views.push(drawn(config, values, place));
};

const act =
  (what: keyof View) =>
  (name?: string): void =>
    views.find(({ config }) => !name || config.id === name || config.form === name)?.act(what);

const api: Api = {
  push: (...calls) => {
    for (const call of calls) {
      if (typeof call === "function") safe(call)(api);
      else safe(api[call[0] as keyof Api] as (...given: unknown[]) => void)(...call.slice(1));
    }
  },
  start,
  open: act("open"),
  close: act("close"),
  submit: act("submit"),
  prefill: (more) => {
    Object.assign(values, more);
    views.forEach((each) => each.act("fill"));
  },
  identify: (more) => {
    identify(more);
    api.prefill(more);
  },
  on: hear,
  consent: (yes) => {
    agree(yes);
    if (yes) configs.forEach((each) => each.consent && begin(each));
    else forget();
  },
  capture: (what) => {
    const config = configs.find((each) => each.mode === "listener") || configs[0];
    const fields = what instanceof HTMLFormElement ? read(what, true) : what;
    if (config && fields) send(config, fields);
  },
  /** A script tag of ours as an instance. */
  adopt: (script) => {
    if (script) start({ api: new URL(script.src).origin, ...script.dataset, id: script.id } as Partial<Config>, script);
  },
};

safe(() => {
  const script =
    (document.currentScript as HTMLScriptElement | null) || document.querySelector<HTMLScriptElement>("script[data-token]");
  const there = page.LeadsBot;
  // A second tag: the first script is at work already and takes the new instance as its own.
  if (there && "open" in there) return there.adopt(script);
  page.LeadsBot = api;
  follow();
  listen();
  api.adopt(script);
  if (there) api.push(...there);
})();
