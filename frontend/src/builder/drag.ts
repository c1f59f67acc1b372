// Moving a card with the pointer. The page stays as it is until the card is let go; a line shows where it would go.
import { moveTo, placeOf } from "./edit";
import type { Store } from "./store";

const EDGE = 60;
const NEAR = 4;
/** Pixels a frame. */
const SPEED = 8;

interface Spot {
  step: number;
  at: number;
  y: number;
  x: number;
  width: number;
}

/** Every place that the card could go to, without counting itself. */
function spots(key: string): Spot[] {
  return [...document.querySelectorAll<HTMLElement>("[data-list]")].flatMap((list) => {
    const step = Number(list.dataset.list);
    const around = list.getBoundingClientRect();
    const cards = [...list.querySelectorAll<HTMLElement>("[data-card]")].filter((card) => card.dataset.card !== key).map((card) => card.getBoundingClientRect());
    const spot = (at: number, y: number): Spot => ({ step, at, y, x: around.left, width: around.width });
    return [spot(0, cards[0] ? cards[0].top : around.top), ...cards.map((card, n) => spot(n + 1, card.bottom))];
  });
}

export function drag(event: PointerEvent, key: string, store: Store): void {
  if (event.button !== 0) return;
  const grip = event.currentTarget as HTMLElement;
  const card = grip.closest<HTMLElement>("[data-card]");
  if (!card) return;
  const from = event.clientY + scrollY;
  let moved = false;
  let spot: Spot | undefined;
  const line = document.createElement("div");
  line.className = "drop-line";
  grip.setPointerCapture(event.pointerId);

  // Where the page ends without the card, which makes it longer while it hangs below.
  const end = Math.max(scrollY, document.documentElement.scrollHeight - innerHeight);
  let y = event.clientY;
  let scrolling = 0;
  /** At an edge the page goes on, also while the pointer rests there. */
  const scroll = (): void => {
    scrolling = 0;
    const by = y < EDGE ? -SPEED : y > innerHeight - EDGE ? SPEED : 0;
    const to = Math.max(0, Math.min(scrollY + by, end));
    if (to === scrollY) return;
    scrollTo({ top: to, behavior: "instant" });
    show();
    scrolling = requestAnimationFrame(scroll);
  };
  const move = (at: PointerEvent): void => {
    y = at.clientY;
    if (!moved && Math.abs(y + scrollY - from) < NEAR) return;
    if (!moved) {
      moved = true;
      card.classList.add("dragging");
      document.body.append(line);
    }
    show();
    scrolling ||= requestAnimationFrame(scroll);
  };
  const show = (): void => {
    card.style.transform = `translateY(${y + scrollY - from}px)`;
    spot = spots(key).reduce<Spot | undefined>((best, each) => (best && Math.abs(best.y - y) <= Math.abs(each.y - y) ? best : each), undefined);
    if (!spot) return;
    line.style.top = `${spot.y}px`;
    line.style.left = `${spot.x}px`;
    line.style.inlineSize = `${spot.width}px`;
  };
  const stop = (): void => {
    cancelAnimationFrame(scrolling);
    grip.removeEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) grip.removeEventListener(name, drop);
    removeEventListener("keydown", escape, true);
    card.classList.remove("dragging");
    card.style.transform = "";
    line.remove();
  };
  // The click that follows is the end of the move, not a wish to open the list of places.
  const eat = (click: Event): void => click.stopImmediatePropagation();
  const released = (): void => {
    removeEventListener("pointerup", released, true);
    removeEventListener("pointercancel", released, true);
    if (moved) grip.addEventListener("click", eat, true);
    setTimeout(() => grip.removeEventListener("click", eat, true), 0);
  };
  const drop = (at: Event): void => {
    stop();
    const place = placeOf(store.state.draft, key);
    if (!moved || !spot || at.type === "pointercancel" || !place) return;
    if (place[0] !== spot.step || place[1] !== spot.at) store.change(moveTo(store.state.draft, key, spot.step, spot.at));
  };
  const escape = (pressed: KeyboardEvent): void => {
    if (pressed.key !== "Escape") return;
    pressed.preventDefault();
    pressed.stopPropagation();
    spot = undefined;
    stop();
  };
  grip.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) grip.addEventListener(name, drop);
  addEventListener("keydown", escape, true);
  addEventListener("pointerup", released, true);
  addEventListener("pointercancel", released, true);
}
