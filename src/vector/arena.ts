/** Host side of the arena: rows in and out of lanes, weights as they are. */
import { size } from "../numerics/tensor.ts";
import { axes, LANES, rowsOf } from "./layout.ts";
import type { Placement, Program } from "./program.ts";

/** Says how many rows the next run has: the count as a float and the mask of rows. */
export function writeRows(
  floats: Float32Array,
  bits: Int32Array,
  program: Pick<Program, "batch" | "rows">,
  rows: number,
): void {
  floats[program.rows.count / 4] = rows;
  const mask = program.rows.mask / 4;
  const lanes = rowsOf(program.batch, "samples") * LANES;
  bits.fill(-1, mask, mask + rows);
  bits.fill(0, mask + rows, mask + lanes);
}

/** Becomes (x - shift) / scale, by channel; in f64, rounded once. */
export interface Scales {
  readonly shift: readonly number[];
  readonly scale: readonly number[];
}

/** A tensor of rows in the arena. */
export interface Samples {
  /** Values a row. */
  readonly size: number;
  /**
   * Rows `[rows, channels, positions]`, the values from `first` on, into lanes; whether all of them are finite. Lanes
   * without a row get +0, unless they are known to hold it (`others` is `keep`).
   */
  write(
    values: ArrayLike<number>,
    rows: number,
    how?: { readonly first?: number; readonly scales?: Scales | null; readonly others?: "clear" | "keep" },
  ): boolean;
  /** The first rows out of lanes, `[rows, channels, positions]`: into `to` from `first` on. */
  read(rows: number, to?: Float32Array, first?: number): Float32Array;
}

/** A tensor that stands at `place`, of a program for `batch` rows. Where rows and channels start is worked out once. */
export function samplesAt(floats: Float32Array, place: Placement, batch: number): Samples {
  const { type, layout, offset } = place;
  const [, channels, positions] = type.shape;
  const axis = axes[layout.lanes];
  const line = layout.pitch * LANES;
  const size = channels * positions;
  /** From one position to the next. */
  const step = axis.positions.floats(1, LANES);
  const row = axis.channels.vectors(channels) * line;
  const lines = axis.rows.vectors(batch) * (axis.rows.inLanes ? LANES : 1);
  const rowStart = Int32Array.from({ length: lines }, (_, n) => axis.rows.floats(n, row));
  const start = offset / 4 + layout.left * LANES;
  const channelStart = Int32Array.from({ length: channels }, (_, c) => start + axis.channels.floats(c, line));

  return {
    size,
    write(values, rows, { first = 0, scales = null, others = "clear" } = {}) {
      let zero = 0;
      for (let c = 0; c < channels; c++) {
        const to = channelStart[c];
        let from = first + c * positions;
        let n = 0;
        for (; n + 4 <= rows; n += 4, from += 4 * size)
          zero += scales
            ? scaleFour(
                floats,
                to,
                rowStart,
                n,
                step,
                values,
                from,
                size,
                positions,
                scales.shift[c],
                scales.scale[c],
              )
            : copyFour(floats, to, rowStart, n, step, values, from, size, positions);
        for (; n < rows; n++, from += size)
          zero += scales
            ? scaleOne(
                floats,
                to + rowStart[n],
                step,
                values,
                from,
                positions,
                scales.shift[c],
                scales.scale[c],
              )
            : copyOne(floats, to + rowStart[n], step, values, from, positions);
        if (others === "clear")
          for (; n < lines; n++)
            for (let i = 0, at = to + rowStart[n]; i < positions; i++, at += step) floats[at] = 0;
      }
      return zero === 0;
    },
    read(rows, to = new Float32Array(rows * size), first = 0) {
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < positions; i++)
          readPosition(
            floats,
            channelStart[c] + i * step,
            rowStart,
            rows,
            to,
            first + c * positions + i,
            size,
          );
      return to;
    },
  };
}

/** One position of each row. */
function readPosition(
  floats: Float32Array,
  from: number,
  rowStart: Int32Array,
  rows: number,
  to: Float32Array,
  at: number,
  size: number,
): void {
  for (let n = 0; n < rows; n++, at += size) to[at] = floats[from + rowStart[n]];
}

// The loops that rows spend their time in: functions of their own, one a case, four rows at once, since engines make the
// best of these. Each gives the sum of x - x: 0 where all are finite, else NaN.

function copyOne(
  floats: Float32Array,
  to: number,
  step: number,
  values: ArrayLike<number>,
  from: number,
  count: number,
): number {
  let zero = 0;
  for (let i = from, at = to; i < from + count; i++, at += step) {
    const a = values[i];
    zero += a - a;
    floats[at] = a;
  }
  return zero;
}

function scaleOne(
  floats: Float32Array,
  to: number,
  step: number,
  values: ArrayLike<number>,
  from: number,
  count: number,
  shift: number,
  scale: number,
): number {
  let zero = 0;
  for (let i = from, at = to; i < from + count; i++, at += step) {
    const a = values[i] - shift;
    zero += a - a;
    floats[at] = a / scale;
  }
  return zero;
}

function copyFour(
  floats: Float32Array,
  to: number,
  rowStart: Int32Array,
  row: number,
  step: number,
  values: ArrayLike<number>,
  from: number,
  size: number,
  count: number,
): number {
  const second = rowStart[row + 1] - rowStart[row];
  const third = rowStart[row + 2] - rowStart[row];
  const fourth = rowStart[row + 3] - rowStart[row];
  let zero = 0;
  for (let i = from, at = to + rowStart[row]; i < from + count; i++, at += step) {
    const a = values[i];
    const b = values[i + size];
    const c = values[i + 2 * size];
    const d = values[i + 3 * size];
    zero += a - a + (b - b) + (c - c + (d - d));
    floats[at] = a;
    floats[at + second] = b;
    floats[at + third] = c;
    floats[at + fourth] = d;
  }
  return zero;
}

function scaleFour(
  floats: Float32Array,
  to: number,
  rowStart: Int32Array,
  row: number,
  step: number,
  values: ArrayLike<number>,
  from: number,
  size: number,
  count: number,
  shift: number,
  scale: number,
): number {
  const second = rowStart[row + 1] - rowStart[row];
  const third = rowStart[row + 2] - rowStart[row];
  const fourth = rowStart[row + 3] - rowStart[row];
  let zero = 0;
  for (let i = from, at = to + rowStart[row]; i < from + count; i++, at += step) {
    const a = values[i] - shift;
    const b = values[i + size] - shift;
    const c = values[i + 2 * size] - shift;
    const d = values[i + 3 * size] - shift;
    zero += a - a + (b - b) + (c - c + (d - d));
    floats[at] = a / scale;
    floats[at + second] = b / scale;
    floats[at + third] = c / scale;
    floats[at + fourth] = d / scale;
  }
  return zero;
}

/** A weight's floats, row-major, as they lie in the arena. */
export function weightView(floats: Float32Array, at: Placement): Float32Array {
  return floats.subarray(at.offset / 4, at.offset / 4 + size(at.type.shape));
}
