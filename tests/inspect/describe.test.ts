import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { describe as about } from "../../src/inspect/describe.ts";
import { spark } from "../../src/inspect/spark.ts";
import { dataset } from "../../src/data/dataset.ts";

describe("describe", () => {
  it("counts rows, lengths, gaps and classes, and takes the mean of channel 0 of each class", () => {
    const data = fromArrays({
      series: [
        [
          [1, 2, 3, 4],
          [9, 9, 9, 9],
        ],
        [
          [3, NaN],
          [-9, NaN],
        ],
        [[5], [5]],
      ],
      labels: ["a", "a", "b"],
      groups: ["x", "y", "x"],
      missing: "NaN",
    });
    const { courses, ...told } = about(data, 2);
    expect(told).toEqual({
      name: "arrays",
      rows: 3,
      channels: 2,
      channelNames: null,
      length: 4,
      lengths: { min: 1, median: 2, max: 4 },
      missing: { values: 2, rows: 1 },
      values: [
        { min: 1, max: 5 },
        { min: -9, max: 9 },
      ],
      answers: "classes",
      classes: [
        { name: "a", count: 2 },
        { name: "b", count: 1 },
      ],
      targets: null,
      groups: 2,
    });
    expect(courses.map((course) => [...course])).toEqual([
      [2, 3.5],
      [5, NaN],
    ]);
  });

  it("tells the range of targets, and that there is no answer", () => {
    const { targets, answers } = about(fromArrays({ series: [[1], [1], [1], [1]], targets: [4, 1, 2, 3] }));
    expect([answers, targets]).toEqual(["values", { min: 1, median: 2, max: 4, mean: 2.5, each: 1 }]);
    const none = about(
      dataset({
        name: "none",
        series: Float64Array.of(NaN, NaN),
        channels: 1,
        length: 2,
        answers: { kind: "none" },
      }),
    );
    expect([none.answers, none.values, none.missing]).toEqual([null, [null], { values: 2, rows: 1 }]);
  });

  it("counts the rows of each class where rows have several", () => {
    const data = fromArrays({ series: [[1], [1]], multiLabel: [["a", "b"], ["b"]] });
    expect(about(data).classes).toEqual([
      { name: "a", count: 1 },
      { name: "b", count: 2 },
    ]);
  });
});

describe("spark", () => {
  it("leaves a blank where all of a stretch is missing, and passes over what is missing elsewhere", () => {
    expect(spark([0, NaN, NaN, NaN, 7, 7], 3, "blocks")).toBe("▁ █");
    expect(spark([NaN, NaN], 2, "blocks")).toBe("  ");
  });
});
