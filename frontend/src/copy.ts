// <button data-copy="text"> or <button data-copy-from="#id">: copies and says so.
import { announce } from "./toasts";

export function copyButtons(): void {
  document.addEventListener("click", async (event) => {
    const button = (event.target as Element | null)?.closest<HTMLElement>("[data-copy],[data-copy-from]");
    if (!button) return;
    const from = button.dataset.copyFrom;
    const text = from ? (document.querySelector(from)?.textContent ?? "") : (button.dataset.copy ?? "");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without permission or https there is no clipboard; selecting the text is the next best thing.
      const target = from ? document.querySelector(from) : button;
      if (target) getSelection()?.selectAllChildren(target);
      announce("Press Ctrl+C to copy");
      return;
    }
    const label = button.textContent;
    button.setAttribute("data-copied", "");
    if (button.dataset.copyFrom || label?.trim() === "Copy") button.textContent = "Copied";
    announce("Copied");
    setTimeout(() => {
      button.removeAttribute("data-copied");
      if (button.textContent === "Copied") button.textContent = label;
    }, 1600);
  });
}
