/**
 * The series of a file while it is read, rows of any lengths, and then one dense array.
 *
 * Memory is bounded by the input: rows are kept as they are until all are there, and what padding them to the longest
 * would take is checked before it is allocated. One long row among many short ones is refused, not padded.
 */
import { InputError } from "./errors.ts";
import { F64Buffer } from "./f64Buffer.ts";

/** Bytes of the dense array for each byte of input, where rows differ in length. */
export const MOST_TIMES = 64;
/** What is allowed however short the input is. */
export const FREE_BYTES = 2 ** 23;

/** Series as a data set has them: NaN after the end of a shorter row, and `lengths` where there is one. */
export interface Dense {
  readonly series: Float64Array;
  readonly length: number;
  readonly lengths?: Int32Array;
}

/** What is wrong with a row that `addRow` does not take. */
export const NO_VALUE = "every value of the row is missing; a row has at least one; leave the row out";

export class SeriesRows {
  readonly #values = new F64Buffer();
  readonly #lengths: number[] = [];
  readonly #placeOf: (at: number) => string;
  #longest = { length: 0, at: 0 };

  /** `placeOf` says where a row is, by what `endRow` was given: for errors. */
  constructor(placeOf: (at: number) => string) {
    this.#placeOf = placeOf;
  }

  get count(): number {
    return this.#lengths.length;
  }

  /** Appends a value to the row that is being read, channel by channel. */
  push(value: number): void {
    this.#values.push(value);
  }

  /** Ends a row of `length` values a channel, which is at line (or row) `at`. */
  endRow(length: number, at: number): void {
    this.#lengths.push(length);
    if (length > this.#longest.length) this.#longest = { length, at };
  }

  /**
   * A whole row `[channels, columns]` of a file of columns, where values that are missing at its end mean that it is shorter.
   * False where it has no value.
   */
  addRow(row: ArrayLike<number>, channels: number, at: number): boolean {
    const columns = row.length / channels;
    let length = 0;
    for (let c = 0; c < channels; c++) {
      let end = columns;
      while (end > length && Number.isNaN(row[c * columns + end - 1])) end--;
      length = Math.max(length, end);
    }
    for (let c = 0; c < channels; c++) for (let i = 0; i < length; i++) this.push(row[c * columns + i]);
    if (length > 0) this.endRow(length, at);
    return length > 0;
  }

  /**
   * All rows in one array. `inputBytes` is the size of what was read. With `width`, rows that are shorter than it count as
   * such though none reaches it (a file of columns). Throws InputError where padding would take too much.
   */
  dense(channels: number, inputBytes: number, width = 0): Dense {
    const length = Math.max(width, this.#longest.length);
    if (this.#lengths.every((n) => n === length)) return { series: this.#values.take(), length };
    const rows = this.#lengths.length;
    const bytes = 8 * rows * channels * length;
    if (bytes > Math.max(FREE_BYTES, MOST_TIMES * inputBytes))
      throw new InputError(
        `${this.#placeOf(this.#longest.at)}: the row has ${length} values, and padding all ${rows} rows to that would take ${bytes} bytes, ` +
          `more than ${MOST_TIMES} times the input; rows are padded to the longest; cut this one`,
      );
    const series = new Float64Array(rows * channels * length).fill(NaN);
    const packed = this.#values.take();
    let at = 0;
    this.#lengths.forEach((n, row) => {
      for (let c = 0; c < channels; c++) {
        const start = (row * channels + c) * length;
        for (let i = 0; i < n; i++) series[start + i] = packed[at++];
      }
    });
    return { series, length, lengths: Int32Array.from(this.#lengths) };
  }
}
