// What the widget and a form's own page judge and write alike, and as the server does.

/** Written like a telephone number (kit/contact.py). How many digits the numbers of a country have, the server knows. */
export const PHONE = /^[+(]?[\p{Nd}\s().\-/+]{6,40}(\s*(ext\.?|x|#|доб\.?)\s*\p{Nd}{1,8})?$/iu;

/** What stands after a label, before what is said of it: a label may be a sentence or a question itself. */
export const after = (label: string): string => (/[.:?!…؟。]$/.test(label) ? " " : ": ");

/** Thousands and millions cut short, as in "5k": no currencies, and no amounts (features/forms/reading.py). */
export const MULTIPLE = /\d\s*([kmt]|mio|mln|tsd|teur)(?!\p{L})/iu;
