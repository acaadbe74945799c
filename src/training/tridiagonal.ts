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

/**
 * Reduces K, `[n][n]` row-major, of which only the lower triangle is read; K is overwritten. Row by row from the last, a
 * reflection H = I - s v v^T with s = 2 / v.v brings the row's values before the diagonal into one, and
 * H K H = K - v w^T - w v^T. The pass that applies one reflection also makes K v of the next: memory is what costs.
 */
export function tridiagonalise(k: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(0, n - 1));
  const scales = new Float64Array(n);
  // v and w of the reflection that K still waits for, zero where there is none; then the next ones
  let v = new Float64Array(n);
  let w = new Float64Array(n);
  let nextV = new Float64Array(n);
  let nextW = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    for (let j = 0; j <= i; j++) k[row + j] -= v[i] * w[j] + w[i] * v[j];
    diagonal[i] = k[row + i];
    if (i === 0) break;
    let squares = 0;
    for (let j = 0; j < i; j++) squares += k[row + j] * k[row + j];
    const tip = k[row + i - 1];
    const norm = Math.sqrt(squares);
    const image = tip > 0 ? -norm : norm;
    // a row that is tridiagonal already needs no reflection: v = 0
    const s = squares === tip * tip ? 0 : 1 / (squares - tip * image);
    scales[i] = s;
    beside[i - 1] = s === 0 ? tip : image;
    if (s !== 0) k[row + i - 1] = tip - image;
    for (let j = 0; j < i; j++) nextV[j] = s === 0 ? 0 : k[row + j];
    updateAndMultiply(k, n, i, v, w, nextV, nextW);
    let vw = 0;
    for (let j = 0; j < i; j++) {
      nextW[j] *= s;
      vw += nextV[j] * nextW[j];
    }
    const half = 0.5 * s * vw;
    for (let j = 0; j < i; j++) nextW[j] -= half * nextV[j];
    [v, nextV] = [nextV, v];
    [w, nextW] = [nextW, w];
  }
  return { n, diagonal, beside, basis: reflections(k, n, scales) };
}

/** K -= v w^T + w v^T in the leading size x size block, and product = K x, in one pass over its lower triangle. */
function updateAndMultiply(
  k: Float64Array,
  n: number,
  size: number,
  v: Float64Array,
  w: Float64Array,
  x: Float64Array,
  product: Float64Array,
): void {
  for (let r = 0; r < size; r++) {
    const at = r * n;
    const vr = v[r];
    const wr = w[r];
    const xr = x[r];
    let sum = 0;
    for (let j = 0; j < r; j++) {
      const value = k[at + j] - (vr * w[j] + wr * v[j]);
      k[at + j] = value;
      sum += value * x[j];
      product[j] += value * xr;
    }
    k[at + r] -= vr * wr + wr * vr;
    product[r] = sum + k[at + r] * xr;
  }
}

/**
 * P: the product of the reflections whose vectors stand in the rows of k. P = H P grows from the unit matrix, by
 * P -= s v (v^T P) in the leading block; each pass applies one reflection and makes v^T P of the next.
 */
function reflections(k: Float64Array, n: number, scales: Float64Array): Float64Array {
  const p = new Float64Array(n * n);
  for (let i = 0; i < n; i++) p[i * n + i] = 1;
  let sums = new Float64Array(n);
  let next = new Float64Array(n);
  if (n > 1) sums[0] = k[n];
  for (let i = 1; i < n; i++) {
    const row = i * n;
    const after = row + n;
    const isLast = i + 1 === n;
    const s = scales[i];
    next.fill(0);
    for (let r = 0; r < i; r++) {
      const x = s * k[row + r];
      const y = isLast ? 0 : k[after + r];
      for (let j = 0, at = r * n; j < i; j++) {
        const value = p[at + j] - x * sums[j];
        p[at + j] = value;
        next[j] += y * value;
      }
    }
    if (!isLast) next[i] = k[after + i]; // row i of P is still that of the unit matrix
    [sums, next] = [next, sums];
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
