import { describe, expect, it } from "vitest";
import { mnist1d } from "../../src/data/mnist1d.ts";
import { mt19937 } from "../../src/data/mt19937.ts";
import { dataHash } from "../../src/data/dataHash.ts";
import { hasShared, sharedFile, skipNote } from "./shared.ts";

const draws = (count: number, draw: () => number) => Array.from({ length: count }, draw);

describe("mt19937", () => {
  it("draws NumPy's numbers for seed 42", () => {
    expect(draws(6, mt19937(42).u32)).toEqual([
      1608637542, 3421126067, 4083286876, 787846414, 3143890026, 3348747335,
    ]);
    expect(draws(4, mt19937(42).uniform)).toEqual([
      0.3745401188473625, 0.9507143064099162, 0.7319939418114051, 0.5986584841970366,
    ]);
    const { below } = mt19937(42);
    expect(draws(8, () => below(48))).toEqual([38, 28, 14, 42, 7, 20, 38, 18]);
    const expected = [0.4967141530112327, -0.13826430117118466, 0.6476885381006925, 1.5230298564080254];
    draws(4, mt19937(42).normal).forEach((value, i) =>
      expect(Math.abs(value - expected[i])).toBeLessThan(4e-16),
    );
  });

  it("gives the 10,000th word of the C++ standard's test, seed 5489", () => {
    const { u32 } = mt19937(5489);
    draws(9999, u32);
    expect(u32()).toBe(4123659995);
  });

  it("draws nothing below 1, and all 32 bits below 2^32", () => {
    const { below } = mt19937(42);
    expect(below(1)).toBe(0);
    expect(below(2 ** 32)).toBe(1608637542);
  });
});

describe("mnist1d", () => {
  const { train, test } = mnist1d();

  it("has 4000 and 1000 rows of 1 x 40 in ten classes", () => {
    expect([train.name, train.rows, train.channels, train.length]).toEqual(["mnist1d", 4000, 1, 40]);
    expect([test.name, test.rows, test.channels, test.length]).toEqual(["mnist1d", 1000, 1, 40]);
    expect(train.classes.join("")).toBe("0123456789");
    const counts = (labels: Int32Array) =>
      Array.from({ length: 10 }, (_, c) => labels.filter((l) => l === c).length);
    expect(counts(train.labels)).toEqual([398, 396, 411, 394, 394, 402, 401, 404, 402, 398]);
    expect(counts(test.labels)).toEqual([102, 104, 89, 106, 106, 98, 99, 96, 98, 102]);
  });

  it("begins as published", () => {
    expect([...train.labels.subarray(0, 20)]).toEqual([
      2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9, 4, 3, 4, 5, 1, 9, 0, 3,
    ]);
    [
      -0.3320056673693902, -0.4719103656557236, -0.778697076293495, -1.0097408265367047, -0.8823525654053074,
    ].forEach((value, i) => expect(Math.abs(train.series[i] - value)).toBeLessThan(1e-13));
    expect(train.series.reduce((a, b) => Math.min(a, b))).toBeCloseTo(-5.479419, 5);
    expect(train.series.reduce((a, b) => Math.max(a, b))).toBeCloseTo(4.533516, 5);
  });

  it("has the same bits on every engine", () => {
    expect(dataHash(train)).toBe("c600d065cfea8fc09cf3432a00c7fa04cb8ad42d0cf36ed72654292d5f37b930");
    expect(dataHash(test)).toBe("804ede307c25e405572db29f4b6e3dca1ffce810a198f66ede7f790214513969");
  });

  it("follows its seed and its number of samples", () => {
    const small = mnist1d({ seed: 7, samples: 50 });
    expect([small.train.rows, small.test.rows]).toEqual([40, 10]);
    expect(dataHash(mnist1d({ seed: 7, samples: 50 }).train)).toBe(dataHash(small.train));
    expect(dataHash(mnist1d({ seed: 8, samples: 50 }).train)).not.toBe(dataHash(small.train));
  });

  it("refuses other seeds and numbers of samples", () => {
    expect(() => mnist1d({ seed: -1 })).toThrow(
      "mnist1d: seed is -1; it is a whole number from 0 to 4294967295; give one",
    );
    expect(() => mnist1d({ samples: 25 })).toThrow(
      "mnist1d: samples is 25; it is a multiple of 10 from 20 up; give one",
    );
  });

  describe.skipIf(!hasShared)(`against the published data ${skipNote}`, () => {
    /** The data of a version 1.0 `.npy` file of 4-byte numbers. */
    const npy = (path: string) => {
      const bytes = sharedFile(`mnist1d/${path}`);
      return bytes.slice(10 + bytes[8] + 256 * bytes[9]).buffer;
    };

    it("the first ten rows agree to 1e-12", () => {
      const rows = new TextDecoder()
        .decode(sharedFile("mnist1d/first10_train_float64.csv"))
        .trim()
        .split("\n");
      expect(rows).toHaveLength(10);
      rows.forEach((line, row) => {
        const [label, ...values] = line.split(",").map(Number);
        expect(train.labels[row]).toBe(label);
        expect(values).toHaveLength(40);
        const errors = values.map((value, i) => Math.abs(value - train.series[40 * row + i]));
        expect(Math.max(...errors)).toBeLessThan(1e-12);
      });
    });

    it.each([
      ["train", train],
      ["test", test],
    ])("all rows of %s agree to the rounding of float32, all labels exactly", (part, data) => {
      expect(Array.from(new Int32Array(npy(`y_${part}.npy`)))).toEqual(Array.from(data.labels));
      const published = new Float32Array(npy(`x_${part}.npy`));
      expect(published).toHaveLength(data.series.length);
      let worst = 0;
      published.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - data.series[i]) / Math.max(1, Math.abs(value)));
      });
      expect(worst).toBeLessThan(6e-8); // 2^-24
    });
  });
});
