import { printableJson } from "./printable.ts";

/** How much of a quoted text an error message shows, in UTF-16 units. */
const SHOWN = 40;

/** Quotes text from outside for an error message: one line, printable, at most `most` (40) units of it. */
export function quote(text: string, most = SHOWN): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return printableJson(shown);
}
