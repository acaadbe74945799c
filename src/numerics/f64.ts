/**
 * Elementary functions in f64 that give the same bits on every engine, which Math.exp and its kin do not.
 *
 * They use + - x /, Math.sqrt, floor and abs, and exponent bits through a typed array (little-endian, as every
 * engine's are). The kernels are Taylor series on a reduced argument, so each coefficient can be checked by hand;
 * the reductions carry a correction term (Cody and Waite 1980). Errors measured against 60-digit arithmetic
 * stand with each function. Not tuned for speed: the fast ones are in `f32.ts`.
 */

const LN2_HIGH = 0.6931471803691238; // log 2 down to 2^-32, so that k * LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.9082149292705877e-10;

/** 1/n!, n from 0 on; up to 18! the factorial is exact, beyond it the quotient is right to an ulp or two. */
const INVERSE_FACTORIAL: readonly number[] = (() => {
  const inverse = [1];
  for (let n = 1, factorial = 1; n <= 22; n++) inverse.push(1 / (factorial *= n));
  return inverse;
})();

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** 2^k for -1022 <= k <= 1023. */
function powerOfTwo(k: number): number {
  halves[0] = 0;
  halves[1] = (k + 1023) << 20;
  return double[0];
}

/** y 2^k with a single rounding, for y in [1/2, 2] and any k that exp needs. */
function scale(y: number, k: number): number {
  const half = k >> 1;
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

/** coefficients[0] + z coefficients[1] + ... by Horner's rule. */
function horner(z: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * z + coefficients[i];
  return sum;
}

const EXPM1_TAIL = INVERSE_FACTORIAL.slice(2, 15);

/** x = k log 2 + r + correction with |r| <= log(2)/2, and e^(r + correction) - 1. */
function reducedExpm1(x: number): { k: number; value: number } {
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const correction = high - r - low;
  return { k, value: r + (r * r * horner(r, EXPM1_TAIL) + correction) };
}

/** e^x, within 1 ulp. */
export function exp(x: number): number {
  if (!(x <= 709.782712893384)) return x > 0 ? Infinity : x;
  if (x < -745.1332191019412) return 0;
  const { k, value } = reducedExpm1(x);
  return scale(1 + value, k);
}

/** e^x - 1 without cancellation near 0, within 2 ulp. */
export function expm1(x: number): number {
  if (!(x <= 709.782712893384)) return x > 0 ? Infinity : x;
  if (x < -38) return -1;
  if (x === 0) return x;
  const { k, value } = reducedExpm1(x);
  if (k === 0) return value;
  if (k > 53) return scale(1 + value, k);
  const power = powerOfTwo(k);
  return power * value + (power - 1);
}

const LOG_TAIL = Array.from({ length: 12 }, (_, i) => 2 / (2 * i + 3));

/**
 * The natural logarithm: x = 2^k (1 + f), s = f / (2 + f), log(1 + f) = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + R)),
 * R = s^2 (2/3 + 2/5 s^2 + ...). log(0) = -Infinity, NaN below; within 1 ulp.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let k = 0;
  let normalised = x;
  if (x < 2.2250738585072014e-308) {
    k = -54;
    normalised *= 18014398509481984;
  }
  double[0] = normalised;
  k += (halves[1] >>> 20) - 1023;
  halves[1] = (halves[1] & 0xfffff) | 0x3ff00000;
  let mantissa = double[0];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    k += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const halfSquare = 0.5 * f * f;
  const tail = s * (halfSquare + z * horner(z, LOG_TAIL));
  return k * LN2_HIGH - (halfSquare - (tail + k * LN2_LOW) - f);
}

/** log(1 + x) without cancellation near 0, within 2 ulp. */
export function log1p(x: number): number {
  const sum = 1 + x;
  if (sum === 1 || sum === Infinity) return x;
  if (!(x > -1)) return log(sum);
  return log(sum) - (sum - 1 - x) / sum; // the second term is what 1 + x lost
}

/** tanh x = t / (t + 2), t = e^2x - 1; within 3 ulp. */
export function tanh(x: number): number {
  const a = Math.abs(x);
  if (a > 22) return x > 0 ? 1 : -1;
  if (a === 0) return x;
  const t = expm1(2 * a);
  const value = a < 1 ? t / (t + 2) : 1 - 2 / (t + 2);
  return x < 0 ? -value : value;
}

const HALF_PI_HIGH = 1.5707963267341256; // pi/2 down to 2^-32, then down to 2^-65, then the rest
const HALF_PI_MIDDLE = 6.077100506303966e-11;
const HALF_PI_LOW = 2.0222662487959506e-21;

/** floor(2/pi * 2^1216) and floor(pi/2 * 2^128), for arguments where three parts are too few (Payne and Hanek 1983). */
const TWO_OVER_PI = BigInt(
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1cb129a7" +
    "3ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09" +
    "b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6bab",
);
const HALF_PI_128 = BigInt("0x1921fb54442d18469898cc51701b839a2");

interface Angle {
  /** n mod 4, where x = n pi/2 + r + correction and |r| <= pi/4. */
  readonly quadrant: number;
  readonly r: number;
  readonly correction: number;
}

function reduceAngle(x: number): Angle {
  if (Math.abs(x) <= Math.PI / 4) return { quadrant: 0, r: x, correction: 0 };
  if (Math.abs(x) > 1048576) return reduceLargeAngle(x);
  const n = Math.floor(x / (Math.PI / 2) + 0.5);
  const first = x - n * HALF_PI_HIGH; // exact
  const second = first - n * HALF_PI_MIDDLE;
  const lost = first - second - n * HALF_PI_MIDDLE;
  const rest = n * HALF_PI_LOW - lost;
  const r = second - rest;
  return { quadrant: ((n % 4) + 4) % 4, r, correction: second - r - rest };
}

/** The same in fixed point: x is an integer times a power of two, so x * 2/pi is known to 190 fraction bits. */
function reduceLargeAngle(x: number): Angle {
  double[0] = x;
  const exponent = ((halves[1] >>> 20) & 0x7ff) - 1075;
  const integer = BigInt(x / powerOfTwo(exponent));
  const fractionBits = BigInt(1216 - exponent);
  const turns = integer * TWO_OVER_PI;
  const n = (turns + (1n << (fractionBits - 1n))) >> fractionBits;
  const fraction = (turns - (n << fractionBits)) >> (fractionBits - 200n);
  const angle = fraction * HALF_PI_128;
  const high = Number(angle);
  const low = Number(angle - BigInt(high));
  const unit = powerOfTwo(-328);
  return { quadrant: Number(((n % 4n) + 4n) % 4n), r: high * unit, correction: low * unit };
}

const SIN_TAIL = Array.from({ length: 9 }, (_, i) => INVERSE_FACTORIAL[2 * i + 3] * (i % 2 === 0 ? -1 : 1));
const COS_TAIL = Array.from({ length: 9 }, (_, i) => INVERSE_FACTORIAL[2 * i + 4] * (i % 2 === 0 ? 1 : -1));

/** sin(x + turn pi/2) from the series of sin or of cos, whichever the quadrant asks for. */
function sine(x: number, turn: number): number {
  if (!(Math.abs(x) < Infinity)) return NaN;
  const { quadrant, r, correction } = reduceAngle(x);
  const q = (quadrant + turn) % 4;
  const z = r * r;
  let value: number;
  if (q % 2 === 0) {
    value = r + (r * z * horner(z, SIN_TAIL) + correction);
  } else {
    const half = 0.5 * z;
    const head = 1 - half;
    value = head + (1 - head - half + (z * z * horner(z, COS_TAIL) - r * correction));
  }
  return q < 2 ? value : -value;
}

/** sin x, within 1 ulp for every finite x. */
export function sin(x: number): number {
  return x === 0 ? x : sine(x, 0);
}

/** cos x, within 1 ulp for every finite x. */
export function cos(x: number): number {
  return sine(x, 1);
}

const TWO_OVER_SQRT_PI = 1.1283791670955126;
const INVERSE_SQRT_PI = 0.5641895835477563;
const ERF_SERIES = Array.from(
  { length: 19 },
  (_, n) => (INVERSE_FACTORIAL[n] * (n % 2 === 0 ? 1 : -1)) / (2 * n + 1),
);

/** erf x = 2/sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)) up to 1 (Abramowitz and Stegun 7.1.5), 1 - erfc x beyond; within 2 ulp. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a <= 1) return TWO_OVER_SQRT_PI * x * horner(x * x, ERF_SERIES);
  if (a > 6) return x > 0 ? 1 : -1;
  const value = 1 - erfcBeyondOne(a);
  return x < 0 ? -value : value;
}

/** 1 - erf x with its tail, down to underflow at 27.2; within 8 ulp. */
export function erfc(x: number): number {
  if (x > 28) return 0;
  if (x > 1) return erfcBeyondOne(x);
  return 1 - erf(x);
}

/** e^(-x^2) / sqrt(pi) over the continued fraction x + (1/2)/(x + 1/(x + (3/2)/(x + ...))), A & S 7.1.14. */
function erfcBeyondOne(x: number): number {
  const depth = x < 2 ? 200 : 60;
  let fraction = x;
  for (let n = depth; n >= 1; n--) fraction = x + n / 2 / fraction;
  const rounded = Math.fround(x); // its square is exact
  const gaussian = exp(-rounded * rounded) * exp((rounded - x) * (rounded + x));
  return (INVERSE_SQRT_PI * gaussian) / fraction;
}

/** base^n for an integer n, by squaring from the lowest bit of |n| up: the order of multiplications is fixed. */
export function powi(base: number, n: number): number {
  if (!Number.isInteger(n)) throw new RangeError(`powi needs an integer exponent, got ${n}`);
  let result = 1;
  let square = base;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return n < 0 ? 1 / result : result;
}
