import { describe, expect, test } from "vitest";
import * as operators from "../../src/operators/index.ts";
import { complex, complexActivations, STEP } from "./complex.ts";

const { elu, gelu, identity, leakyRelu, relu, sigmoid, silu, softplus, tanh } = operators;
const all: readonly operators.Activation[] = [
  identity,
  tanh,
  sigmoid,
  relu,
  leakyRelu(),
  elu(),
  gelu,
  silu,
  softplus,
];
const grid = Array.from({ length: 161 }, (_, i) => (i - 80) / 20 + 0.001);

describe("values by hand", () => {
  test.each([
    [tanh, 0.5 * Math.log(3), 0.5],
    [sigmoid, Math.log(3), 0.75],
    [relu, -2, 0],
    [relu, 2, 2],
    [leakyRelu(), -2, -0.02],
    [leakyRelu(0.2), -2, -0.4],
    [elu(), -Math.LN2, -0.5],
    [elu(2), -Math.LN2, -1],
    [gelu, 1, 0.841344746068543],
    [gelu, -1, -0.158655253931457],
    [gelu, -3, -3 * 0.00134989803163009],
    [gelu, 3, 3 * 0.99865010196837],
    [silu, Math.log(3), 0.75 * Math.log(3)],
    [softplus, 0, Math.LN2],
    [softplus, Math.log(3), Math.log(4)],
  ])("$name case %#", (activation, z, y) => expect(activation.value(z)).toBeCloseTo(y, 14));

  test("Phi keeps its digits in the tail: gelu(-10) = -10 * 7.61985302416053e-24", () =>
    expect(gelu.value(-10) / -7.61985302416053e-23).toBeCloseTo(1, 12));
  test("at the kink the derivative is the one from the left: relu 0, leakyRelu 0.01, elu 1", () =>
    expect([relu, leakyRelu(), elu()].map((s) => s.derivative(0))).toEqual([0, 0.01, 1]));
});

describe("far from 0 nothing overflows", () => {
  test.each(all.map((s) => [s.name, s] as const))("%s", (_name, s) => {
    for (const z of [-1000, 1000]) {
      expect(Number.isFinite(s.value(z))).toBe(true);
      expect(Number.isFinite(s.derivative(z))).toBe(true);
    }
    expect(s.value(Number.NaN)).toBeNaN();
  });
});

describe("s'(z) on -4..4", () => {
  test.each(all.filter(({ name }) => name in complexActivations).map((s) => [s.name, s] as const))(
    "%s equals the complex step within 1e-14, and its value the complex one",
    (name, s) => {
      for (const z of grid) {
        const w = complexActivations[name](complex(z, STEP));
        expect(Math.abs(s.value(z) - w.re)).toBeLessThan(2e-15);
        expect(Math.abs(s.derivative(z) - w.im / STEP)).toBeLessThan(1e-14);
      }
    },
  );
  test.each(all.map((s) => [s.name, s] as const))("%s equals central differences within 1e-8", (_name, s) => {
    const h = 1e-5;
    for (const z of grid) {
      const slope = (s.value(z + h) - s.value(z - h)) / (2 * h);
      expect(Math.abs(s.derivative(z) - slope)).toBeLessThan(1e-8);
    }
  });
  test.each(all.filter((s) => s.derivativeFromOutput).map((s) => [s.name, s] as const))(
    "%s from its output equals that from z within 1e-14",
    (_name, s) => {
      for (const z of [...grid, 0]) {
        expect(Math.abs(s.derivativeFromOutput!(s.value(z)) - s.derivative(z))).toBeLessThan(1e-14);
      }
    },
  );
  test("all but gelu and silu, which are not monotonic, offer it", () =>
    expect(all.filter((s) => !s.derivativeFromOutput).map((s) => s.name)).toEqual(["gelu", "silu"]));
});

describe("slopes that would hide the sign of z are refused", () => {
  test("leakyRelu(-0.1)", () =>
    expect(() => leakyRelu(-0.1)).toThrow(
      new RangeError("leakyRelu with slope -0.1; slope must be at least 0"),
    ));
  test("elu(NaN)", () =>
    expect(() => elu(Number.NaN)).toThrow(new RangeError("elu with alpha NaN; alpha must be at least 0")));
});
