/** Host side of the arena: rows in and out of lanes, weights as they are. */
import { size } from "../graph/ops.ts";
import { LANES, rowsOf, vectorsOf } from "./layout.ts";
import type { Placement, Program } from "./program.ts";

/** Says how many rows the next run has: the count as a float and the mask of rows. */
export function writeRows(floats: Float32Array, bits: Int32Array, program: Program, rows: number): void {
  floats[program.rows.count / 4] = rows;
  const mask = program.rows.mask / 4;
  const lanes = rowsOf(program.batch, "samples") * LANES;
  bits.fill(-1, mask, mask + rows);
  bits.fill(0, mask + rows, mask + lanes);
}

/** Where the first position of a row's channel stands, in floats; positions are 16 floats apart. */
function start({ type, layout, offset }: Placement, row: number, channel: number): number {
  const { lanes, left, pitch } = layout;
  const vectors = vectorsOf(type.shape[1], lanes);
  const [line, lane] =
    lanes === "samples"
      ? [Math.floor(row / LANES) * vectors + channel, row % LANES]
      : [row * vectors + Math.floor(channel / LANES), channel % LANES];
  return offset / 4 + (line * pitch + left) * LANES + lane;
}

/** Rows `[rows, channels, positions]` into lanes; lanes without a row get +0. */
export function writeSamples(
  floats: Float32Array,
  to: Placement,
  batch: number,
  values: ArrayLike<number>,
  rows: number,
): void {
  const [, channels, positions] = to.type.shape;
  const { lanes } = to.layout;
  const all = lanes === "samples" ? rowsOf(batch, lanes) * LANES : batch;
  for (let n = 0; n < all; n++) {
    for (let c = 0; c < channels; c++) {
      let at = start(to, n, c);
      let from = (n * channels + c) * positions;
      for (let t = 0; t < positions; t++, at += LANES) floats[at] = n < rows ? values[from++] : 0;
    }
  }
}

/** Rows `[rows, channels, positions]` out of lanes. */
export function readSamples(floats: Float32Array, from: Placement, rows: number): Float32Array {
  const [, channels, positions] = from.type.shape;
  const values = new Float32Array(rows * channels * positions);
  let to = 0;
  for (let n = 0; n < rows; n++) {
    for (let c = 0; c < channels; c++) {
      let at = start(from, n, c);
      for (let t = 0; t < positions; t++, at += LANES) values[to++] = floats[at];
    }
  }
  return values;
}

/** A weight's floats, row-major, as they lie in the arena. */
export function weightView(floats: Float32Array, at: Placement): Float32Array {
  return floats.subarray(at.offset / 4, at.offset / 4 + size(at.type.shape));
}
