// <button data-copy="text"> or <button data-copy-from="#id">: copies and says so.
import { announce } from "./toasts";

export function copyButtons(): void {
  document.addEventListener("click", async (event) => {
    const button = (event.target as Element | null)?.closest<HTMLElement>("[data-copy],[data-copy-from]");
    if (!button || button.hasAttribute("data-copied")) return;
    const from = button.dataset.copyFrom;
    const source = from ? document.querySelector(from) : null;
    try {
      await navigator.clipboard.writeText(from ? (source?.textContent ?? "") : (button.dataset.copy ?? ""));
    } catch {
      // Without permission or https there is no clipboard; selecting the text is the next best thing.
      getSelection()?.selectAllChildren(source ?? button.previousElementSibling ?? button);
      announce("Press Ctrl+C to copy.");
      return;
    }
    const label = button.textContent;
    button.setAttribute("data-copied", "");
    if (label?.trim() === "Copy") button.textContent = "Copied";
    announce("Copied.");
    setTimeout(() => {
      button.removeAttribute("data-copied");
      if (label?.trim() === "Copy") button.textContent = label;
    }, 1600);
  });
}
