import { describe, expect, it } from "vitest";
import { windows } from "../../src/data/windows.ts";

const ramp = Array.from({ length: 30 }, (_, t) => 2 * t);

describe("windows", () => {
  it("look back 3 and predict 2, each part by where its targets end", () => {
    const { train, validation, test } = windows([ramp], {
      length: 3,
      horizon: 2,
      split: [10, 20, 30],
      scale: "none",
    });
    expect([train.rows, validation.rows, test.rows]).toEqual([6, 9, 9]);
    expect([...train.series.subarray(0, 3)]).toEqual([0, 2, 4]);
    expect([...train.targets.subarray(0, 2)]).toEqual([6, 8]);
    expect([...train.targets.subarray(10, 12)]).toEqual([16, 18]);
    expect([...validation.series.subarray(0, 3)]).toEqual([14, 16, 18]);
    expect([...validation.targets.subarray(0, 2)]).toEqual([20, 22]);
  });

  it("relative to their last value see changes alone: of a ramp every window is [-4, -2, 0] and every target [2, 4]", () => {
    const options = {
      length: 3,
      horizon: 2,
      split: [10, 20, 30],
      scale: "none",
      relativeTo: "last",
    } as const;
    const { train, test } = windows([ramp], options);
    for (const part of [train, test])
      for (let row = 0; row < part.rows; row++) {
        expect([...part.series.subarray(row * 3, row * 3 + 3)]).toEqual([-4, -2, 0]);
        expect([...part.targets.subarray(row * 2, row * 2 + 2)]).toEqual([2, 4]);
      }
  });
});
