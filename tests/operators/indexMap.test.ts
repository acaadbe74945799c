import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  apply,
  convolveFilter,
  convolveInput,
  convolveOutput,
  correlate,
  outputLength,
  rowProduct,
  T,
  type IndexMap,
} from "../../src/operators/index.ts";
import { dot, mapCases, triples, type MapCase as Case } from "./random.ts";

const plain: IndexMap = { batch: 1, channels: 1, length: 5, filters: 1, kernelSize: 3 };

describe("by hand: w = (1,2,3), y = (1,2,3,4,5)", () => {
  const w = [1, 2, 3];
  const y = [1, 2, 3, 4, 5];
  const output = (map: Partial<IndexMap>): number[] => [...convolveOutput(w, y, { ...plain, ...map })];

  test("plain: (14, 20, 26)", () => expect(output({})).toEqual([14, 20, 26]));
  test("stride 2: (14, 26)", () => expect(output({ stride: 2 })).toEqual([14, 26]));
  test("dilation 2: 1*1 + 2*3 + 3*5 = 22", () => expect(output({ dilation: 2 })).toEqual([22]));
  test("padding [1, 1]: a zero at either end", () =>
    expect(output({ padding: [1, 1] })).toEqual([8, 14, 20, 26, 14]));
  test("padding [2, 0], the causal one: the past is 0", () =>
    expect(output({ padding: [2, 0] })).toEqual([3, 8, 14, 20, 26]));
  test("padding [0, 1] with stride 3: windows from 0 and 3, the last one over the edge", () =>
    expect(output({ padding: [0, 1], stride: 3 })).toEqual([14, 14]));
  test("going back with stride 2: v = (1, 10) lands at 0 and 2", () =>
    expect([...convolveInput([1, 10], w, { ...plain, stride: 2 })]).toEqual([1, 2, 13, 20, 30]));
  test("a position that no output has read gets 0: stride 3 on 5 positions leaves the last two", () =>
    expect([...convolveInput([1], w, { ...plain, stride: 3 })]).toEqual([1, 2, 3, 0, 0]));
  test("the filter's gradient with dilation 2 reads y at 0, 2, 4", () =>
    expect([...convolveFilter([10], y, { ...plain, dilation: 2 })]).toEqual([10, 30, 50]));
  test("two channels add: (1,1) on the first, (10,10) on the second", () => {
    const map: IndexMap = { batch: 1, channels: 2, length: 3, filters: 1, kernelSize: 2 };
    expect([...convolveOutput([1, 1, 10, 10], [1, 2, 3, 4, 5, 6], map)]).toEqual([93, 115]);
  });
  test("depthwise is groups = channels: each filter sees its own channel", () => {
    const map: IndexMap = { batch: 1, channels: 2, length: 3, filters: 2, kernelSize: 2, groups: 2 };
    expect([...convolveOutput([1, 1, 10, 10], [1, 2, 3, 4, 5, 6], map)]).toEqual([3, 5, 90, 110]);
  });
  test("a dense layer is a filter over the whole input: (1,2 | 3,4) times (5,6)", () => {
    const map: IndexMap = { batch: 1, channels: 1, length: 2, filters: 2, kernelSize: 2 };
    expect([...convolveOutput([1, 2, 3, 4], [5, 6], map)]).toEqual([17, 39]);
  });
});

const forAll = (property: (c: Case) => void): void => fc.assert(fc.property(mapCases, property));

/** The forward pass in another way: pad each row, widen each filter, and take every s-th entry of the plain product. */
function naive({ map, w, y }: Case): number[] {
  const { batch, channels, length, filters, kernelSize } = map;
  const { stride = 1, dilation = 1, padding = [0, 0], groups = 1 } = map;
  const [perGroup, filtersPerGroup] = [channels / groups, filters / groups];
  const out: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < filters; o++) {
      const sums = new Float64Array(outputLength(map));
      for (let c = 0; c < perGroup; c++) {
        const channel = Math.floor(o / filtersPerGroup) * perGroup + c;
        const row = new Float64Array(padding[0] + length + padding[1]);
        row.set(
          y.slice((n * channels + channel) * length, (n * channels + channel + 1) * length),
          padding[0],
        );
        const wide = new Float64Array(dilation * (kernelSize - 1) + 1);
        for (let j = 0; j < kernelSize; j++) wide[dilation * j] = w[(o * perGroup + c) * kernelSize + j];
        const product = apply(wide, row);
        for (let i = 0; i < sums.length; i++) sums[i] += product[i * stride];
      }
      out.push(...sums);
    }
  }
  return out;
}

const unit = (n: number, k: number): number[] => Array.from({ length: n }, (_, i) => (i === k ? 1 : 0));

describe("over random batch, channels, groups, stride, dilation and padding, exactly in whole numbers", () => {
  test("the forward pass equals padding, widening and decimating by hand", () =>
    forAll((c) => {
      expect([...convolveOutput(c.w, c.y, c.map)]).toEqual(naive(c));
    }));

  test("adjointness: y . dT/dy = v . dT/dv = w . dT/dw = T", () =>
    forAll(({ map, v, w, y }) => {
      const t = T(v, w, y, map);
      const products = [
        dot(y, convolveInput(v, w, map)),
        dot(v, convolveOutput(w, y, map)),
        dot(w, convolveFilter(v, y, map)),
      ];
      expect(products).toEqual([t, t, t]);
    }));

  test("the three products are the partial derivatives of T, entry by entry", () =>
    forAll(({ map, v, w, y }) => {
      expect(v.map((_, k) => T(unit(v.length, k), w, y, map))).toEqual([...convolveOutput(w, y, map)]);
      expect(w.map((_, k) => T(v, unit(w.length, k), y, map))).toEqual([...convolveFilter(v, y, map)]);
      expect(y.map((_, k) => T(v, w, unit(y.length, k), map))).toEqual([...convolveInput(v, w, map)]);
    }));

  test("second derivatives are closed: each product's derivative is one of the other two", () =>
    forAll(({ map, v, w, y }) => {
      const [uV, uW, uY] = [v.toReversed(), w.toReversed(), y.toReversed()];
      const dOutput = w.map((_, k) => dot(uV, convolveOutput(unit(w.length, k), y, map)));
      expect(dOutput).toEqual([...convolveFilter(uV, y, map)]);
      const dFilter = y.map((_, k) => dot(uW, convolveFilter(v, unit(y.length, k), map)));
      expect(dFilter).toEqual([...convolveInput(v, uW, map)]);
      const dInput = v.map((_, k) => dot(uY, convolveInput(unit(v.length, k), w, map)));
      expect(dInput).toEqual([...convolveOutput(w, uY, map)]);
    }));

  test("with one sample, one channel and no options they are A(w) y, v A(w) and C(v) y", () =>
    fc.assert(
      fc.property(triples, ({ v, w, y }) => {
        const map: IndexMap = { ...plain, length: y.length, kernelSize: w.length };
        expect(convolveOutput(w, y, map)).toEqual(apply(w, y));
        expect(convolveInput(v, w, map)).toEqual(rowProduct(v, w));
        expect(convolveFilter(v, y, map)).toEqual(correlate(v, y));
      }),
    ));
});

describe("what does not fit is refused in one line", () => {
  test.each<[string, Partial<IndexMap>, string]>([
    ["a stride of 0", { stride: 0 }, "stride is 0; it must be a whole number of at least 1"],
    ["half a channel", { channels: 0.5 }, "channels is 0.5; it must be a whole number of at least 1"],
    ["negative padding", { padding: [0, -1] }, "padding is -1; it must be a whole number of at least 0"],
    [
      "groups that leave a remainder",
      { channels: 3, groups: 2 },
      "groups 2 does not divide channels 3; each group takes as many",
    ],
    [
      "a filter too wide",
      { dilation: 3, padding: [1, 0] },
      "filter of 3 with dilation 3 reaches over 7 positions, but the padded signal has 6; n_out must be at least 1",
    ],
  ])("%s", (_what, change, message) =>
    expect(() => outputLength({ ...plain, ...change })).toThrow(new RangeError(message)),
  );

  test("tensors of another size, by name", () => {
    expect(() => convolveOutput([1, 2], [1, 2, 3, 4, 5], plain)).toThrow(
      new RangeError(
        "w [filters, channels / groups, kernelSize] holds 2 numbers; the map needs 1 x 1 x 3 = 3",
      ),
    );
    expect(() => convolveInput([1], [1, 2, 3], plain)).toThrow(
      new RangeError("v [batch, filters, n_out] holds 1 numbers; the map needs 1 x 1 x 3 = 3"),
    );
    expect(() => convolveFilter([1, 2, 3], [1], plain)).toThrow(
      new RangeError("y [batch, channels, length] holds 1 numbers; the map needs 1 x 1 x 5 = 5"),
    );
    expect(() => T([1, 2, 3], [1, 2, 3], [], plain)).toThrow("y [batch, channels, length] holds 0 numbers");
  });
});
