import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/index.ts";

const series = [[1], [2], [3]];

describe("fromArrays({ classes })", () => {
  it("has them in their order, those that no row has too", () => {
    const data = fromArrays({ series, labels: ["b", "a", "b"], classes: ["c", "b", "a"] });
    expect(data.classes).toEqual(["c", "b", "a"]);
    expect([...data.labels]).toEqual([1, 2, 1]);
    expect(fromArrays({ series, labels: ["b", "a", "b"] }).classes).toEqual(["a", "b"]);
  });
  it("takes numbers, as text or not", () => {
    const data = fromArrays({ series, labels: [10, 9, "10"], classes: [10, "9", 3] });
    expect([data.classes, [...data.labels]]).toEqual([
      ["10", "9", "3"],
      [0, 1, 0],
    ]);
  });
  it("goes with labels a position and with several labels a row", () => {
    const at = fromArrays({ series: [[1, 2]], labels: [["x", "y"]], classes: ["z", "y", "x"] });
    expect([...at.labels]).toEqual([2, 1]);
    const { answers } = fromArrays({ series, multiLabel: [["a"], [], ["b", "a"]], classes: ["b", "c", "a"] });
    expect(answers).toMatchObject({ kind: "multiLabel", classes: ["b", "c", "a"] });
    expect("targets" in answers && [...answers.targets]).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 1]);
  });
  it.each([
    [
      { labels: ["a", "b", "d"], classes: ["a", "b"] },
      'the label of row 2 is "d", which is none of classes (a, b); add it there or correct the label',
    ],
    [{ labels: [["a"], ["a"], ["q"]], classes: ["a"] }, 'the label of row 2, position 0 is "q"'],
    [
      { multiLabel: [[], ["a", "e"], []], classes: ["a"] },
      'the label of row 1 is "e", which is none of classes (a)',
    ],
    [{ labels: ["a", "a", "a"], classes: ["a", "b", "a"] }, 'classes has "a" twice; give each class once'],
    [{ labels: [1, 1, 1], classes: [1, "1"] }, 'classes has "1" twice'],
    [{ labels: ["a", "a", "a"], classes: [] }, "classes is empty; give one or more, or leave it out"],
    [
      { labels: ["a", "a", "a"], classes: [NaN] },
      'classes[0] is "NaN"; labels are strings or finite numbers',
    ],
    [
      { targets: [1, 2, 3], classes: ["a"] },
      "classes are given without labels; they say which classes labels have",
    ],
  ])("refuses %j", (given, message) => {
    expect(() => fromArrays({ series, ...given })).toThrow(`fromArrays: ${message}`);
  });
});
