/** What filters let through, by filters whose response a hand can work out. */
import { describe, expect, it } from "vitest";
import { filterResponse, network, type NetworkFields } from "../../../src/index.ts";
import * as L from "../../../src/layers/functions.ts";
import { model, conv1d, dense, flatten, maxPool, relu } from "../../../src/layers/functions.ts";
import { fieldsOf } from "../../export/models.ts";

const one = (taps: readonly number[], options: object = {}, provenance = {}): NetworkFields => {
  const m = model({ channels: 1, length: 32 }, (x) =>
    dense(flatten(conv1d(x, { filters: 1, kernelSize: taps.length, bias: false, ...options })), { units: 2 }),
  );
  const fields = fieldsOf(m, { kind: "none" });
  const weights = fields.weights.map((w) =>
    w.name === "conv1d_1.filter" ? { ...w, data: Float32Array.from(taps) } : w,
  );
  return { ...fields, weights, provenance };
};
const gains = (fields: NetworkFields, points = 5): number[] =>
  filterResponse(fields, { points, layer: "conv1d_1" })[0].filters[0].decibels.map((d) => 10 ** (d / 20));

describe("the frequency response of a filter", () => {
  it("[1, 1] is 2 cos(pi f): 2 at 0, the root of 2 at a quarter, 0 at Nyquist", () => {
    const found = gains(one([1, 1]));
    [2, 2 * Math.cos(Math.PI / 8), Math.SQRT2, 2 * Math.sin(Math.PI / 8)].forEach((g, i) =>
      expect(found[i]).toBeCloseTo(g, 7),
    );
    expect(found[4]).toBeLessThan(1e-9);
    const [{ filters, frequencies, unit }] = filterResponse(one([1, 1]), { points: 5 });
    expect(frequencies).toEqual([0, 0.125, 0.25, 0.375, 0.5]);
    expect(unit).toBe("cycles a sample");
    expect(filters[0].peak).toBe(0);
    expect(filters[0].decibels[0]).toBeCloseTo(6.0206, 4); // 20 log10 2
    expect(filters[0].decibels[4]).toBe(-200);
  });

  it("[1, -1] is 2 sin(pi f): nothing at 0, 2 at Nyquist; [1] is 1 everywhere", () => {
    const found = gains(one([1, -1]));
    expect(found[0]).toBeLessThan(1e-9);
    expect(found[2]).toBeCloseTo(Math.SQRT2, 7);
    expect(found[4]).toBeCloseTo(2, 7);
    gains(one([-1])).forEach((g) => expect(g).toBeCloseTo(1, 7));
  });

  it("of dilated taps repeats: [1, 1] two apart is 2 cos(2 pi f)", () => {
    const found = gains(one([1, 1], { dilation: 2 }));
    expect(found[0]).toBeCloseTo(2, 7);
    expect(found[2]).toBeLessThan(1e-7);
    expect(found[4]).toBeCloseTo(2, 7);
  });

  it("is in Hz where the rate is known, of the strides before a layer too", () => {
    const m = model({ channels: 1, length: 64 }, (x) => {
      const a = conv1d(x, { filters: 2, kernelSize: 3, stride: 2 });
      return dense(flatten(conv1d(maxPool(relu(a), { size: 2 }), { filters: 2, kernelSize: 3 })), {
        units: 2,
      });
    });
    const fields = { ...fieldsOf(m, { kind: "none" } as const), provenance: { rate: "400" } };
    const [first, second] = filterResponse(fields, { points: 3 });
    expect(first.frequencies).toEqual([0, 100, 200]);
    expect(first.every).toBe(1);
    expect([second.layer, second.every, second.unit]).toEqual(["conv1d_2", 4, "Hz"]);
    expect(second.frequencies).toEqual([0, 25, 50]);
    expect(filterResponse(fields, { rate: 8, points: 3 })[0].frequencies).toEqual([0, 2, 4]);
  });

  it("adds up the power of several channels, and takes weight norm's filter as it is applied", () => {
    const m = model({ channels: 2, length: 16 }, (x) =>
      dense(flatten(conv1d(x, { filters: 1, kernelSize: 1, weightNorm: true })), { units: 2 }),
    );
    const fields = fieldsOf(m, { kind: "none" });
    const set = (name: string, values: readonly number[]) => (w: (typeof fields.weights)[number]) =>
      w.name === name ? { ...w, data: Float32Array.from(values) } : w;
    const weights = fields.weights.map(set("conv1d_1.filter", [3, 4])).map(set("conv1d_1.gain", [10]));
    gains({ ...fields, weights }).forEach((g) => expect(g).toBeCloseTo(10, 6)); // 10 (3, 4) / 5 is (6, 8)
    gains({
      ...fields,
      weights: fields.weights.map(set("conv1d_1.filter", [3, 4])).map(set("conv1d_1.gain", [5])),
    }).forEach((g) => expect(g).toBeCloseTo(5, 6));
  });

  it("refuses layers that there are not, and options out of range", async () => {
    const net = await network(one([1, 1]));
    expect(() => filterResponse(net, { layer: "dense_1" })).toThrow('convolution "dense_1"');
    expect(() => filterResponse(net, { points: 1 })).toThrow(
      "points is 1; it is a whole number from 2 to 4096",
    );
    expect(() => filterResponse(net, { rate: 0 })).toThrow("rate is 0");
    const bare = fieldsOf(
      model({ channels: 1, length: 4 }, (x) => L.dense(L.flatten(x), { units: 2 })),
      { kind: "none" },
    );
    expect(filterResponse(bare)).toEqual([]);
  });
});
