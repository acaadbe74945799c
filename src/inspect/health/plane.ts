/**
 * Embeddings in the plane: the two directions of most variance (principal components), by block power iteration in f64 from a fixed
 * start, without a matrix of all pairs. The same rows give the same points everywhere.
 */
import { uniform } from "../../numerics/threefry.ts";
import { InputError } from "../../data/errors.ts";
import type { Embedding } from "../../models/embed.ts";

/** Rows as points of a plane. */
export interface Plane {
  /** Where each row is: its first and second principal component, in the embedding's units. */
  readonly points: readonly (readonly [first: number, second: number])[];
  /** Which part of the variance each of both explains; 0 of rows that do not vary. */
  readonly explained: readonly [first: number, second: number];
}

/** Directions that are iterated: more than two, so that near ties among the first converge too. */
const BLOCK = 8;
const MOST_TURNS = 300;
const ENOUGH = 1e-13;
/** The most values of an embedding: 512 MiB of f64. */
const MOST_VALUES = 2 ** 26;

/**
 * The first two principal components of rows, `[rows, channels, length]` flattened. The sign of a component is that which makes its
 * largest loading (the first of equal ones) positive, as scikit-learn's `svd_flip` has it.
 *
 * @throws InputError for an embedding that is not finite, or of more than 67 million values
 */
export function plane({ values, channels, length }: Embedding): Plane {
  const width = channels * length;
  const rows = values.length / width;
  if (values.length > MOST_VALUES)
    throw new InputError(
      `the embedding has ${values.length} values; at most ${MOST_VALUES} are brought to a plane: take fewer rows`,
    );
  const x = centred(values, rows, width);
  let total = 0;
  for (const v of x) total += v * v;
  if (!Number.isFinite(total)) throw new InputError("the embedding has values that are not finite numbers");
  if (total === 0) return { points: Array.from({ length: rows }, () => [0, 0] as const), explained: [0, 0] };
  const count = Math.min(BLOCK, width, rows);
  let q = orthonormal(
    Array.from({ length: count }, (_, b) =>
      Float64Array.from({ length: width }, (_v, j) => uniform(0, b, 0, j) - 0.5),
    ),
  );
  let before = [0, 0];
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const scores = q.map((direction) => times(x, direction, rows, width));
    const next = orthonormal(scores.map((score) => transposedTimes(x, score, rows, width)));
    q = next;
    const now = [0, 1].map((i) => (i < q.length ? squares(times(x, q[i], rows, width)) : 0));
    if (now.every((v, i) => Math.abs(v - before[i]) <= ENOUGH * total)) break;
    before = now;
  }
  const [first, second] = ritz(x, q, rows, width).slice(0, 2).map(signed);
  const score = (direction: Float64Array | undefined): Float64Array =>
    direction ? times(x, direction, rows, width) : new Float64Array(rows);
  const [u, v] = [score(first), score(second)];
  return {
    points: Array.from({ length: rows }, (_, i) => [u[i], v[i]] as const),
    explained: [squares(u) / total, squares(v) / total],
  };
}

function centred(values: ArrayLike<number>, rows: number, width: number): Float64Array {
  const x = Float64Array.from(values);
  for (let j = 0; j < width; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += x[i * width + j];
    const mean = sum / rows;
    for (let i = 0; i < rows; i++) x[i * width + j] -= mean;
  }
  return x;
}

/** X d */
function times(x: Float64Array, d: Float64Array, rows: number, width: number): Float64Array {
  const out = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < width; j++, at++) sum += x[at] * d[j];
    out[i] = sum;
  }
  return out;
}

/** X^T s */
function transposedTimes(x: Float64Array, s: Float64Array, rows: number, width: number): Float64Array {
  const out = new Float64Array(width);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < width; j++, at++) out[j] += x[at] * s[i];
  return out;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
const squares = (a: Float64Array): number => dot(a, a);

/** Modified Gram and Schmidt, twice; a vector that the ones before it leave nothing of is left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const kept: Float64Array[] = [];
  let largest = 0;
  for (const given of vectors) {
    const v = given.slice();
    const norm = Math.sqrt(squares(v));
    largest = Math.max(largest, norm);
    for (let turn = 0; turn < 2; turn++)
      for (const k of kept) {
        const part = dot(v, k);
        for (let i = 0; i < v.length; i++) v[i] -= part * k[i];
      }
    const left = Math.sqrt(squares(v));
    // what rounding leaves of a direction without variance is none
    if (left > 1e-10 * norm && norm > 1e-12 * largest) kept.push(v.map((a) => a / left));
  }
  return kept;
}

/** Within the directions, those of most variance first: Jacobi's rotations of the small matrix of their variances. */
function ritz(x: Float64Array, q: readonly Float64Array[], rows: number, width: number): Float64Array[] {
  const scores = q.map((d) => times(x, d, rows, width));
  const n = q.length;
  const a = scores.map((s) => scores.map((t) => dot(s, t)));
  const vectors = q.map((d) => d.slice());
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) {
        off += Math.abs(a[i][j]);
        if (Math.abs(a[i][j]) <= 1e-300) continue;
        const theta = (a[j][j] - a[i][i]) / (2 * a[i][j]);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        rotate(a, vectors, [i, j], [c, t * c]);
      }
    if (off === 0) break;
  }
  return Array.from({ length: n }, (_, i) => i)
    .sort((i, j) => a[j][j] - a[i][i] || i - j)
    .map((i) => vectors[i]);
}

/** The rotation in the plane of directions i and j, of the matrix from both sides and of the vectors. */
function rotate(
  a: number[][],
  vectors: readonly Float64Array[],
  [i, j]: readonly [number, number],
  [c, s]: readonly [number, number],
): void {
  for (const row of a) [row[i], row[j]] = [c * row[i] - s * row[j], s * row[i] + c * row[j]];
  for (let k = 0; k < a.length; k++)
    [a[i][k], a[j][k]] = [c * a[i][k] - s * a[j][k], s * a[i][k] + c * a[j][k]];
  for (let k = 0; k < vectors[i].length; k++) {
    const [p, r] = [vectors[i][k], vectors[j][k]];
    vectors[i][k] = c * p - s * r;
    vectors[j][k] = s * p + c * r;
  }
}

/** The direction whose largest part is positive. */
function signed(direction: Float64Array): Float64Array {
  let at = 0;
  direction.forEach((v, i) => {
    if (Math.abs(v) > Math.abs(direction[at])) at = i;
  });
  return direction[at] < 0 ? direction.map((v) => -v) : direction;
}
