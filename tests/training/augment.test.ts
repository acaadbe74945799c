/** Augmentations by hand-checkable effects, and bit for bit from the seed; windows of a long series. */
import { describe, expect, it } from "vitest";
import { labelsOf, targetsOf, type Answers } from "../../src/data/answers.ts";
import { architectures, ettHourly, fit, fromArrays, windows, type Augmentation } from "../../src/index.ts";
import { augment, checkAugmentations, symmetricBeta } from "../../src/training/augment.ts";
import type { Batch } from "../../src/data/dataset.ts";
import { uniform } from "../../src/numerics/threefry.ts";
import { bumps } from "./shared.ts";

const channels = 2;
const length = 50;
const rows = 4;
const batch: Batch = {
  series: Float64Array.from({ length: rows * channels * length }, (_, i) => i),
  rows,
  answers: { kind: "classes", classes: ["a", "b", "c"], labels: Int32Array.of(0, 1, 2, 0) },
};
const site = { channels, length, classes: 3, seed: 5, step: 7 };
const one = (a: Augmentation, other: Partial<typeof site> = {}): Batch =>
  augment(batch, [a], { ...site, ...other });
const row = (b: Batch, i: number): Float64Array =>
  b.series.subarray(i * channels * length, (i + 1) * channels * length);
const kinds: readonly Augmentation[] = [
  { kind: "jitter", sigma: 0.5 },
  { kind: "scaling", sigma: 0.5 },
  { kind: "shift", most: 9 },
  { kind: "shift", most: 9, fill: "zero" },
  { kind: "windowSlice", ratio: 0.5 },
  { kind: "mixup", alpha: 0.4 },
];

describe("augmentation", () => {
  it.each(kinds)("$kind: one seed and step give one result, others another", (a) => {
    expect(one(a)).toEqual(one(a));
    expect(one(a).series).not.toEqual(one(a, { seed: 6 }).series);
    expect(one(a).series).not.toEqual(one(a, { step: 8 }).series);
    expect(batch.series[3]).toBe(3);
  });

  it("jitter adds noise of mean 0 and the deviation asked for", () => {
    const noise = one({ kind: "jitter", sigma: 0.5 }).series.map((x, i) => x - i);
    const mean = noise.reduce((a, b) => a + b) / noise.length;
    const deviation = Math.sqrt(noise.reduce((sum, x) => sum + x * x, 0) / noise.length);
    expect(Math.abs(mean)).toBeLessThan(0.08);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.06);
  });

  it("scaling multiplies a channel of a row by one factor", () => {
    const { series } = one({ kind: "scaling", sigma: 0.5 });
    for (let line = 0; line < rows * channels; line++) {
      const factor = series[line * length + 1] / (line * length + 1);
      expect(series[line * length + 49]).toBeCloseTo(factor * (line * length + 49), 9);
    }
    expect(series[1]).not.toBeCloseTo(series[51] / 51, 6);
  });

  it("shift rolls all channels of a row by the same count, or fills with 0", () => {
    for (const fill of ["roll", "zero"] as const) {
      const moved = one({ kind: "shift", most: 9, fill });
      for (let i = 0; i < rows; i++) {
        const values = row(moved, i);
        const by = 25 - (values[25] - i * channels * length);
        expect(Math.abs(by)).toBeLessThanOrEqual(9);
        for (let t = 0; t < length; t++) {
          const from = t - by;
          const inside = from >= 0 && from < length;
          const want = (c: number): number =>
            fill === "zero" && !inside ? 0 : row(batch, i)[c * length + ((from + length) % length)];
          expect([values[t], values[length + t]]).toEqual([want(0), want(1)]);
        }
      }
    }
  });

  it("windowSlice of a line is a line of the slope (w - 1) / (n - 1), inside the row", () => {
    const values = row(one({ kind: "windowSlice", ratio: 0.5 }), 1);
    for (let t = 1; t < length; t++) expect(values[t] - values[t - 1]).toBeCloseTo(24 / 49, 9);
    expect(values[0]).toBeGreaterThanOrEqual(100);
    expect(values[49]).toBeLessThanOrEqual(149);
  });

  it("mixup mixes rows and one-hot targets alike", () => {
    const { series, soft = new Float64Array(0), answers } = one({ kind: "mixup", alpha: 0.4 });
    expect([...labelsOf(answers)]).toEqual([0, 1, 2, 0]);
    const order = Array.from({ length: rows }, (_, i) => soft.slice(i * 3, i * 3 + 3));
    order.forEach((p) => expect(p[0] + p[1] + p[2]).toBeCloseTo(1, 14));
    const l = order[1][1]; // row 1 is the only one of its class
    const apart = (series[100] - l * 100) / (1 - l || 1);
    expect(Math.min(...[0, 100, 200, 300].map((x) => Math.abs(x - apart)))).toBeLessThan(1e-9);
  });

  it("mixup of values mixes the targets", () => {
    const answers: Answers = { kind: "values", targets: Float64Array.of(0, 100, 200, 300), outputs: 1 };
    const values: Batch = { ...batch, answers };
    const { series, answers: mixed } = augment(values, [{ kind: "mixup", alpha: 1 }], {
      ...site,
      classes: 0,
    });
    expect(targetsOf(mixed)).toHaveLength(4);
    targetsOf(mixed).forEach((y, i) => expect(series[i * 100]).toBeCloseTo(y, 9));
  });

  it("Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1))", () => {
    for (const alpha of [0.2, 1, 4]) {
      const draws = Array.from({ length: 2000 }, (_, k) => symmetricBeta(alpha, (i) => uniform(1, 2, k, i)));
      const mean = draws.reduce((a, b) => a + b) / draws.length;
      const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
      expect(variance * 4 * (2 * alpha + 1)).toBeGreaterThan(0.9);
      expect(variance * 4 * (2 * alpha + 1)).toBeLessThan(1.1);
    }
  });

  it("trains to the same bits twice, on both back ends, and to others without it", async () => {
    const data = bumps({ rows: 12, length: 20, classes: 2 });
    const build = architectures.chain(data, { filters: [3, 3], activation: "tanh" });
    const train = async (list: readonly Augmentation[], backend: "wasm" | "reference") =>
      (await fit(build, data, { steps: 4, batch: 5, backend, augment: list })).weightsSha256;
    const first = await train(kinds, "wasm");
    expect(await train(kinds, "wasm")).toBe(first);
    expect(await train(kinds, "reference")).toBe(first);
    expect(await train([], "wasm")).not.toBe(first);
  });

  it.each([
    [{ kind: "jitter", sigma: 0 }, false, "augmentation jitter: sigma is 0; it is a number above 0"],
    [
      { kind: "shift", most: 1.5 },
      false,
      "augmentation shift: most is 1.5; it is a whole number of at least 1",
    ],
    [
      { kind: "windowSlice", ratio: 1 },
      false,
      "augmentation windowSlice: ratio is 1; it is above 0 and below 1",
    ],
    [{ kind: "mixup", alpha: 9 }, false, "augmentation mixup: alpha is 9; it is above 0 and at most 4"],
    [{ kind: "shift", most: 1 }, true, "augmentation shift: it moves positions away from their labels"],
  ] as const)("refuses %o", (a, perPosition, message) => {
    expect(() => checkAugmentations([a], perPosition)).toThrow(message);
  });
});

describe("windows", () => {
  const series = [Array.from({ length: 20 }, (_, t) => t), Array.from({ length: 20 }, (_, t) => -t)];
  const options = { length: 3, horizon: 2, split: [10, 14, 20], scale: "none" } as const;

  it("puts each target in one part, and lets validation and test look back", () => {
    const { train, validation, test } = windows(series, { ...options, target: 0 });
    expect(train.rows).toBe(6);
    expect([...train.series.subarray(0, 6)]).toEqual([0, 1, 2, -0, -1, -2]);
    expect([...train.targets]).toEqual([3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9]);
    expect([...validation.targets]).toEqual([10, 11, 11, 12, 12, 13]);
    expect([...validation.series.subarray(0, 3)]).toEqual([7, 8, 9]);
    expect(test.rows).toBe(5);
    expect(test.targets[0]).toBe(14);
  });

  it("predicts all channels, hops in training, and scales by the training part", () => {
    const { train, mean, deviation } = windows(series, { ...options, hop: 3, scale: "standard" });
    expect(train.rows).toBe(2);
    expect(mean).toEqual([4.5, -4.5]);
    expect(deviation[0]).toBeCloseTo(Math.sqrt(8.25), 14);
    expect(train.targets.length).toBe(2 * 2 * 2);
    expect(train.targets[0]).toBeCloseTo((3 - 4.5) / Math.sqrt(8.25), 14);
    expect(train.targets[2]).toBeCloseTo((-3 + 4.5) / Math.sqrt(8.25), 14);
  });

  it("has as many windows of ETTh1 as everybody: 8209, 2785 and 2785 of 336 and 96", () => {
    const hours = [Float64Array.from({ length: 17420 }, (_, t) => t % 24)];
    const { train, validation, test } = windows(hours, { length: 336, horizon: 96, split: ettHourly });
    expect([train.rows, validation.rows, test.rows]).toEqual([8209, 2785, 2785]);
  });

  it("refuses a split that is none", () => {
    expect(() => windows(series, { ...options, split: [10, 9, 20] })).toThrow(
      "windows: split is 10, 9, 20; the ends of three parts rise, up to the series' 20 positions",
    );
    expect(() => windows(series, { ...options, horizon: 5 })).toThrow(
      "part 2 of the split (10 to 14) has no window",
    );
  });
});

describe("fromArrays", () => {
  const series = [
    [1, 2, 3],
    [4, 5, 6],
  ];

  it("takes several labels a row as targets of 0 and 1", () => {
    const data = fromArrays({ series, multiLabel: [["b", "a"], ["c"]] });
    expect(data.classes).toEqual(["a", "b", "c"]);
    expect([...data.targets]).toEqual([1, 1, 0, 0, 0, 1]);
    expect(data.labels.length).toBe(0);
  });

  it("takes a label a position", () => {
    const data = fromArrays({
      series,
      labels: [
        [0, 1, 1],
        [2, 0, 0],
      ],
    });
    expect(data.classes).toEqual(["0", "1", "2"]);
    expect([...data.labels]).toEqual([0, 1, 1, 2, 0, 0]);
    expect(() => fromArrays({ series, labels: [[0, 1], [1]] })).toThrow(
      "fromArrays: row 1 has 1 labels, expected 2 as in row 0; correct the row",
    );
  });
});
