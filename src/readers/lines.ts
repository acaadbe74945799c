/**
 * Text as lines and fields, one at a time: no array of them is made, so that memory follows what is kept and not how
 * often a separator stands in a file.
 */
import { InputError } from "../data/errors.ts";

export interface Line {
  /** Without its end. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Where the next line begins in the whole text. */
  readonly end: number;
}

/** Refuses what stands in a line: throws InputError. */
export type Refuse = (what: string) => never;

/** The lines of a text; ended by LF, CRLF or CR; a byte-order mark is passed over. */
export function* linesOf(text: string): Generator<Line, void, undefined> {
  const ends = /\r\n|\n|\r/g;
  let at = text.startsWith("\ufeff") ? 1 : 0;
  for (let number = 1; ; number++) {
    const found = ends.exec(text);
    const end = found ? ends.lastIndex : text.length;
    yield { text: text.slice(at, found ? found.index : end), number, end };
    if (!found) return;
    at = end;
  }
}

/** Refuses as `FILE:LINE: what`, and says so where nothing follows the line: a download that broke off ends like that. */
export function refuseLine(file: string, whole: string, line: Line): Refuse {
  return (what) => {
    const cut = /\S/.test(whole.slice(line.end)) ? "" : " (it is the last row: is the file cut short?)";
    throw new InputError(`${file}:${line.number}: ${what}${cut}`);
  };
}

/** Visits the fields of a line, columns from 1, without blanks around them; returns how many there are. */
export function eachField(
  text: string,
  separator: string,
  visit: (field: string, column: number) => void,
): number {
  let column = 0;
  for (let at = 0; at <= text.length;) {
    const found = text.indexOf(separator, at);
    const end = found < 0 ? text.length : found;
    visit(text.slice(at, end).trim(), ++column);
    at = end + 1;
  }
  return column;
}

/** `1 value`, `2 values`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
