/** Every published set that some machines keep beside the repository, with the shape that its source says. */
import { describe, expect, it } from "vitest";
import { parseDataset } from "../../src/data/read.ts";
import type { Dataset } from "../../src/training/dataset.ts";
import { hasShared, sharedFile, skipNote } from "./shared.ts";

const read = (path: string): Dataset => parseDataset(sharedFile(path), path.slice(path.lastIndexOf("/") + 1));
const missing = ({ series, rows, channels, length, lengths }: Dataset): number =>
  Array.from({ length: rows * channels }, (_, i) => {
    const end = lengths?.[Math.floor(i / channels)] ?? length;
    return series.subarray(i * length, i * length + end).filter(Number.isNaN).length;
  }).reduce((a, b) => a + b, 0);
const counting = (classes: number): string => Array.from({ length: classes }, (_, k) => k + 1).join(" ");

describe.skipIf(!hasShared)(`published sets of one length ${skipNote}`, () => {
  it.each<[string, string, number, number, number, number, string]>([
    ["ArrowHead", "ts", 36, 175, 1, 251, "0 1 2"],
    ["BasicMotions", "ts", 40, 40, 6, 100, "Standing Running Walking Badminton"],
    ["Covid3Month", "ts", 140, 61, 1, 84, ""],
    ["DodgerLoopDay_adjusted", "tsv", 78, 80, 1, 288, counting(7)],
    ["FaceFour", "ts", 24, 88, 1, 350, counting(4)],
    ["GesturePebbleZ1_adjusted", "tsv", 132, 172, 1, 455, counting(6)],
    ["GunPoint", "ts", 50, 150, 1, 150, "1 2"],
    ["ItalyPowerDemand", "ts", 67, 1029, 1, 24, "1 2"],
    ["PickupGestureWiimoteZ_eq", "ts", 50, 50, 1, 361, "1 10 2 3 4 5 6 7 8 9"],
    ["Plane", "ts", 105, 105, 1, 144, counting(7)],
    ["Plane", "txt", 105, 105, 1, 144, counting(7)],
    ["Plane", "arff", 105, 105, 1, 144, counting(7)],
    ["SwedishLeaf", "tsv", 500, 625, 1, 128, counting(15)],
    ["SyntheticControl", "ts", 300, 300, 1, 60, counting(6)],
    ["Trace", "tsv", 100, 100, 1, 275, counting(4)],
    ["TwoLeadECG", "tsv", 23, 1139, 1, 82, "1 2"],
  ])("%s.%s has %i and %i rows of %i x %i", (name, ending, train, test, channels, length, classes) => {
    for (const [part, rows] of [
      ["TRAIN", train],
      ["TEST", test],
    ] as const) {
      const data = read(`${name.replace(/_.*/, "")}/${name}_${part}.${ending}`);
      expect([data.name, data.rows, data.channels, data.length]).toEqual([name, rows, channels, length]);
      expect(data.series).toHaveLength(rows * channels * length);
      expect(data.lengths).toBeUndefined();
      expect(data.series.every(Number.isFinite)).toBe(true);
      expect(data.classes.join(" ")).toBe(classes);
      expect(new Set(data.labels).size).toBe(data.classes.length);
      expect(data.targets).toHaveLength(classes === "" ? rows : 0);
    }
  });

  it("Plane's three formats hold the same", () => {
    for (const part of ["TRAIN", "TEST"]) {
      const [ts, txt, arff] = ["ts", "txt", "arff"].map((ending) => read(`Plane/Plane_${part}.${ending}`));
      for (const other of [txt, arff]) {
        expect(other.series).toEqual(ts.series);
        expect(other.labels).toEqual(ts.labels);
      }
    }
  });

  it("Covid3Month's first targets are 0 and 0.0776", () => {
    const { targets } = read("Covid3Month/Covid3Month_TRAIN.ts");
    expect([...targets.subarray(0, 2)]).toEqual([0, 0.07758620689655173]);
  });

  it("GunPoint's first row begins as its file does", () => {
    const { series, labels, classes } = read("GunPoint/GunPoint_TRAIN.ts");
    expect([...series.subarray(0, 3)]).toEqual([-0.6478854, -0.64199155, -0.63818632]);
    expect(classes[labels[0]]).toBe("2");
  });
});

describe.skipIf(!hasShared)(`published sets with gaps and unequal lengths ${skipNote}`, () => {
  it.each<[string, string, number, number, number, number]>([
    ["GesturePebbleZ1_TRAIN.tsv", "GesturePebbleZ1", 132, 455, 115, 455],
    ["GesturePebbleZ1_TEST.tsv", "GesturePebbleZ1", 172, 455, 100, 375],
    ["PickupGestureWiimoteZ_TRAIN.ts", "PickupGestureWiimoteZ", 50, 361, 29, 361],
    ["PickupGestureWiimoteZ_TEST.ts", "PickupGestureWiimoteZ", 50, 324, 37, 324],
  ])("%s has rows of unequal length, without gaps", (file, name, rows, length, shortest, longest) => {
    const data = read(`${name}/${file}`);
    expect([data.name, data.rows, data.channels, data.length]).toEqual([name, rows, 1, length]);
    const lengths = [...(data.lengths ?? [])].sort((a, b) => a - b);
    expect([lengths[0], lengths.at(-1)]).toEqual([shortest, longest]);
    expect(missing(data)).toBe(0);
    const values = data.series.filter((x) => !Number.isNaN(x)).length;
    expect(values).toBe(lengths.reduce((a, b) => a + b, 0));
  });

  it("DodgerLoopDay has 78 and 80 rows of 288, of which 236 and 101 values are missing", () => {
    const [train, test] = ["TRAIN", "TEST"].map((part) => read(`DodgerLoopDay/DodgerLoopDay_${part}.tsv`));
    expect([train.rows, test.rows, train.length, test.length]).toEqual([78, 80, 288, 288]);
    expect([missing(train), missing(test)]).toEqual([236, 101]);
    expect([train.lengths, test.lengths]).toEqual([undefined, undefined]);
  });
});
