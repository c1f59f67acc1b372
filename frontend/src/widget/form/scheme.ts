// Light or dark: as the page is around the form, whatever the visitor's system likes, because the form is a part of it.
import { element } from "./element";

/** Keep the content light or dark as the page is where the host stands, now and whenever that changes. */
export const fit = (host: HTMLElement, root: ShadowRoot, content: Element): void => {
  const probe = element("i", { hidden: true });
  root.append(probe);
  /** Lightness (0 to 100) and opacity of a colour, however it is written. A browser that does not know relative colours
   * keeps the white of the style sheet, so there the form is light. */
  const seen = (colour: string): [number, number] => {
    probe.style.color = `lab(from ${colour} l a b/alpha)`;
    const [light, , , , opacity = 1] = getComputedStyle(probe).color.slice(4).split(" ").map(parseFloat);
    return [light!, opacity];
  };
  /** By the nearest background that covers what is behind it. Where there is none, or only a picture: a dark page, also
   * one that says so by its `color-scheme`, writes in light letters. */
  const dark = (): boolean => {
    for (let at = host.parentElement; at; at = at.parentElement) {
      const [light, opacity] = seen(getComputedStyle(at).backgroundColor);
      if (opacity > 0.5) return light < 50;
    }
    return seen(getComputedStyle(host).color)[0] > 50;
  };
  const look = (): void => void content.classList.toggle("dark", dark());
  // When the host comes into the page, and when the page changes. The host's own colour is the page's, so the transition
  // in our style sheet tells of that at once, and a transition of the page's own when it is over.
  new ResizeObserver(look).observe(host);
  addEventListener("transitionend", ({ target }) => (target as Element).contains?.(host) && look());
};
