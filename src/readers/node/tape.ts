/**
 * Numbers in the order in which they came: in memory up to a bound, beyond it in a temporary file that is read back by
 * position. The file has no name as soon as it is open (but on Windows), so nothing is left behind whatever happens;
 * it is closed when the tape is collected.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { InputError } from "../../data/errors.ts";
import type { Tape } from "../tables/tape.ts";
import { removeLeftovers, temporaryPath } from "./writeWhole.ts";

/** Values of a block: 1 MiB. */
const BLOCK = 2 ** 17;
/** A reader that moves by less than this is one that will want what follows. */
const NEAR = 2 ** 14;

const closed = new FinalizationRegistry((close: () => void) => close());

export class FileTape implements Tape {
  readonly #mostBytes: number;
  /** All blocks while in memory; the last is being filled. */
  #blocks: Float64Array[] = [];
  #length = 0;
  #file: number | null = null;
  /** Of the file: values `from` to `to` as they were read last, and the end of what was asked for last. */
  readonly #near = { values: new Float64Array(0), from: 0, to: 0, asked: -1 };

  /** `mostBytes` of memory for values. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get length(): number {
    return this.#length;
  }

  get inMemory(): boolean {
    return this.#file === null;
  }

  /** Appends copies of values. Throws InputError where the disk is full. */
  append(values: Float64Array): void {
    for (let at = 0; at < values.length;) {
      const filled = this.#length % BLOCK;
      if (filled === 0) this.#nextBlock();
      const count = Math.min(values.length - at, BLOCK - filled);
      this.#blocks[this.#blocks.length - 1].set(values.subarray(at, at + count), filled);
      this.#length += count;
      at += count;
    }
  }

  /** Ends appending; a tape is read after that. */
  finish(): this {
    if (this.#file === null) return this;
    this.#write(this.#blocks[0].subarray(0, this.#length % BLOCK || BLOCK));
    this.#blocks = [];
    this.#near.values = new Float64Array(BLOCK);
    return this;
  }

  /** Copies `count` values from `from` on to `into` at `at`. */
  read(from: number, count: number, into: Float64Array, at: number): void {
    if (this.#file === null) {
      for (let done = 0; done < count;) {
        const start = (from + done) % BLOCK;
        const some = Math.min(count - done, BLOCK - start);
        const block = this.#blocks[Math.floor((from + done) / BLOCK)];
        into.set(block.subarray(start, start + some), at + done);
        done += some;
      }
      return;
    }
    const near = this.#near;
    const isNear = near.asked >= 0 && Math.abs(from - near.asked) <= NEAR && count <= NEAR;
    near.asked = from + count;
    const held = near.values;
    if (from < near.from || from + count > near.to) {
      if (!isNear) return readFully(this.#file, from, into.subarray(at, at + count));
      near.from = from;
      near.to = Math.min(from + held.length, this.#length);
      readFully(this.#file, from, held.subarray(0, near.to - from));
    }
    into.set(held.subarray(from - near.from, from - near.from + count), at);
  }

  #nextBlock(): void {
    const bytes = 8 * (this.#length + BLOCK);
    if (this.#file === null && bytes > this.#mostBytes && this.#length > 0) {
      this.#file = temporaryFile();
      closed.register(this, closer(this.#file));
      for (const block of this.#blocks) this.#write(block);
      this.#blocks = this.#blocks.slice(-1);
    } else if (this.#file !== null) this.#write(this.#blocks[0]);
    if (this.#file === null) this.#blocks.push(new Float64Array(BLOCK));
  }

  #write(values: Float64Array): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#file ?? -1, bytes, at);
    } catch (error) {
      throw spoolError(error, this.#length);
    }
  }
}

const closer = (file: number) => (): void => closeSync(file);

/** A file without a name in the system's folder for temporary files. */
function temporaryFile(): number {
  removeLeftovers(tmpdir());
  const path = temporaryPath(tmpdir());
  try {
    const file = openSync(path, "wx+", 0o600);
    if (process.platform === "win32") process.on("exit", () => rmSync(path, { force: true }));
    else rmSync(path);
    return file;
  } catch (error) {
    throw spoolError(error, 0);
  }
}

function readFully(file: number, from: number, into: Float64Array): void {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  for (let at = 0; at < bytes.length;) {
    const some = readSync(file, bytes, at, bytes.length - at, 8 * from + at);
    if (some === 0) throw new Error("a temporary file of rows ended early");
    at += some;
  }
}

function spoolError(error: unknown, values: number): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!code) return error;
  const why = code === "ENOSPC" || code === "EDQUOT" ? "the disk is full" : code;
  return new InputError(
    `${tmpdir()}: the rows take more memory than --memory allows, and writing them to a temporary file there failed after ` +
      `${Math.floor((8 * values) / 2 ** 20)} MiB: ${why}; free some space, set TMPDIR to a folder that has it, or raise --memory`,
  );
}
