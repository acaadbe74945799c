/** The decomposition of fewer products (Toom-Cook) at work: the first block of a pair of channels, with this row's numbers. */
import { blockOf, formOf, shareOf } from "../compiler/fast.ts";
import { commonDivisor } from "../numerics/commonDivisor.ts";
import type { Block, ConvolveMap } from "../graph/ops.ts";
import type { PairVectors } from "./matrices.ts";

/** How a convolution is computed with m + r - 1 products a pair of channels for m outputs, and the first of its blocks. */
export interface BlockExplanation extends Block {
  /** m + r - 1, where the direct form has m r. */
  readonly products: number;
  /** The operations, transforms counted, as a part of the direct form's. */
  readonly share: number;
  /** Where the polynomials are evaluated, beside infinity. */
  readonly points: readonly number[];
  /** `[products][m]` */
  readonly A: readonly (readonly number[])[];
  /** `[products][r]` */
  readonly G: readonly (readonly number[])[];
  /** `[products][products]` */
  readonly B: readonly (readonly number[])[];
  /** Chunks of r taps that the filter is cut into; the first stands below. */
  readonly chunks: number;
  /** The taps, positions (0 in the padding) and back-signals that meet in the first block. */
  readonly w: readonly number[];
  /** Positions of the block. */
  readonly y: readonly number[];
  /** Back-signals of the block. */
  readonly v: readonly number[];
  /** Their transforms G w, B y and A v. */
  readonly Gw: readonly number[];
  /** B y */
  readonly By: readonly number[];
  /** A v */
  readonly Av: readonly number[];
  /** A^T [(G w) . (B y)], G^T [(A v) . (B y)], B^T [(A v) . (G w)], and how far they are from the direct sums. */
  readonly forward: readonly number[];
  /** The filter's gradient of the block. */
  readonly filter: readonly number[];
  /** The signal going back of the block. */
  readonly back: readonly number[];
  /** The largest difference of the three to the direct sums, relative to the largest of those. */
  readonly difference: number;
}

/** The block of a convolution; null where direct sums are as good. */
export function explainBlock(m: ConvolveMap, { w, y, v }: PairVectors): BlockExplanation | null {
  const block = blockOf("output", m);
  if (!block) return null;
  const { A, G, B, t, points } = formOf(block);
  // outputs i and taps j of one phase, `apart` outputs and `every` taps apart, meet at positions of one step
  const common = commonDivisor(m.stride, m.dilation);
  const [apart, every] = [m.dilation / common, m.stride / common];
  const taken = (from: ArrayLike<number>, count: number, first: number, step: number): number[] =>
    Array.from({ length: count }, (_, i) => from[first + step * i] ?? 0);
  const ws = taken(w, block.r, 0, every);
  const vs = taken(v, block.m, 0, apart);
  const ys = taken(y, t, -m.padding, m.stride * apart);
  const [Gw, By, Av] = [applied(G, ws), applied(B, ys), applied(A, vs)];
  const forward = transposed(A, times(Gw, By));
  const filter = transposed(G, times(Av, By));
  const back = transposed(B, times(Av, Gw));
  const direct = { forward: vs.map(() => 0), filter: ws.map(() => 0), back: ys.map(() => 0) };
  vs.forEach((vi, i) =>
    ws.forEach((wj, j) => {
      direct.forward[i] += wj * ys[i + j];
      direct.filter[j] += vi * ys[i + j];
      direct.back[i + j] += vi * wj;
    }),
  );
  const pairs = [
    [forward, direct.forward],
    [filter, direct.filter],
    [back, direct.back],
  ] as const;
  return {
    ...block,
    products: t,
    share: shareOf({ of: "output", map: m, block }),
    points,
    A: A.map((row) => [...row]),
    G: G.map((row) => [...row]),
    B: B.map((row) => [...row]),
    chunks: Math.ceil(Math.ceil(m.taps / every) / block.r),
    w: ws,
    y: ys,
    v: vs,
    Gw,
    By,
    Av,
    forward,
    filter,
    back,
    difference: Math.max(...pairs.map(([fast, plain]) => apartBy(fast, plain))),
  };
}

type Matrix = readonly ArrayLike<number>[];

const applied = (matrix: Matrix, vector: readonly number[]): number[] =>
  matrix.map((row) => vector.reduce((sum, x, i) => sum + row[i] * x, 0));
const transposed = (matrix: Matrix, vector: readonly number[]): number[] =>
  Array.from(matrix[0], (_, i) => matrix.reduce((sum, row, p) => sum + row[i] * vector[p], 0));
const times = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x * b[i]);

/** The largest |a - b|, as a part of the largest |b|. */
function apartBy(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...b.map(Math.abs));
  const difference = Math.max(...a.map((x, i) => Math.abs(x - b[i])));
  return difference === 0 ? 0 : difference / largest;
}
