import { describe, expect, it } from "vitest";
import { parseDataset } from "../../src/readers/read.ts";
import { InputError } from "../../src/data/errors.ts";

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
    ["x.ts", "the file is UTF-16 text", new Uint8Array([0xff, 0xfe, 0x40, 0])],
    ["video.ts", "the file is binary", new Uint8Array([0x47, 0x40, 0, 0x10])],
    [
      "x.csv",
      'the file has no "@data" line and no label and numbers with tabs or blanks between in its first',
      utf8("a,b\n1,2\n"),
    ],
    [
      "big.ts",
      "the file has 536870912 bytes, more than the 536870888 that are read at once",
      new Uint8Array(2 ** 29),
    ],
  ])("refuses %s: %s", (file, what, bytes) => {
    expect(() => parseDataset(bytes, file)).toThrow(
      new InputError(`${file}: ${what}; docs/data.md lists the formats that are read; convert it to one`),
    );
  });

  it("says what TypeScript source lacks", () => {
    expect(() => parseDataset(utf8("@Relation()\nexport class A {}\n"), "a.ts")).toThrow(
      'a.ts:2: "export class A {}" comes before "@data"; a time-series .ts file begins with lines such as ' +
        '"@problemName NAME" and has "@data" before its rows; give such a file (TypeScript source ends in .ts too)',
    );
  });
});
