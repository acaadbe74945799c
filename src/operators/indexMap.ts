/**
 * The trilinear form with batch, channels, groups, stride s, dilation d and padding (section 4 of the mathematics):
 *
 *     T = sum over n, o, c, i, j of  v[n, o, i] * w[o, c, j] * y[n, c, s i + d j - left]
 *
 * where positions outside y count as 0 and c runs over the channels of o's group. T and its three partial derivatives
 * walk one and the same set of index triples, each summing over a different part of it. Tensors are row-major and flat:
 * v [batch, filters, n_out], w [filters, channels / groups, kernelSize], y [batch, channels, length].
 */
import type { Vector } from "./convolution.ts";
import { complete, requireV, requireW, requireY, type CompleteMap, type IndexMap } from "./sizes.ts";

/**
 * n_out = floor((length + left + right - d (f - 1) - 1) / s) + 1, the positions of v.
 *
 * @throws RangeError when a size is not a whole number in its range, when groups divides channels or filters with a
 *   remainder, or when the dilated filter does not fit the padded signal
 */
export function outputLength(map: IndexMap): number {
  return complete(map).outputs;
}

/**
 * T(v, w, y) under an index map (section 4).
 *
 * @throws RangeError when the map is not legal or a tensor does not have its size
 */
export function T(v: Vector, w: Vector, y: Vector, map: IndexMap): number {
  const m = complete(map);
  requireV(v, m);
  requireW(w, m);
  requireY(y, m);
  let sum = 0;
  forEachTriple(m, (a, b, c) => {
    sum += v[a] * w[b] * y[c];
  });
  return sum;
}

/**
 * dT/dv, the forward pass: out[n,o,i] = sum over c, j of w[o,c,j] y[n,c, s i + d j - left] (section 4).
 *
 * @param w [filters, channels / groups, kernelSize]
 * @param y [batch, channels, length]
 * @returns [batch, filters, n_out]
 * @throws RangeError when the map is not legal or a tensor does not have its size
 */
export function convolveOutput(w: Vector, y: Vector, map: IndexMap): Float64Array {
  const m = complete(map);
  requireW(w, m);
  requireY(y, m);
  const out = new Float64Array(m.batch * m.filters * m.outputs);
  forEachTriple(m, (a, b, c) => {
    out[a] += w[b] * y[c];
  });
  return out;
}

/**
 * dT/dy, the signal going back, a transposed convolution with the same filter (section 4): each v[n,o,i] w[o,c,j] lands
 * on position s i + d j - left. Positions that no output has read are 0.
 *
 * @param v [batch, filters, n_out]
 * @param w [filters, channels / groups, kernelSize]
 * @returns [batch, channels, length]
 * @throws RangeError when the map is not legal or a tensor does not have its size
 */
export function convolveInput(v: Vector, w: Vector, map: IndexMap): Float64Array {
  const m = complete(map);
  requireV(v, m);
  requireW(w, m);
  const out = new Float64Array(m.batch * m.channels * m.length);
  forEachTriple(m, (a, b, c) => {
    out[c] += v[a] * w[b];
  });
  return out;
}

/**
 * dT/dw, the filter's gradient: out[o,c,j] = sum over n, i of v[n,o,i] y[n,c, s i + d j - left] (section 4).
 *
 * @param v [batch, filters, n_out]
 * @param y [batch, channels, length]
 * @returns [filters, channels / groups, kernelSize]
 * @throws RangeError when the map is not legal or a tensor does not have its size
 */
export function convolveFilter(v: Vector, y: Vector, map: IndexMap): Float64Array {
  const m = complete(map);
  requireV(v, m);
  requireY(y, m);
  const out = new Float64Array(m.filters * m.groupChannels * m.kernelSize);
  forEachTriple(m, (a, b, c) => {
    out[b] += v[a] * y[c];
  });
  return out;
}

/** Visits every (flat index into v, into w, into y) of T once; triples whose position lies in the padding are skipped. */
function forEachTriple(m: CompleteMap, visit: (v: number, w: number, y: number) => void): void {
  for (let n = 0; n < m.batch; n++) {
    for (let o = 0; o < m.filters; o++) {
      const group = Math.floor(o / m.groupFilters);
      for (let c = 0; c < m.groupChannels; c++) {
        const vRow = (n * m.filters + o) * m.outputs;
        const wRow = (o * m.groupChannels + c) * m.kernelSize;
        const yRow = (n * m.channels + group * m.groupChannels + c) * m.length;
        for (let i = 0; i < m.outputs; i++) {
          for (let j = 0; j < m.kernelSize; j++) {
            const position = m.stride * i + m.dilation * j - m.padding[0];
            if (position >= 0 && position < m.length) visit(vRow + i, wRow + j, yRow + position);
          }
        }
      }
    }
  }
}
