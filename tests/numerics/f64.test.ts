import { describe, expect, test } from "vitest";
import { cos, erf, erfc, exp, expm1, log, log1p, powi, sin, tanh } from "../../src/numerics/f64.ts";

const f64 = { cos, erf, erfc, exp, expm1, log, log1p, powi, sin, tanh };

const double = new Float64Array(1);
const pattern = new BigInt64Array(double.buffer);

/** The distance to the next double away from zero. */
function ulp(x: number): number {
  double[0] = Math.abs(x);
  pattern[0] += 1n;
  return double[0] - Math.abs(x);
}

/** The largest difference of f and g in ulp of g, over `count` points evenly between from and to. */
function worst(f: (x: number) => number, g: (x: number) => number, from: number, to: number): number {
  let most = 0;
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const x = from + ((to - from) / count) * (i + 0.37);
    const truth = g(x);
    most = Math.max(most, Math.abs(f(x) - truth) / ulp(truth));
  }
  return most;
}

describe("f64 functions agree with Math to a few ulp (Math itself is off by one)", () => {
  test.each([
    ["exp", -1, 1, 2],
    ["exp", -700, 700, 2],
    ["exp", -745, -708, 2],
    ["expm1", -1, 1, 3],
    ["expm1", -40, 700, 3],
    ["log", 1e-9, 2, 2],
    ["log", 2, 1e9, 2],
    ["log", 1e-320, 1e-307, 2],
    ["log1p", -0.9, 1, 3],
    ["log1p", -1e-4, 1e-4, 3],
    ["tanh", -1, 1, 4],
    ["tanh", -25, 25, 4],
    ["sin", -10, 10, 2],
    ["sin", -1e6, 1e6, 2],
    ["sin", 1e6, 1e15, 2],
    ["sin", 1e300, 1.7e308, 2],
    ["cos", -10, 10, 2],
    ["cos", -1e6, 1e6, 2],
    ["cos", 1e6, 1e15, 2],
  ] as const)("%s from %d to %d within %d ulp", (name, from, to, bound) => {
    expect(worst(f64[name], Math[name], from, to)).toBeLessThanOrEqual(bound);
  });

  // Values from Abramowitz and Stegun, tables 7.1 and 7.3, extended by 60-digit arithmetic.
  test.each([
    ["erf", 0.5, 0.5204998778130465],
    ["erf", 1, 0.8427007929497149],
    ["erf", -2, -0.9953222650189527],
    ["erf", 1e-300, 1.1283791670955126e-300],
    ["erfc", 0.5, 0.4795001221869535],
    ["erfc", 2, 0.004677734981047266],
    ["erfc", 10, 2.088487583762545e-45],
    ["erfc", -3, 1.9999779095030015],
  ] as const)("%s(%d) = %d", (name, x, value) => {
    expect(Math.abs(f64[name](x) - value) / ulp(value)).toBeLessThanOrEqual(8);
  });

  test("erf has no step where its formula changes, and its derivative is the Gaussian", () => {
    for (const x of [0.3, 0.999, 1.001, 1.999, 2.001, 4]) {
      const h = 1e-4;
      const slope = (f64.erf(x + h) - f64.erf(x - h)) / (2 * h);
      expect(slope).toBeCloseTo((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x), 7);
    }
  });
});

describe("f64 at the edges", () => {
  test("NaN in, NaN out", () => {
    for (const name of ["exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "erf", "erfc"] as const) {
      expect(f64[name](NaN)).toBeNaN();
    }
  });

  test("infinities, zeros and overflow", () => {
    expect([f64.exp(Infinity), f64.exp(-Infinity), f64.exp(710), f64.exp(-746)]).toEqual([
      Infinity,
      0,
      Infinity,
      0,
    ]);
    expect([f64.exp(0), f64.exp(709.782712893384), f64.exp(-745)]).toEqual([
      1,
      Math.exp(709.782712893384),
      5e-324,
    ]);
    expect([f64.log(0), f64.log(-1), f64.log(Infinity), f64.log(1)]).toEqual([-Infinity, NaN, Infinity, 0]);
    expect([f64.log1p(-1), f64.log1p(-2), f64.log1p(Infinity)]).toEqual([-Infinity, NaN, Infinity]);
    expect([f64.expm1(-Infinity), f64.expm1(Infinity)]).toEqual([-1, Infinity]);
    expect([f64.tanh(-Infinity), f64.tanh(Infinity), f64.erf(-Infinity), f64.erf(Infinity)]).toEqual([
      -1, 1, -1, 1,
    ]);
    expect([f64.sin(Infinity), f64.cos(-Infinity), f64.cos(0)]).toEqual([NaN, NaN, 1]);
    for (const f of [f64.sin, f64.tanh, f64.expm1, f64.log1p, f64.erf]) {
      expect(Object.is(f(-0), -0)).toBe(true);
      expect(f(5e-324)).toBe(5e-324);
    }
  });

  test("powi multiplies by squaring, and refuses a fraction", () => {
    expect([f64.powi(3, 5), f64.powi(2, -3), f64.powi(7, 0), f64.powi(-1, 1001)]).toEqual([
      243, 0.125, 1, -1,
    ]);
    expect(f64.powi(0.9, 6)).toBe(0.9 ** 2 * (0.9 ** 2 * 0.9 ** 2));
    expect(() => f64.powi(2, 0.5)).toThrow(new RangeError("powi needs an integer exponent, got 0.5"));
  });
});
