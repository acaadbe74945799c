import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as operators from "../../src/operators/index.ts";
import { dot, rowTimes, times, triples } from "./random.ts";

const { apply, correlate, denseA, denseC, denseH, rowProduct, trilinear, trilinearGradients } = operators;
const rows = (matrix: operators.Matrix): number[][] => matrix.map((row) => [...row]);

describe("by hand: w = (1,2,3), y = (1,2,3,4,5), v = (1,1,1)", () => {
  const [v, w, y] = [
    [1, 1, 1],
    [1, 2, 3],
    [1, 2, 3, 4, 5],
  ];

  test("A(w) y = (14, 20, 26)", () => expect([...apply(w, y)]).toEqual([14, 20, 26]));
  test("v A(w) = (1, 3, 6, 5, 3)", () => expect([...rowProduct(v, w)]).toEqual([1, 3, 6, 5, 3]));
  test("C(v) y = (6, 9, 12)", () => expect([...correlate(v, y)]).toEqual([6, 9, 12]));
  test("T(v, w, y) = 14 + 20 + 26 = 60", () => expect(trilinear(v, w, y)).toBe(60));
  test("A(w) has the filter on each row, one column further each time", () =>
    expect(rows(denseA(w, 5))).toEqual([
      [1, 2, 3, 0, 0],
      [0, 1, 2, 3, 0],
      [0, 0, 1, 2, 3],
    ]));
  test("C((4,5)) on signals of 4 has one row a tap: 4 - 2 + 1 = 3", () =>
    expect(rows(denseC([4, 5], 4))).toEqual([
      [4, 5, 0, 0],
      [0, 4, 5, 0],
      [0, 0, 4, 5],
    ]));
  test("H(y) has rows (1,2,3), (2,3,4), (3,4,5)", () =>
    expect(rows(denseH(y, 3))).toEqual([
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
    ]));
  test("an asymmetric back-signal is not turned round: (1,10) A((1,2)) = (1, 12, 20)", () =>
    expect([...rowProduct([1, 10], [1, 2])]).toEqual([1, 12, 20]));
  test("the row product and the transposed convolution are one function", () =>
    expect(operators.transposedConvolution).toBe(rowProduct));
  test("any array of numbers serves: Float32Array in, Float64Array out", () =>
    expect(apply(new Float32Array(w), new Int8Array(y))).toEqual(new Float64Array([14, 20, 26])));
});

describe("for all v, w, y in whole numbers, exactly", () => {
  const forAll = (property: (v: number[], w: number[], y: number[]) => void): void =>
    fc.assert(fc.property(triples, ({ v, w, y }) => property(v, w, y)));

  test("adjointness: (v A) . y = v . (A y) = w . (C y) = T", () =>
    forAll((v, w, y) => {
      const t = trilinear(v, w, y);
      expect([dot(rowProduct(v, w), y), dot(v, apply(w, y)), dot(w, correlate(v, y))]).toEqual([t, t, t]);
    }));
  test("dense A, C, H give the matrix-free products, and H(y) w = A(w) y, v H(y) = C(v) y", () =>
    forAll((v, w, y) => {
      const A = denseA(w, y.length);
      const H = denseH(y, w.length);
      expect(times(A, y)).toEqual([...apply(w, y)]);
      expect(times(H, w)).toEqual([...apply(w, y)]);
      expect(rowTimes(v, A)).toEqual([...rowProduct(v, w)]);
      expect(times(denseC(v, y.length), y)).toEqual([...correlate(v, y)]);
      expect(rowTimes(v, H)).toEqual([...correlate(v, y)]);
    }));
  test("A(w) = sum_j w_j A(e_j)", () =>
    forAll((_v, w, y) => {
      const taps = w.map((_, j) =>
        apply(
          w.map((_unused, k) => (k === j ? 1 : 0)),
          y,
        ),
      );
      expect([...apply(w, y)]).toEqual(
        Array.from(taps[0], (_, i) =>
          dot(
            w,
            taps.map((tap) => tap[i]),
          ),
        ),
      );
    }));
  test("the gradients of T are its three products: T moves by the gradient's entry when an argument's entry moves by 1", () =>
    forAll((v, w, y) => {
      const moved = (a: number[], k: number): number[] => a.map((ai, i) => (i === k ? ai + 1 : ai));
      const t = trilinear(v, w, y);
      const { dv, dw, dy } = trilinearGradients(v, w, y);
      expect(v.map((_, k) => trilinear(moved(v, k), w, y) - t)).toEqual([...dv]);
      expect(w.map((_, k) => trilinear(v, moved(w, k), y) - t)).toEqual([...dw]);
      expect(y.map((_, k) => trilinear(v, w, moved(y, k)) - t)).toEqual([...dy]);
    }));
  test("second derivatives are closed: each product's derivative is made of the other two", () =>
    forAll((v, w, y) => {
      // u . A(w) y, u . C(v) y and u . (v A(w)) are T again, with u in the place of the missing argument.
      const unit = (n: number, k: number): number[] => Array.from({ length: n }, (_, i) => (i === k ? 1 : 0));
      const [uV, uW, uY] = [v.toReversed(), w.toReversed(), y.toReversed()];
      expect(w.map((_, k) => dot(uV, apply(unit(w.length, k), y)))).toEqual([...correlate(uV, y)]);
      expect(y.map((_, k) => dot(uV, apply(w, unit(y.length, k))))).toEqual([...rowProduct(uV, w)]);
      expect(v.map((_, k) => dot(uW, correlate(unit(v.length, k), y)))).toEqual([...apply(uW, y)]);
      expect(y.map((_, k) => dot(uW, correlate(v, unit(y.length, k))))).toEqual([...rowProduct(v, uW)]);
      expect(v.map((_, k) => dot(uY, rowProduct(unit(v.length, k), w)))).toEqual([...apply(w, uY)]);
      expect(w.map((_, k) => dot(uY, rowProduct(v, unit(w.length, k))))).toEqual([...correlate(v, uY)]);
    }));
});

describe("what does not fit is refused in one line", () => {
  const long = new Float64Array(9);
  const short = new Float64Array(7);
  test.each([
    [
      "a filter longer than the signal",
      () => apply(long, short),
      "filter of 9 does not fit a signal of 7; n_l = n_{l-1} - f + 1 must be at least 1",
    ],
    [
      "a back-signal longer than the signal",
      () => correlate(long, short),
      "back-signal of 9 does not fit a signal of 7; f = n_{l-1} - n_l + 1 must be at least 1",
    ],
    [
      "an empty filter",
      () => apply([], short),
      "filter of 0 has no meaning; f must be a whole number of at least 1",
    ],
    [
      "an empty signal",
      () => apply([1], []),
      "signal of 0 has no meaning; n_{l-1} must be a whole number of at least 1",
    ],
    [
      "an empty back-signal",
      () => rowProduct([], [1]),
      "back-signal of 0 has no meaning; n_l must be a whole number of at least 1",
    ],
    [
      "windows of a length and a half",
      () => denseH(short, 1.5),
      "filter of 1.5 has no meaning; f must be a whole number of at least 1",
    ],
    [
      "a dense form of no size",
      () => denseA([1], Number.NaN),
      "signal of NaN has no meaning; n_{l-1} must be a whole number of at least 1",
    ],
    [
      "lengths that do not belong together",
      () => trilinear([1, 1], [1, 2, 3], [1, 2, 3, 4, 5]),
      "back-signal of 2 does not belong to a filter of 3 on a signal of 5; n_l = n_{l-1} - f + 1 is 3",
    ],
    [
      "the same for the gradients",
      () => trilinearGradients([1, 1], [1], [1]),
      "back-signal of 2 does not belong to a filter of 1 on a signal of 1; n_l = n_{l-1} - f + 1 is 1",
    ],
  ])("%s", (_what, call, message) => expect(call).toThrow(new RangeError(message)));
});
