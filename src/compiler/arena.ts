/** Host side of the arena: rows in and out of lanes, weights as they are. */
import { size } from "../graph/ops.ts";
import { LANES, rowsOf } from "./layout.ts";
import type { Placement, Program } from "./program.ts";

/** Says how many rows the next run has: the count as a float and the mask of rows. */
export function writeRows(floats: Float32Array, bits: Int32Array, program: Program, rows: number): void {
  floats[program.rows.count / 4] = rows;
  const mask = program.rows.mask / 4;
  const lanes = rowsOf(program.batch, "samples") * LANES;
  bits.fill(-1, mask, mask + rows);
  bits.fill(0, mask + rows, mask + lanes);
}

/** Where the first position of a row's channel stands, in floats. */
function start({ type, layout, offset }: Placement, row: number, channel: number): number {
  const { lanes, left, pitch } = layout;
  const channels = type.shape[1];
  let line = row * channels + channel;
  let lane = 0;
  if (lanes === "samples") {
    line = (row >> 4) * channels + channel;
    lane = row & 15;
  } else if (lanes === "channels") {
    line = row * ((channels + LANES - 1) >> 4) + (channel >> 4);
    lane = channel & 15;
  }
  return offset / 4 + (line * pitch + left) * LANES + lane;
}

/** From one position to the next, in floats. */
const stepOf = ({ layout }: Placement): number => (layout.lanes === "positions" ? 1 : LANES);

/** Rows `[rows, channels, positions]` into lanes; lanes without a row get +0, unless they are known to hold it (`keep`). */
export function writeSamples(
  floats: Float32Array,
  to: Placement,
  batch: number,
  values: ArrayLike<number>,
  rows: number,
  others: "clear" | "keep" = "clear",
): void {
  const [, channels, positions] = to.type.shape;
  const size = channels * positions;
  const step = stepOf(to);
  const lines = to.layout.lanes === "samples" ? rowsOf(batch, "samples") * LANES : batch;
  const all = others === "clear" ? lines : rows;
  for (let c = 0; c < channels; c++) {
    let n = 0;
    // four rows at a time: one by one, the loop would be most of the work
    for (; n + 4 <= rows; n += 4) {
      const first = start(to, n, c);
      const second = start(to, n + 1, c) - first;
      const third = start(to, n + 2, c) - first;
      const fourth = start(to, n + 3, c) - first;
      const end = first + positions * step;
      for (let at = first, from = n * size + c * positions; at < end; at += step, from++) {
        floats[at] = values[from];
        floats[at + second] = values[from + size];
        floats[at + third] = values[from + 2 * size];
        floats[at + fourth] = values[from + 3 * size];
      }
    }
    for (; n < all; n++) {
      let at = start(to, n, c);
      let from = n * size + c * positions;
      for (let t = 0; t < positions; t++, at += step) floats[at] = n < rows ? values[from++] : 0;
    }
  }
}

/** Rows `[rows, channels, positions]` out of lanes. */
export function readSamples(floats: Float32Array, from: Placement, rows: number): Float32Array {
  const [, channels, positions] = from.type.shape;
  const step = stepOf(from);
  const values = new Float32Array(rows * channels * positions);
  for (let c = 0; c < channels; c++)
    for (let n = 0; n < rows; n++) {
      let at = start(from, n, c);
      let to = (n * channels + c) * positions;
      for (let t = 0; t < positions; t++, at += step) values[to++] = floats[at];
    }
  return values;
}

/** A weight's floats, row-major, as they lie in the arena. */
export function weightView(floats: Float32Array, at: Placement): Float32Array {
  return floats.subarray(at.offset / 4, at.offset / 4 + size(at.type.shape));
}
