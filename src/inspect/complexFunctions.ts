/**
 * The graph's pointwise functions continued to complex numbers, for complex-step derivatives (Squire and Trapp 1998): of an
 * analytic f, f'(x) = Im f(x + i h) / h without a subtraction, so that h = 1e-30 leaves rounding alone. No derivative of the
 * graph's rules stands here. Where a function has a kink or a jump, the real part says which branch is taken; on it the
 * convention of the gradient holds (relu and abs: 0; max and min: the first operand).
 */
import * as f64 from "../numerics/f64.ts";
import type { Fn } from "../graph/ops.ts";

export interface Complex {
  readonly re: number;
  readonly im: number;
}

const of = (re: number, im: number): Complex => ({ re, im });
const add = (a: Complex, b: Complex): Complex => of(a.re + b.re, a.im + b.im);
const sub = (a: Complex, b: Complex): Complex => of(a.re - b.re, a.im - b.im);
const times = (a: Complex, k: number): Complex => of(a.re * k, a.im * k);
const mul = (a: Complex, b: Complex): Complex => of(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);

/** Without squares of the operands, which could leave the range of doubles (Smith 1962). */
function div(a: Complex, b: Complex): Complex {
  if (Math.abs(b.re) >= Math.abs(b.im)) {
    const r = b.im / b.re;
    const under = b.re + b.im * r;
    return of((a.re + a.im * r) / under, (a.im - a.re * r) / under);
  }
  const r = b.re / b.im;
  const under = b.re * r + b.im;
  return of((a.re * r + a.im) / under, (a.im * r - a.re) / under);
}

const ONE = of(1, 0);
const ZERO = of(0, 0);

function exp(a: Complex): Complex {
  const e = f64.exp(a.re);
  return of(e * f64.cos(a.im), e * f64.sin(a.im));
}

/** The angle of x + i y for a small one: y / x to first order, and beyond by the sine of half of it, as often as it takes. */
function angle(x: number, y: number): number {
  if (x > 0 && Math.abs(y) < 1e-8 * x) return y / x;
  const r = Math.sqrt(x * x + y * y);
  return x + r === 0 ? Math.PI : 2 * angle(x + r, y);
}

const log = (a: Complex): Complex => of(f64.log(Math.sqrt(a.re * a.re + a.im * a.im)), angle(a.re, a.im));

/** The root in the right half-plane. */
function sqrt(a: Complex): Complex {
  if (a.re === 0 && a.im === 0) return ZERO;
  const size = Math.sqrt((Math.sqrt(a.re * a.re + a.im * a.im) + Math.abs(a.re)) / 2);
  return a.re >= 0 ? of(size, a.im / (2 * size)) : of(Math.abs(a.im) / (2 * size), a.im < 0 ? -size : size);
}

/** 1 / (1 + e^-z), by the exponential of what is not positive, which cannot overflow. */
function sigmoid(z: Complex): Complex {
  if (z.re >= 0) return div(ONE, add(ONE, exp(times(z, -1))));
  const e = exp(z);
  return div(e, add(ONE, e));
}

/** 1 - 2 / (e^2z + 1) in the right half-plane, by odd symmetry in the left; a series near 0, where that would cancel. */
function tanh(z: Complex): Complex {
  if (z.re < 0) return times(tanh(times(z, -1)), -1);
  if (z.re < 0.3) {
    // sinh / cosh, by their series
    const square = mul(z, z);
    let [term, odd, even] = [ONE, ONE, ONE];
    for (let k = 1; k < 12; k++) {
      term = times(mul(term, square), 1 / ((2 * k - 1) * (2 * k)));
      even = add(even, term);
      odd = add(odd, times(term, 1 / (2 * k + 1)));
    }
    return div(mul(z, odd), even);
  }
  return sub(ONE, div(of(2, 0), add(exp(times(z, 2)), ONE)));
}

/** log(1 + e^z) = max(z, 0) + log(1 + e^-|z|), the sign by the real part. */
function softplus(z: Complex): Complex {
  const negative = z.re > 0 ? times(z, -1) : z;
  const tail = log(add(ONE, exp(negative)));
  return z.re > 0 ? add(z, tail) : tail;
}

const ROOT_PI = 1.7724538509055159;

/** By its series, all of one sign (Abramowitz and Stegun 7.1.6), and in the tails by the continued fraction of erfc (7.1.14). */
function erf(z: Complex): Complex {
  if (z.re < 0) return times(erf(times(z, -1)), -1);
  const square = mul(z, z);
  const density = times(exp(times(square, -1)), 1 / ROOT_PI);
  if (z.re > 2.5) {
    let fraction = z;
    for (let k = 120; k >= 1; k--) fraction = add(z, div(of(k / 2, 0), fraction));
    return sub(ONE, div(density, fraction));
  }
  let [term, sum] = [z, z];
  for (let n = 1; n < 80; n++) {
    term = times(mul(term, square), 2 / (2 * n + 1));
    sum = add(sum, term);
  }
  return mul(times(density, 2), sum);
}

const gelu = (z: Complex): Complex => mul(times(z, 0.5), add(ONE, erf(times(z, Math.SQRT1_2))));

export const complexFunctions: Record<Fn, (a: Complex, b: Complex, x: Complex, y: Complex) => Complex> = {
  neg: (a) => of(-a.re, -a.im),
  abs: (a) => (a.re > 0 ? a : a.re < 0 ? of(-a.re, -a.im) : ZERO),
  sqrt,
  exp,
  log,
  tanh,
  sigmoid,
  erf,
  softplus,
  gelu,
  relu: (a) => (a.re > 0 ? a : of(a.re < 0 ? 0 : a.re, 0)),
  add,
  sub,
  mul,
  div,
  min: (a, b) => (b.re < a.re ? b : a),
  max: (a, b) => (a.re < b.re ? b : a),
  selectLt: (a, b, x, y) => (a.re < b.re ? x : y),
};
