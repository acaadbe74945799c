import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  elu,
  forward,
  gelu,
  identity,
  jacobianBias,
  jacobianFilter,
  jacobianInput,
  relu,
  reverse,
  sigmoid,
  tanh,
  wholeJacobian,
  wholeJacobianDense,
  type Layer,
} from "../../src/operators/index.ts";
import { chains, expectClose, rowTimes } from "./random.ts";

const rows = (matrix: readonly Float64Array[]): number[][] => matrix.map((row) => [...row]);

describe("one layer by hand: w = (1,2), b = -4, relu on (1,1,2,3), so z = (-1, 1, 4)", () => {
  const layer: Layer = { filter: [1, 2], bias: -4, activation: relu };
  const y = [1, 1, 2, 3];

  test("dy/db = (0, 1, 1)", () => expect([...jacobianBias(layer, y)]).toEqual([0, 1, 1]));
  test("dy/dy_{l-1} = D A", () =>
    expect(rows(jacobianInput(layer, y))).toEqual([
      [0, 0, 0, 0],
      [0, 1, 2, 0],
      [0, 0, 1, 2],
    ]));
  test("dy/dw = D H", () =>
    expect(rows(jacobianFilter(layer, y))).toEqual([
      [0, 0],
      [1, 2],
      [2, 3],
    ]));
});

const smooth = [identity, tanh, sigmoid, elu(), gelu];

describe("random chains", () => {
  test("v_l is g_l D_l, and the reverse pass of one layer is g times its three Jacobians", () => {
    fc.assert(
      fc.property(chains(smooth), ({ layers, x }) => {
        const layer = layers[0];
        const trace = forward([layer], x);
        const g = trace.y[1].map((_, i) => 1 / (i + 1));
        const { dw, db, dx } = reverse([layer], trace, g);
        expectClose(dx, rowTimes(g, jacobianInput(layer, x)), 1e-14, 1);
        expectClose(dw[0], rowTimes(g, jacobianFilter(layer, x)), 1e-14, 1);
        expectClose(
          db,
          rowTimes(
            g,
            Array.from(jacobianBias(layer, x), (d) => Float64Array.of(d)),
          ),
          1e-14,
          1,
        );
      }),
    );
  });

  test("the whole Jacobian by reverse passes equals D_L A_L ... D_1 A_1", () => {
    fc.assert(
      fc.property(chains([...smooth, relu]), ({ layers, x }) => {
        const passes = wholeJacobian(layers, x);
        const product = wholeJacobianDense(layers, x);
        expect(passes.length).toBe(product.length);
        for (const [i, row] of passes.entries()) expectClose(row, product[i], 1e-13, 1);
      }),
    );
  });

  test("of linear layers it is one banded Toeplitz matrix, of (1,1) * (1,1) = (1,2,1)", () => {
    const sum: Layer = { filter: [1, 1], bias: 7, activation: identity };
    expect(rows(wholeJacobian([sum, sum], [0, 0, 0, 0]))).toEqual([
      [1, 2, 1, 0],
      [0, 1, 2, 1],
    ]);
  });
});
