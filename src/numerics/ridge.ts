/**
 * Ridge regression with the penalty alpha chosen by the squared error of leaving out one row at a time, as scikit-learn's
 * RidgeCV does after StandardScaler; of classes, one regression each on targets +1 and -1 (RidgeClassifierCV).
 *
 * Rows are fewer than features here, so it works in the dual. With X standardised, K = X X^T and centred targets Y, the
 * dual coefficients are c = (K + alpha I)^-1 Y, the weights X^T c, and the error of row i when it is left out is
 * c_i / ((K + alpha I)^-1)_ii, exactly (Rifkin and Lippert, "Notes on regularized least squares", 2007). An intercept
 * without penalty takes the direction of ones out of that inverse.
 */
import { factorShifted, tridiagonalise, type Tridiagonal } from "./tridiagonal.ts";

/** Ten penalties from 1e-3 to 1e3 at even ratios. */
export const ALPHAS: readonly number[] = [
  1e-3, 4.641588833612778e-3, 2.154434690031884e-2, 0.1, 0.4641588833612779, 2.154434690031884, 10,
  46.41588833612779, 215.4434690031884, 1000,
];

export interface Ridge {
  readonly alpha: number;
  /** The mean squared error of left-out rows for each alpha. */
  readonly errors: readonly number[];
  /** By column, on features as they are given: `[columns, features]`. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  /** What each row would get if it were left out: `[rows, columns]`. */
  readonly leftOut: Float64Array;
}

/** Targets of classes by their indices, `[rows, classes]`: 1 of the row's class, else -1. */
export const classTargets = (labels: ArrayLike<number>, classes: number): Float64Array =>
  Float64Array.from({ length: labels.length * classes }, (_, i) =>
    labels[Math.floor(i / classes)] === i % classes ? 1 : -1,
  );

/** The options of `ridge`. */
export interface RidgeOptions {
  readonly alphas?: readonly number[];
  /** How many of the first features are standardised; the others are only centred. Default: all. */
  readonly standardised?: number;
}

/** Fits `features` `[rows, size]` to targets `[rows, columns]`. */
export function ridge(
  features: Float32Array,
  targets: Float64Array,
  columns: number,
  { alphas = ALPHAS, standardised }: RidgeOptions = {},
): Ridge {
  const rows = targets.length / columns;
  const size = features.length / rows;
  const { mean, scale } = featureMoments(features, rows, standardised);
  const gram = gramMatrix(features, rows, size, mean, scale);
  // The ones are in the null space of K, which is centred. Lifting them keeps K well conditioned; the lift is
  // taken out of the inverse again below.
  let trace = 0;
  for (let i = 0; i < rows; i++) trace += gram[i * rows + i];
  const lift = trace > 0 ? trace / rows : 1;
  for (let i = 0; i < gram.length; i++) gram[i] += lift / rows;
  const t = tridiagonalise(gram, rows);

  const centre = new Float64Array(columns);
  targets.forEach((y, i) => (centre[i % columns] += y / rows));
  const centred = targets.map((y, i) => y - centre[i % columns]);
  const rotated = rotate(t, centred, columns, "forward");

  let best: { alpha: number; error: number; dual: Float64Array; leftOut: Float64Array } | null = null;
  const errors: number[] = [];
  for (const alpha of alphas) {
    const solved = solve(t, alpha, rotated, columns);
    if (!solved) {
      errors.push(Infinity);
      continue;
    }
    const { dual, inverse } = solved;
    const ones = 1 / (rows * (lift + alpha));
    const leftOut = targets.map((y, i) => y - dual[i] / (inverse[Math.floor(i / columns)] - ones));
    let error = 0;
    for (let i = 0; i < leftOut.length; i++) error += (targets[i] - leftOut[i]) * (targets[i] - leftOut[i]);
    error /= leftOut.length;
    errors.push(error);
    if (best === null || error < best.error) best = { alpha, error, dual, leftOut };
  }
  if (best === null)
    throw new RangeError("no alpha makes the Gram matrix positive definite; give larger ones");

  const coefficients = new Float64Array(columns * size);
  for (let k = 0; k < columns; k++) {
    const w = coefficients.subarray(k * size, (k + 1) * size);
    for (let i = 0; i < rows; i++) {
      const c = best.dual[i * columns + k];
      for (let j = 0, at = i * size; j < size; j++) w[j] += c * features[at + j];
    }
    // the duals of a column sum to 0, so the mean needs no subtraction: only the two scales are left
    for (let j = 0; j < size; j++) w[j] *= scale[j] * scale[j];
  }
  const intercepts = centre.map((y, k) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += coefficients[k * size + j] * mean[j];
    return y - sum;
  });
  return { alpha: best.alpha, errors, coefficients, intercepts, leftOut: best.leftOut };
}

/**
 * Mean and 1 / (population deviation) of the first `standardised` features of `[rows, size]`, mean and 1 of the others; a
 * constant one has scale 0, and so no weight.
 */
export function featureMoments(
  x: Float32Array,
  rows: number,
  standardised = x.length / rows,
): { mean: Float64Array; scale: Float64Array } {
  const size = x.length / rows;
  const mean = new Float64Array(size);
  const scale = new Float64Array(size);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < size; j++, at++) mean[j] += x[at];
  for (let j = 0; j < size; j++) mean[j] /= rows;
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < size; j++, at++) scale[j] += (x[at] - mean[j]) * (x[at] - mean[j]);
  for (let j = 0; j < size; j++) {
    const deviation = Math.sqrt(scale[j] / rows);
    const isConstant = !(deviation > 1e-12 * Math.abs(mean[j]));
    scale[j] = isConstant ? 0 : j < standardised ? 1 / deviation : 1;
  }
  return { mean, scale };
}

/** Features that are standardised at a time: rows x 256 x 8 bytes should stay in a cache. */
const PANEL = 256;

/** X X^T of standardised features, `[rows][rows]`: the lower triangle, and of the upper what is in blocks of 4 x 4. */
function gramMatrix(
  x: Float32Array,
  rows: number,
  size: number,
  mean: Float64Array,
  scale: Float64Array,
): Float64Array {
  const padded = Math.ceil(rows / 4) * 4;
  const gram = new Float64Array(padded * padded);
  // [group of 4 rows][feature][4]
  const panel = new Float64Array(padded * PANEL);
  for (let from = 0; from < size; from += PANEL) {
    const width = Math.min(PANEL, size - from);
    if (width < PANEL) panel.fill(0);
    for (let i = 0; i < rows; i++) {
      const to = (i >> 2) * 4 * PANEL + (i & 3);
      for (let j = 0; j < width; j++)
        panel[to + 4 * j] = (x[i * size + from + j] - mean[from + j]) * scale[from + j];
    }
    for (let i = 0; i < rows; i += 4) for (let k = 0; k <= i; k += 4) addBlock(panel, i, k, gram, padded);
  }
  if (padded === rows) return gram;
  const cut = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) cut.set(gram.subarray(i * padded, i * padded + rows), i * rows);
  return cut;
}

/** Adds the products of panel rows i..i+3 with rows k..k+3 to the Gram matrix: sixteen sums that stay in registers. */
function addBlock(panel: Float64Array, i: number, k: number, gram: Float64Array, pitch: number): void {
  let [a0, a1, a2, a3] = [0, 0, 0, 0];
  let [b0, b1, b2, b3] = [0, 0, 0, 0];
  let [c0, c1, c2, c3] = [0, 0, 0, 0];
  let [d0, d1, d2, d3] = [0, 0, 0, 0];
  const end = (i + 4) * PANEL;
  for (let x = i * PANEL, y = k * PANEL; x < end; x += 4, y += 4) {
    const u = panel[y];
    const v = panel[y + 1];
    const w = panel[y + 2];
    const z = panel[y + 3];
    const a = panel[x];
    a0 += a * u;
    a1 += a * v;
    a2 += a * w;
    a3 += a * z;
    const b = panel[x + 1];
    b0 += b * u;
    b1 += b * v;
    b2 += b * w;
    b3 += b * z;
    const c = panel[x + 2];
    c0 += c * u;
    c1 += c * v;
    c2 += c * w;
    c3 += c * z;
    const d = panel[x + 3];
    d0 += d * u;
    d1 += d * v;
    d2 += d * w;
    d3 += d * z;
  }
  const sums = [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3];
  for (let r = 0; r < 4; r++) for (let c = 0; c < 4; c++) gram[(i + r) * pitch + k + c] += sums[4 * r + c];
}

/** P^T Y ("forward") or P Y ("back"), `[n, columns]`. */
function rotate(
  { n, basis }: Tridiagonal,
  y: Float64Array,
  columns: number,
  way: "forward" | "back",
): Float64Array {
  const out = new Float64Array(n * columns);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const p = basis[i * n + j];
      const from = (way === "forward" ? i : j) * columns;
      const to = (way === "forward" ? j : i) * columns;
      for (let k = 0; k < columns; k++) out[to + k] += p * y[from + k];
    }
  }
  return out;
}

/** (K + alpha I)^-1 Y for Y given as P^T Y, and the diagonal of that inverse. */
function solve(
  t: Tridiagonal,
  alpha: number,
  rotated: Float64Array,
  columns: number,
): { dual: Float64Array; inverse: Float64Array } | null {
  const factor = factorShifted(t, alpha);
  if (!factor) return null;
  const { n, basis } = t;
  const { pivots, lower } = factor;
  const x = rotated.slice();
  for (let k = 0; k < columns; k++) {
    for (let j = 1; j < n; j++) x[j * columns + k] -= lower[j - 1] * x[(j - 1) * columns + k];
    for (let j = 0; j < n; j++) x[j * columns + k] /= pivots[j];
    for (let j = n - 2; j >= 0; j--) x[j * columns + k] -= lower[j] * x[(j + 1) * columns + k];
  }
  // row i of P is p: p^T (L D L^T)^-1 p = sum z_j^2 / d_j with L z = p
  const inverse = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let z = basis[i * n];
    let sum = (z * z) / pivots[0];
    for (let j = 1; j < n; j++) {
      z = basis[i * n + j] - lower[j - 1] * z;
      sum += (z * z) / pivots[j];
    }
    inverse[i] = sum;
  }
  return { dual: rotate(t, x, columns, "back"), inverse };
}
