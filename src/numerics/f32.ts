/**
 * Elementary functions of the float32 contract: each is one fixed sequence of vector operations.
 *
 * No branches, no fused multiply-add, no float-to-int conversion: cases are selects, and a float is rounded by
 * adding 1.5 * 2^23. NaN gives 0x7fc00000. Bounds hold for all finite inputs, in units in the last place of the true
 * value (2^-149 at least). `measured` is the largest error seen over every binary32 number where a value varies, over
 * each 61st elsewhere; for gelu over each 7th. The tests sweep a part of them.
 *
 *   function   operations   bound   measured
 *   exp            27       2       0.99
 *   log            35       2       0.84
 *   tanh           29       2       1.59
 *   erf            36       2       1.84
 *   sigmoid        32       2       1.86
 *   softplus       41       4       3.67
 *   gelu           40       4       2.93 from -1 up; 22.4 from -2 to -1 (bound 32); below, 1.7e-7 absolute (bound 3e-7)
 *
 * A minimum counts as two operations (lt, select), constants as none.
 *
 * Coefficients are minimax fits (Lawson's reweighted least squares, on the linearised quotient for rational ones, with
 * the weight that the error has in the result), rounded to binary32 one at a time with the rest fitted again after each.
 */
import { max, min, type Ops } from "./ops.ts";

const NAN_BITS = 0x7fc00000;
const SIGN_BIT = 0x80000000;

/** `value` where x is a number, the one NaN elsewhere. 2 operations. */
function unlessNaN<V>(o: Ops<V>, x: V, value: V): V {
  return o.select(o.eq(x, x), value, o.bits(NAN_BITS));
}

/** coefficients[0] + z coefficients[1] + ... by Horner's rule. */
function horner<V>(o: Ops<V>, z: V, coefficients: readonly number[]): V {
  let sum = o.float(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) sum = o.add(o.mul(sum, z), o.float(coefficients[i]));
  return sum;
}

/** The same with a leading 1 as the highest coefficient, which saves a multiplication. */
function monic<V>(o: Ops<V>, z: V, coefficients: readonly number[]): V {
  let sum = o.add(z, o.float(coefficients[coefficients.length - 1]));
  for (let i = coefficients.length - 2; i >= 0; i--) sum = o.add(o.mul(sum, z), o.float(coefficients[i]));
  return sum;
}

const LN2_HIGH = 0.693359375; // 355/512: n * LN2_HIGH is exact for |n| < 2^15
const LN2_LOW = -2.1219444e-4;
const ROUNDER = 12582912; // 1.5 * 2^23
const EXP_TAIL = [
  0.4999999403953552, 0.1666652113199234, 0.041668280959129333, 0.008368689566850662, 0.001381946844048798,
];
const EXP_LOWEST = -87.33654; // the first float whose exponential is 2^-126 or more
const EXP_HIGHEST = 88.72283; // the last float whose exponential is finite

/**
 * e^x = 2^n e^r, n = round(x / log 2), |r| <= 0.347, for x between the limits; garbage outside. 21 operations.
 * 2^n is applied by adding n to the exponent field, exact because e^r in [0.7, 1.42] and the result are normal;
 * after adding ROUNDER the low bits are n, and the others leave in the shift.
 */
function expInside<V>(o: Ops<V>, x: V): V {
  const shifted = o.add(o.mul(x, o.float(Math.LOG2E)), o.float(ROUNDER));
  const n = o.sub(shifted, o.float(ROUNDER));
  const r = o.sub(o.sub(x, o.mul(n, o.float(LN2_HIGH))), o.mul(n, o.float(LN2_LOW)));
  const tail = o.mul(o.mul(r, r), horner(o, r, EXP_TAIL));
  const value = o.add(o.add(tail, r), o.float(1));
  return o.iadd(value, o.shl(shifted, 23));
}

/** e^-|x|, +0 where it is below 2^-126. 24 operations. */
function expOfMinusAbs<V>(o: Ops<V>, x: V): V {
  const a = o.or(x, o.bits(SIGN_BIT));
  return o.select(o.lt(a, o.float(EXP_LOWEST)), o.float(0), expInside(o, a));
}

/** e^x; +0 where it is below 2^-126, Infinity above 88.72283. */
export function exp<V>(o: Ops<V>, x: V): V {
  const low = o.select(o.lt(x, o.float(EXP_LOWEST)), o.float(0), expInside(o, x));
  const value = o.select(o.lt(o.float(EXP_HIGHEST), x), o.float(Infinity), low);
  return unlessNaN(o, x, value);
}

const LOG_TAIL = [0.6666677594184875, 0.39977559447288513, 0.29871898889541626];
const SQRT_HALF_BITS = 0x3f3504f3;

/**
 * log x = k log 2 + log(1 + f), 1 + f in [sqrt(1/2), sqrt 2), s = f / (2 + f),
 * log(1 + f) = 2 atanh s = f - (f^2/2 - s (f^2/2 + R(s^2))). log(+-0) = -Infinity, NaN below 0.
 */
export function log<V>(o: Ops<V>, x: V): V {
  const denormal = o.lt(x, o.bits(0x00800000));
  const normal = o.select(denormal, o.mul(x, o.float(8388608)), x);
  const offset = o.isub(normal, o.bits(SQRT_HALF_BITS));
  const exponent = o.sar(offset, 23);
  const f = o.sub(o.isub(normal, o.shl(exponent, 23)), o.float(1));
  const k = o.toFloat(o.isub(exponent, o.and(denormal, o.bits(23))));
  const s = o.div(f, o.add(f, o.float(2)));
  const z = o.mul(s, s);
  const halfSquare = o.mul(o.mul(f, f), o.float(0.5));
  const tail = o.mul(s, o.add(halfSquare, o.mul(z, horner(o, z, LOG_TAIL))));
  const low = o.sub(halfSquare, o.add(tail, o.mul(k, o.float(LN2_LOW))));
  const value = o.add(o.mul(k, o.float(LN2_HIGH)), o.sub(f, low));
  const infinity = o.float(Infinity);
  const finite = o.select(o.eq(x, infinity), infinity, value);
  const special = o.select(o.eq(x, o.float(0)), o.float(-Infinity), o.bits(NAN_BITS));
  return o.select(o.lt(o.float(0), x), finite, special);
}

/**
 * An odd function that saturates at +-1, as 4u / (4 + u^2): tanh x = 2t / (1 + t^2) with t = u / 2 = tanh(x / 2), and
 * for erf x the u that makes it true. A plain rational function loses 6 ulp near 1; here errors of u fade there,
 * because the derivative does. With y = |x| clamped, u = y + y c, and the result is u - u^3 / (4 + u^2) below the
 * middle, 1 - (2 - u)^2 / (4 + u^2) above: each a leading term less a small one. 18 operations and the correction c; NaN stays some NaN.
 */
function saturating<V>(o: Ops<V>, x: V, limit: number, middle: number, correction: (square: V) => V): V {
  const y = min(o, o.andnot(x, o.bits(SIGN_BIT)), o.float(limit));
  const u = o.add(o.mul(y, correction(o.mul(y, y))), y);
  const square = o.mul(u, u);
  const gap = o.sub(o.float(2), u);
  const below = o.lt(y, o.float(middle));
  const small = o.select(below, o.mul(u, square), o.mul(gap, gap));
  const leading = o.select(below, u, o.float(1));
  const value = o.sub(leading, o.div(small, o.add(square, o.float(4))));
  return o.or(value, o.and(x, o.bits(SIGN_BIT)));
}

const TANH_LIMIT = 9.125;
const TANH_S = [-79.48300170898438, -0.9271795749664307, -6.437902629841119e-5];
const TANH_Q = [953.79638671875, 106.50519561767578];

/** tanh x, +-1 from 9.125 on; c = z S(z) / Q(z). */
export function tanh<V>(o: Ops<V>, x: V): V {
  const value = saturating(o, x, TANH_LIMIT, 1.1, (z) =>
    o.div(o.mul(z, horner(o, z, TANH_S)), monic(o, z, TANH_Q)),
  );
  return unlessNaN(o, x, value);
}

const ERF_LIMIT = 3.921875;
const ERF_P = [
  47.05601501464844, 1.9596225023269653, -5.819465160369873, -0.688467264175415, -0.004104575142264366,
  2.3944950953591615e-5,
];
const ERF_Q = [366.539306640625, 63.66619873046875, 13.544227600097656];

function erfOrSomeNaN<V>(o: Ops<V>, x: V): V {
  return saturating(o, x, ERF_LIMIT, 0.9, (z) => o.div(horner(o, z, ERF_P), monic(o, z, ERF_Q)));
}

/** erf x = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x, +-1 from 3.921875 on; c = P(z) / Q(z). */
export function erf<V>(o: Ops<V>, x: V): V {
  return unlessNaN(o, x, erfOrSomeNaN(o, x));
}

/** 1 / (1 + e^-x) as b - b e / (1 + e), e = e^-|x|, b = x < 0 ? e : 1: both tails keep their digits. +0 below 2^-126. */
export function sigmoid<V>(o: Ops<V>, x: V): V {
  const e = expOfMinusAbs(o, x);
  const one = o.float(1);
  const base = o.select(o.lt(x, o.float(0)), e, one);
  const value = o.sub(base, o.mul(base, o.div(e, o.add(e, one))));
  return unlessNaN(o, x, value);
}

const ATANH_TAIL = [2, 0.666664183139801, 0.40021437406539917, 0.2800302505493164, 0.2800678014755249];

/** log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x|; log(1 + e) = 2 atanh s, s = e / (2 + e) <= 1/3. */
export function softplus<V>(o: Ops<V>, x: V): V {
  const e = expOfMinusAbs(o, x);
  const s = o.div(e, o.add(e, o.float(2)));
  const log1p = o.mul(s, horner(o, o.mul(s, s), ATANH_TAIL));
  return unlessNaN(o, x, o.add(max(o, x, o.float(0)), log1p));
}

/**
 * x Phi(x) = x/2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016, the exact form). In the negative tail 1 + erf
 * cancels: the error there is small against 1, not against the result. -Infinity gives NaN, as it does where this formula meets -Infinity * 0.
 */
export function gelu<V>(o: Ops<V>, x: V): V {
  const tail = o.add(erfOrSomeNaN(o, o.mul(x, o.float(Math.SQRT1_2))), o.float(1));
  const value = o.mul(o.mul(x, o.float(0.5)), tail);
  return o.select(o.lt(o.float(-Infinity), x), value, o.bits(NAN_BITS));
}
