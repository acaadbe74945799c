import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDataset } from "../../src/readers/read.ts";
import { parseColumns } from "../../src/readers/columnsFile.ts";
import { InputError } from "../../src/data/errors.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

const parseTsv = (text: string, file: string) => parseColumns(text, file, "tabs");

function refusal(text: string): string {
  try {
    parseTsv(text, "dir/toy.tsv");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}
const LAST = " (it is the last row: is the file cut short?)";
const DECIMALS =
  "values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none";

describe("parseColumns", () => {
  it("reads a label and values a line, with blank lines, CRLF, spaces and a byte-order mark", () => {
    const toy = parseTsv("\ufeff2\t1\t-2.5\t+3e2\r\n\r\n 1 \t .5\t5.\t-0\r\n", "x/Toy_TRAIN.tsv");
    expect(toy.name).toBe("Toy");
    expect([toy.rows, toy.channels, toy.length]).toEqual([2, 1, 3]);
    expect([...toy.series]).toEqual([1, -2.5, 300, 0.5, 5, -0]);
    expect(toy.classes).toEqual(["1", "2"]);
    expect([...toy.labels]).toEqual([1, 0]);
    expect(toy.targets).toHaveLength(0);
  });

  it("takes NaN inside a row for a missing value, at its end for a shorter row, and the columns for the length", () => {
    const toy = parseTsv("1\t5\tNaN\t6\tNaN\n1\tnan\t7\t?\t?\n", "toy.tsv");
    expect([toy.rows, toy.length]).toEqual([2, 4]);
    expect([...(toy.lengths ?? [])]).toEqual([3, 2]);
    expect([...toy.series]).toEqual([5, NaN, 6, NaN, NaN, 7, NaN, NaN]);
    expect(parseTsv("1\tNaN\t6\n", "toy.tsv").lengths).toBeUndefined();
  });

  it("reads blanks between columns, and 6.0000000e+00 as class 6", () => {
    const toy = parseDataset(
      utf8("   6.0e+00   1.5e+00  2\n 1.0000000e+01\t 3 4 \n-1.5 5 6"),
      "Toy_TRAIN.txt",
    );
    expect(toy.classes).toEqual(["-1.5", "6", "10"]);
    expect([...toy.series]).toEqual([1.5, 2, 3, 4, 5, 6]);
    expect(() => parseDataset(utf8("1 2 x\n1 2 3\n"), "toy.txt")).toThrow(
      new InputError(`toy.txt:1: column 3 is "x"; ${DECIMALS}`),
    );
  });

  it("orders numeric classes by value, others by their units", () => {
    expect(parseTsv("10\t1\n-1\t1\n2\t1\n10\t1", "a.tsv").classes).toEqual(["-1", "2", "10"]);
    expect(parseTsv("b\t1\n10\t1\nB\t1", "a.tsv").classes).toEqual(["10", "B", "b"]);
  });

  it.each([
    [
      "1\tNaN\t?\n1\t2\t3\n",
      "1: every value of the row is missing; a row has at least one; leave the row out",
    ],
    ["1\t2\t\n1\t2\t3", "1: column 3 is empty; a missing value is written ? or NaN; write one of them"],
    ["1\t2\t3\n1\tx\t3\n1\t2\t3", `2: column 2 is "x"; ${DECIMALS}`],
    ["1\t2\t0x10", `1: column 3 is "0x10"; ${DECIMALS}${LAST}`],
    ["1\t2,5\t3\n1\t2\t3", `1: column 2 is "2,5"; ${DECIMALS}`],
    ["1\t\u001b[2J\t3\n1\t2\t3", `1: column 2 is "\\u001b[2J"; ${DECIMALS}`],
    [
      "1\t1e999\n1\t2",
      '1: column 2 is "1e999", which is not finite; values are finite (up to 1.8e308); correct it, or write ? or NaN where there is none',
    ],
    [
      "1\tInf\n1\t2",
      '1: column 2 is "Inf", which is not finite; values are finite (up to 1.8e308); correct it, or write ? or NaN where there is none',
    ],
    [
      "1\t2\t3\n\n1\t2\n",
      `3: the row has 1 value, but line 1 has 2; all rows have the same columns, NaN after the end of a shorter one; complete the row, or leave it out${LAST}`,
    ],
    [
      "1\t2\n1\t2\t3\n1\t2",
      "2: the row has 2 values, but line 1 has 1; all rows have the same columns, NaN after the end of a shorter one; complete the row, or leave it out",
    ],
    [
      "1 2 3\n1\t2",
      '1: the row has no tab: "1 2 3"; a row is a label, a tab, and values with tabs between them; correct it or give another file',
    ],
    [
      "\t2\t3\n1\t2\t3",
      '1: column 1 is "", no class label; a row begins with its label; the file has no header line; add it, or leave the row out',
    ],
    [
      "1\t2\nNaN\t2\n1\t2",
      '2: column 1 is "NaN", no class label; a row begins with its label; add it, or leave the row out',
    ],
    ["", "1: the file has no row; a data set has at least one; give a file that has rows"],
    [" \n\t\n", "3: the file has no row; a data set has at least one; give a file that has rows"],
  ])("refuses what is not right: %#", (text, message) => {
    expect(refusal(text)).toBe(`dir/toy.tsv:${message}`);
  });

  it("reads what it wrote, whatever the values", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const rows = fc
      .integer({ min: 1, max: 5 })
      .chain((n) =>
        fc.array(fc.tuple(fc.integer(), fc.array(value, { minLength: n, maxLength: n })), { minLength: 1 }),
      );
    fc.assert(
      fc.property(rows, (given) => {
        const toy = parseTsv(given.map(([label, x]) => [label, ...x].join("\t")).join("\n"), "a.tsv");
        expect(Array.from(toy.labels, (k) => Number(toy.classes[k]))).toEqual(given.map(([label]) => label));
        expect([...toy.series]).toEqual(given.flatMap(([, x]) => x.map((v) => Number(String(v)))));
      }),
    );
  });

  it("fails with InputError alone, in one line, on any text", () => {
    const piece = fc.constantFrom("1", "-2.5", "NaN", "\t", "\n", "\r", "a", "@data", " ", "\u0000", "1e9");
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        const message = refusal(pieces.join(""));
        expect(message).toMatch(/^(accepted|dir\/toy\.tsv:\d+: .*)$/);
      }),
    );
  });

  it("is told by its ending, and by its content where the ending says nothing", () => {
    expect(parseDataset(utf8("1\t2\t3\n2\t4\t5\n"), "Toy_TEST.txt").rows).toBe(2);
    expect(() => parseDataset(utf8("label\tvalue\n1\t2\n"), "toy.tsv")).toThrow(
      new InputError(
        'toy.tsv:1: column 2 is "value", as in a header, and these files have none; name its columns to read it as a table (--label, --time or --channels)',
      ),
    );
  });

  it.each([
    ["UCI HAR's signals", 60, 60, (row: number) => (Math.sin(row) / 7).toFixed(9)],
    ["a few of them", 3, 3, (row: number) => (0.5 + row).toExponential(7)],
    ["whole numbers that count", 40, 40, (row: number) => String(row)],
    ["nearly all alone", 40, 37, (row: number) => `row${Math.min(row, 37)}`],
  ])("refuses a first column that is no class: %s", (_, rows, ones, first) => {
    const text = Array.from({ length: rows }, (_none, row) => `${first(row)} 1.5 2.5`).join("\n");
    expect(() => parseColumns(text, "x.txt", "blanks")).toThrow(
      new RegExp(
        `^x\\.txt: column 1 is the class, and ${ones} of ${rows} rows have one of their own \\(".*" in the first row\\); ` +
          "rows begin with their class; of signals without one give the folder that holds y_train.txt ",
      ),
    );
  });

  it.each([
    ["few rows that each have a class", ["1 2 3", "2 3 4", "3 4 5"]],
    ["classes that are fractions and come again", ["0.5 2 3", "1.5 3 4", "0.5 4 5"]],
    ["text", ["a 2 3", "b 3 4", "c 4 5"]],
  ])("takes %s", (_, lines) => {
    expect(parseColumns(lines.join("\n"), "x.txt", "blanks").rows).toBe(3);
  });
});
