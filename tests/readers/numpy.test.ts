import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numbersOf, parseNpy, textsOf } from "../../src/readers/npy.ts";
import { fromNumpy, parseNpz } from "../../src/readers/numpyData.ts";
import { InputError } from "../../src/data/errors.ts";
import { npy, npyOf, npyTypes, u32, zip, ascii } from "./bytes.ts";

const array = (bytes: Uint8Array) => parseNpy(bytes, "d/x.npy");

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

describe("parseNpy", () => {
  it("reads every type of numbers", () => {
    for (const type of npyTypes) {
      const read = array(npy(type, [3], [0, 1, 1]));
      expect(read.shape, type).toEqual([3]);
      expect([...numbersOf(read)], type).toEqual([0, 1, 1]);
    }
    expect([...numbersOf(array(npy("<f8", [2], [-1.5, NaN])))]).toEqual([-1.5, NaN]);
    expect([...numbersOf(array(npy("<i8", [1], [-(2 ** 40)])))]).toEqual([-(2 ** 40)]);
  });

  it("reads Fortran's order: (2, 3) of 0..5 down the columns is rows 0 2 4 and 1 3 5", () => {
    expect([...numbersOf(array(npy("<f4", [2, 3], [0, 1, 2, 3, 4, 5], "True")))]).toEqual([0, 2, 4, 1, 3, 5]);
    const cube = numbersOf(array(npy("|u1", [2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7], "True")));
    expect([...cube]).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
  });

  it("reads labels of text, integers and booleans", () => {
    const text = npyOf("{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }", u32(97, 0, 233, 98));
    expect(textsOf(array(text))).toEqual(["a", "éb"]);
    const bytes = npyOf("{'descr': '|S2', 'fortran_order': False, 'shape': (2,), }", ascii("a\u0000bc"));
    expect(textsOf(array(bytes))).toEqual(["a", "bc"]);
    expect(textsOf(array(npy("<i8", [2], [-3, 7])))).toEqual(["-3", "7"]);
    expect(textsOf(array(npy("|b1", [2], [0, 1])))).toEqual(["False", "True"]);
  });

  it.each<[Uint8Array, string]>([
    [ascii("NUMPY"), "byte 0: it is no NumPy array; one begins with \\x93NUMPY; give a .npy file"],
    [
      npy("<f4", [2], [1, 2]).subarray(0, 40),
      "byte 8: the header has 58 bytes, but 30 follow; is the file cut short? give it whole",
    ],
    [
      npy("<f4", [2], [1, 2]).subarray(0, -1),
      "byte 68: shape (2) of <f4 takes 8 bytes, but 7 follow; is the file cut short? give it whole",
    ],
    [
      npy("<f4", [999999999, 999999999, 999999999], [1]),
      "byte 98: shape (999999999, 999999999, 999999999) of <f4 takes 3.999999988e+27 bytes, but 4 follow; is the file cut short? give it whole",
    ],
    [npy("<f4", [0, 5], []), "byte 10: shape (0, 5) has no values; a data set has at least one; give some"],
    [
      npyOf("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]),
      'byte 10: the values are of type ">f4"; little-endian floats (<f4, <f8), integers (i1 to i8, u1 to u8), booleans and text are read; convert them with astype',
    ],
    [
      npyOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]),
      `byte 10: the header is "{'descr': [('a', '<f4')], 'fortran_order…"; it has a plain 'descr', 'fortran_order' and 'shape'; write one array of one type`,
    ],
    [
      Uint8Array.from(npy("<f4", [1], [1]), (b, i) => (i === 6 ? 9 : b)),
      "byte 6: the format has version 9; 1 to 3 are read; write it with numpy.save",
    ],
  ])("refuses what is not right: %#", (bytes, message) => {
    expect(refusal(() => array(bytes))).toBe(`d/x.npy, ${message}`);
  });

  it("refuses an infinity by its byte, and text as series", () => {
    expect(refusal(() => numbersOf(array(npy("<f4", [2], [1, Infinity]))))).toBe(
      "d/x.npy, byte 72: a value is Infinity; values are finite, or NaN where they are missing; correct it",
    );
  });
});

describe("fromNumpy", () => {
  const set = (x: Uint8Array, y: Uint8Array | null) =>
    fromNumpy(array(x), y && parseNpy(y, "d/y.npy"), "toy");

  it("reads [rows, time] with integer labels in numeric order", () => {
    const toy = set(npy("<f4", [3, 2], [1, 2, 3, 4, 5, 6]), npy("<i4", [3], [10, 2, 10]));
    expect([toy.rows, toy.channels, toy.length]).toEqual([3, 1, 2]);
    expect(toy.classes).toEqual(["2", "10"]);
    expect([...toy.labels]).toEqual([1, 0, 1]);
  });

  it("takes the shorter of the last two axes for the channels", () => {
    const values = [0, 1, 2, 3, 4, 5];
    const first = set(npy("|u1", [1, 2, 3], values), null);
    expect([first.channels, first.length, [...first.series]]).toEqual([2, 3, [0, 1, 2, 3, 4, 5]]);
    const last = set(npy("|u1", [1, 3, 2], values), null);
    expect([last.channels, last.length, [...last.series]]).toEqual([2, 3, [0, 2, 4, 1, 3, 5]]);
  });

  it.each([
    // [row, first, second] = 100 row + 10 first + second
    [[2, 3, 2], "rows,channels,time", [3, 2], [0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121]],
    [[2, 2, 3], "rows,time,channels", [3, 2], [0, 10, 1, 11, 2, 12, 100, 110, 101, 111, 102, 112]],
    [[1, 2, 2], "rows,time,channels", [2, 2], [0, 10, 1, 11]],
    [[1, 3, 1], "rows,channels,time", [3, 1], [0, 10, 20]],
  ] as const)(
    "takes the axes of %j as they are said to be: %s",
    (shape, axes, [channels, length], series) => {
      const [rows, first, second] = shape;
      const values = Array.from({ length: rows * first * second }, (_, i) => {
        const rest = i % (first * second);
        return 100 * Math.floor(i / (first * second)) + 10 * Math.floor(rest / second) + (rest % second);
      });
      const toy = fromNumpy(array(npy("|u1", shape, values)), null, "toy", { axes });
      expect([toy.channels, toy.length, [...toy.series], toy.notes]).toEqual([
        channels,
        length,
        series,
        undefined,
      ]);
    },
  );

  it("says where the rule of the shorter axis decided, and not where there is nothing to decide", () => {
    const notes = (shape: readonly number[]) =>
      set(
        npy(
          "|u1",
          shape,
          Array.from({ length: shape.reduce((a, b) => a * b) }, () => 1),
        ),
        null,
      ).notes;
    expect(notes([1, 3, 2])).toEqual([
      "d/x.npy: shape (1, 3, 2) is taken as [rows, time, channels], 2 channels of 3 values, by the rule that the shorter of the last " +
        "two axes is the channels; if it is not so, give --axes rows,channels,time (axes in code)",
    ]);
    expect(notes([1, 2, 2])).toEqual([
      "d/x.npy: shape (1, 2, 2) is taken as [rows, channels, time], 2 channels of 2 values, by the rule that the shorter of the last " +
        "two axes (of equal ones the first) is the channels; if it is not so, give --axes rows,time,channels (axes in code)",
    ]);
    expect(notes([3, 2])).toBeUndefined();
    expect(notes([6])).toBeUndefined();
  });

  it("refuses an order of axes for an array that has not three, and one that is none", () => {
    const flat = array(npy("|u1", [2, 2], [1, 2, 3, 4]));
    expect(refusal(() => fromNumpy(flat, null, "toy", { axes: "rows,time,channels" }))).toBe(
      "d/x.npy: axes is rows,time,channels, but its shape is (2, 2); only an array of three axes is read by it; leave it out",
    );
    expect(refusal(() => fromNumpy(flat, null, "toy", { axes: "time,rows" as never }))).toBe(
      'axes is "time,rows"; it is rows,channels,time or rows,time,channels',
    );
  });

  it("takes NaN at the end of all channels for a shorter row", () => {
    const toy = set(npy("<f8", [2, 3, 2], [1, 2, 3, NaN, NaN, NaN, 4, 5, NaN, NaN, 6, 7]), null);
    expect([...(toy.lengths ?? [])]).toEqual([2, 3]);
    expect([...toy.series]).toEqual([1, 3, NaN, 2, NaN, NaN, 4, NaN, 6, 5, NaN, 7]);
    expect([toy.classes.length, toy.labels.length, toy.targets.length]).toEqual([0, 0, 0]);
  });

  it("takes whole floats for classes, others and [rows, outputs] for targets", () => {
    const x = npy("<f4", [2, 2], [1, 2, 3, 4]);
    expect(set(x, npy("<f8", [2], [1, 2])).classes).toEqual(["1", "2"]);
    expect([...set(x, npy("<f8", [2], [1, 2.5])).targets]).toEqual([1, 2.5]);
    expect([...set(x, npy("<f8", [2, 1], [1, 2])).targets]).toEqual([1, 2]);
  });

  it.each<[Uint8Array, Uint8Array, string]>([
    [
      npy("<f4", [2, 1], [1, 2]),
      npy("<i4", [3], [1, 2, 3]),
      "d/y.npy: it has shape (3) for 2 rows; it is one answer a row, or [rows, outputs]; make them agree",
    ],
    [
      npy("<f4", [2, 1], [1, 2]),
      npy("<i4", [2, 2], [1, 2, 3, 4]),
      "d/y.npy: it has shape (2, 2) of integers or text; a class is one value a row, or one at each of the 1 positions of x; give [rows], or --answers values for regression",
    ],
    [
      npy("<f4", [2, 1], [1, 2]),
      npy("<f4", [2], [1, NaN]),
      "d/y.npy, row 1: the answer is NaN; every row has one; fill it in, or leave the row out of both arrays",
    ],
    [
      npy("<f4", [2, 1], [1, NaN]),
      npy("<i4", [2], [1, 2]),
      "d/x.npy, row 1: every value of the row is missing; a row has at least one; leave the row out",
    ],
    [
      npy("<f4", [1, 1, 1, 1], [1]),
      npy("<i4", [1], [1]),
      "d/x.npy: it has 4 axes; series are [time], [rows, time] or [rows, channels, time]; reshape it",
    ],
  ])("refuses arrays that do not fit: %#", (x, y, message) => {
    expect(refusal(() => set(x, y))).toBe(message);
  });
});

describe("parseNpz", () => {
  const [x, y] = [npy("<f4", [2, 2], [1, 2, 3, 4]), npy("<i8", [2], [1, 2])];

  it("reads X and y, and a training and a test part, stored or deflated, in any case", () => {
    const plain = parseNpz(zip({ "x.npy": x, "y.npy": y }), "d/Toy.npz");
    expect([plain.train.name, plain.train.rows, plain.test]).toEqual(["Toy", 2, null]);
    const files = { "X_train.npy": x, "y_train.npy": y, "X_TEST.npy": x, "y_test.npy": y, "other.npy": y };
    const both = parseNpz(
      zip(files, (data) => deflateRawSync(data)),
      "Toy.npz",
    );
    expect([both.train.classes, both.test?.rows]).toEqual([["1", "2"], 2]);
    expect([...(both.test?.series ?? [])]).toEqual([1, 2, 3, 4]);
  });

  const bomb = zip({ "x.npy": new Uint8Array(2 ** 24) }, (data) => deflateRawSync(data));
  it.each<[Uint8Array, string]>([
    [
      zip({ "x.npy": x }).subarray(0, -9),
      ", byte 186: the zip archive ends without its directory; is the file cut short? give it whole",
    ],
    [
      zip({ "a.npy": x }),
      ': it holds "a.npy"; arrays X_train and y_train (and X_test, y_test), or X and y are read; name them so',
    ],
    [
      zip({ "x.npy": x }, (data) => deflateRawSync(data).subarray(0, 9)),
      ', byte 35: "x.npy" is damaged (it cannot be unpacked); give the archive as it was written',
    ],
    [
      bomb,
      `, byte ${bomb.length - 22 - 51}: with "x.npy" the archive unpacks to 16777216 bytes, more than 64 times its own; give .npy files`,
    ],
    [
      zip({ "x.npy": ascii("hello, it is text") }),
      ", x.npy, byte 0: it is no NumPy array; one begins with \\x93NUMPY; give a .npy file",
    ],
    [
      Uint8Array.from(zip({ "x.npy": x }), (b, i) => (i === 100 ? b ^ 1 : b)),
      ', byte 35: "x.npy" is damaged (its checksum does not agree); give the archive as it was written',
    ],
  ])("refuses what is not right: %#", (bytes, message) => {
    expect(refusal(() => parseNpz(bytes, "t.npz"))).toBe(`t.npz${message}`);
  });

  it("reads what it wrote, whatever the values", () => {
    const rows = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(
        rows.chain(([r, t]) =>
          fc.tuple(
            fc.constant(r),
            fc.constant(t),
            fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
              minLength: r * t,
              maxLength: r * t,
            }),
          ),
        ),
        ([r, t, values]) => {
          const { train } = parseNpz(zip({ "x.npy": npy("<f8", [r, t], values) }), "t.npz");
          expect([...train.series]).toEqual(values);
        },
      ),
    );
  });
});
