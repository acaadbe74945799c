/**
 * Sweeps of the f32 functions against f64. FULL_SWEEP=1 visits sixteen times as many floats (minutes).
 */
import { describe, expect, test } from "vitest";
import { erf, exp, gelu, log, sigmoid, softplus, tanh } from "../../src/numerics/f32.ts";
import type { Ops } from "../../src/numerics/ops.ts";
import { fromBits, scalarOps, toBits } from "../../src/numerics/scalar.ts";
import { erf as erf64, erfc as erfc64 } from "../../src/numerics/f64.ts";

type Name = "exp" | "log" | "tanh" | "sigmoid" | "erf" | "softplus" | "gelu";
const f32 = { erf, exp, gelu, log, sigmoid, softplus, tanh };
const STRIDE = process.env.FULL_SWEEP ? 1021 : 16381;

const truth: Record<Name, (x: number) => number> = {
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  erf: erf64,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gelu: (x) => x * 0.5 * erfc64(-x * Math.SQRT1_2),
};

const call = (name: Name, x: number): number => fromBits(f32[name](scalarOps, toBits(x)));

/** The distance between binary32 numbers around x, 2^-149 at the least. */
function ulp(x: number): number {
  const magnitude = Math.fround(Math.abs(x));
  const bits = toBits(magnitude);
  const below = magnitude > Math.abs(x) ? fromBits(bits - 1) : magnitude;
  return fromBits(toBits(below) + 1) - below;
}

interface Errors {
  ulp: number;
  absolute: number;
  at: number;
}

/** The largest errors over the floats from `from` to `to` (of one sign), each stride-th pattern. */
function sweep(name: Name, from: number, to: number, stride: number): Errors {
  const errors: Errors = { ulp: 0, absolute: 0, at: NaN };
  const flushes = name === "exp" || name === "sigmoid" || name === "softplus";
  const [first, last] = [toBits(from), toBits(to)].sort((a, b) => a - b);
  for (let bits = first; bits <= last; bits += stride) {
    const x = fromBits(bits);
    let exact = truth[name](x);
    if (flushes && exact < 2 ** -126) exact = 0;
    const y = call(name, x);
    if (Object.is(y, Math.fround(exact))) continue;
    const absolute = Math.abs(y - exact);
    errors.absolute = Math.max(errors.absolute, absolute);
    if (!(absolute / ulp(exact) <= errors.ulp)) {
      errors.ulp = absolute / ulp(exact);
      errors.at = x;
    }
  }
  return errors;
}

const FLOAT_MAX = 3.4028234663852886e38;

describe("f32 functions keep their bounds over all finite floats", () => {
  test.each([
    ["exp", 2],
    ["log", 2],
    ["tanh", 2],
    ["sigmoid", 2],
    ["erf", 2],
    ["softplus", 4],
  ] as const)("%s within %d ulp", (name, bound) => {
    const parts: [number, number, number][] = [
      [0, FLOAT_MAX, STRIDE],
      [2 ** -12, 128, STRIDE / 32],
      [0.9, 1.1, STRIDE / 128],
      [0, fromBits(2000), 1],
    ];
    for (const [from, to, stride] of parts) {
      for (const sign of name === "log" ? [1] : [1, -1]) {
        const errors = sweep(name, sign * from, sign * to, Math.ceil(stride) | 1);
        expect(errors.ulp, `${name}(${errors.at})`).toBeLessThanOrEqual(bound);
      }
    }
  });

  test("at each threshold, every float around it", () => {
    const thresholds: Record<string, readonly number[]> = {
      exp: [88.72283, -87.33654, 0.34657359, -0.34657359, 1, -1],
      log: [2 ** -126, Math.SQRT1_2, Math.SQRT2, 1, 2],
      tanh: [9.125, 1.1, -1.1, 0.25, 0.5356],
      erf: [3.921875, 0.9, -0.9, 0.0554, 0.1112, 0.4769],
      sigmoid: [-87.33654, 87.33654, -1, 1, -3.465],
    };
    for (const [name, centres] of Object.entries(thresholds)) {
      for (const centre of centres) {
        const bits = toBits(centre);
        const errors = sweep(name as Name, fromBits(bits - 5000), fromBits(bits + 5000), 1);
        expect(errors.ulp, `${name}(${errors.at})`).toBeLessThanOrEqual(2);
      }
    }
  });

  test("gelu: 4 ulp from -1 up, 32 ulp down to -2, an absolute error of 3e-7 below", () => {
    for (const [from, to, stride] of [
      [0, FLOAT_MAX, STRIDE],
      [2 ** -12, 128, STRIDE / 32],
      [-0, -1, STRIDE / 4],
    ]) {
      const errors = sweep("gelu", from, to, Math.ceil(stride) | 1);
      expect(errors.ulp, `gelu(${errors.at})`).toBeLessThanOrEqual(4);
    }
    expect(sweep("gelu", -1, -2, STRIDE >> 6).ulp).toBeLessThanOrEqual(32);
    expect(sweep("gelu", -2, -40, STRIDE >> 7).absolute).toBeLessThanOrEqual(3e-7);
    expect(sweep("gelu", -40, -FLOAT_MAX, STRIDE).absolute).toBe(0);
  });
});

describe("f32 functions at the edges", () => {
  test("any NaN gives 0x7fc00000", () => {
    for (const name of Object.keys(f32) as Name[]) {
      for (const bits of [0x7fc00000, 0x7f800001, 0xffc00000, 0xffffffff, 0x7fffffff]) {
        expect(f32[name](scalarOps, bits | 0), name).toBe(0x7fc00000);
      }
      expect(call(name, NaN)).toBeNaN();
    }
  });

  test.each([
    ["exp", Infinity, Infinity],
    ["exp", -Infinity, 0],
    ["exp", 88.7228394, Infinity],
    ["exp", -87.3365479, 0],
    ["exp", -FLOAT_MAX, 0],
    ["exp", -0, 1],
    ["log", 0, -Infinity],
    ["log", -0, -Infinity],
    ["log", -1, NaN],
    ["log", -(2 ** -149), NaN],
    ["log", -Infinity, NaN],
    ["log", Infinity, Infinity],
    ["log", 1, 0],
    ["log", 2 ** -149, Math.fround(-149 * Math.LN2)],
    ["tanh", Infinity, 1],
    ["tanh", -Infinity, -1],
    ["tanh", 10, 1],
    ["tanh", -0, -0],
    ["tanh", 0, 0],
    ["tanh", -(2 ** -149), -(2 ** -149)],
    ["erf", Infinity, 1],
    ["erf", -Infinity, -1],
    ["erf", 4, 1],
    ["erf", -0, -0],
    ["erf", 0, 0],
    ["sigmoid", Infinity, 1],
    ["sigmoid", -Infinity, 0],
    ["sigmoid", -100, 0],
    ["sigmoid", 0, 0.5],
    ["softplus", Infinity, Infinity],
    ["softplus", -Infinity, 0],
    ["softplus", -100, 0],
    ["softplus", FLOAT_MAX, FLOAT_MAX],
    ["gelu", Infinity, Infinity],
    ["gelu", -Infinity, NaN],
    ["gelu", 10, 10],
    ["gelu", -10, -0],
    ["gelu", -0, -0],
  ] as const)("%s(%d) = %d", (name, x, value) => {
    expect(call(name, x)).toBe(value);
  });

  test("no |tanh|, |erf| or sigmoid exceeds 1", () => {
    for (const name of ["tanh", "erf", "sigmoid"] as const) {
      for (let bits = toBits(0.5); bits < toBits(128); bits += 997) {
        expect(Math.abs(f32[name](scalarOps, bits))).toBeLessThanOrEqual(0x3f800000);
      }
    }
  });
});

test("operation counts are those of the table in f32.ts", () => {
  const counts = { exp: 27, log: 35, tanh: 29, erf: 36, sigmoid: 32, softplus: 41, gelu: 40 };
  for (const [name, count] of Object.entries(counts)) {
    let calls = 0;
    const counting = new Proxy(scalarOps, {
      get: (ops, key: keyof Ops<number>) => {
        if (key !== "float" && key !== "bits") calls++;
        return ops[key];
      },
    });
    f32[name as Name](counting, toBits(0.3));
    expect(calls, name).toBe(count);
  }
});
