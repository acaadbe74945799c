/** Samples out of standard input as they come: numbers a line, or raw little-endian PCM. Bounded memory. */
import { append } from "../numerics/extremes.ts";
import { InputError } from "../data/errors.ts";
import { plural } from "./format.ts";
import { quote } from "../data/quote.ts";

export const rawKinds = ["f32", "s16"] as const;
export type RawKind = (typeof rawKinds)[number];

/** Takes bytes as they come and gives the samples that are whole, interleaved. */
export interface SampleReader {
  readonly take: (bytes: Uint8Array) => Float64Array;
  /** What is left at the end. */
  readonly end: () => Float64Array;
  /** What is wrong behind the samples that were given last; null where nothing is. */
  readonly fault: InputError | null;
}

/** The longest line: nobody's sample has more. */
const LONGEST = 2 ** 20;
const NONE = new Float64Array(0);
const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;
const NEW_LINE = 10;

/** A line a sample: a number a channel, with commas or blanks between. Empty lines are passed over. */
export function lineReader(channels: number, name: string): SampleReader {
  const decoder = new TextDecoder();
  let rest = "";
  let line = 0;
  let fault: InputError | null = null;
  const read = (text: string): Float64Array => {
    const values: number[] = [];
    try {
      for (const given of text.split("\n")) append(values, sampleOf(given.trim(), ++line));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      fault = error;
    }
    return Float64Array.from(values);
  };
  const sampleOf = (trimmed: string, line: number): number[] => {
    if (trimmed === "") return [];
    const cells = trimmed.split(/\s*,\s*|\s+/);
    if (cells.length !== channels)
      throw new InputError(
        `${name}: line ${line} has ${plural(cells.length, "number")}; a line is one sample of ${channels} (a number a channel, with commas or blanks between)`,
      );
    return cells.map((cell) => {
      const value = NUMBER.test(cell) ? Number(cell) : NaN;
      if (Number.isFinite(value)) return value;
      throw new InputError(
        `${name}: line ${line}: ${quote(cell)} is no finite number; a stream takes no others`,
      );
    });
  };
  return {
    take(bytes) {
      const last = bytes.lastIndexOf(NEW_LINE);
      const text = rest + decoder.decode(bytes.subarray(0, last + 1), { stream: true });
      const after = decoder.decode(bytes.subarray(last + 1), { stream: true });
      rest = last < 0 ? text + after : after;
      if (rest.length > LONGEST)
        throw new InputError(`${name}: line ${line + 1} does not end within 1 MiB; a line is one sample`);
      return last < 0 ? NONE : read(text.slice(0, -1));
    },
    end: () => (rest.trim() === "" ? NONE : read(rest)),
    get fault() {
      return fault;
    },
  };
}

const widths: Readonly<Record<RawKind, number>> = { f32: 4, s16: 2 };
/** 16-bit values are from -1 up to, but not with, 1, as those of WAV files are read. */
const values: Readonly<Record<RawKind, (view: DataView, at: number) => number>> = {
  f32: (view, at) => view.getFloat32(at, true),
  s16: (view, at) => view.getInt16(at, true) / 2 ** 15,
};

/** Raw values, little-endian, of all channels of a sample after one another. */
export function rawReader(kind: RawKind, channels: number, name: string): SampleReader {
  const width = widths[kind];
  const frame = width * channels;
  let rest = new Uint8Array(0);
  return {
    take(bytes) {
      const all = new Uint8Array(rest.length + bytes.length);
      all.set(rest);
      all.set(bytes, rest.length);
      const count = Math.floor(all.length / frame) * channels;
      rest = all.slice(count * width);
      const view = new DataView(all.buffer);
      return Float64Array.from({ length: count }, (_, i) => values[kind](view, i * width));
    },
    end() {
      if (rest.length > 0)
        throw new InputError(
          `${name}: it ends within a sample, after ${rest.length} of ${frame} bytes (${channels} x ${kind}); see that --raw says what it is`,
        );
      return NONE;
    },
    fault: null,
  };
}
