import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/data/errors.ts";
import { fromMat, type MatOptions } from "../../src/readers/matData.ts";
import { parseDataset, parseParts } from "../../src/readers/read.ts";
import type { Parts } from "../../src/readers/numpyData.ts";
import { ascii, joined } from "./bytes.ts";
import { mat, type MatArray } from "./signalFiles.ts";

const pack = (data: Uint8Array): Uint8Array => deflateSync(data);
const read = (bytes: Uint8Array, options: MatOptions = {}): Parts => fromMat(bytes, "d/a.mat", options);

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

/** Three rows of two values, columns first as MATLAB has them. */
const X: MatArray = { name: "X", shape: [3, 2], values: [1, 2, 3, 10, 20, 30] };
const y: MatArray = { name: "y", shape: [3, 1], values: [7, 5, 7] };

describe("fromMat", () => {
  it.each([
    ["little-endian", {}],
    ["big-endian", { little: false }],
    ["compressed", { pack }],
    ["big-endian and compressed", { little: false, pack }],
  ])("reads rows and their classes: %s", (_, how) => {
    const { train, test } = read(mat([X, y], how));
    expect([train.name, train.rows, train.channels, train.length, test]).toEqual(["a", 3, 1, 2, null]);
    expect([...train.series]).toEqual([1, 10, 2, 20, 3, 30]);
    expect([train.classes, [...train.labels]]).toEqual([
      ["5", "7"],
      [1, 0, 1],
    ]);
    expect(train.notes).toEqual([
      "d/a.mat, y: y are whole numbers: taken as 2 classes; --answers values for regression",
      "d/a.mat: X (3 x 2 double) is read as 3 rows of 2 values, y (3 x 1 double) as answers",
    ]);
  });

  it.each<[string, Partial<MatArray>]>([
    ["bytes", { stored: 2 }],
    ["int16", { of: 10, stored: 3 }],
    ["int32", { of: 12, stored: 5 }],
    ["single", { of: 7, stored: 7 }],
  ])("reads numbers that are stored as %s", (_, more) => {
    const { train } = read(mat([{ ...X, ...more }, y]));
    expect([...train.series]).toEqual([1, 10, 2, 20, 3, 30]);
  });

  it("reads labels of text, a row each, answers in a row, and targets that are not whole", () => {
    // "ab", "c", "ab" by columns
    const text = { name: "labels", shape: [3, 2], values: [97, 99, 97, 98, 32, 98], of: 4, stored: 4 };
    expect(read(mat([X, text])).train.classes).toEqual(["ab", "c"]);
    const across = read(mat([X, { ...y, shape: [1, 3] }])).train;
    expect([...across.labels]).toEqual([1, 0, 1]);
    const targets = read(mat([X, { ...y, values: [0.5, 1, 2] }])).train;
    expect([targets.answers.kind, ...targets.targets]).toEqual(["values", 0.5, 1, 2]);
  });

  it("reads a vector as one recording with the rate beside it, and says what it left out", () => {
    const { train } = read(
      mat([
        { name: "signal", shape: [4, 1], values: [1, 2, 3, 4] },
        { name: "fs", shape: [1, 1], values: [250] },
        { name: "rpm", shape: [1, 1], values: [1797] },
      ]),
    );
    expect([train.rows, train.length, train.rate]).toEqual([1, 4, 250]);
    expect(train.notes).toEqual([
      "d/a.mat: signal (4 x 1 double) is read as one series; fs as the sampling rate",
      "d/a.mat: variables left out: rpm (1 x 1 double)",
    ]);
  });

  it("wants to be told which of several, and takes the only one whatever it is called", () => {
    const de = { name: "X097_DE_time", shape: [2, 1], values: [1, 2] };
    const fe = { name: "X097_FE_time", shape: [2, 1], values: [3, 4] };
    expect([...read(mat([de])).train.series]).toEqual([1, 2]);
    expect([...read(mat([de, fe]), { variable: "X097_FE_time" }).train.series]).toEqual([3, 4]);
    expect(refusal(() => read(mat([de, fe])))).toBe(
      "d/a.mat: it has 2 variables that could be the series; its variables are X097_DE_time (2 x 1 double), X097_FE_time (2 x 1 double); choose with --variable",
    );
    expect(refusal(() => read(mat([de]), { variable: "de" }))).toBe(
      'd/a.mat: it has no variable "de"; its variables are X097_DE_time (2 x 1 double); name one of them',
    );
  });

  it("reads a training and a test part, and three axes as NumPy's are", () => {
    const { train, test } = read(
      mat([
        { ...X, name: "X_train" },
        { ...y, name: "Y_train" },
        { name: "X_test", shape: [1, 2], values: [8, 9] },
        { name: "Y_test", shape: [1, 1], values: [5] },
      ]),
    );
    expect([train.rows, test?.rows, ...(test?.series ?? [])]).toEqual([3, 1, 8, 9]);
    const cube = { name: "X", shape: [1, 2, 3], values: [1, 2, 3, 4, 5, 6] };
    const own = read(mat([cube]), { axes: "rows,channels,time" }).train;
    expect([own.channels, ...own.series]).toEqual([2, 1, 3, 5, 2, 4, 6]);
  });

  const whole = mat([X, y]);
  const packed = mat([X], { pack });
  it.each<[() => unknown, string]>([
    [
      () => read(joined(ascii("MATLAB 7.3 MAT-file".padEnd(124)), [0, 2], ascii("IM"), new Uint8Array(600))),
      "d/a.mat, byte 0: it is of MATLAB 7.3 (HDF5), which is not read; save it with save(file, '-v7')",
    ],
    [
      () => read(mat([{ ...X, of: 1 }])),
      'd/a.mat, byte 128: the variable "X" is of kind cell; arrays of numbers or text are read; save it as such',
    ],
    [
      () => read(mat([{ ...X, of: 2, name: "val" }])),
      'd/a.mat, byte 128: the variable "val" is of kind struct; arrays of numbers or text are read; save it as such',
    ],
    [
      () => read(mat([X, { ...y, of: 1 }])),
      'd/a.mat, byte 232: the variable "y" is of kind cell; arrays of numbers or text are read; save it as such',
    ],
    [
      () => read(mat([{ ...X, of: 0x0806 }])),
      'd/a.mat, byte 128: the variable "X" is complex; arrays of numbers or text are read; save it as such',
    ],
    [
      () => read(whole.subarray(0, -8)),
      "an element has 72 bytes, but 64 follow; is the file cut short? give it whole",
    ],
    [
      () => read(packed.with(packed.length - 1, packed[packed.length - 1] ^ 1)),
      "d/a.mat, byte 128: a compressed element is damaged (its checksum does not agree); give the file as it was written",
    ],
    [
      () =>
        parseDataset(
          mat([{ name: "X", shape: [2 ** 20, 2], values: Array.from({ length: 2 ** 21 }, () => 0) }], {
            pack,
          }),
          "d/a.mat",
        ),
      "d/a.mat, byte 128: a compressed element is damaged, or the file unpacks to more than 64 times its size; give the file as it was written, or save it with save(file, '-v6')",
    ],
    [
      () => read(mat([{ ...X, shape: [2, 3] }, y])),
      "d/a.mat, X: it is 2 x 3, and 3 answers go with its last axis; rows come first; save it transposed (permute)",
    ],
    [
      () => parseParts(ascii("1\t2\t3\n"), "a.tsv", { variable: "X" }),
      "a.tsv: variable: only MATLAB files (.mat) have variables; leave it out",
    ],
  ])("refuses what it does not read, by the variable's name (%#)", (what, message) => {
    expect(refusal(what)).toContain(message);
  });
});
