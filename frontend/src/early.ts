// Loaded in <head> without defer and first of all, so that no page flashes in the wrong colours.
import { apply, stored } from "./theme";

apply(stored());
