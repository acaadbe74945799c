/**
 * What an array y answers the rows of X with. Its type and shape decide, what they leave open is told in a note, and
 * `answers` says otherwise. One value a row: a class (integers, booleans, text, whole floats) or a target (other floats).
 * `[rows, k]`: a class a position where k is X's positions (integers, booleans, text); a class a row where each row is 0 but
 * for one 1 (one-hot); several classes at once where all are 0 and 1; else targets (floats).
 */
import { labelled, type Answers } from "../data/answers.ts";
import { InputError } from "../data/errors.ts";
import { LabelNames } from "./labelNames.ts";
import { numbersOf, textsOf, type NpyArray } from "./npy.ts";

export const answerWords = ["classes", "values", "labels", "positions"] as const;
/**
 * What the numbers of y are: `classes`, one a row or a position; `values` to predict; `labels`, 0 or 1 for each of several
 * classes at once; `positions`, a class at each position.
 *
 * @useDeclaredType
 */
export type AnswerWord = (typeof answerWords)[number];

/** Answers, and what should be told of how they were taken. */
interface Taken {
  readonly answers: Answers;
  readonly notes: readonly string[];
}

/** An array y of as many rows as X, whose rows have `positions`. */
interface Asked {
  readonly y: NpyArray;
  readonly rows: number;
  readonly positions: number;
  readonly word: AnswerWord | undefined;
}

/** The answers of `rows` rows of that many positions. Throws InputError, naming the file, the rule and the remedy. */
export function numpyAnswers(asked: Asked): Taken {
  const { y, rows, word } = asked;
  const [count, width] = [...y.shape, 1, 1];
  if (count !== rows || y.shape.length > 2)
    throw new InputError(
      `${y.file}: it has shape (${y.shape.join(", ")}) for ${rows} rows; it is one answer a row, or [rows, outputs]; make them agree`,
    );
  if (y.kind === "f") {
    const missing = numbersOf(y).findIndex(Number.isNaN);
    if (missing >= 0)
      throw new InputError(
        `${y.file}, row ${Math.floor(missing / width)}: the answer is NaN; every row has one; fill it in, or leave the row out of both arrays`,
      );
  }
  const all: Facts = { ...asked, width, numbers: y.kind === "U" || y.kind === "S" ? null : numbersOf(y) };
  switch (word) {
    case "classes":
      return classesAsked(all);
    case "values":
      return { answers: values(all), notes: [] };
    case "labels":
      return { answers: severalLabels(all), notes: [] };
    case "positions":
      return { answers: placedAsked(all), notes: [] };
    case undefined:
      return width === 1 ? bySingle(all) : byWidth(all);
  }
}

interface Facts extends Asked {
  readonly width: number;
  /** Null of text. */
  readonly numbers: Float64Array | null;
}

const shapeOf = ({ y }: Facts): string => `(${y.shape.join(", ")})`;
const note = ({ y }: Facts, what: string): string => `${y.file}: ${what}`;

/** One answer a row. */
function bySingle(all: Facts): Taken {
  const { y, numbers } = all;
  const isWhole = numbers?.every(Number.isInteger) ?? false;
  if (y.kind === "f" && (y.shape.length === 2 || !isWhole)) {
    const told = isWhole
      ? [
          note(
            all,
            `y of shape ${shapeOf(all)} are whole numbers: taken as values; --answers classes for classes`,
          ),
        ]
      : [];
    return { answers: values(all), notes: told };
  }
  const answers = oneEach(y);
  const isBoolean = y.kind === "b";
  const notes =
    isWhole && !isBoolean
      ? [
          note(
            all,
            `y are whole numbers: taken as ${answers.classes.length} classes; --answers values for regression`,
          ),
        ]
      : [];
  return { answers, notes };
}

/** `[rows, k]`. */
function byWidth(all: Facts): Taken {
  const { y, width, positions, numbers } = all;
  const isPlaced = width === positions && y.kind !== "f";
  const isBits = numbers?.every((v) => v === 0 || v === 1) ?? false;
  const isOneHot = isBits && hotColumns(all) !== null;
  if (isPlaced && isOneHot)
    throw new InputError(
      `${y.file}: y of shape ${shapeOf(all)} has one 1 a row and as many columns as x has positions: it may be a class a position, or one-hot; ` +
        "say --answers classes (a class a position), labels (a class a column) or values",
    );
  if (isPlaced) {
    const told = `y has a class at each of the ${positions} positions; --answers values${isBits ? " or labels" : ""} for anything else`;
    return { answers: placed(all), notes: [note(all, told)] };
  }
  if (isOneHot) {
    const told = `y of shape ${shapeOf(all)} has one 1 a row: taken as one-hot, ${width} classes; --answers values for regression, labels for several classes at once`;
    return { answers: oneHot(all), notes: [note(all, told)] };
  }
  if (isBits) {
    const told = `y of shape ${shapeOf(all)} is 0 and 1: taken as ${width} classes, several at once; --answers values for regression`;
    return { answers: severalLabels(all), notes: [note(all, told)] };
  }
  if (y.kind === "f") {
    const mayBePlaced = width === positions && (numbers?.every(Number.isInteger) ?? false);
    const told = `y of shape ${shapeOf(all)} are whole numbers: taken as values; --answers classes for a class a position`;
    return { answers: values(all), notes: mayBePlaced ? [note(all, told)] : [] };
  }
  throw new InputError(
    `${y.file}: it has shape ${shapeOf(all)} of integers or text; a class is one value a row, or one at each of the ${positions} positions of x; ` +
      `give [rows]${numbers ? ", or --answers values for regression" : ""}`,
  );
}

/** As `--answers classes` asks. */
function classesAsked(all: Facts): Taken {
  const { y, width, positions } = all;
  if (width === 1) return { answers: oneEach(y), notes: [] };
  if (width === positions) return { answers: placed(all), notes: [] };
  if (hotColumns(all) !== null) return { answers: oneHot(all), notes: [] };
  throw new InputError(
    `${y.file}: answers are to be classes, but it has shape ${shapeOf(all)}; a class is one value a row, one at each of the ${positions} positions, ` +
      "or a row of zeros with one 1; give one of these",
  );
}

function placedAsked(all: Facts): Answers {
  if (all.width === all.positions) return placed(all);
  throw new InputError(
    `${all.y.file}: answers are to be a class at each position, but it has shape ${shapeOf(all)} for ${all.positions} positions; give [rows, ${all.positions}]`,
  );
}

function values(all: Facts): Answers {
  const { y, numbers, width } = all;
  if (numbers === null || y.kind === "b")
    throw new InputError(
      `${y.file}: answers are to be values, but it holds ${numbers ? "booleans" : "text"}; values are numbers; leave --answers out`,
    );
  return { kind: "values", targets: numbers, outputs: width };
}

function severalLabels(all: Facts): Answers {
  const { y, numbers, width } = all;
  if (width > 1 && numbers?.every((v) => v === 0 || v === 1))
    return { kind: "multiLabel", classes: columnNames(width), targets: numbers };
  throw new InputError(
    `${y.file}: answers are to be labels, 0 or 1 for each of several classes, [rows, classes]; it has shape ${shapeOf(all)}` +
      `${width > 1 ? " and other values" : ""}; leave --answers out`,
  );
}

const columnNames = (width: number): string[] => Array.from({ length: width }, (_, k) => String(k));

/** A class of each value, in the order of the array. */
function oneEach(y: NpyArray): ReturnType<LabelNames["finish"]> {
  const labels = new LabelNames();
  for (const label of textsOf(y)) labels.add(label);
  return labels.finish();
}

function placed({ y, positions }: Facts): Answers {
  const { classes, labels } = oneEach(y);
  return labelled(classes, labels, positions);
}

function oneHot(all: Facts): Answers {
  return { kind: "classes", classes: columnNames(all.width), labels: hotColumns(all) ?? new Int32Array(0) };
}

/** The column of each row's only 1; null where a row has anything else. */
function hotColumns({ numbers, rows, width }: Facts): Int32Array | null {
  if (numbers === null) return null;
  const columns = new Int32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = numbers.subarray(r * width, (r + 1) * width);
    columns[r] = row.indexOf(1);
    if (columns[r] < 0 || !row.every((v, k) => v === (k === columns[r] ? 1 : 0))) return null;
  }
  return columns;
}
