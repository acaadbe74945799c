import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intervals } from "../../src/index.ts";

describe("intervals of equal class", () => {
  it("go from a first position up to, but not with, the next class's, in seconds too where a rate is known", () => {
    expect(intervals(["a", "a", "b", "a"])).toEqual([
      { start: 0, end: 2, label: "a" },
      { start: 2, end: 3, label: "b" },
      { start: 3, end: 4, label: "a" },
    ]);
    expect(intervals(["up", "up", "up", "down", "down"], 250)).toEqual([
      { start: 0, end: 3, label: "up", startSeconds: 0, endSeconds: 0.012 },
      { start: 3, end: 5, label: "down", startSeconds: 0.012, endSeconds: 0.02 },
    ]);
    expect(intervals(["one"], 2)).toEqual([
      { start: 0, end: 1, label: "one", startSeconds: 0, endSeconds: 0.5 },
    ]);
    expect(intervals([])).toEqual([]);
  });
  it("say every label again, and no two neighbours are of one class", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c")), (labels) => {
        const found = intervals(labels);
        expect(
          found.flatMap(({ start, end, label }) => Array.from({ length: end - start }, () => label)),
        ).toEqual(labels);
        expect(found.every((own, i) => i === 0 || own.label !== found[i - 1].label)).toBe(true);
      }),
    );
  });
});
