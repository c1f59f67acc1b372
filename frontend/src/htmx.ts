// htmx, configured for a strict content security policy, with keyed morphing.
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";

declare global {
  interface Window {
    htmx: typeof htmx;
    Idiomorph: typeof Idiomorph;
  }
}

window.htmx = htmx;
window.Idiomorph = Idiomorph;
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.defaultSwapStyle = "outerHTML";

htmx.defineExtension("morph", {
  isInlineSwap: (style: string) => style === "morph",
  handleSwap: (style: string, target: Node, fragment: Node) => {
    if (style !== "morph") return [];
    const content = fragment instanceof DocumentFragment ? fragment.firstElementChild : fragment;
    return content ? Idiomorph.morph(target as Element, content as Element, { ignoreActiveValue: true }) : [];
  },
});

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  if (token) (event as CustomEvent).detail.headers["X-CSRF-Token"] = token;
});
