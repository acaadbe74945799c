/**
 * Bytes to records of fields, as RFC 4180 has them: a separator, LF, CR or CRLF, and quotes, in which anything stands and
 * a quote is doubled. Bytes come in pieces; a record is handed on where it is whole, as places in the bytes, so that a number
 * never becomes a string. Strict: what stands after a closing quote, and a quote that is never closed, are refused.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";

const LF = 10;
const CR = 13;
const QUOTE = 34;

/** The record that stands in the scanner: good until the next. */
export class Fields {
  bytes: Uint8Array = new Uint8Array(0);
  /** How many fields it has. */
  count = 0;
  /** The line of the file that it begins in, from 1. */
  line = 1;
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** 0: as it stands; 1: was in quotes; 2: was in quotes with doubled ones in it. */
  quoted = new Uint8Array(64);
  readonly #name: string;
  readonly #decoder: TextDecoder;

  constructor(name: string, encoding: string) {
    this.#name = name;
    this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  /** Whether it is a line without anything. */
  get isBlank(): boolean {
    return this.count === 1 && this.starts[0] === this.ends[0] && this.quoted[0] === 0;
  }

  add(start: number, end: number, quoted: 0 | 1 | 2): void {
    const at = this.count++;
    if (at === this.starts.length) this.#grow();
    this.starts[at] = start;
    this.ends[at] = end;
    this.quoted[at] = quoted;
  }

  /** A field as text; throws InputError where its bytes are none. */
  text(field: number): string {
    const bytes = this.bytes.subarray(this.starts[field], this.ends[field]);
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      const at = bytes.findIndex((byte) => byte > 127);
      throw new InputError(
        `${this.#name}: line ${this.line}, field ${field + 1} is no UTF-8 (byte 0x${bytes[at].toString(16)}); ` +
          "if the file is Latin-1 or Windows-1252, give --encoding windows-1252, or convert it to UTF-8",
      );
    }
    return this.quoted[field] === 2 ? text.replaceAll('""', '"') : text;
  }

  texts(): string[] {
    return Array.from({ length: this.count }, (_, field) => this.text(field));
  }

  #grow(): void {
    const more = <A extends Int32Array | Uint8Array>(old: A, grown: A): A => {
      grown.set(old);
      return grown;
    };
    const size = 4 * this.starts.length;
    this.starts = more(this.starts, new Int32Array(size));
    this.ends = more(this.ends, new Int32Array(size));
    this.quoted = more(this.quoted, new Uint8Array(size));
  }
}

export interface ScanOptions {
  /** The file, in messages. */
  readonly name: string;
  /** The byte between fields. */
  readonly separator: number;
  /** How text is written, as TextDecoder calls it. Default: utf-8. */
  readonly encoding?: string;
  /** The line of the file that the bytes begin with. Default: 1. */
  readonly firstLine?: number;
}

export class Scanner {
  readonly fields: Fields;
  readonly #name: string;
  readonly #separator: number;
  readonly #take: (fields: Fields) => boolean | void;
  /** Bytes of a record that is not whole yet. */
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  /** A record that is longer than what there is is looked at again when twice as much is there. */
  #wanted = 0;
  #line = 1;
  #stopped = false;

  /** `take` gets each record; false ends the scan. */
  constructor(
    { name, separator, encoding = "utf-8", firstLine = 1 }: ScanOptions,
    take: (fields: Fields) => boolean | void,
  ) {
    this.#name = name;
    this.#separator = separator;
    this.#take = take;
    this.#line = firstLine;
    this.fields = new Fields(name, encoding);
  }

  /** Whether `take` has had enough. */
  get stopped(): boolean {
    return this.#stopped;
  }

  push(piece: Uint8Array): void {
    if (this.#stopped) return;
    this.#rest.push(piece);
    this.#restBytes += piece.length;
    if (this.#restBytes >= this.#wanted) this.#scan(false);
  }

  /** Takes what is left for the last record. */
  end(): void {
    if (!this.#stopped) this.#scan(true);
  }

  #scan(last: boolean): void {
    const bytes = joined(this.#rest, this.#restBytes);
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      const next = this.#record(bytes, at, last);
      if (next < 0) break;
      at = next;
      if (this.#take(this.fields) === false) this.#stopped = true;
      this.#line = this.#nextLine;
    }
    const left = bytes.subarray(at);
    this.#rest = left.length > 0 ? [left.slice()] : [];
    this.#restBytes = left.length;
    this.#wanted = 2 * left.length;
  }

  #nextLine = 1;

  /** Reads the record that begins there into `fields`; where the next begins, or -1 where this one is not whole. */
  #record(bytes: Uint8Array, from: number, last: boolean): number {
    const { fields } = this;
    const separator = this.#separator;
    const end = bytes.length;
    fields.bytes = bytes;
    fields.count = 0;
    fields.line = this.#line;
    this.#nextLine = this.#line + 1;
    let at = from;
    for (;;) {
      if (at < end && bytes[at] === QUOTE) at = this.#quotedField(bytes, at, last);
      else {
        const start = at;
        while (at < end) {
          const byte = bytes[at];
          if (byte === separator || byte === LF || byte === CR) break;
          at++;
        }
        fields.add(start, at, 0);
      }
      if (at < 0 || (at >= end && !last)) return -1;
      if (at >= end) return end;
      const byte = bytes[at++];
      if (byte === LF) return at;
      if (byte === CR) {
        if (at >= end && !last) return -1;
        return bytes[at] === LF ? at + 1 : at;
      }
    }
  }

  /** Adds the field in quotes that begins there; where it ends, or -1 where it is not whole. */
  #quotedField(bytes: Uint8Array, from: number, last: boolean): number {
    const end = bytes.length;
    let doubled = false;
    let at = from + 1;
    for (; ; at += 2, doubled = true) {
      while (at < end && bytes[at] !== QUOTE) if (bytes[at++] === LF) this.#nextLine++;
      if (at >= end && last)
        throw this.#wrong(fieldNumber(this.fields), "begins with a quote that is never closed");
      if (at >= end || (at + 1 >= end && !last)) return -1;
      if (bytes[at + 1] !== QUOTE) break;
    }
    this.fields.add(from + 1, at, doubled ? 2 : 1);
    const after = bytes[at + 1];
    if (at + 1 < end && after !== this.#separator && after !== LF && after !== CR) throw this.#goesOn(after);
    return at + 1;
  }

  #goesOn(after: number): InputError {
    const sign = String.fromCharCode(after);
    const rule = ",;|\t".includes(sign)
      ? "if that stands between fields, give --separator, or --skip N where the header stands further down"
      : "a quote in a quoted field is doubled";
    return this.#wrong(this.fields.count, `goes on after its closing quote (${quote(sign)}); ${rule}`);
  }

  #wrong(field: number, what: string): InputError {
    return new InputError(
      `${this.#name}: line ${this.fields.line}, field ${field} ${what}; correct the line`,
    );
  }
}

const fieldNumber = ({ count }: Fields): number => count + 1;

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
