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
  // two rows at a time, after a first alone where their number is odd: half the loads of v, w, x and product
  if (size % 2 === 1) {
    k[0] -= 2 * v[0] * w[0];
    product[0] = k[0] * x[0];
  }
  for (let r = size % 2; r < size; r += 2) {
    const [v0, v1, w0, w1, x0, x1] = [v[r], v[r + 1], w[r], w[r + 1], x[r], x[r + 1]];
    let sum0 = 0;
    let sum1 = 0;
    let at = r * n;
    for (let j = 0; j < r; j++, at++) {
      const vj = v[j];
      const wj = w[j];
      const xj = x[j];
      const value0 = k[at] - (v0 * wj + w0 * vj);
      const value1 = k[at + n] - (v1 * wj + w1 * vj);
      k[at] = value0;
      k[at + n] = value1;
      sum0 += value0 * xj;
      sum1 += value1 * xj;
      product[j] += value0 * x0 + value1 * x1;
    }
    k[at] -= 2 * v0 * w0;
    k[at + n] -= v1 * w0 + w1 * v0;
    k[at + n + 1] -= 2 * v1 * w1;
    product[r] = sum0 + k[at] * x0 + k[at + n] * x1;
    product[r + 1] = sum1 + k[at + n] * x0 + k[at + n + 1] * x1;
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
    let r = 0;
    for (; r + 1 < i; r += 2) {
      // two rows at a time: half the loads of the sums
      const x0 = s * k[row + r];
      const x1 = s * k[row + r + 1];
      const y0 = isLast ? 0 : k[after + r];
      const y1 = isLast ? 0 : k[after + r + 1];
      for (let j = 0, at = r * n; j < i; j++, at++) {
        const sum = sums[j];
        const value0 = p[at] - x0 * sum;
        const value1 = p[at + n] - x1 * sum;
        p[at] = value0;
        p[at + n] = value1;
        next[j] += y0 * value0 + y1 * value1;
      }
    }
    for (; r < i; r++) {
      const x = s * k[row + r];
      const y = isLast ? 0 : k[after + r];
      for (let j = 0, at = r * n; j < i; j++, at++) {
        p[at] -= x * sums[j];
        next[j] += y * p[at];
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
