/** Metrics by numbers that a hand can check. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  auroc,
  balancedAccuracy,
  confusionMatrix,
  confusionOf,
  macroAuroc,
  macroF1,
  valueMetrics,
} from "../../../src/models/scores/metrics.ts";

describe("classes", () => {
  // 4 rows of class 0 (3 found), 2 of class 1 (1 found), none of class 2 (predicted once)
  const c = confusionOf([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 2], 3);

  it("count what is and what is said", () => {
    expect(confusionMatrix(c)).toEqual([
      [3, 1, 0],
      [0, 1, 1],
      [0, 0, 0],
    ]);
  });

  it("keep the pairs that occur alone, of 100,000 classes as of 3", () => {
    expect(c.pairs).toEqual([
      { actual: 0, predicted: 0, count: 3 },
      { actual: 0, predicted: 1, count: 1 },
      { actual: 1, predicted: 1, count: 1 },
      { actual: 1, predicted: 2, count: 1 },
    ]);
    const ids = Int32Array.from({ length: 100_000 }, (_, i) => i);
    const many = confusionOf(ids, ids.toReversed(), 100_000);
    expect(many.pairs).toHaveLength(100_000);
    expect(many.pairs[7]).toEqual({ actual: 7, predicted: 99_992, count: 1 });
    expect([accuracy(many), balancedAccuracy(many), macroF1(many)]).toEqual([0, 0, 0]);
    expect(confusionOf([5, 5], [-1, 300], 400).pairs).toEqual([
      { actual: 5, predicted: 300, count: 1 },
      { actual: 5, predicted: 400, count: 1 },
    ]);
    expect(() => confusionMatrix(many)).toThrow("a table of 100000 x 100000 classes is too large");
  });

  it("accuracy 4/6, balanced (3/4 + 1/2) / 2, F1 (6/7 + 1/2 + 0) / 3", () => {
    expect(accuracy(c)).toBeCloseTo(4 / 6, 15);
    expect(balancedAccuracy(c)).toBe(0.625);
    expect(macroF1(c)).toBeCloseTo((6 / 7 + 1 / 2 + 0) / 3, 15);
  });
});

describe("AUROC", () => {
  const area = (scores: number[], labels: number[]): number => auroc(scores, (i) => labels[i] === 1);

  it("is 1 in order, 0 in reverse, 1/2 where all scores are equal, 3/4 of these four", () => {
    expect(area([0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1])).toBe(1);
    expect(area([0.9, 0.6, 0.4, 0.1], [0, 0, 1, 1])).toBe(0);
    expect(area([3, 3, 3, 3], [0, 1, 0, 1])).toBe(0.5);
    expect(area([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(area([1, 2, 2, 3], [0, 0, 1, 1])).toBe(0.875);
    expect(area([1, 2], [1, 1])).toBeNaN();
  });

  it("is the part of pairs in order, ties half", () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1 })), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(rows, (pairs) => {
        const positive = pairs.filter(([, y]) => y === 1);
        const negative = pairs.filter(([, y]) => y === 0);
        fc.pre(positive.length > 0 && negative.length > 0);
        const won = positive.flatMap(([s]) => negative.map(([t]) => (s > t ? 1 : 0) + (s === t ? 0.5 : 0)));
        const want = won.reduce((a, b) => a + b, 0) / won.length;
        const got = area(
          pairs.map(([s]) => s),
          pairs.map(([, y]) => y),
        );
        expect(got).toBeCloseTo(want, 12);
      }),
    );
  });

  it("of three classes is the mean of each against the rest; classes without rows do not count", () => {
    const logits = [2, 0, 0, 0, 2, 0, 0, -1, 2, 0, 1, 0];
    expect(macroAuroc(logits, [0, 1, 2, 1], 3)).toBe(1);
    expect(macroAuroc(logits, [0, 1, 1, 1], 3)).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(macroAuroc([0, 1, 0, 2, 0, 3], [0, 1, 1], 2)).toBe(1);
  });
});

describe("values", () => {
  it("errors 1, -1, 2, 0: MAE 1, RMSE sqrt(6/4), R2 1 - 6/5", () => {
    const got = valueMetrics([2, 1, 5, 4], [1, 2, 3, 4], 4);
    expect(got.mae).toBe(1);
    expect(got.rmse).toBeCloseTo(Math.sqrt(1.5), 15);
    expect(got.r2).toBeCloseTo(-0.2, 15);
  });

  it("R2 is a mean over outputs; a constant one that is met counts 1, else 0", () => {
    expect(valueMetrics([1, 7, 2, 7], [1, 7, 2, 7], 2).r2).toBe(1);
    expect(valueMetrics([1, 8, 2, 7], [1, 7, 2, 7], 2).r2).toBe(0.5);
  });
});
