/** The text of a file as UTF-8, in pieces: its mark and the lines that are skipped are not in it. */
import type { CsvOptions } from "./dialect.ts";

/** A file, or bytes in memory: read from the start as often as is asked. */
export interface ByteSource {
  /** In messages. */
  readonly name: string;
  bytes(): AsyncIterable<Uint8Array>;
}

/** The bytes of a text: without its mark, from UTF-16 to UTF-8, and without the lines that are skipped. */
export async function* textBytes(
  source: ByteSource,
  { skip = 0, encoding }: CsvOptions,
): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | null = /^utf-?16/i.test(encoding ?? "") ? new TextDecoder(encoding) : null;
  const encoder = new TextEncoder();
  const skipped = new SkippedLines(skip);
  let begun = false;
  for await (const piece of withWholeMark(source.bytes())) {
    let bytes = piece;
    if (!begun) {
      begun = true;
      if (bytes[0] === 0xff && bytes[1] === 0xfe) decoder = new TextDecoder("utf-16le");
      else if (bytes[0] === 0xfe && bytes[1] === 0xff) decoder = new TextDecoder("utf-16be");
      else if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    if (decoder) bytes = encoder.encode(decoder.decode(bytes, { stream: true }));
    bytes = skipped.after(bytes);
    if (bytes.length > 0) yield bytes;
  }
  if (decoder) {
    const rest = skipped.after(encoder.encode(decoder.decode()));
    if (rest.length > 0) yield rest;
  }
}

/** Pieces of which the first holds three bytes, as long as a mark, if there are so many. */
async function* withWholeMark(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first: Uint8Array | null = new Uint8Array(0);
  for await (const piece of pieces) {
    if (first === null) yield piece;
    else {
      const joined: Uint8Array = new Uint8Array(first.length + piece.length);
      joined.set(first);
      joined.set(piece, first.length);
      first = joined.length < 3 ? joined : null;
      if (first === null) yield joined;
    }
  }
  if (first !== null && first.length > 0) yield first;
}

/** Takes the first lines away, which end in LF, CR or CRLF. */
class SkippedLines {
  #left: number;
  /** The last byte was a CR: an LF after it belongs to it. */
  #afterReturn = false;

  constructor(lines: number) {
    this.#left = lines;
  }

  after(bytes: Uint8Array): Uint8Array {
    let at = 0;
    for (; at < bytes.length && (this.#left > 0 || this.#afterReturn); at++) {
      const byte = bytes[at];
      const isSecond = byte === 10 && this.#afterReturn;
      if (this.#left === 0 && !isSecond) {
        this.#afterReturn = false;
        break;
      }
      if ((byte === 10 && !isSecond) || byte === 13) this.#left--;
      this.#afterReturn = byte === 13;
    }
    return bytes.subarray(at);
  }
}
