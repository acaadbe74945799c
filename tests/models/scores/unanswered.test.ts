/** Outputs that are no numbers say no class, and are never right. */
import { confusionMatrix } from "../../../src/models/scores/confusion.ts";
import { describe, expect, it } from "vitest";
import { classOf, score, scoreSeveral, scoreValues } from "../../../src/models/scores/score.ts";
import { JoinedIntervals } from "../../../src/models/joinedIntervals.ts";

describe("outputs that are no numbers", () => {
  it("are of no class: NaN anywhere, an infinite largest, nothing but -Infinity", () => {
    expect(
      [
        [NaN, 1],
        [1, NaN],
        [Infinity, 1],
        [-Infinity, -Infinity],
      ].map(classOf),
    ).toEqual([-1, -1, -1, -1]);
    expect(
      [
        [0, 0],
        [-Infinity, 3],
        [2, 1, 5],
      ].map(classOf),
    ).toEqual([0, 1, 2]);
  });

  it("count as wrong and have a column of their own", () => {
    // rows of classes 0, 0, 1, 1; the second and the last have no answer
    const e = score([2, 1, NaN, 1, 0, 1, 1, NaN], [0, 0, 1, 1], 2);
    expect(e.accuracy).toBe(0.5);
    expect(confusionMatrix(e.confusion)).toEqual([
      [1, 0, 1],
      [0, 1, 1],
    ]);
    expect(e.balancedAccuracy).toBe(0.5);
    expect(e.f1).toBeCloseTo((2 / 3 + 2 / 3) / 2, 15);
    expect(e.perClass?.map(({ support }) => support)).toEqual([2, 2]);
    expect(e.unanswered).toBe(2);
    expect([e.loss, e.auroc]).toEqual([NaN, NaN]);
  });

  it("of several labels count as wrong, whatever is true", () => {
    const e = scoreSeveral([NaN, NaN, 1, -1], [0, 1, 1, 0], 2);
    expect([e.accuracy, e.unanswered]).toEqual([0.5, 2]);
  });

  it("of values leave no figure that looks like one, also where the targets are constant", () => {
    const e = scoreValues([NaN, 1], [1, 1], { name: "x", rows: 2 });
    expect([e.rmse, e.mae, e.r2, e.loss, e.unanswered]).toEqual([NaN, NaN, NaN, NaN, 1]);
  });

  it("are told of nothing where all are numbers", () => {
    expect(score([2, 1], [0], 2)).not.toHaveProperty("unanswered");
  });

  it("make stretches of their own", () => {
    const joined = new JoinedIntervals(["a", "b"]);
    joined.add(0, 0, [
      [0.9, 0.1],
      [NaN, NaN],
      [0.2, 0.8],
    ]);
    expect(joined.finish().map(({ start, end, label }) => [start, end, label])).toEqual([
      [0, 1, "a"],
      [1, 2, ""],
      [2, 3, "b"],
    ]);
  });
});
