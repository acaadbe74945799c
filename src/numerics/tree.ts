/**
 * The fixed summation order over 16 lanes: i+8, i+4, i+2, i+1, each sum rounded to binary32.
 * It is what `tree` means in the vector code, whatever the width of the machine's vectors.
 */

/** The tree sum of the 16 values from `offset` on. The input is left as it is. */
export function treeSum16(lanes: Float32Array, offset = 0): number {
  const work = lanes.slice(offset, offset + 16);
  if (work.length !== 16) {
    throw new RangeError(`treeSum16 needs 16 lanes from offset ${offset}, got ${work.length}`);
  }
  for (let half = 8; half >= 1; half /= 2) {
    for (let i = 0; i < half; i++) work[i] += work[i + half];
  }
  return work[0];
}
