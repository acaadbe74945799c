/** What an array y answers rows with, by its type and shape, or as it is asked; and what is told of it. */
import { describe, expect, it } from "vitest";
import { parseNpy } from "../../src/readers/npy.ts";
import { fromNumpy } from "../../src/readers/numpyData.ts";
import type { AnswerWord } from "../../src/readers/numpyAnswers.ts";
import { npy } from "./bytes.ts";

type Type = Parameters<typeof npy>[0];

/** Rows of 1 x `length` with those answers. */
function read(
  type: Type,
  shape: readonly number[],
  values: readonly number[],
  answers?: AnswerWord,
  length = 5,
) {
  const [rows] = shape;
  const x = parseNpy(
    npy(
      "<f4",
      [rows, length],
      Array.from({ length: rows * length }, (_, i) => i),
    ),
    "d/x.npy",
  );
  const y = parseNpy(npy(type, [...shape], [...values]), "d/y.npy");
  return fromNumpy(x, y, "d", { answers });
}

describe("an array of answers", () => {
  it.each<Type>(["<i4", "|u1", "<i8", "<f4"])(
    "of one whole number (%s) a row is classes, and says so",
    (type) => {
      const data = read(type, [3], [2, 0, 2]);
      expect(data.answers).toEqual({ kind: "classes", classes: ["0", "2"], labels: Int32Array.of(1, 0, 1) });
      expect(data.notes).toEqual([
        "d/y.npy: y are whole numbers: taken as 2 classes; --answers values for regression",
      ]);
      const asked = read(type, [3], [2, 0, 2], "values");
      expect(asked.answers).toEqual({ kind: "values", outputs: 1, targets: Float64Array.of(2, 0, 2) });
      expect(asked.notes).toBeUndefined();
      expect(read(type, [3], [2, 0, 2], "classes").notes).toBeUndefined();
    },
  );

  it("of booleans, and of numbers that are not whole, has one meaning: nothing is said", () => {
    expect(read("|b1", [2], [0, 1])).toMatchObject({ classes: ["False", "True"], notes: undefined });
    expect(read("<f8", [2], [0.5, 1]).answers.kind).toBe("values");
    expect(read("<f8", [2], [0.5, 1]).notes).toBeUndefined();
    expect(read("<f4", [2, 2], [0.5, 1, 3, 4])).toMatchObject({ answers: { outputs: 2 }, notes: undefined });
  });

  it("of integers with a column for each position is a class a position", () => {
    const data = read("<i4", [2, 5], [0, 0, 7, 7, 7, 0, 3, 3, 0, 0]);
    expect(data.answers).toEqual({
      kind: "positions",
      classes: ["0", "3", "7"],
      positions: 5,
      labels: Int32Array.of(0, 0, 2, 2, 2, 0, 1, 1, 0, 0),
    });
    expect(data.notes).toEqual([
      "d/y.npy: y has a class at each of the 5 positions; --answers values for anything else",
    ]);
  });

  it.each<Type>(["<i4", "<f4", "<f8", "|u1"])("of a 1 a row (%s) is one-hot, and says so", (type) => {
    const bits = [0, 1, 0, 1, 0, 0, 0, 1, 0];
    const data = read(type, [3, 3], bits);
    expect(data.answers).toEqual({
      kind: "classes",
      classes: ["0", "1", "2"],
      labels: Int32Array.of(1, 0, 1),
    });
    expect(data.notes).toEqual([
      "d/y.npy: y of shape (3, 3) has one 1 a row: taken as one-hot, 3 classes; --answers values for regression, labels for several classes at once",
    ]);
    expect(read(type, [3, 3], bits, "values").answers).toMatchObject({ kind: "values", outputs: 3 });
    expect(read(type, [3, 3], bits, "labels").answers).toMatchObject({
      kind: "multiLabel",
      classes: ["0", "1", "2"],
    });
  });

  it.each<Type>(["<i2", "<f4"])(
    "of 0 and 1 (%s) with none or several a row is several classes at once",
    (type) => {
      const data = read(type, [3, 2], [1, 1, 0, 0, 0, 1]);
      expect(data.answers).toEqual({
        kind: "multiLabel",
        classes: ["0", "1"],
        targets: Float64Array.of(1, 1, 0, 0, 0, 1),
      });
      expect(data.notes).toEqual([
        "d/y.npy: y of shape (3, 2) is 0 and 1: taken as 2 classes, several at once; --answers values for regression",
      ]);
    },
  );

  it("that may be two things is refused, and each can be asked for", () => {
    const bits = [0, 1, 0, 1, 0, 0];
    expect(() => read("<i4", [2, 3], bits, undefined, 3)).toThrow(
      "d/y.npy: y of shape (2, 3) has one 1 a row and as many columns as x has positions: it may be a class a position, or one-hot; " +
        "say --answers classes (a class a position), labels (a class a column) or values",
    );
    expect(read("<i4", [2, 3], bits, "classes", 3).answers.kind).toBe("positions");
    expect(read("<i4", [2, 3], bits, "labels", 3).answers.kind).toBe("multiLabel");
    expect(read("<i4", [2, 3], bits, "values", 3).answers.kind).toBe("values");
    const floats = read("<f4", [2, 3], [4, 1, 1, 2, 2, 4], undefined, 3);
    expect([floats.answers.kind, floats.notes]).toEqual([
      "values",
      [
        "d/y.npy: y of shape (2, 3) are whole numbers: taken as values; --answers classes for a class a position",
      ],
    ]);
  });

  it.each<[Type, readonly number[], readonly number[], AnswerWord | undefined, string]>([
    [
      "<i4",
      [2, 2],
      [1, 2, 3, 4],
      undefined,
      "it has shape (2, 2) of integers or text; a class is one value a row, or one at each of the 5 positions of x; give [rows], or --answers values for regression",
    ],
    [
      "<i4",
      [2, 2],
      [1, 2, 3, 4],
      "classes",
      "answers are to be classes, but it has shape (2, 2); a class is one value a row, one at each of the 5 positions, or a row of zeros with one 1; give one of these",
    ],
    [
      "<i4",
      [2, 2],
      [1, 2, 3, 4],
      "labels",
      "answers are to be labels, 0 or 1 for each of several classes, [rows, classes]; it has shape (2, 2) and other values; leave --answers out",
    ],
    [
      "<f4",
      [2],
      [0, 1],
      "labels",
      "answers are to be labels, 0 or 1 for each of several classes, [rows, classes]; it has shape (2); leave --answers out",
    ],
    [
      "|b1",
      [2],
      [0, 1],
      "values",
      "answers are to be values, but it holds booleans; values are numbers; leave --answers out",
    ],
  ])("of %s %j %j as %s is refused", (type, shape, values, word, message) => {
    expect(() => read(type, shape, values, word)).toThrow(`d/y.npy: ${message}`);
  });
});
