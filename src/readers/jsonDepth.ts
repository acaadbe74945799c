/**
 * How deep JSON is nested, told from its bytes as they come, in memory that does not grow: what reads JSON by recursion
 * ends the whole process where a stranger's file goes some thousands deep, so depth is looked at first. Other faults of the
 * file are left to the reader, but for a text that runs over the end of its line: behind it nobody knows what is text.
 */
import { InputError } from "../data/errors.ts";

/** How deep values may be nested: a table needs 4 (rows, a row, its lists, lists of lists). */
export const MOST_DEPTH = 64;

const [QUOTE, BACKSLASH, NEWLINE] = [0x22, 0x5c, 0x0a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

export class JsonDepth {
  #depth = 0;
  #inText = false;
  #escaped = false;
  #line = 1;
  #bytes = 0;

  /** Looks at the next bytes. Throws InputError with the line and byte, both from 1, where they go too deep; `place` is the file. */
  push(bytes: Uint8Array, place: string): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inText = false;
        if (byte === NEWLINE)
          throw new InputError(
            `${this.#where(place, i)}: a text is not closed by the end of its line; write \\n in texts, and close them`,
          );
      } else if (byte === QUOTE) this.#inText = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        if (++this.#depth > MOST_DEPTH)
          throw new InputError(
            `${this.#where(place, i)}: values are nested more than ${MOST_DEPTH} deep; a table is rows of numbers, texts and lists of them; write it flatter`,
          );
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.#depth = Math.max(0, this.#depth - 1);
      else if (byte === NEWLINE) this.#line++;
    }
    this.#bytes += bytes.length;
  }

  #where(place: string, at: number): string {
    return `${place}: line ${this.#line}, byte ${this.#bytes + at + 1}`;
  }
}
