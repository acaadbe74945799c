import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  convolveFilter,
  convolveInput,
  convolveOutput,
  fastFilter,
  fastInput,
  fastOutput,
  products,
  T,
  toomCook,
  type IndexMap,
  type ToomCook,
} from "../../src/operators/index.ts";
import { dot, expectClose, mapCases, times } from "./random.ts";

const rows = (matrix: readonly Float64Array[]): number[][] => matrix.map((row) => [...row]);
const nonZeros = (matrix: readonly Float64Array[]): number =>
  matrix.reduce((all, row) => all + row.filter((x) => x !== 0).length, 0);

describe("by hand: F(2, 3) at 0, 1, -1 and infinity", () => {
  const form = toomCook(2, 3);
  test("A evaluates v_0 + v_1 x: v_0, v_0 + v_1, v_0 - v_1, v_1", () =>
    expect(rows(form.A)).toEqual([
      [1, 0],
      [1, 1],
      [1, -1],
      [0, 1],
    ]));
  test("B is x^2 - 1, x^2 + x, x^2 - x and x^3 - x, which vanish at the other points", () =>
    expect(rows(form.B)).toEqual([
      [-1, 0, 1, 0],
      [0, 1, 1, 0],
      [0, -1, 1, 0],
      [0, -1, 0, 1],
    ]));
  test("G evaluates w, over what those are at their own point: -1, 2, 2, 1", () =>
    expect(rows(form.G).map((row) => row.map((x) => x + 0))).toEqual([
      [-1, 0, 0],
      [0.5, 0.5, 0.5],
      [0.5, -0.5, 0.5],
      [0, 0, 1],
    ]));
  test("w = (1,2,3), y = (1,2,3,4): A^T [(G w) . (B y)] = (14, 20), by 4 products for 6", () => {
    const [Gw, By] = [times(form.G, [1, 2, 3]), times(form.B, [1, 2, 3, 4])];
    expect([Gw, By]).toEqual([
      [-1, 3, 1, 3],
      [2, 5, 1, 2],
    ]);
    const products = Gw.map((g, p) => g * By[p]);
    expect(
      [0, 1].map((i) =>
        dot(
          products,
          form.A.map((row) => row[i]),
        ),
      ),
    ).toEqual([14, 20]);
  });
});

describe("decompositions", () => {
  const forms = fc
    .record({ m: fc.integer({ min: 1, max: 6 }), r: fc.integer({ min: 1, max: 6 }) })
    .map(({ m, r }) => toomCook(m, r));

  test("sum to the tensor of T: 1 where i + j = k, else 0", () =>
    fc.assert(
      fc.property(forms, ({ m, r, t, A, G, B }) => {
        for (let i = 0; i < m; i++)
          for (let j = 0; j < r; j++)
            for (let k = 0; k < t; k++) {
              const terms = A.map((row, p) => row[i] * G[p][j] * B[p][k]);
              const size = terms.reduce((sum, term) => sum + Math.abs(term), 1);
              expect(Math.abs(terms.reduce((a, b) => a + b, 0) - (i + j === k ? 1 : 0))).toBeLessThan(
                1e-14 * size,
              );
            }
      }),
    ));

  test("have whole numbers without a common divisor in B, and the non-zeros that the mathematics counts", () => {
    for (const [m, r, points, ofB, ofA] of [
      [2, 3, [0, 1, -1], 8, 6],
      [4, 3, [0, 1, -1, 0.5, -2], 26, 18],
      [4, 4, [0, 1, -1, 2, -2, 0.5], 34, 22],
      [4, 5, [0, 1, -1, 2, -2, 0.5, -0.5], 44, 26],
    ] as const) {
      const { A, B } = toomCook(m, r, points);
      expect(B.every((row) => row.every(Number.isInteger))).toBe(true);
      expect([nonZeros(B), nonZeros(A)]).toEqual([ofB, ofA]);
    }
  });

  test("take the points that are given, and refuse too few, equal or infinite ones", () => {
    expect(toomCook(2, 2, [0, 3]).points).toEqual([0, 3]);
    for (const points of [[0], [0, 0], [0, Infinity], [0, NaN], [0, 1, 2]])
      expect(() => toomCook(2, 2, points)).toThrow("F(2, 2) evaluates at 2 different numbers and infinity");
    expect(() => toomCook(0, 2)).toThrow("m is 0; it must be a whole number of at least 1");
    expect(() => toomCook(2, 1.5)).toThrow("r is 1.5");
    expect(() => toomCook(9, 9)).toThrow("F(9, 9) evaluates at 16 different numbers");
  });
});

describe("the three forms, for all maps: strides, dilations, padding, groups, filters longer than r", () => {
  const sizes: readonly (readonly [number, number])[] = [
    [1, 1],
    [2, 3],
    [4, 3],
    [4, 4],
    [3, 2],
  ];
  const forms = fc.constantFrom(...sizes).map(([m, r]) => toomCook(m, r));
  const forAll = (property: (map: IndexMap, form: ToomCook, v: number[], w: number[], y: number[]) => void) =>
    fc.assert(fc.property(mapCases, forms, ({ map, v, w, y }, form) => property(map, form, v, w, y)));
  /** Rounding is by the size of the terms, not of a sum that may cancel. */
  const size = (...tensors: readonly number[][]): number =>
    tensors.reduce((all, values) => all * Math.max(1, ...values.map(Math.abs)), 100);

  test("are the derivatives of T", () =>
    forAll((map, form, v, w, y) => {
      expectClose(fastOutput(w, y, map, form), convolveOutput(w, y, map), 1e-13, size(w, y));
      expectClose(fastFilter(v, y, map, form), convolveFilter(v, y, map), 1e-13, size(v, y));
      expectClose(fastInput(v, w, map, form), convolveInput(v, w, map), 1e-13, size(v, w));
    }));

  test("are adjoint: each pairs to T with what it leaves out", () =>
    forAll((map, form, v, w, y) => {
      const all = [
        dot(fastOutput(w, y, map, form), v),
        dot(fastFilter(v, y, map, form), w),
        dot(fastInput(v, w, map, form), y),
      ];
      expectClose(
        all,
        [1, 1, 1].map(() => T(v, w, y, map)),
        1e-12,
        size(v, w, y),
      );
    }));

  test("take the products that are counted: 40 taps in 10 chunks of F(4, 4), 5 taps by F(4, 5) 2.5 times fewer", () => {
    const plain = { batch: 1, channels: 1, filters: 1 };
    expect(products({ ...plain, length: 100 + 39, kernelSize: 40 }, toomCook(4, 4))).toEqual({
      fast: 25 * 10 * 7,
      direct: 4000,
    });
    expect(products({ ...plain, length: 128, kernelSize: 5, padding: [2, 2] }, toomCook(4, 5))).toEqual({
      fast: 256,
      direct: 640,
    });
    expect(
      products({ ...plain, length: 64, kernelSize: 3, dilation: 4, padding: [4, 4] }, toomCook(4, 3)),
    ).toEqual({ fast: 4 * 4 * 6, direct: 192 });
    expect(products({ ...plain, length: 65, kernelSize: 8, stride: 2 }, toomCook(4, 4))).toEqual({
      fast: 2 * 8 * 7,
      direct: 29 * 8,
    });
  });
});
