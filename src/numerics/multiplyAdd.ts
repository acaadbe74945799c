/** The fused multiply-add of binary32, exactly: IEEE 754's fusedMultiplyAdd, which JavaScript lacks. */

const float = new Float64Array(1);
const [LOW, HIGH] = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0];
const words = new Uint32Array(float.buffer);

/**
 * sum + x y, rounded once to binary32. The product is exact in f64; the sum is rounded there to odd, so that the second
 * rounding is that of the exact value (Boldo and Melquiond, Emulation of FMA and correctly rounded sums, 2008).
 *
 * @param sum a binary32 number, as are x and y
 */
export function multiplyAdd(sum: number, x: number, y: number): number {
  const product = x * y;
  const rounded = product + sum;
  const back = rounded - product;
  const lost = product - (rounded - back) + (sum - back);
  // exact, or not finite
  if (lost === 0 || Number.isNaN(lost)) return Math.fround(rounded);
  float[0] = rounded;
  if (words[LOW] & 1) return Math.fround(rounded);
  if (lost > 0 === rounded > 0) words[LOW] |= 1;
  else {
    if (words[LOW] === 0) words[HIGH]--;
    words[LOW]--;
  }
  return Math.fround(float[0]);
}
