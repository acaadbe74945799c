/** Numbers in the order in which they came, to be read back by position. */

export interface Tape {
  readonly length: number;
  /** Whether all of them are in memory. */
  readonly inMemory: boolean;
  /** Appends copies of values. */
  append(values: Float64Array): void;
  /** Ends appending; a tape is read after that. */
  finish(): this;
  /** Copies `count` values from `from` on to `into` at `at`. */
  read(from: number, count: number, into: Float64Array, at: number): void;
}

/** Values of a block: 1 MiB. */
const BLOCK = 2 ** 17;

/** A tape in memory. */
export class MemoryTape implements Tape {
  readonly #blocks: Float64Array[] = [];
  readonly inMemory = true;
  length = 0;

  append(values: Float64Array): void {
    for (let at = 0; at < values.length;) {
      const filled = this.length % BLOCK;
      if (filled === 0) this.#blocks.push(new Float64Array(BLOCK));
      const count = Math.min(values.length - at, BLOCK - filled);
      this.#blocks[this.#blocks.length - 1].set(values.subarray(at, at + count), filled);
      this.length += count;
      at += count;
    }
  }

  finish(): this {
    return this;
  }

  read(from: number, count: number, into: Float64Array, at: number): void {
    for (let done = 0; done < count;) {
      const start = (from + done) % BLOCK;
      const some = Math.min(count - done, BLOCK - start);
      const block = this.#blocks[Math.floor((from + done) / BLOCK)];
      into.set(block.subarray(start, start + some), at + done);
      done += some;
    }
  }
}
