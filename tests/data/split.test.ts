import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataset, type Dataset } from "../../src/data/dataset.ts";
import { foldRows, holdOut, splitRows, type Parts } from "../../src/data/split.ts";

/** Rows of one value, their own number. */
function rowsOf(labels: readonly number[], groups?: readonly string[]): Dataset {
  return dataset({
    name: "rows",
    series: Float64Array.from(labels, (_, i) => i),
    channels: 1,
    length: 1,
    answers: {
      kind: "classes",
      classes: ["a", "b", "c", "d"].slice(0, Math.max(...labels) + 1),
      labels: Int32Array.from(labels),
    },
    ...(groups && { groups }),
  });
}
const values = (rows: number): Dataset =>
  rowsOf(Array.from({ length: rows }, () => 0)).with({
    answers: { kind: "values", targets: new Float64Array(rows), outputs: 1 },
  });
/** Windows of 4 positions at the given places of each series. */
function windowsOf(starts: readonly (readonly number[])[]): Dataset {
  const flat = starts.flat();
  return rowsOf(flat.map(() => 0)).with({
    series: new Float64Array(flat.length * 4),
    length: 4,
    spans: {
      names: starts.map((_, s) => `s${s}`),
      series: Int32Array.from(starts.flatMap((list, s) => list.map(() => s))),
      start: Int32Array.from(flat),
    },
  });
}
const letters = (text: string): string[] => text.split(" ");
const seeds = fc.nat(1000);
const fractions = fc.double({ min: 0.05, max: 0.9, noNaN: true });
/** Labels of up to four classes, each with five rows at least. */
const labelled = fc
  .array(fc.nat(3), { minLength: 1, maxLength: 80 })
  .map((more) => [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, ...more]);
/** Groups that each have rows of several classes. */
const grouped = fc
  .array(fc.array(fc.nat(2), { minLength: 1, maxLength: 8 }), { minLength: 6, maxLength: 20 })
  .map((lists) => lists.flatMap((list, g) => [0, 1, 2, ...list].map((label) => ({ label, group: `g${g}` }))))
  .map((rows) =>
    rowsOf(
      rows.map((r) => r.label),
      rows.map((r) => r.group),
    ),
  );

const sorted = (rows: readonly number[]): number[] => [...rows].sort((a, b) => a - b);
const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const countOf = (data: Dataset, rows: readonly number[], k: number): number =>
  rows.filter((r) => data.labels[r] === k).length;

function expectNoLeak(data: Dataset, { train, test }: Parts): void {
  expect(sorted([...train, ...test])).toEqual(all(data.rows)); // each row once, so in one part
  expect([train, test]).toEqual([sorted(train), sorted(test)]);
  if (!data.groups) return;
  const names = new Set(train.map((r) => data.groups?.[r]));
  expect(test.filter((r) => names.has(data.groups?.[r]))).toEqual([]);
}

describe("splitRows", () => {
  it("by class holds the rounded fraction of each class back, and every row is in one part", () => {
    fc.assert(
      fc.property(labelled, fractions, seeds, (labels, fraction, seed) => {
        const data = rowsOf(labels);
        fc.pre(splitSize(data, fraction) > 0);
        const parts = splitRows(data, fraction, seed);
        expectNoLeak(data, parts);
        for (const k of [0, 1, 2, 3]) {
          const n = countOf(data, all(data.rows), k);
          expect(countOf(data, parts.test, k)).toBe(Math.min(Math.round(n * fraction), n - 1));
        }
      }),
      { numRuns: 200 },
    );
  });
  const splitSize = (data: Dataset, fraction: number): number =>
    [0, 1, 2, 3].reduce((sum, k) => sum + Math.round(countOf(data, all(data.rows), k) * fraction), 0);

  it("by group has no group on both sides, and comes near the fraction", () => {
    fc.assert(
      fc.property(grouped, fc.double({ min: 0.2, max: 0.8, noNaN: true }), seeds, (data, fraction, seed) => {
        const parts = splitRows(data, fraction, seed);
        expectNoLeak(data, parts);
        // a group is at most 11 rows of the data
        expect(Math.abs(parts.test.length - data.rows * fraction)).toBeLessThan(0.25 * data.rows + 11);
      }),
      { numRuns: 200 },
    );
  });

  it("by group takes one of three groups of equal size for a third, whichever the seed draws", () => {
    const data = rowsOf([0, 1, 0, 1, 0, 1], letters("x x y y z z"));
    const seen = new Set(all(20).map((seed) => splitRows(data, 1 / 3, seed).test.join()));
    expect([...seen].sort()).toEqual(["0,1", "2,3", "4,5"]);
  });

  it("by time: of 10 rows, 0.3 with a gap of 2 learns from 5 and tests on 3", () => {
    expect(splitRows(values(10), 0.3, 0, { by: "time", gap: 2 })).toEqual({
      train: [0, 1, 2, 3, 4],
      test: [7, 8, 9],
    });
  });

  it("by time within each group where there are groups", () => {
    const data = rowsOf([0, 0, 0, 0, 1, 1, 1, 1], letters("x x x x y y y y"));
    expect(splitRows(data, 0.25, 0, { by: "time", gap: 1 })).toEqual({ train: [0, 1, 4, 5], test: [3, 7] });
  });

  it("by time keeps the order and the gap, whatever the sizes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 200 }), fractions, fc.nat(20), (rows, fraction, gap) => {
        const held = Math.round(rows * fraction);
        fc.pre(held > 0 && rows - held - gap > 0);
        const { train, test } = splitRows(values(rows), fraction, 0, { by: "time", gap });
        expect(test[0] - train[train.length - 1]).toBe(gap + 1);
        expect(train).toEqual(all(rows - held - gap));
        expect(test).toEqual(all(rows).slice(rows - held));
      }),
    );
  });

  it("holdOut gives the same rows as data sets, their groups too", () => {
    const data = rowsOf([0, 1, 0, 1, 0, 1], letters("x x y y z z"));
    const { test } = splitRows(data, 1 / 3, 3);
    const { train, held } = holdOut(data, 1 / 3, 3);
    expect([...held.series]).toEqual(test);
    expect(held.groups).toEqual(test.map((r) => data.groups?.[r]));
    expect(train.groups).toHaveLength(4);
  });

  it.each([
    [rowsOf([0, 1]), 1.5, {}, "the fraction is 1.5; it is above 0 and below 1"],
    [rowsOf([0, 1]), 0.2, { by: "group" }, "rows has no groups to split by; name them, or split by class"],
    [rowsOf([0, 1]), 0.2, { gap: 3 }, "gap belongs to a split by time; this one is by class"],
    [rowsOf([0, 1]), 0.2, { by: "time", gap: 0.5 }, "gap is 0.5; it is a whole number of rows, at least 0"],
    [
      rowsOf([0, 1, 0], letters("x x x")),
      0.2,
      {},
      "the rows are of 1 group; a split by group wants at least 2; split by class, or give rows of more groups",
    ],
    [
      rowsOf([0, 0, 1, 1]),
      0.5,
      { by: "time" },
      'rows: the split leaves no row of class "b" to learn from (all of them are on the other side); give the class more rows ' +
        "or groups, or split another way",
    ],
    [
      values(4),
      0.5,
      { by: "time", gap: 2 },
      "rows: the split leaves no row to learn from; hold fewer rows back",
    ],
    // each class is one group: neither can be spared
    [
      rowsOf([0, 0, 1, 1], letters("x x y y")),
      0.5,
      {},
      "0.5 of 4 rows in whole groups holds no row back; give a larger fraction",
    ],
  ] as const)("refuses %#", (data, fraction, rule, message) => {
    expect(() => splitRows(data, fraction, 0, rule)).toThrow(message);
  });
});

describe("foldRows", () => {
  it("by class tests every row in exactly one fold; a class's counts differ by one row at most", () => {
    fc.assert(
      fc.property(labelled, fc.integer({ min: 2, max: 5 }), seeds, (labels, folds, seed) => {
        const data = rowsOf(labels);
        const parts = foldRows(data, folds, seed);
        for (const p of parts) expectNoLeak(data, p);
        expect(sorted(parts.flatMap((p) => p.test))).toEqual(all(data.rows));
        const counts = (of: (p: Parts) => number): number[] => sorted(parts.map(of));
        for (const k of [0, 1, 2, 3]) {
          const each = counts((p) => countOf(data, p.test, k));
          expect(each[folds - 1] - each[0]).toBeLessThanOrEqual(1);
        }
        const sizes = counts((p) => p.test.length);
        expect(sizes[folds - 1] - sizes[0]).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });

  it("by group has no group on both sides of any fold, and every row in one fold's test part", () => {
    fc.assert(
      fc.property(grouped, fc.integer({ min: 2, max: 6 }), seeds, (data, folds, seed) => {
        const parts = foldRows(data, folds, seed);
        for (const p of parts) {
          expectNoLeak(data, p);
          expect(p.test.length).toBeGreaterThan(0);
        }
        expect(sorted(parts.flatMap((p) => p.test))).toEqual(all(data.rows));
      }),
      { numRuns: 200 },
    );
  });

  it("spreads groups of one class each over the folds", () => {
    const labels = [0, 0, 0, 0, 1, 1, 1, 1];
    const parts = foldRows(rowsOf(labels, letters("p q r s t u v w")), 4, 9);
    expect(parts.map((p) => sorted(p.test.map((r) => labels[r])))).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it("takes groups apart where it is told to split by class", () => {
    const data = rowsOf([0, 0, 1, 1], letters("x x y y"));
    expect(foldRows(data, 2, 0, { by: "class" }).map((p) => p.test.length)).toEqual([2, 2]);
  });

  it("depends on the seed alone", () => {
    const data = rowsOf(all(30).map((i) => i % 3));
    expect(foldRows(data, 3, 1)).toEqual(foldRows(data, 3, 1));
    expect(foldRows(data, 3, 1)).not.toEqual(foldRows(data, 3, 2));
  });

  it("of windows tests a stretch of each series, and none overlaps what is learned from", () => {
    // series p: windows of 4 at 0, 2, ..., 10; series q: at 0, 4, 8: of two folds the second tests 6, 8, 10 and 8
    const two = windowsOf([
      [0, 2, 4, 6, 8, 10],
      [0, 4, 8],
    ]);
    const starts = (rows: readonly number[]): number[] => rows.map((r) => two.spans?.start[r] ?? -1);
    const [, second] = foldRows(two, 2, 0);
    expect([starts(second.train), starts(second.test)]).toEqual([
      [0, 2, 0, 4],
      [6, 8, 10, 8],
    ]);
    const line = fc.uniqueArray(fc.nat(300), { minLength: 20, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 2, max: 4 }),
        (lists, folds) => {
          const data = windowsOf(lists);
          const parts = foldRows(data, folds, 0);
          expect(sorted(parts.flatMap((p) => p.test))).toEqual(all(data.rows));
          const { series, start } = data.spans ?? { series: [], start: [] };
          const overlap = (a: number, b: number): boolean =>
            series[a] === series[b] && Math.abs(start[a] - start[b]) < 4;
          for (const { train, test } of parts)
            expect(train.filter((a) => test.some((b) => overlap(a, b)))).toEqual([]);
        },
      ),
    );
  });

  it.each([
    [
      windowsOf([[0, 1]]),
      2,
      { by: "class" },
      "rows has windows, which overlap those beside them; split them by time, or by group",
    ],
    [rowsOf([0, 1]), 1, {}, "folds is 1; it is a whole number of at least 2"],
    [rowsOf([0, 1]), 3, {}, "rows has 2 rows; 3 folds want as many; give fewer folds"],
    [
      values(9),
      3,
      { by: "time" },
      "folds and a split by time exclude each other: a fold would learn from what comes after it",
    ],
    [
      rowsOf([0, 1, 0, 1], letters("x x y y")),
      3,
      {},
      "the rows are of 2 groups; 3 folds by group wants at least 3",
    ],
    [rowsOf([0, 0, 0, 1]), 2, {}, 'the split leaves no row of class "b" to learn from'],
  ] as const)("refuses %#", (data, folds, rule, message) => {
    expect(() => foldRows(data, folds, 0, rule)).toThrow(message);
  });
});
