/**
 * A symmetric matrix K as P T P^T, with P orthogonal and T tridiagonal (Householder 1958; Golub and Van Loan, "Matrix
 * Computations", section 8.3.1). After it, everything about (K + alpha I)^-1 costs O(n^2) for each alpha, without any
 * eigenvalue: T + alpha I = L D L^T with L of two diagonals (Elden 1977).
 */

export interface Tridiagonal {
  readonly n: number;
  /** T: its diagonal, and the n - 1 values beside it. */
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  /** P, `[n][n]` row-major. */
  readonly basis: Float64Array;
}

/** Reduces K, `[n][n]` row-major, of which only the lower triangle is read; K is overwritten. */
export function tridiagonalise(k: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(0, n - 1));
  const scales = new Float64Array(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  // From the last row up, so that the reflection vector is a piece of a row and all loops run along rows.
  for (let i = n - 1; i > 0; i--) {
    const row = i * n;
    diagonal[i] = k[row + i];
    let squares = 0;
    for (let j = 0; j < i; j++) squares += k[row + j] * k[row + j];
    const tip = k[row + i - 1];
    const norm = Math.sqrt(squares);
    const image = tip > 0 ? -norm : norm;
    beside[i - 1] = image;
    if (squares === tip * tip) {
      beside[i - 1] = tip; // already tridiagonal here: no reflection
      continue;
    }
    // v = row - image e, H = I - s v v^T with s = 2 / v.v
    const s = 1 / (squares - tip * image);
    k[row + i - 1] = tip - image;
    scales[i] = s;
    for (let j = 0; j < i; j++) v[j] = k[row + j];
    symmetricTimes(k, n, i, v, w);
    let vw = 0;
    for (let j = 0; j < i; j++) {
      w[j] *= s;
      vw += v[j] * w[j];
    }
    const half = 0.5 * s * vw;
    for (let j = 0; j < i; j++) w[j] -= half * v[j];
    for (let r = 0; r < i; r++) {
      const at = r * n;
      const vr = v[r];
      const wr = w[r];
      for (let j = 0; j <= r; j++) k[at + j] -= vr * w[j] + wr * v[j];
    }
  }
  diagonal[0] = k[0];
  return { n, diagonal, beside, basis: reflections(k, n, scales) };
}

/** w = K v for the leading i x i block, by its lower triangle. */
function symmetricTimes(k: Float64Array, n: number, i: number, v: Float64Array, w: Float64Array): void {
  for (let r = 0; r < i; r++) {
    const at = r * n;
    const vr = v[r];
    let sum = 0;
    for (let j = 0; j < r; j++) {
      const x = k[at + j];
      sum += x * v[j];
      w[j] += x * vr;
    }
    w[r] = sum + k[at + r] * vr;
  }
}

/** P: the product of the reflections whose vectors stand in the rows of k. */
function reflections(k: Float64Array, n: number, scales: Float64Array): Float64Array {
  const p = new Float64Array(n * n);
  for (let i = 0; i < n; i++) p[i * n + i] = 1;
  const sums = new Float64Array(n);
  for (let i = 1; i < n; i++) {
    const s = scales[i];
    if (s === 0) continue;
    // p = H p, for the leading i x i block: the rest is still the unit matrix
    const row = i * n;
    sums.fill(0, 0, i);
    for (let r = 0; r < i; r++) {
      const x = k[row + r];
      for (let j = 0, at = r * n; j < i; j++) sums[j] += x * p[at + j];
    }
    for (let r = 0; r < i; r++) {
      const x = s * k[row + r];
      for (let j = 0, at = r * n; j < i; j++) p[at + j] -= x * sums[j];
    }
  }
  return p;
}

/** L D L^T of T + alpha I: the pivots D and the values beside L's unit diagonal; null where it is not positive definite. */
export function factorShifted(
  { n, diagonal, beside }: Tridiagonal,
  alpha: number,
): { pivots: Float64Array; lower: Float64Array } | null {
  const pivots = new Float64Array(n);
  const lower = new Float64Array(Math.max(0, n - 1));
  pivots[0] = diagonal[0] + alpha;
  for (let j = 1; j < n; j++) {
    lower[j - 1] = beside[j - 1] / pivots[j - 1];
    pivots[j] = diagonal[j] + alpha - lower[j - 1] * beside[j - 1];
  }
  return pivots.every((pivot) => pivot > 0) ? { pivots, lower } : null;
}
