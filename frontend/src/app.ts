// The dashboard's scripts. Pages do their essential jobs without any of this.
import { Idiomorph } from "idiomorph";
import { copyButtons } from "./copy";
import { counts } from "./counts";
import { drafts } from "./drafts";
import { dialogs, edits, forms } from "./forms";
import { hotkeys } from "./hotkeys";
import { live } from "./live";
import { theme } from "./theme";
import { relativeTimes } from "./times";
import { toasts } from "./toasts";

declare global {
  interface Window {
    Idiomorph: typeof Idiomorph;
  }
}

window.Idiomorph = Idiomorph; // For scripts of single pages, which come after this one.
theme();
copyButtons();
forms();
drafts();
edits();
dialogs();
toasts();
relativeTimes();
hotkeys();
live();
counts();
// On a phone the list of places scrolls sideways; show where one is.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
