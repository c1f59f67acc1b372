// The dashboard's scripts. Pages do their essential jobs without any of this.
import { copyButtons } from "./copy";
import { dialogs, forms } from "./forms";
import { hotkeys } from "./hotkeys";
import { live } from "./live";
import { theme } from "./theme";
import { relativeTimes } from "./times";
import { toasts } from "./toasts";

theme();
copyButtons();
forms();
dialogs();
toasts();
relativeTimes();
hotkeys();
live();
