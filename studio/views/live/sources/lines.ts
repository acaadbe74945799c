/** Text as devices send it: a sample a line, its channels' numbers with commas, blanks or semicolons between them. */

/** Longer lines are none of numbers. */
const MOST_LINE = 65_536;

export class SampleLines {
  readonly #channels: number;
  #rest = "";
  /** Lines that were no samples. */
  leftOut = 0;

  constructor(channels: number) {
    this.#channels = channels;
  }

  /** The samples of the lines that are whole. A line that has as many numbers as channels is one; others are left out. */
  take(text: string): Float32Array<ArrayBuffer> {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "").slice(-MOST_LINE);
    const values: number[] = [];
    for (const line of lines) {
      const cells = line.trim().split(/[\s,;]+/);
      const numbers = cells.map((cell) =>
        /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(cell) ? Number(cell) : NaN,
      );
      if (numbers.length === this.#channels && numbers.every((x) => Number.isFinite(Math.fround(x))))
        values.push(...numbers);
      else if (line.trim() !== "") this.leftOut++;
    }
    return Float32Array.from(values);
  }
}
