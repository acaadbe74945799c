/**
 * Whether the metadata of Arrow files and streams is sound: every table, vector and message lies within the bytes there are,
 * and batches have a node a field. flechette takes lengths as they are said, so that four wrong bytes could want all memory.
 * Source: Message.fbs, Schema.fbs and File.fbs of Apache Arrow; the internals page of FlatBuffers.
 */

import { FREE_BYTES, MOST_TIMES } from "../data/seriesRows.ts";

/** Headers of messages. */
const SCHEMA = 1;
const DICTIONARIES = 2;
const BATCH = 3;

/** Throws, with the reason, where lengths or places go beyond the bytes. */
export function checkArrowLayout(bytes: Uint8Array, isFile: boolean): void {
  const messages = new Messages(bytes);
  if (!isFile) return messages.stream();
  const size = new DataView(bytes.buffer, bytes.byteOffset).getInt32(bytes.length - 10, true);
  if (size <= 0 || size > bytes.length - 10) throw new Error("its footer goes beyond its bytes");
  messages.file(new Flat(bytes.subarray(bytes.length - 10 - size, bytes.length - 10), bytes.length));
}

/** Tables and vectors of a piece of metadata; each may be visited so often as there are bytes. */
class Flat {
  readonly #view: DataView;
  #left: number;

  constructor(bytes: Uint8Array, most: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = most;
  }

  /** Where the thing is that an offset at `at` is of. DataView refuses what is beyond the bytes. */
  follow(at: number): number {
    const to = at + this.#view.getUint32(at, true);
    this.#view.getUint32(to, true);
    return to;
  }

  /** Where field `k` of the table at `at` is; null where it has none. */
  field(at: number, k: number): number | null {
    if (--this.#left < 0) throw new Error("its metadata refers to itself");
    const names = at - this.#view.getInt32(at, true);
    const place =
      4 + 2 * k < this.#view.getUint16(names, true) ? this.#view.getUint16(names + 4 + 2 * k, true) : 0;
    return place === 0 ? null : at + place;
  }

  table(at: number, k: number): number | null {
    const place = this.field(at, k);
    return place === null ? null : this.follow(place);
  }

  /** Where the items of a vector of `size` bytes each are. */
  vector(at: number, k: number, size: number): number[] {
    const start = this.table(at, k);
    if (start === null) return [];
    const count = this.#view.getUint32(start, true);
    this.#left -= count;
    if (start + 4 + count * size > this.#view.byteLength || this.#left < 0)
      throw new Error("a list in its metadata goes beyond its bytes");
    return Array.from({ length: count }, (_, i) => start + 4 + i * size);
  }

  byte(at: number | null): number {
    return at === null ? 0 : this.#view.getUint8(at);
  }

  /** A number of 64 bits, where it is none of a place in a file: NaN. */
  long(at: number | null): number {
    const value = at === null ? 0 : Number(this.#view.getBigInt64(at, true));
    return value >= 0 && Number.isSafeInteger(value) ? value : NaN;
  }
}

/** The messages of a file or stream. */
class Messages {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** How many nodes a batch has, of all fields and those within them; of dictionaries unknown. */
  #nodes = 0;
  /** Bytes of messages that have been seen: those of a file are no more than it. */
  #seen = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  stream(): void {
    for (let at: number | null = 0; at !== null && at + 4 <= this.#bytes.length;) at = this.#message(at);
  }

  file(footer: Flat): void {
    const root = footer.follow(0);
    const schema = footer.table(root, 1);
    if (schema === null) throw new Error("it has no schema");
    this.#schema(footer, schema);
    for (const k of [2, 3]) for (const block of footer.vector(root, k, 24)) this.#message(footer.long(block));
    checkPairs(footer, root, 4);
  }

  /** Checks a message; gives where the next begins, null at the end. */
  #message(from: number): number | null {
    if (!(from + 4 <= this.#bytes.length)) throw new Error("a message goes beyond its bytes");
    let size = this.#view.getInt32(from, true);
    let at = from + 4;
    if (size === -1) {
      if (at + 4 > this.#bytes.length) return null;
      size = this.#view.getInt32(at, true);
      at += 4;
    }
    if (size === 0) return null;
    const end = at + size;
    if (size < 0 || end > this.#bytes.length) throw new Error("a message goes beyond its bytes");
    const flat = new Flat(this.#bytes.subarray(at, end), this.#bytes.length);
    const root = flat.follow(0);
    const body = flat.long(flat.field(root, 3));
    this.#seen += size + body;
    if (!(end + body <= this.#bytes.length && this.#seen <= this.#bytes.length))
      throw new Error("a message goes beyond its bytes");
    const kind = flat.byte(flat.field(root, 1));
    const header = flat.table(root, 2);
    if (header !== null) this.#header(flat, kind, header);
    return end + body;
  }

  #header(flat: Flat, kind: number, at: number): void {
    if (kind === SCHEMA) return this.#schema(flat, at);
    const batch = kind === BATCH ? at : kind === DICTIONARIES ? flat.table(at, 1) : null;
    if (batch === null) throw new Error(`a message is of kind ${kind}`);
    const nodes = flat.vector(batch, 1, 16);
    if (kind === BATCH && nodes.length < this.#nodes)
      throw new Error(`a batch has ${nodes.length} of ${this.#nodes} fields`);
    // entries of a dictionary are made at once, and differ, so that each takes some of the file
    const most = kind === BATCH ? Math.max(FREE_BYTES, MOST_TIMES * this.#bytes.length) : this.#bytes.length;
    for (const place of nodes)
      if (!(flat.long(place) <= most)) throw new Error("a batch has more values than its bytes can hold");
    flat.vector(batch, 2, 16);
    let views = 0;
    for (const place of flat.vector(batch, 4, 8)) views += flat.long(place);
    if (!(views <= this.#bytes.length)) throw new Error("a batch has more views than bytes");
  }

  #schema(flat: Flat, at: number): void {
    this.#nodes = this.#fields(flat, at, 1);
    checkPairs(flat, at, 2);
  }

  /** How many fields there are below a table, those within them too. */
  #fields(flat: Flat, at: number, k: number): number {
    let count = 0;
    for (const place of flat.vector(at, k, 4)) {
      const field = flat.follow(place);
      const dictionary = flat.table(field, 4);
      const type = flat.table(field, 3);
      if (type !== null && flat.byte(flat.field(field, 2)) === 14) flat.vector(type, 1, 4); // a union's ids
      const within = this.#fields(flat, field, 5);
      checkText(flat, field, 0);
      checkPairs(flat, field, 6);
      count += 1 + (dictionary === null ? within : 0);
    }
    return count;
  }
}

const checkText = (flat: Flat, at: number, k: number): void => void flat.vector(at, k, 1);

function checkPairs(flat: Flat, at: number, k: number): void {
  for (const place of flat.vector(at, k, 4)) for (const of of [0, 1]) checkText(flat, flat.follow(place), of);
}
