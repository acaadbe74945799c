/**
 * Names and texts from files as a terminal may have them: what would move its cursor, colour it, ring, turn writing round
 * (bidirectional marks) or hide (zero-width signs) stands as \u{..}, so that a name is one line that shows all that is in it.
 */

/** Control characters, formats (bidirectional, zero-width, tags), and separators of lines and paragraphs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const HIDDEN_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/** A name or text as one line. */
export const printable = (text: string): string => text.replace(HIDDEN, escaped);

/** Text whose line breaks are its own. */
export const printableLines = (text: string): string => text.replace(HIDDEN_IN_LINES, escaped);

/** JSON in one line, which reads back as the same value. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(HIDDEN, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
