// A dialog above the page. It closes with Escape, beside it and with its button, and gives the focus back.
import { tool } from "./controls";
import { h, type Child, type Node_ } from "./dom";

export function dialog(key: string, title: string, close: () => void, content: Child, cls = ""): Node_ {
  const id = `dialog-${key}`;
  // Closed by the browser's own means, which gives the focus back to where it was.
  const shut = (event: Event): void => (event.target as HTMLElement).closest("dialog")?.close();
  return h(
    "dialog.dialog",
    {
      key,
      class: cls,
      "aria-labelledby": id,
      ref: (element: HTMLDialogElement) => element.showModal(),
      onclose: close,
      onclick: (event: Event) => event.target === event.currentTarget && shut(event),
    },
    h("header.dialog-head", {}, h("h2", { id }, title), tool("close", "Close", shut)),
    content,
  );
}
