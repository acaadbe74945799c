/** Calibration and intervals by numbers that a hand can check. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metrics } from "../../../src/index.ts";
import { reliability, wilsonInterval } from "../../../src/models/scores/reliability.ts";
import { score } from "../../../src/models/scores/score.ts";

describe("the expected calibration error", () => {
  it("of four rows in two bins is the mean over rows of their bins' gaps", () => {
    // (1/2, 1]: confidences 0.6, 0.8, 0.9, of which two are right; (0, 1/2]: 0.5, right
    const r = reliability([0.6, 0.8, 0.9, 0.5], (i) => i !== 2, 2);
    expect(r.bins.map((b) => b.count)).toEqual([1, 3]);
    expect(r.bins[1].confidence).toBeCloseTo(2.3 / 3, 15);
    expect(r.bins[1].accuracy).toBeCloseTo(2 / 3, 15);
    expect(r.ece).toBeCloseTo((0.5 + 0.3) / 4, 15); // |1 - 0.5| + |2 - 2.3|
    expect(r.largest).toBeCloseTo(0.5, 15);
  });

  it("has 15 bins that are open on the left: 1/15 is in the first, 1 in the last, 0 in the first", () => {
    const { bins } = reliability([0, 1 / 15, 2 / 15 + 1e-9, 1], () => true);
    expect(bins).toHaveLength(15);
    expect(bins.map((b, m) => (b.count > 0 ? [m, b.count] : null)).filter(Boolean)).toEqual([
      [0, 2],
      [2, 1],
      [14, 1],
    ]);
    expect(bins[1].confidence).toBeNaN();
  });

  it("is 0 where all are right with certainty, 1 where all are wrong with it, NaN of no rows", () => {
    expect(reliability([1, 1], () => true).ece).toBe(0);
    expect(reliability([1, 1], () => false).ece).toBe(1);
    expect(reliability([], () => true).ece).toBeNaN();
    expect(reliability([NaN], () => false).ece).toBe(0);
    expect(() => reliability([1], () => true, 0)).toThrow("bins is 0; it is a whole number from 1 to 1000");
  });

  it("is in a score's figures, of the softmax of logits", () => {
    // probabilities 3/4 and 1/4; two of four right: the gap is 1/4
    const z = Math.log(3);
    const e = score([z, 0, z, 0, z, 0, z, 0], [0, 0, 1, 1], 2);
    expect(e.ece).toBeCloseTo(0.25, 14);
    expect(e.accuracyInterval).toEqual(wilsonInterval(2, 4));
    expect(e.balancedAccuracy).toBe(0.5);
  });

  it("lies between 0 and the largest gap of a bin", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), { minLength: 1 }),
        (rows) => {
          const r = reliability(
            rows.map(([p]) => p),
            (i) => rows[i][1],
          );
          expect(r.bins.reduce((sum, b) => sum + b.count, 0)).toBe(rows.length);
          expect(r.ece).toBeGreaterThanOrEqual(0);
          expect(r.ece).toBeLessThanOrEqual(r.largest + 1e-12);
        },
      ),
    );
  });
});

describe("Wilson's interval", () => {
  it("of 8 of 10 and of 0 of 10 is that of the tables", () => {
    const [low, high] = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.4901625, 6);
    expect(high).toBeCloseTo(0.9433178, 6);
    expect(wilsonInterval(0, 10)[0]).toBe(0);
    expect(wilsonInterval(0, 10)[1]).toBeCloseTo(0.2775328, 6);
    expect(wilsonInterval(10, 10)[1]).toBe(1);
    expect(wilsonInterval(10, 10)[0]).toBeCloseTo(1 - 0.2775328, 6);
  });

  it("is public with the other metrics", () => {
    expect(metrics.wilsonInterval(1, 2)[0]).toBeCloseTo(0.0945, 4);
    expect(metrics.reliability([1], () => true).ece).toBe(0);
  });
});
