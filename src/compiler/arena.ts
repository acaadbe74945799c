/** Host side of the arena: rows in and out of sample lanes, weights as they are. */
import { size } from "../graph/ops.ts";
import { groupsOf, LANES } from "./layout.ts";
import type { Placement, Program } from "./program.ts";

/** Says how many rows the next run has: the count as a float and the mask of rows. */
export function writeRows(floats: Float32Array, bits: Int32Array, program: Program, rows: number): void {
  floats[program.rows.count / 4] = rows;
  const mask = program.rows.mask / 4;
  const lanes = groupsOf(program.batch) * LANES;
  bits.fill(-1, mask, mask + rows);
  bits.fill(0, mask + rows, mask + lanes);
}

/** Rows `[rows, channels, positions]` into sample lanes; lanes without a row get +0. */
export function writeSamples(
  floats: Float32Array,
  to: Placement,
  batch: number,
  values: ArrayLike<number>,
  rows: number,
): void {
  const [, channels, positions] = to.type.shape;
  const { left, pitch } = to.layout;
  const rowSize = channels * positions;
  for (let n = 0; n < groupsOf(batch) * LANES; n++) {
    const group = Math.floor(n / LANES);
    for (let c = 0; c < channels; c++) {
      let at = to.offset / 4 + ((group * channels + c) * pitch + left) * LANES + (n % LANES);
      let from = n * rowSize + c * positions;
      for (let t = 0; t < positions; t++, at += LANES) floats[at] = n < rows ? values[from++] : 0;
    }
  }
}

/** Rows `[rows, channels, positions]` out of sample lanes. */
export function readSamples(floats: Float32Array, from: Placement, rows: number): Float32Array {
  const [, channels, positions] = from.type.shape;
  const { left, pitch } = from.layout;
  const values = new Float32Array(rows * channels * positions);
  let to = 0;
  for (let n = 0; n < rows; n++) {
    const group = Math.floor(n / LANES);
    for (let c = 0; c < channels; c++) {
      let at = from.offset / 4 + ((group * channels + c) * pitch + left) * LANES + (n % LANES);
      for (let t = 0; t < positions; t++, at += LANES) values[to++] = floats[at];
    }
  }
  return values;
}

/** A weight's floats, row-major, as they lie in the arena. */
export function weightView(floats: Float32Array, at: Placement): Float32Array {
  return floats.subarray(at.offset / 4, at.offset / 4 + size(at.type.shape));
}
