/**
 * A chain evaluated in complex numbers, for complex-step derivatives (Squire and Trapp, 1998): for analytic f,
 * f'(x) = Im f(x + i h) / h with no subtraction, so that h = 1e-30 leaves only rounding. Written apart from the
 * library: its own sums, its own elementary functions, no derivative anywhere.
 */

export interface Complex {
  readonly re: number;
  readonly im: number;
}

export interface ComplexLayer {
  readonly filter: readonly Complex[];
  readonly bias: Complex;
  readonly activation: string;
}

export const STEP = 1e-30;

export const complex = (re: number, im = 0): Complex => ({ re, im });
const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
const scale = (a: Complex, k: number): Complex => complex(a.re * k, a.im * k);
const multiply = (a: Complex, b: Complex): Complex =>
  complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
const exp = (a: Complex): Complex =>
  complex(Math.exp(a.re) * Math.cos(a.im), Math.exp(a.re) * Math.sin(a.im));
const log = (a: Complex): Complex => complex(Math.log(Math.hypot(a.re, a.im)), Math.atan2(a.im, a.re));

function reciprocal(a: Complex): Complex {
  const square = a.re * a.re + a.im * a.im;
  return complex(a.re / square, -a.im / square);
}

const one = complex(1);
const sigmoid = (z: Complex): Complex => reciprocal(add(one, exp(scale(z, -1))));

/** The normal distribution continued to complex z: a series around 0, a continued fraction in the tails. */
function normalDistribution(z: Complex): Complex {
  if (z.re > 2) return add(one, scale(normalDistribution(scale(z, -1)), -1));
  const square = multiply(z, z);
  const density = scale(exp(scale(square, -0.5)), 1 / Math.sqrt(2 * Math.PI));
  if (z.re < -2) {
    const x = scale(z, -1);
    let fraction = x;
    for (let k = 200; k >= 1; k--) fraction = add(x, scale(reciprocal(fraction), k));
    return multiply(density, reciprocal(fraction));
  }
  let term = z;
  let sum = z;
  for (let odd = 3; odd < 200; odd += 2) {
    term = scale(multiply(term, square), 1 / odd);
    sum = add(sum, term);
  }
  return add(complex(0.5), multiply(density, sum));
}

/** By name; elu is analytic on either side of 0. */
export const complexActivations: Readonly<Record<string, (z: Complex) => Complex>> = {
  identity: (z) => z,
  // 1 - 2 / (e^2z + 1), by odd symmetry from the right half, where nothing overflows into a difference
  tanh: (z) => {
    const sign = z.re < 0 ? -1 : 1;
    const quotient = reciprocal(add(exp(scale(z, 2 * sign)), one));
    return scale(add(one, scale(quotient, -2)), sign);
  },
  sigmoid,
  elu: (z) => (z.re > 0 ? z : add(exp(z), complex(-1))),
  gelu: (z) => multiply(z, normalDistribution(z)),
  silu: (z) => multiply(z, sigmoid(z)),
  softplus: (z) => log(add(one, exp(z))),
};

/** g_L . y_L of the chain */
export function complexLoss(
  layers: readonly ComplexLayer[],
  x: readonly Complex[],
  gL: ArrayLike<number>,
): Complex {
  let y = x;
  for (const { filter, bias, activation } of layers) {
    const previous = y;
    const length = previous.length - filter.length + 1;
    y = Array.from({ length }, (_, i) => {
      const z = filter.reduce((sum, w, j) => add(sum, multiply(w, previous[i + j])), bias);
      return complexActivations[activation](z);
    });
  }
  return y.reduce((sum, yi, i) => add(sum, scale(yi, gL[i])), complex(0));
}
