import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTs } from "../../src/readers/tsFile.ts";
import { InputError } from "../../src/data/errors.ts";

const HEADER = ["@problemName toy", "@timeStamps false", "@univariate true", "@classLabel true a b", "@data"];
const file = (...rows: string[]) => [...HEADER, ...rows].join("\n");

function refusal(text: string): string {
  try {
    parseTs(text, "dir/toy.ts");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}
const LAST = " (it is the last row: is the file cut short?)";

describe("parseTs", () => {
  it("reads one channel, with comments, blank lines, CRLF, spaces and a byte-order mark", () => {
    const lines = ["\ufeff# about", "", "@ClassLabel TRUE b a", "@UNIVARIATE true", "  @DATA", "# rows"];
    const toy = parseTs([...lines, " 1, -2.5 ,+3e2:a ", "", ".5,5.,-0:b", ""].join("\r\n"), "x/Toy_TRAIN.ts");
    expect(toy.name).toBe("Toy");
    expect([toy.rows, toy.channels, toy.length]).toEqual([2, 1, 3]);
    expect([...toy.series]).toEqual([1, -2.5, 300, 0.5, 5, -0]);
    expect(toy.classes).toEqual(["b", "a"]);
    expect([...toy.labels]).toEqual([1, 0]);
    expect(toy.targets).toHaveLength(0);
  });

  it("reads channels separated by colons, without @dimensions or @seriesLength", () => {
    const toy = parseTs(
      "@univariate false\n@classLabel true up down\n@data\n1,2:3,4:up\n5,6:7,8:down\n",
      "toy.ts",
    );
    expect([toy.rows, toy.channels, toy.length]).toEqual([2, 2, 2]);
    expect([...toy.series]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("keeps the header's classes where a test file has rows of one class only", () => {
    const toy = parseTs(file("1,2:b", "3,4:b"), "toy_TEST.ts");
    expect(toy.classes).toEqual(["a", "b"]);
    expect([...toy.labels]).toEqual([1, 1]);
  });

  it("reads rows of unequal length, NaN after a shorter one's end", () => {
    const toy = parseTs(file("1,2,3:a", "4:b", "5,6:a"), "toy.ts");
    expect([toy.rows, toy.channels, toy.length]).toEqual([3, 1, 3]);
    expect([...(toy.lengths ?? [])]).toEqual([3, 1, 2]);
    expect([...toy.series]).toEqual([1, 2, 3, 4, NaN, NaN, 5, 6, NaN]);
  });

  it("takes @seriesLength for the longest where @equalLength is false, and holds all rows to one length where it is true", () => {
    const rows = "@classLabel true a\n@data\n1,2:a\n3:a";
    expect([...(parseTs(`@equalLength false\n@seriesLength 2\n${rows}`, "t.ts").lengths ?? [])]).toEqual([
      2, 1,
    ]);
    expect(refusal(`@equalLength true\n${rows}\n1,2:a`)).toBe(
      "dir/toy.ts:5: the row has 1 value, but line 4 has 2; @equalLength is true; complete the row, or write @equalLength false",
    );
  });

  it("reads missing values as NaN, ? and NaN in any case, at the end of a row too", () => {
    const toy = parseTs(file("1,?,3,nan:a", "?,NaN,2,3:b"), "toy.ts");
    expect([...toy.series]).toEqual([1, NaN, 3, NaN, NaN, NaN, 2, 3]);
    expect(toy.lengths).toBeUndefined();
  });

  it("reads targets where @targetLabel is true, keys in lower case too", () => {
    const toy = parseTs("@univariate true\n@targetlabel true\n@data\n1,2:0.5\n3,4:-1e3\n", "toy.ts");
    expect([...toy.targets]).toEqual([0.5, -1000]);
    expect([toy.classes, toy.labels.length]).toEqual([[], 0]);
    expect(refusal("@targetlabel true\n@data\n1,2:x\n3,4:1\n")).toBe(
      'dir/toy.ts:3: the target is "x"; @targetLabel is true and targets are finite decimal numbers; correct it, or leave the row out',
    );
  });

  it("reads values with time stamps in the order of the file", () => {
    const toy = (...rows: string[]) =>
      ["@timeStamps true", "@classLabel true a b", "@data", ...rows].join("\n");
    const two = parseTs(
      toy(
        "(0,1),(1.5,2):(2007-01-31 00:00:00,3), (2007-01-31 00:00:00.5 , ?):a",
        "(-1,5):(2007-02-28T23:59,6):b",
      ),
      "toy.ts",
    );
    expect([two.rows, two.channels, two.length]).toEqual([2, 2, 2]);
    expect([...two.series]).toEqual([1, 2, 3, NaN, 5, NaN, 6, NaN]);
    expect([...two.labels]).toEqual([0, 1]);
    const after = (row: string): string => refusal(toy(row, "(0,1):a"));
    const FORM = "with @timeStamps true a value is (time,value); correct it, or leave the row out";
    expect(after("(0,1),(0,2):a")).toBe(
      'dir/toy.ts:4: dimension 1, value 2 has the time "0" after "0"; times ascend; sort the row or correct it',
    );
    expect(after("(0,1),(2007-01-31,2):a")).toMatch(/has the time "2007-01-31" after "0"; times ascend/);
    expect(after("(2007-02-31,1):a")).toBe(
      'dir/toy.ts:4: dimension 1, value 1 has the time "2007-02-31"; times are numbers or dates such as 2007-01-31 00:00:00; correct it, or leave the row out',
    );
    expect(after("1,2:a")).toBe(`dir/toy.ts:4: dimension 1, value 1 begins "1,2:a"; ${FORM}`);
    expect(after("(1):a")).toBe(`dir/toy.ts:4: dimension 1, value 1 is "(1)"; ${FORM}`);
    expect(after("(1,2:a")).toBe(`dir/toy.ts:4: dimension 1, value 1 begins "(1,2:a"; ${FORM}`);
    expect(after("(1,x):a")).toBe(
      'dir/toy.ts:4: dimension 1, value 1 is "x"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none',
    );
    expect(after("(1,2)")).toBe(
      'dir/toy.ts:4: the row has no class label; a row ends with ":LABEL"; add it, or leave the row out',
    );
  });

  it.each([
    [
      "comments of ARFF",
      "%# cut down\n% for tests\n%\n@problemName P\n@classLabel true a B\n% half way\n@data\n% rows\n1,2:a\n3,4:B\n",
    ],
    ["upper case", "@PROBLEMNAME P\n@TIMESTAMPS FALSE\n@CLASSLABEL TRUE a B\n\n@DATA\n1,2:a\n\n3,4:B\n"],
    ["tabs and blank lines", "\n\n@problemname\tP\n@classlabel\ttrue\ta\tB\n@Data\t\n\n1,2:a\n\n\n3,4:B"],
  ])("reads headers as aeon and sktime do: %s", (_, text) => {
    const toy = parseTs(text, "toy.ts");
    expect([toy.classes, [...toy.labels], [...toy.series], toy.notes]).toEqual([
      ["a", "B"],
      [0, 1],
      [1, 2, 3, 4],
      undefined,
    ]);
  });

  it("takes a label of another letter case for its class, as sktime does, and says so", () => {
    const toy = parseTs("@classLabel true Up Down\n@data\n1,2:up\n3,4:DOWN\n5,6:Up\n", "toy.ts");
    expect([...toy.labels]).toEqual([0, 1, 0]);
    expect(toy.notes).toEqual([
      'toy.ts:3: the label "up" is taken for the header\'s class of another letter case, and so are 1 more',
    ]);
    const two = "@classLabel true up UP\n@data\n";
    expect([...parseTs(`${two}1:UP\n2:up`, "toy.ts").labels]).toEqual([1, 0]);
    expect(refusal(`${two}1:Up\n2:up`)).toMatch(
      /^dir\/toy.ts:3: the label is "Up", which is not in @classLabel \("up", "UP"\)/,
    );
  });

  it.each([
    ["@classLabel false", "@classLabel false\n@data\n1,2:3,4\n5,6:7,8\n", undefined],
    [
      "time stamps",
      "@timestamps TRUE\n@classLabel FALSE\n@data\n(0,1),(1,2):(0,3),(1,4)\n(0,5),(1,6):(0,7),(1,8)\n",
      undefined,
    ],
    ["? for every class", "@classLabel true a b\n@data\n1,2:3,4:?\n5,6:7,8:?\n", "class"],
    ["? for every target", "@targetLabel true\n@data\n1,2:3,4:?\n5,6:7,8:?\n", "target"],
  ])("reads rows without an answer: %s", (_, text, what) => {
    const toy = parseTs(text, "toy.ts");
    expect([toy.answers, toy.channels, [...toy.series]]).toEqual([
      { kind: "none" },
      2,
      [1, 2, 3, 4, 5, 6, 7, 8],
    ]);
    expect(toy.notes).toEqual(
      what && [`toy.ts: the ${what} of every row is ?: rows have no answer, and can be predicted`],
    );
  });

  it("rounds each value to the nearest f64", () => {
    const toy = parseTs(file("0.1,-1.7976931348623157e308,4.9e-324,9007199254740993:a"), "toy.ts");
    expect([...toy.series]).toEqual([0.1, -Number.MAX_VALUE, Number.MIN_VALUE, 9007199254740992]);
  });

  it("reads a file of 10 MB", () => {
    const row = Array.from({ length: 1000 }, (_, i) => (i / 7).toFixed(7)).join(",");
    const text = file(...Array.from({ length: 930 }, (_, i) => `${row}:${i % 2 ? "a" : "b"}`));
    expect(text.length).toBeGreaterThan(1e7);
    const { rows, series } = parseTs(text, "toy.ts");
    expect([rows, series.length, series[929_999]]).toEqual([930, 930_000, 142.7142857]);
  });

  it.each([
    [
      file("1,2:a", "1,x2:b", "1,2:a"),
      '7: column 2 is "x2"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none',
    ],
    [
      file("1,2:a", "0x10,2:b", ""),
      `7: column 1 is "0x10"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none${LAST}`,
    ],
    [
      file("1_0,2:b"),
      `6: column 1 is "1_0"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none${LAST}`,
    ],
    [
      file("1 0,2:b"),
      `6: column 1 is "1 0"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none${LAST}`,
    ],
    [
      file("(1,2),(2,3):b"),
      `6: column 1 is "(1"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none${LAST}`,
    ],
    [
      file("1,\u0000\ufffd\u2028\u001b[2J:a"),
      `6: column 2 is "\\u0000�\\u2028\\u001b[2J"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none${LAST}`,
    ],
    [
      file(`1,${"z".repeat(99)}:a`),
      `6: column 2 is "${"z".repeat(40)}…"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none${LAST}`,
    ],
    [file("1,:a", "1,2:a"), "6: column 2 is empty; a missing value is written ? or NaN; write one of them"],
    [
      file("1,1e999:a", "1,2:a"),
      '6: column 2 is "1e999", which is not finite; values are finite (up to 1.8e308); correct it, or write ? or NaN where there is none',
    ],
    [
      file("1,-Infinity:a", "1,2:a"),
      '6: column 2 is "-Infinity", which is not finite; values are finite (up to 1.8e308); correct it, or write ? or NaN where there is none',
    ],
    [
      file("1,2,3:a", "1,2"),
      `7: the row has no class label; a row ends with ":LABEL"; add it, or leave the row out${LAST}`,
    ],
    [
      file("1,2,3:a", "1,2,3:", "1,2,3:b"),
      '7: the row has no class label; a row ends with ":LABEL"; add it, or leave the row out',
    ],
    [
      file("1,2:a", "1,2:c", "1,2:b"),
      '7: the label is "c", which is not in @classLabel ("a", "b"); the header names every class; correct the label or the header',
    ],
    [
      file("1,2:3,4:a"),
      `6: the row has 2 dimensions before its label "a", but the header says 1; all rows have the same dimensions, separated by ":"; complete the row, or leave it out${LAST}`,
    ],
    [file(), '5: no row follows "@data"; a data set has at least one; give a file that has rows'],
    [
      file("", "# none", ""),
      '8: no row follows "@data"; a data set has at least one; give a file that has rows',
    ],
  ])("refuses a row that is not right: %#", (text, message) => {
    expect(refusal(text)).toBe(`dir/toy.ts:${message}`);
  });

  it.each([
    [
      "1,2:3,4:5,6:a",
      '4: the row has 3 dimensions before its label "a", but the header says 2; all rows have the same dimensions, separated by ":"; complete the row, or leave it out',
    ],
    [
      "1,2:3,4",
      '4: the row has 1 dimension before its label "3,4", but the header says 2; all rows have the same dimensions, separated by ":"; complete the row, or leave it out',
    ],
    [
      "1,2:3:a",
      "4: dimension 2 has 1 value, but dimension 1 of the row has 2; the dimensions of a row have one length; complete the row, or leave it out",
    ],
    [
      "1,2:3,b:a",
      '4: dimension 2, column 2 is "b"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none',
    ],
  ])("names the dimension of a row of several: %s", (row, message) => {
    expect(refusal(`@dimensions 2\n@classLabel true a\n@data\n${row}\n1,2:3,4:a`)).toBe(
      `dir/toy.ts:${message}`,
    );
  });

  it("holds rows to the @seriesLength of the header", () => {
    expect(refusal("@seriesLength 1000000000\n@classLabel true a\n@data\n1,2:a\n1,2:a")).toBe(
      "dir/toy.ts:4: the row has 2 values, but the header says 1000000000; " +
        "@seriesLength is that of every row; complete the row, or write @equalLength false",
    );
  });

  const SOURCE =
    'comes before "@data"; a time-series .ts file begins with lines such as "@problemName NAME" ' +
    'and has "@data" before its rows; give such a file (TypeScript source ends in .ts too)';
  const LABELS = 'write "@classLabel true NAME NAME" and end each row with ":NAME"';
  it.each([
    ['import { x } from "./x.ts";\n', `1: "import { x } from \\"./x.ts\\";" ${SOURCE}`],
    ["# one\n\u0000\u0001\ufffd\n", `2: "\\u0000\\u0001�" ${SOURCE}`],
    ["1,2,3:a\n", `1: "1,2,3:a" ${SOURCE}`],
    [
      "@Component\n",
      '2: the file ends without "@data"; a time-series .ts file has "@data" before its rows; give such a file (TypeScript source ends in .ts too)',
    ],
    [
      "",
      '1: the file ends without "@data"; a time-series .ts file has "@data" before its rows; give such a file (TypeScript source ends in .ts too)',
    ],
    [
      "@data\n1,2:a",
      `1: no @classLabel before "@data"; it says what rows end with; ${LABELS} (of a regression: @targetLabel true; of rows to predict: @classLabel false)`,
    ],
    [
      "@targetLabel true\n@classLabel true a\n@data\n",
      "1: @targetLabel is true and @classLabel is too; rows end with one of them; leave the other out",
    ],
    [
      "@classLabel false\n@univariate true\n@data\n1,2:3\n1,2",
      '4: the row has 2 dimensions, but the header says 1; all rows have the same dimensions, separated by ":"; complete the row, or leave it out; with @classLabel false rows end without a label',
    ],
    [
      "@classLabel false\n@timeStamps true\n@data\n(0,1):a\n(0,1)",
      '4: the row ends with "a"; @classLabel is false, so it ends with its values; correct one of them',
    ],
    [
      "@classLabel true a b\n@data\n1,2:?\n1,2:b\n1,2:a",
      '4: the label is "b", but line 3 has "?"; every row has a class, or none has and they can be predicted; complete the label, or leave the row out',
    ],
    [
      "@targetLabel true\n@data\n1,2:1\n1,2:?\n1,2:3",
      '4: the target is "?", but that of line 3 is there; every row has one, or none has and they can be predicted; complete the target, or leave the row out',
    ],
    ["@classLabel a b\n@data\n1,2:a", `1: @classLabel is "a"; true or false comes first; ${LABELS}`],
    [
      "@classLabel true\n@data\n1,2:a",
      `1: @classLabel names no class; true is followed by the classes; ${LABELS}`,
    ],
    [
      "@classLabel true a b a\n@data\n",
      '1: @classLabel names the class "a" twice; each class has one name; delete one',
    ],
    ["@missing maybe\n@data\n", '1: @missing is "maybe"; it takes true or false; write one of them'],
    ["@seriesLength 1e3\n@data\n", '1: @seriesLength is "1e3"; it takes a whole number from 1; write one'],
    [
      "@univariate true\n@dimension 3\n@data\n",
      "2: @dimensions is 3; @univariate true means 1; correct one of them",
    ],
    [
      "@missing false\n@MISSING false\n@data\n",
      '2: "@MISSING" is given again; line 1 has it already; delete one',
    ],
  ])("refuses a header that is not right: %#", (text, message) => {
    expect(refusal(text)).toBe(`dir/toy.ts:${message}`);
  });

  it("throws nothing but one line of InputError, with file and line, on any change to a file", () => {
    const whole = `${HEADER.join("\n")}\n1,2.5,3:a\n-4,5e-1,6:b\n`;
    const edit = fc.tuple(fc.nat(whole.length), fc.nat(5), fc.string({ unit: "binary", maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const text = edits.reduce(
          (all, [at, gone, put]) => all.slice(0, at) + put + all.slice(at + gone),
          whole,
        );
        expect(refusal(text)).toMatch(
          /^(accepted|dir\/toy\.ts:\d+: [^\n\r\u2028\u2029]+; [^\n\r\u2028\u2029]+; [^\n\r\u2028\u2029]+)$/,
        );
      }),
      { numRuns: 3000 },
    );
  });
});
