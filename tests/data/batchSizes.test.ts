/** How the rows of an epoch are dealt to batches. */
import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { batchSizes } from "../../src/data/dataset.ts";

describe("batches of an epoch", () => {
  it.each([
    [17, 16, [8, 9]],
    [16, 16, [16]],
    [18, 16, [16, 2]],
    [13, 3, [2, 3, 2, 3, 3]],
    [33, 16, [11, 11, 11]],
    [3, 2, [2, 1]],
    [1, 16, [1]],
  ])("of %i rows, %i at a time, have %j", (rows, batch, sizes) => {
    expect(batchSizes(rows, batch)).toEqual(sizes);
  });

  it("are as few as can be, hold every row once, and of three or more rows never one alone", () => {
    assert(
      property(integer({ min: 1, max: 500 }), integer({ min: 1, max: 64 }), (rows, batch) => {
        const sizes = batchSizes(rows, batch);
        expect(sizes.length).toBe(Math.ceil(rows / batch));
        expect(sizes.reduce((a, b) => a + b, 0)).toBe(rows);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(batch);
        if (rows > 1 && batch > 2) expect(sizes).not.toContain(1);
      }),
    );
  });
});
