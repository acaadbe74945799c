import { describe, expect, it } from "vitest";
import { labelsOf } from "../../src/data/answers.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { parseTs } from "../../src/readers/tsFile.ts";
import { alignClasses, requireTrainable } from "../../src/data/classes.ts";

const toy = (classes: string, labels: string, file = "toy_TRAIN.ts") =>
  parseTs(
    `@classLabel true ${classes}\n@data\n${labels
      .split("")
      .map((label) => `1,2:${label}\n`)
      .join("")}`,
    file,
  );

describe("requireTrainable", () => {
  it("passes two classes, and regression targets", () => {
    requireTrainable(toy("a b c", "ab"));
    requireTrainable(fromArrays({ series: [[1], [2]], targets: [3, 4] }));
  });

  it("refuses rows of one class, also where the header names more", () => {
    expect(() => requireTrainable(toy("a b", "bbb"))).toThrow(
      'toy: every one of the 3 rows is of class "b"; a classifier needs at least two classes; add rows of another class',
    );
  });
});

describe("nearly as many classes as rows", () => {
  const named = (rows: number, classOf: (row: number) => string) =>
    fromArrays({
      series: Array.from({ length: rows }, (_, row) => [row, 1]),
      labels: Array.from({ length: rows }, (_, row) => classOf(row)),
      name: "names",
    });

  it.each([
    [21, 21, (row: number) => `r${row}`],
    [40, 37, (row: number) => `r${Math.min(row, 37)}`],
    [60, 60, (row: number) => String(row / 8)],
  ])("are refused: %i rows, %i alone in their class", (rows, ones, classOf) => {
    expect(() => requireTrainable(named(rows, classOf))).toThrow(
      new RegExp(
        `^names: ${ones} of ${rows} rows are the only one of their class \\(.*, …\\); of a class with one row nothing can be learned; ` +
          "are these values, or names of rows\\? say where the class is \\(label\\), or predict them as values \\(target\\)$",
      ),
    );
  });

  it.each([
    [20, (row: number) => `r${row}`],
    [40, (row: number) => `r${Math.min(row, 20)}`],
    [40, (row: number) => `r${row >> 1}`],
  ])("are not what %i rows have", (rows, classOf) => {
    requireTrainable(named(rows, classOf));
  });
});

describe("alignClasses", () => {
  it("matches classes by name and drops those without rows", () => {
    const test = alignClasses(toy("a b c", "abc"), toy("d c a", "cac", "toy_TEST.ts"));
    expect(test.classes).toEqual(["a", "b", "c"]);
    expect([...test.labels]).toEqual([2, 0, 2]);
    expect(labelsOf([...test.batches(3, { epochs: 1, seed: 0 })][0].answers).toSorted()).toEqual(
      Int32Array.of(0, 2, 2),
    );
  });

  it("refuses a class that training does not have", () => {
    expect(() => alignClasses(toy("a b", "ab"), toy("a c", "cac", "late_TEST.ts"))).toThrow(
      'late: 2 rows are of class "c", which toy does not have; ' +
        "a model answers only with classes of its training set; relabel those rows or take them out",
    );
  });
});
