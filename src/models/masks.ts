/**
 * Which positions of prepared rows are the row's own, and which are padding: what layers read that leave padding out. Only
 * where a layer asks has the graph such an input, one for each length that is asked for: 1 at own positions, else 0.
 *
 * Of n positions at some layer, position p stands for those of the input from floor(p T / n) to before ceil((p + 1) T / n), T
 * the input's length, as adaptive pools cut them, and is the row's own where one of them is. So each row has one at least.
 */
import { samplesAt, type Samples } from "../vector/arena.ts";
import type { Program } from "../vector/program.ts";
import { maskLength } from "../layers/model.ts";
import type { Signal } from "../layers/layer.ts";
import type { Batch, RawRows } from "../data/dataset.ts";
import { offsetOf } from "./lines.ts";
import { rawChannels, type Preparation } from "./preparation.ts";

/** Where in its prepared row the values of a row stand: from one position up to, but not with, another. */
export type Extent = (row: number) => readonly [from: number, to: number];

/** Where rows stand once they are prepared for `input`; without padding they are whole. */
export function extentOf(
  preparation: Preparation,
  batch: RawRows & Pick<Batch, "prepared">,
  { channels, length }: Signal,
): Extent {
  if (preparation.length === undefined) return () => [0, length];
  const { series, rows, lengths, prepared } = batch;
  const given = prepared ? length : series.length / (rows * rawChannels(preparation, channels));
  return (row) => {
    const own = Math.min(lengths?.[row] ?? given, length);
    const from = offsetOf(own, length, preparation.at ?? "end");
    return [from, from + own];
  };
}

/** Masks `[rows, n]` of rows that stand in `whole` positions. */
export function maskOf(extent: Extent, rows: number, whole: number, n: number, first = 0): Float32Array {
  const mask = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) {
    const [from, to] = extent(first + row);
    for (let p = 0; p < n; p++)
      if (Math.floor((p * whole) / n) < to && Math.ceil(((p + 1) * whole) / n) > from) mask[row * n + p] = 1;
  }
  return mask;
}

/** Writes the masks of `rows` rows from `first` on. */
export type MaskWriter = (extent: Extent, rows: number, first?: number) => void;

/** Writes the masks that a program reads, of rows of `whole` positions; null where it reads none. */
export function masksAt(
  floats: Float32Array,
  program: Pick<Program, "batch" | "tensors">,
  whole: number,
): MaskWriter | null {
  const masks = Object.entries(program.tensors).flatMap(([name, place]): [number, Samples][] => {
    const n = maskLength(name);
    return n === null ? [] : [[n, samplesAt(floats, place, program.batch)]];
  });
  if (masks.length === 0) return null;
  return (extent, rows, first = 0) => {
    for (const [n, samples] of masks) samples.write(maskOf(extent, rows, whole, n, first), rows);
  };
}
