import { describe, expect, it } from "vitest";
import { parseDataset } from "../../src/data/read.ts";
import { InputError } from "../../src/training/errors.ts";
import { hasShared, sharedFile, skipNote } from "./shared.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const TOY = "@classLabel true a b\n@data\n1,2:a\n3,4:b\n";

describe("parseDataset", () => {
  it("names a data set by its file, without folders, ending and the mark of its part", () => {
    const nameOf = (file: string) => parseDataset(utf8(TOY), file).name;
    expect(nameOf("GunPoint_TRAIN.ts")).toBe("GunPoint");
    expect(nameOf("a_TEST/b.c/Gun.Point_test.ts")).toBe("Gun.Point");
    expect(nameOf("C:\\data\\x_TRAIN_2.ts")).toBe("x_TRAIN_2");
    expect(nameOf("_TRAIN.ts")).toBe("_TRAIN");
  });

  it("tells a time-series file by its content, whatever its ending", () => {
    expect(parseDataset(utf8(TOY.replaceAll("\n", "\r\n")), "toy.txt").rows).toBe(2);
  });

  it.each<[string, string, Uint8Array]>([
    ["x.ts", "the file is empty", new Uint8Array(0)],
    ["x.ts.gz", "the file is gzip", new Uint8Array([0x1f, 0x8b, 8])],
    ["x.npz", "the file is a zip archive (as .npz and .xlsx are)", utf8("PK\u0003\u0004")],
    ["x.npy", "the file is a NumPy array (.npy)", new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59])],
    ["x.ts", "the file is UTF-16 text", new Uint8Array([0xff, 0xfe, 0x40, 0])],
    ["video.ts", "the file is binary", new Uint8Array([0x47, 0x40, 0, 0x10])],
    ["x.arff", "the file is ARFF", utf8("@RELATION Plane\n@ATTRIBUTE a NUMERIC\n@DATA\n1\n")],
    [
      "x.csv",
      'the file has no "@data" line, no tabs between numbers, and does not end in .ts or .tsv',
      utf8("a,b\n1,2\n"),
    ],
    [
      "big.ts",
      "the file has 536870912 bytes, more than the 536870888 that are read at once",
      new Uint8Array(2 ** 29),
    ],
  ])("refuses %s: %s", (file, what, bytes) => {
    expect(() => parseDataset(bytes, file)).toThrow(
      new InputError(
        `${file}: ${what}; UCR/UEA time-series .ts and .tsv files are what is supported; convert it to one`,
      ),
    );
  });

  it("says what TypeScript source lacks", () => {
    expect(() => parseDataset(utf8("@Relation()\nexport class A {}\n"), "a.ts")).toThrow(
      'a.ts:2: "export class A {}" comes before "@data"; a time-series .ts file begins with lines such as ' +
        '"@problemName NAME" and has "@data" before its rows; give such a file (TypeScript source ends in .ts too)',
    );
  });
});

describe.skipIf(!hasShared)(`published .ts files ${skipNote}`, () => {
  it.each<[string, number, number, number, number, string]>([
    ["ArrowHead", 36, 175, 1, 251, "0 1 2"],
    ["BasicMotions", 40, 40, 6, 100, "Standing Running Walking Badminton"],
    ["FaceFour", 24, 88, 1, 350, "1 2 3 4"],
    ["GunPoint", 50, 150, 1, 150, "1 2"],
    ["ItalyPowerDemand", 67, 1029, 1, 24, "1 2"],
    ["PickupGestureWiimoteZ_eq", 50, 50, 1, 361, "1 10 2 3 4 5 6 7 8 9"],
    ["Plane", 105, 105, 1, 144, "1 2 3 4 5 6 7"],
    ["SyntheticControl", 300, 300, 1, 60, "1 2 3 4 5 6"],
  ])("%s has %i and %i rows of %i x %i", (name, train, test, channels, length, classes) => {
    for (const [part, rows] of [
      ["TRAIN", train],
      ["TEST", test],
    ] as const) {
      const file = `${name}_${part}.ts`;
      const data = parseDataset(sharedFile(`${name.replace("_eq", "")}/${file}`), file);
      expect([data.name, data.rows, data.channels, data.length]).toEqual([name, rows, channels, length]);
      expect(data.series).toHaveLength(rows * channels * length);
      expect(data.classes.join(" ")).toBe(classes);
      expect(new Set(data.labels).size).toBe(data.classes.length);
    }
  });

  it("GunPoint's first row begins and ends as its file does", () => {
    const { series, labels, classes } = parseDataset(
      sharedFile("GunPoint/GunPoint_TRAIN.ts"),
      "GunPoint_TRAIN.ts",
    );
    expect([...series.subarray(0, 3)]).toEqual([-0.6478854, -0.64199155, -0.63818632]);
    expect(classes[labels[0]]).toBe("2");
  });

  it("says what is not supported yet", () => {
    expect(() =>
      parseDataset(sharedFile("PickupGestureWiimoteZ/PickupGestureWiimoteZ_TRAIN.ts"), "P.ts"),
    ).toThrow(
      "P.ts:111: @equalLength is false; series of unequal length are not supported yet; cut or pad them to one length",
    );
    expect(() => parseDataset(sharedFile("Covid3Month/Covid3Month_TRAIN.ts"), "C.ts")).toThrow(
      "C.ts:12: @targetLabel is true; regression targets are not supported yet; give classes instead",
    );
  });
});
