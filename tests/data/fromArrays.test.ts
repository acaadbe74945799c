import { describe, expect, it } from "vitest";
import { fromArrays, type Arrays } from "../../src/data/fromArrays.ts";
import { InputError } from "../../src/data/errors.ts";

describe("fromArrays", () => {
  it("reads [row][channel][time], plain and typed, and copies", () => {
    const inner = Float32Array.of(1, 2, 3);
    const data = fromArrays({
      series: [
        [inner, [4, 5, 6]],
        [
          [7, 8, 9],
          [10, 11, 12],
        ],
      ],
      labels: ["b", "a"],
      name: "own",
    });
    inner[0] = 99;
    expect([data.name, data.rows, data.channels, data.length]).toEqual(["own", 2, 2, 3]);
    expect([...data.series]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(data.classes).toEqual(["a", "b"]);
    expect([...data.labels]).toEqual([1, 0]);
  });

  it("reads [row][time] as one channel", () => {
    const data = fromArrays({ series: [Float64Array.of(1, 2), [3, 4]], targets: [0.5, -1] });
    expect([data.name, data.rows, data.channels, data.length]).toEqual(["arrays", 2, 1, 2]);
    expect([...data.targets]).toEqual([0.5, -1]);
    expect([data.labels.length, data.classes.length]).toEqual([0, 0]);
  });

  it("pads shorter rows with NaN and says their lengths", () => {
    const data = fromArrays({
      series: [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [[7], [8]],
      ],
      labels: ["a", "b"],
      groups: ["ann", 7],
    });
    expect([data.rows, data.channels, data.length]).toEqual([2, 2, 3]);
    expect([...data.series]).toEqual([1, 2, 3, 4, 5, 6, 7, NaN, NaN, 8, NaN, NaN]);
    expect([...(data.lengths ?? [])]).toEqual([3, 1]);
    expect(data.groups).toEqual(["ann", "7"]);
    expect(
      fromArrays({
        series: [
          [1, 2],
          [3, 4],
        ],
        labels: [0, 1],
      }).lengths,
    ).toBeUndefined();
  });

  it("takes NaN as missing where it is told to", () => {
    const data = fromArrays({
      series: [
        [1, NaN],
        [NaN, 4],
      ],
      labels: [0, 1],
      missing: "NaN",
    });
    expect([...data.series]).toEqual([1, NaN, NaN, 4]);
    expect(data.lengths).toBeUndefined();
  });

  it("refuses one row that is so long that padding the others would cost 64 times the input", () => {
    const series = [new Float64Array(100_000), ...Array.from({ length: 100 }, () => [1])];
    expect(() => fromArrays({ series, labels: series.map((_, i) => i) })).toThrow(
      new InputError(
        "fromArrays: row 0: the row has 100000 values, and padding all 101 rows to that would take 80800000 bytes, " +
          "more than 64 times the input; rows are padded to the longest; cut this one",
      ),
    );
  });

  it("refuses batches of no rows", () => {
    const data = fromArrays({ series: [[1], [2]], labels: [0, 1] });
    expect(() => [...data.batches(0, { epochs: 1, seed: 0 })]).toThrow(
      "batch is 0; it is a whole number of at least 1",
    );
  });
  it("orders classes by number if all labels are numbers, else by UTF-16 units", () => {
    const classes = (labels: (string | number)[]) =>
      fromArrays({ series: labels.map(() => [1]), labels }).classes;
    expect(classes([10, 9, -1, 9, 1.5])).toEqual(["-1", "1.5", "9", "10"]);
    expect(classes(["10", "9", "é", "z", "A"])).toEqual(["10", "9", "A", "z", "é"]);
    expect(classes([10, "9"])).toEqual(["10", "9"]);
  });

  it("reads several targets a row", () => {
    expect([...fromArrays({ series: [[1], [2]], targets: [[1, 2], Float32Array.of(3, 4)] }).targets]).toEqual(
      [1, 2, 3, 4],
    );
  });

  it.each<[Arrays, string]>([
    [
      { series: [[1]] },
      "neither labels nor targets are given; rows have one of them; give labels (classes) or targets",
    ],
    [
      { series: [[1]], labels: [1], targets: [1] },
      "both labels and targets are given; rows have one of them; give labels (classes) or targets",
    ],
    [{ series: [], labels: [] }, "series has no rows; a data set has at least one; give some"],
    [
      { series: [[]], labels: [1] },
      "series[0] has no values; a row has at least one channel and one value; give some",
    ],
    [
      {
        series: [
          [[1, 2]],
          [
            [1, 2],
            [3, 4],
          ],
        ],
        labels: [1, 2],
      },
      "row 1 has 2 channels, expected 1 as in row 0; all rows have the same channels; complete the row, or leave it out",
    ],
    [
      {
        series: [
          [
            [1, 2],
            [1, 2],
          ],
          [[1, 2], [3]],
        ],
        labels: [1, 2],
      },
      "row 1, channel 1 has length 1, expected 2 as in its channel 0; the channels of a row have one length; cut or pad them",
    ],
    [
      {
        series: [
          [1, 2],
          [1, NaN],
        ],
        labels: [1, 2],
      },
      'row 1, channel 0, time 1 is "NaN"; values are finite numbers; fill it in, or say that it is missing (missing: "NaN")',
    ],
    [
      { series: [[1, Infinity]], labels: [1] },
      'row 0, channel 0, time 1 is "Infinity"; values are finite numbers; correct it, or leave the row out',
    ],
    [{ series: [[1], [2]], labels: ["a"] }, "1 labels for 2 rows; each row has one; make the counts agree"],
    [
      { series: [[1], [2]], labels: [1, NaN] },
      'the label of row 1 is "NaN"; labels are strings or finite numbers; correct it',
    ],
    [{ series: [[1], [2]], targets: [1] }, "1 targets for 2 rows; each row has one; make the counts agree"],
    [{ series: [[1]], targets: [[]] }, "targets[0] has no values; a row has at least one target; give some"],
    [
      { series: [[1], [2]], targets: [[1], [1, 2]] },
      "row 1 has 2 targets, expected 1 as in row 0; correct the row",
    ],
    [
      { series: [[1]], targets: [NaN] },
      'row 0, target 0 is "NaN"; values are finite numbers; correct it, or leave the row out',
    ],
  ])("refuses arrays that are not right: %#", (arrays, message) => {
    expect(() => fromArrays(arrays)).toThrow(new InputError(`fromArrays: ${message}`));
  });
});
