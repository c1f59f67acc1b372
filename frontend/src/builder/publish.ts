// Looking at what publishing changes, in a dialog: the server's own page about it, so that both say the same.
import { announce } from "../toasts";
import { dialog } from "./dialog";
import { h, type Child } from "./dom";
import type { Actions } from "./actions";
import type { Saver } from "./save";

export class Publisher {
  private review: Element | null = null;

  constructor(
    private readonly actions: Actions,
    private readonly saver: Saver,
  ) {
    document.addEventListener("click", (event) => {
      const link = (event.target as Element | null)?.closest?.<HTMLAnchorElement>("[data-publish]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      void this.open(link.href);
    });
  }

  /** Save first: what is looked at is what the server has. */
  private async open(path: string): Promise<void> {
    const [unread] = this.actions.store.errors;
    if (unread?.code === "unread") return this.actions.goTo(unread.path);
    if (!(await this.saver.flush())) return announce("The last change is not saved yet. Publish when it is.");
    try {
      const answer = await fetch(path, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return location.assign(path);
      this.review = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("review");
    } catch {
      return announce("You are offline. Publish when you are back.");
    }
    if (!this.review) return location.assign(path);
    this.actions.store.show({ open: "publish" });
  }

  view(): Child {
    const { review } = this;
    if (this.actions.store.state.open !== "publish" || !review) return null;
    const title = review.querySelector("h2")?.textContent ?? "Publish";
    return dialog("publish", title, () => this.actions.close(), h("div.review", {
      ref: (element: HTMLElement) => {
        review.querySelector("header")?.remove();
        element.append(...[...review.childNodes].map((node) => document.importNode(node, true)));
        // The dialog opens after this and puts the focus there.
        element.querySelector<HTMLElement>("input:not([type=hidden])")?.setAttribute("autofocus", "");
        element.addEventListener("click", (event) => this.click(event));
      },
    })); // prettier-ignore
  }

  private click(event: Event): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a");
    if (!link) return;
    if (link.hasAttribute("data-closes")) event.preventDefault();
    else if (link.hash) {
      event.preventDefault();
      this.actions.close();
      this.actions.goTo(decodeURIComponent(link.hash.slice(1)));
    }
  }
}
