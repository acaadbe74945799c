/** Every published set that some machines keep beside the repository, with the shape that its source says. */
import { describe, expect, it } from "vitest";
import { mnist1d } from "../../src/data/mnist1d.ts";
import { parseDataset } from "../../src/readers/read.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { readParts } from "../../src/node.ts";
import { hasShared, sharedFile, sharedPath, skipNote } from "../data/shared.ts";

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

describe.skipIf(!hasShared)(`published arrays and recordings ${skipNote}`, () => {
  it("Trace.npz holds what Trace's two .tsv files do, to 5e-5", async () => {
    const { train, test } = await readParts(sharedPath("Trace/Trace.npz"));
    for (const [part, data] of [
      ["TRAIN", train],
      ["TEST", test],
    ] as const) {
      const tsv = read(`Trace/Trace_${part}.tsv`);
      expect([data?.rows, data?.channels, data?.length]).toEqual([100, 1, 275]);
      expect([data?.classes, data?.labels]).toEqual([tsv.classes, tsv.labels]);
      const apart = tsv.series.map((x, i) => Math.abs(x - (data?.series[i] ?? NaN)));
      expect(Math.max(...apart)).toBeLessThan(5.0001e-5);
    }
  });

  it("mnist1d's arrays are the 4000 and 1000 rows that the generator makes, to float32", async () => {
    const { train, test } = await readParts(sharedPath("mnist1d/x_train.npy"));
    const made = mnist1d();
    for (const [data, own] of [
      [train, made.train],
      [test, made.test],
    ] as const) {
      expect([data?.rows, data?.channels, data?.length]).toEqual([own.rows, 1, 40]);
      expect([data?.classes, data?.labels]).toEqual([own.classes, own.labels]);
      expect(data?.series.every((x, i) => x === Math.fround(own.series[i]))).toBe(true);
    }
    expect((await readParts(sharedPath("mnist1d"))).train.series).toEqual(train.series);
  });

  it.each([
    ["Normal_DE", 243938],
    ["B_7_DE12_DE", 122571],
    ["B_14_DE12_DE", 121846],
    ["B_21_DE12_DE", 121991],
    ["IR_7_DE12_DE", 121265],
    ["IR_14_DE12_DE", 121846],
    ["IR_21_DE12_DE", 122136],
    ["ORat6_7_DE12_DE", 121991],
    ["ORat6_14_DE12_DE", 121846],
    ["ORat6_21_DE12_DE", 122426],
  ])("cwru_de12's 1797_%s is one recording of %i samples", (name, length) => {
    const data = read(`cwru_de12/1797_${name}.npy`);
    expect([data.rows, data.channels, data.length, data.classes.length]).toEqual([1, 1, length, 0]);
    expect(data.series.every(Number.isFinite)).toBe(true);
  });

  it("fsdd has 50 recordings a digit and speaker, of 1148 to 18262 samples, the middle one 2825", async () => {
    const { train } = await readParts(sharedPath("fsdd"));
    expect([train.name, train.rows, train.channels, train.length]).toEqual(["fsdd", 1500, 1, 18262]);
    expect(train.classes.join(" ")).toBe("0 1 2 3 4 5 6 7 8 9");
    for (const k of train.classes.keys())
      expect(train.labels.filter((label) => label === k)).toHaveLength(150);
    expect(new Set(train.groups)).toEqual(new Set(["nicolas", "theo", "yweweler"]));
    const lengths = [...(train.lengths ?? [])].sort((a, b) => a - b);
    expect([lengths[0], Math.round((lengths[749] + lengths[750]) / 2), lengths[1499]]).toEqual([
      1148, 2825, 18262,
    ]);
  });
});
