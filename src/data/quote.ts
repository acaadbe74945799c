/** How much of a quoted text an error message shows, in UTF-16 units. */
const SHOWN = 40;

/** Characters that JSON leaves as they are and that would break, hide or turn round a line of a terminal. */
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Quotes text from outside for an error message: one line, printable, at most `most` (40) units of it. */
export function quote(text: string, most = SHOWN): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return JSON.stringify(shown).replace(
    UNPRINTABLE,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
