/** Importances by hand: ranks, groups, and what chance would explain. */
import { describe, expect, it } from "vitest";
import { importanceOf } from "../../../src/training/sweep/importance.ts";

const choice = { kind: "choice", values: ["a", "b"] } as const;
const [a, b] = [0.25, 0.75];

describe("the importance of a parameter", () => {
  it("is what its groups explain of the ranks, corrected for chance", () => {
    // ranks 0 1 2 3 | 4 5 6 7: means 1.5 and 5.5, between 8 * 4 = 32, whole 42; 1 - 7/6 * 10/42
    const effects = [1, 2, 3, 4]
      .map((cost) => ({ at: a, cost }))
      .concat([5, 6, 7, Infinity].map((cost) => ({ at: b, cost })));
    expect(importanceOf(choice, effects)).toBeCloseTo(1 - (7 / 6) * (10 / 42), 12);
  });

  it("is 0 of groups that are alike, and of trials that are all equal", () => {
    const alike = [1, 2, 3, 4].flatMap((cost) => [
      { at: a, cost },
      { at: b, cost },
    ]);
    expect(importanceOf(choice, alike)).toBe(0);
    expect(
      importanceOf(
        choice,
        [a, a, a, a, b, b, b, b].map((at) => ({ at, cost: 1 })),
      ),
    ).toBe(0);
  });

  it("sees a number in four groups, so that a valley counts as much as a slope", () => {
    const range = { kind: "uniform", low: 0, high: 1 } as const;
    const effects = Array.from({ length: 40 }, (_, i) => ({ at: i / 40, cost: Math.abs(i - 20) }));
    expect(importanceOf(range, effects)).toBeGreaterThan(0.7);
  });

  it("is not known of too few trials, and leaves out those where the parameter did not count", () => {
    expect(
      importanceOf(choice, [
        { at: a, cost: 1 },
        { at: b, cost: 2 },
        { at: null, cost: 0 },
      ]),
    ).toBeNull();
  });
});
