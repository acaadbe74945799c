import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { parseDataset } from "../../src/readers/read.ts";
import { baselines } from "../../src/training/baselines.ts";
import { alignClasses } from "../../src/data/classes.ts";
import { dataset, type Dataset } from "../../src/data/dataset.ts";
import { repeatedRows, rowsInBoth } from "../../src/data/rowRepeats.ts";
import { hasShared, sharedFile, skipNote } from "../data/shared.ts";

/** Rows of one channel. */
const of = (series: readonly (readonly number[])[], labels: readonly string[]): Dataset =>
  fromArrays({ series: series.map((row) => [row]), labels });
const values = (series: readonly number[], targets: readonly number[]): Dataset =>
  dataset({
    name: "values",
    series: Float64Array.from(series),
    channels: 1,
    length: series.length / targets.length,
    answers: { kind: "values", targets: Float64Array.from(targets), outputs: 1 },
  });

const train = of(
  [
    [0, 0],
    [0, 1],
    [9, 9],
  ],
  ["low", "low", "high"],
);

describe("baselines", () => {
  it("of classes: the commonest class of training, and the nearest training row's", () => {
    const test = of(
      [
        [1, 0], // nearest to [0, 0]: low, right
        [8, 9], // nearest to [9, 9]: high, right
        [7, 7], // nearest to [9, 9]: high, wrong
        [9, 8], // nearest to [9, 9]: high, right
      ],
      ["low", "high", "low", "high"],
    );
    expect(baselines(train, alignClasses(train, test))).toEqual({ majority: 0.5, nearest: 0.75 });
  });

  it("takes the first of two rows that are equally near", () => {
    const twins = of([[0], [2], [0]], ["first", "b", "c"]);
    const test = of([[1], [0]], ["first", "b"]);
    expect(baselines(twins, alignClasses(twins, test)).nearest).toBe(0.5);
  });

  it("of values: the RMSE of the mean target, and of the nearest row's", () => {
    // mean 2: errors 2 and 0; nearest rows 0 and 2: answers 0 and 4, errors 0 and 2
    const test = values([1, 8], [0, 2]);
    expect(baselines(values([0, 5, 9], [0, 2, 4]), test)).toEqual({
      majority: Math.SQRT2,
      nearest: Math.SQRT2,
    });
  });

  it("leaves the nearest row out where it would cost more than the budget", () => {
    expect(baselines(train, train, { kind: "none" }, 17)).toEqual({ majority: 2 / 3, nearest: null });
    expect(baselines(train, train, { kind: "none" }, 18)).toEqual({ majority: 2 / 3, nearest: 1 }); // 3 x 3 x 2
  });

  it("goes through more rows than it compares at a time", () => {
    const line = Array.from({ length: 600 }, (_, i) => [i]);
    const names = line.map(([i]) => (i % 7 === 0 ? "seventh" : "other"));
    expect(baselines(of(line, names), of(line, names)).nearest).toBe(1);
  });

  it.skipIf(!hasShared).each([
    ["ArrowHead", "ts", 80.0],
    ["GunPoint", "ts", 91.3],
    ["ItalyPowerDemand", "ts", 95.5],
    ["Plane", "ts", 96.2],
    ["SwedishLeaf", "tsv", 78.9],
    ["Trace", "tsv", 76.0],
    ["TwoLeadECG", "tsv", 74.7],
  ])(`meets the published 1-NN-ED of %s ${skipNote}`, (name, ending, published) => {
    const read = (part: string): Dataset => {
      const file = `${name}/${name}_${part}.${ending}`;
      return parseDataset(sharedFile(file), file);
    };
    const rows = read("TRAIN");
    const nearest = baselines(rows, alignClasses(rows, read("TEST"))).nearest ?? 0;
    expect(Math.abs(100 * nearest - published)).toBeLessThan(0.1);
  });
});

describe("repeated rows", () => {
  const rows = of(
    [
      [1, 2],
      [1, 2],
      [2, 1],
      [1, 2.0000001],
    ],
    ["a", "a", "b", "b"],
  );

  it("counts rows that are copies of an earlier one, to the bit", () => {
    expect(repeatedRows(rows)).toBe(1);
    expect(
      repeatedRows(
        of(
          Array.from({ length: 2000 }, (_, i) => [i % 500, 1]),
          Array.from({ length: 2000 }, () => "a"),
        ),
      ),
    ).toBe(1500);
  });

  it("counts test rows that are in the training part", () => {
    expect(
      rowsInBoth(
        rows,
        of(
          [
            [2, 1],
            [0, 0],
            [1, 2],
          ],
          ["a", "a", "a"],
        ),
      ),
    ).toBe(2);
  });
});
