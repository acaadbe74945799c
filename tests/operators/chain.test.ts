import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chainLengths,
  elu,
  forward,
  gelu,
  identity,
  leakyRelu,
  relu,
  reverse,
  sigmoid,
  silu,
  softplus,
  tanh,
  type Layer,
} from "../../src/operators/index.ts";
import { chains, expectClose } from "./random.ts";

/** x of 5, filters of 3 and 2: n = 5, 3, 2 */
const two: readonly Layer[] = [
  { filter: [1, 2, 3], bias: -20, activation: relu },
  { filter: [1, -1], bias: 1, activation: identity },
];
const x = [1, 2, 3, 4, 5];

describe("a chain of two layers by hand", () => {
  test("its signals have lengths 5, 3, 2", () => expect(chainLengths(two, 5)).toEqual([5, 3, 2]));

  test("forward: z_1 = (14,20,26) - 20, y_1 = (0,0,6), z_2 = y_2 = (0-0, 0-6) + 1", () => {
    const { y, z } = forward(two, x);
    expect(z.map((zl) => [...zl])).toEqual([
      [-6, 0, 6],
      [1, -5],
    ]);
    expect(y.map((yl) => [...yl])).toEqual([x, [0, 0, 6], [1, -5]]);
  });

  test("reverse from g = (1, 10): v_2 = (1,10), g_1 = (1, 9, -10), of which relu lets through the last", () => {
    const { v, dw, db, dx } = reverse(two, forward(two, x), [1, 10]);
    expect([...v[1]]).toEqual([1, 10]);
    expectClose(v[0], [0, 0, -10], 0);
    expect(dw.map((d) => [...d])).toEqual([
      [-30, -40, -50], // -10 (3, 4, 5)
      [0, 60], // 1 (0, 0) + 10 (0, 6)
    ]);
    expect([...db]).toEqual([-10, 11]);
    expectClose(dx, [0, 0, -10, -20, -30], 0);
  });

  test("n_L = 1 and g_L = 1 differentiates the output itself: d(w y)/dw = y, d/dx = w", () => {
    const layers: readonly Layer[] = [{ filter: [2, 3], bias: 0, activation: identity }];
    const { dw, db, dx } = reverse(layers, forward(layers, [5, 7]), [1]);
    expect([[...dw[0]], [...db], [...dx]]).toEqual([[5, 7], [1], [2, 3]]);
  });

  test("a chain of no layers is the identity", () => {
    const trace = forward([], [1, 2]);
    expect([...trace.y[0]]).toEqual([1, 2]);
    expect([...reverse([], trace, [3, 4]).dx]).toEqual([3, 4]);
  });

  test("the trace keeps its own copy of x", () => {
    const mine = new Float64Array(x);
    const trace = forward(two, mine);
    mine.fill(0);
    expect([...trace.y[0]]).toEqual(x);
  });

  test('keep: "y" leaves out z and nothing else', () => {
    const trace = forward(two, x, { keep: "y" });
    expect(trace.z).toBeUndefined();
    expect(trace.y).toEqual(forward(two, x).y);
  });
});

describe("s'(z) can be had in three ways", () => {
  test("z, y and recompute agree on every gradient within 1e-13 of its scale", () => {
    const activations = [identity, tanh, sigmoid, relu, leakyRelu(), elu(), softplus];
    fc.assert(
      fc.property(chains(activations), ({ layers, x: input, gL }) => {
        const full = forward(layers, input);
        const lean = forward(layers, input, { keep: "y" });
        const fromZ = reverse(layers, full, gL, { derivative: "z" });
        expect(reverse(layers, lean, gL, { derivative: "recompute" })).toEqual(fromZ);
        const fromY = reverse(layers, lean, gL, { derivative: "y" });
        expectClose(fromY.dx, fromZ.dx, 1e-13, 1);
        expectClose(fromY.db, fromZ.db, 1e-13, 1);
        for (const [l, dw] of fromZ.dw.entries()) expectClose(fromY.dw[l], dw, 1e-13, 1);
      }),
    );
  });

  test("z is the default", () => {
    const trace = forward(two, x);
    expect(reverse(two, trace, [1, 2])).toEqual(reverse(two, trace, [1, 2], { derivative: "z" }));
  });

  test.each([gelu, silu])(
    "y is refused for $name, by layer and name, and recompute serves instead",
    (activation) => {
      const layers: readonly Layer[] = [two[0], { filter: [1], bias: 0, activation }];
      const trace = forward(layers, x, { keep: "y" });
      expect(() => reverse(layers, trace, [1, 1, 1], { derivative: "y" })).toThrow(
        new RangeError(
          `layer 2: the output of ${activation.name} does not give its derivative; use derivative "z" or "recompute"`,
        ),
      );
      expect(reverse(layers, trace, [1, 1, 1], { derivative: "recompute" })).toEqual(
        reverse(layers, forward(layers, x), [1, 1, 1]),
      );
    },
  );
});

describe("what does not belong together is refused in one line", () => {
  const trace = forward(two, x);
  const other: readonly Layer[] = [{ ...two[0], filter: [1, 2] }, two[1]];
  test.each([
    [
      "a second filter that does not fit",
      () => forward(two, [1, 2, 3]),
      "layer 2: filter of 2 does not fit a signal of 1; n_l = n_{l-1} - f + 1 must be at least 1",
    ],
    [
      "a gradient of another length",
      () => reverse(two, trace, [1]),
      "g_L of 1 does not fit an output of 2; g_L is [n_L]",
    ],
    [
      "a trace of another depth",
      () => reverse([two[0]], trace, [1, 2, 3]),
      "trace of 2 layers does not belong to a chain of 1; forward and reverse take the same layers",
    ],
    [
      "a trace of other filters",
      () => reverse(other, trace, [1, 2]),
      "trace holds y_1 of 3, but these layers give 4; forward and reverse take the same layers",
    ],
    [
      "z from a trace that kept only y",
      () => reverse(two, forward(two, x, { keep: "y" }), [1, 2]),
      'derivative "z" of a trace that kept only y; run forward with keep "both", or use derivative "y" or "recompute"',
    ],
  ])("%s", (_what, call, message) => expect(call).toThrow(new RangeError(message)));
});
