/**
 * The three products of the system and the trilinear form behind them (section 1, 3 and 4 of the mathematics):
 *
 *     T(v, w, y) = sum_{i,j} v_i w_j y_{i+j}        A(w) y = dT/dv    C(v) y = dT/dw    v A(w) = dT/dy
 *
 * All indices in the code count from 0, so that the index triples are (i, j, i+j). Nothing here stores a matrix,
 * except the functions named dense*, which exist to look at and to test against.
 */

/** A vector of real numbers; a `Float64Array` serves best, any array of numbers is read as one. */
export type Vector = ArrayLike<number>;

/** A dense matrix: an array of rows. */
export type Matrix = readonly Float64Array[];

/**
 * The length of A(w) y (section 1): n_l = n_{l-1} - f + 1.
 *
 * @param n the signal's length n_{l-1}
 * @param f the filter's length
 * @throws RangeError when f or n is not a whole number of at least 1, or when the filter does not fit the signal
 */
export function convolvedLength(n: number, f: number): number {
  requireLength("filter", "f", f);
  requireLength("signal", "n_{l-1}", n);
  if (f > n) {
    throw new RangeError(
      `filter of ${f} does not fit a signal of ${n}; n_l = n_{l-1} - f + 1 must be at least 1`,
    );
  }
  return n - f + 1;
}

/**
 * The forward product (sections 1 and 4): (A(w) y)_i = sum_j w_j y_{i+j}, a cross-correlation in the field's terms.
 * The same numbers as H(y) w.
 *
 * @param w filter [f]
 * @param y signal [n]
 * @returns [n - f + 1]
 * @throws RangeError when either is empty or the filter is longer than the signal
 */
export function apply(w: Vector, y: Vector): Float64Array {
  return slide(w, y, convolvedLength(y.length, w.length));
}

/**
 * The filter's gradient (sections 3 and 4): (C(v) y)_j = sum_i v_i y_{i+j}, a convolution with v as the filter.
 * The same numbers as the row vector v H(y).
 *
 * @param v back-signal [n_l]
 * @param y signal [n]
 * @returns [n - n_l + 1], the filter's length f
 * @throws RangeError when either is empty or the back-signal is longer than the signal
 */
export function correlate(v: Vector, y: Vector): Float64Array {
  return slide(v, y, filterLength(v.length, y.length));
}

/**
 * The signal going back (sections 3 and 4): (v A(w))_k = sum_j v_{k-j} w_j, where terms outside v are 0: the full, or
 * transposed, convolution.
 *
 * The row product v A(w) and the column product A(w)^T v^T are the same numbers, so `rowProduct` and
 * `transposedConvolution` are two names of one function: no transpose is formed and no filter is reversed.
 *
 * @param v back-signal [n_l]
 * @param w filter [f]
 * @returns [n_l + f - 1], the signal's length n_{l-1}
 * @throws RangeError when either is empty
 */
export function rowProduct(v: Vector, w: Vector): Float64Array {
  requireLength("back-signal", "n_l", v.length);
  requireLength("filter", "f", w.length);
  const out = new Float64Array(v.length + w.length - 1);
  for (let j = 0; j < w.length; j++) {
    for (let i = 0; i < v.length; i++) out[i + j] += v[i] * w[j];
  }
  return out;
}

/** A(w)^T v^T: the other name of `rowProduct`; both names are the same numbers, from the same function. */
export const transposedConvolution = rowProduct;

/**
 * The form behind the three products (section 4): T(v, w, y) = v A(w) y = sum_{i,j} v_i w_j y_{i+j}.
 *
 * @param v back-signal [n - f + 1]
 * @param w filter [f]
 * @param y signal [n]
 * @throws RangeError when the three lengths do not belong together
 */
export function trilinear(v: Vector, w: Vector, y: Vector): number {
  requireTriple(v, w, y);
  let sum = 0;
  for (let i = 0; i < v.length; i++) {
    for (let j = 0; j < w.length; j++) sum += v[i] * w[j] * y[i + j];
  }
  return sum;
}

/**
 * The three partial derivatives of T (section 4): dv = A(w) y, dw = C(v) y, dy = v A(w), each in the shape of its argument.
 *
 * @throws RangeError when the three lengths do not belong together
 */
export function trilinearGradients(
  v: Vector,
  w: Vector,
  y: Vector,
): {
  /** A(w) y [n - f + 1] */
  readonly dv: Float64Array;
  /** C(v) y [f] */
  readonly dw: Float64Array;
  /** v A(w) [n] */
  readonly dy: Float64Array;
} {
  requireTriple(v, w, y);
  return { dv: apply(w, y), dw: correlate(v, y), dy: rowProduct(v, w) };
}

/**
 * The banded Toeplitz matrix of a filter (section 1): A(w)_{ik} = w_{k-i} where 0 <= k-i < f, else 0.
 *
 * @param w filter [f]
 * @param n the length of the signals that it acts on
 * @returns [n - f + 1] rows of [n]
 * @throws RangeError when the filter is empty or longer than n
 */
export function denseA(w: Vector, n: number): Matrix {
  return banded(w, convolvedLength(n, w.length), n);
}

/**
 * The banded Toeplitz matrix of a back-signal (section 3): C(v)_{jk} = v_{k-j} where 0 <= k-j < n_l, else 0.
 *
 * @param v back-signal [n_l]
 * @param n the length of the signals that it acts on
 * @returns [n - n_l + 1] rows of [n]: one row a filter tap
 * @throws RangeError when the back-signal is empty or longer than n
 */
export function denseC(v: Vector, n: number): Matrix {
  return banded(v, filterLength(v.length, n), n);
}

/**
 * The window (Hankel) matrix of a signal (section 1): H(y)_{ij} = y_{i+j}, so that A(w) y = H(y) w.
 *
 * @param y signal [n]
 * @param f the filter's length
 * @returns [n - f + 1] rows of [f]
 * @throws RangeError when f is not a whole number from 1 to n
 */
export function denseH(y: Vector, f: number): Matrix {
  const rows = convolvedLength(y.length, f);
  return Array.from({ length: rows }, (_, i) => Float64Array.from({ length: f }, (_unused, j) => y[i + j]));
}

/** out_i = sum_j window_j y_{i+j}: both A(w) y and C(v) y are this sum. */
function slide(window: Vector, y: Vector, length: number): Float64Array {
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let j = 0; j < window.length; j++) sum += window[j] * y[i + j];
    out[i] = sum;
  }
  return out;
}

function banded(band: Vector, rows: number, columns: number): Matrix {
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: columns }, (_unused, k) => (k >= i && k - i < band.length ? band[k - i] : 0)),
  );
}

function filterLength(nL: number, n: number): number {
  requireLength("back-signal", "n_l", nL);
  requireLength("signal", "n_{l-1}", n);
  if (nL > n) {
    throw new RangeError(
      `back-signal of ${nL} does not fit a signal of ${n}; f = n_{l-1} - n_l + 1 must be at least 1`,
    );
  }
  return n - nL + 1;
}

function requireTriple(v: Vector, w: Vector, y: Vector): void {
  const n = convolvedLength(y.length, w.length);
  if (v.length !== n) {
    throw new RangeError(
      `back-signal of ${v.length} does not belong to a filter of ${w.length} on a signal of ${y.length}; n_l = n_{l-1} - f + 1 is ${n}`,
    );
  }
}

function requireLength(what: string, symbol: string, length: number): void {
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(
      `${what} of ${length} has no meaning; ${symbol} must be a whole number of at least 1`,
    );
  }
}
