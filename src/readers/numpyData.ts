/**
 * Data sets from NumPy arrays: series X and answers y, in two `.npy` files or one `.npz` archive, which may hold a training and
 * a test part.
 *
 * X is `[time]` (one recording), `[rows, time]`, or of three axes: `[rows, channels, time]` and `[rows, time, channels]` are
 * both in use, and where nobody says which (`axes`), the shorter of the last two is the channels (of two equal ones the
 * first), with a note. NaN at the end of a
 * row, in all channels, means that the row is shorter (tslearn pads so). y is one label a row (integers, booleans, text, or
 * floats that are all whole), one target a row (floats that are not), or `[rows, outputs]` (numpyAnswers.ts).
 */
import { dataset, noted, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { datasetName } from "./datasetName.ts";
import { numbersOf, parseNpy, type NpyArray } from "./npy.ts";
import { numpyAnswers, type AnswerWord } from "./numpyAnswers.ts";
import { NO_VALUE, SeriesRows, type Dense } from "../data/seriesRows.ts";
import type { Inflate } from "./inflate.ts";
import { readZip } from "./zip.ts";

/** A data set, and the part to test on where the source has one of its own. */
export interface Parts {
  /** The rows to train on, or all of them. */
  readonly train: Dataset;
  /** The rows to test on; null where the source has no such part. */
  readonly test: Dataset | null;
  /** What the rows of the training part are called, where they have names. */
  readonly names?: readonly string[];
}

/** What the three axes of an array are. */
export const axesOrders = ["rows,channels,time", "rows,time,channels"] as const;
/**
 * What the three axes of a NumPy array are, in their order.
 *
 * @useDeclaredType
 */
export type Axes = (typeof axesOrders)[number];

/** What NumPy arrays themselves do not say. */
export interface ArrayOptions {
  /**
   * What the three axes of a NumPy array are. Default: the shorter of the last two is the channels, of two equal ones the
   * first, and a note says so.
   */
  readonly axes?: Axes;
  /**
   * Of NumPy arrays: what y holds: `classes` (one a row, or a position), `values` to predict, `labels` (0 or 1 for each of
   * several classes), or `positions` (a class at each). Default: by its type and shape, and a note says which. Of tables with
   * a time step a row, `positions`: the label column's class of each step. Default: a class a series or window.
   */
  readonly answers?: AnswerWord;
}

/**
 * A data set of arrays; without answers where there is no `y`. Throws InputError, naming the file and the place, and where
 * `axes` is given for an array that has not three.
 */
export function fromNumpy(
  x: NpyArray,
  y: NpyArray | null,
  name: string,
  { axes, answers: word }: ArrayOptions = {},
): Dataset {
  if (axes !== undefined && !axesOrders.includes(axes))
    throw new InputError(`axes is ${quote(axes)}; it is ${axesOrders.join(" or ")}`);
  if (axes !== undefined && x.shape.length !== 3)
    throw new InputError(
      `${x.file}: axes is ${axes}, but its shape is (${x.shape.join(", ")}); only an array of three axes is read by it; leave it out`,
    );
  if (x.shape.length < 1 || x.shape.length > 3)
    throw new InputError(
      `${x.file}: it has ${x.shape.length} axes; series are [time], [rows, time] or [rows, channels, time]; reshape it`,
    );
  const [rows, first, second] = x.shape.length === 1 ? [1, x.shape[0], 1] : [...x.shape, 1];
  const isShorterFirst = x.shape.length === 3 && first <= second;
  const isChannelFirst = axes === undefined ? isShorterFirst : axes === "rows,channels,time";
  const [channels, columns] = isChannelFirst ? [first, second] : [second, first];
  const values = inChannels(numbersOf(x), rows, channels, columns, isChannelFirst);
  const taken = y && numpyAnswers({ y, rows, positions: columns, word });
  const answers = taken?.answers ?? { kind: "none" };
  return noted(dataset({ name, ...cutTails(values, rows, channels, x), channels, answers }), [
    ...(x.shape.length === 3 && axes === undefined ? [axesNote(x, isChannelFirst)] : []),
    ...(taken?.notes ?? []),
  ]);
}

/** How three axes were taken, where nobody said it. */
function axesNote({ file, shape: [rows, first, second] }: NpyArray, isChannelFirst: boolean): string {
  const [taken, other] = isChannelFirst ? axesOrders : [axesOrders[1], axesOrders[0]];
  const [channels, length] = isChannelFirst ? [first, second] : [second, first];
  return (
    `${file}: shape (${rows}, ${first}, ${second}) is taken as [${taken.replaceAll(",", ", ")}], ${channels} channels of ${length} values, ` +
    `by the rule that the shorter of the last two axes${first === second ? " (of equal ones the first)" : ""} is the channels; ` +
    `if it is not so, give --axes ${other} (axes in code)`
  );
}

/** Values as `[rows, channels, columns]`. */
function inChannels(
  values: Float64Array,
  rows: number,
  channels: number,
  columns: number,
  isChannelFirst: boolean,
): Float64Array {
  if (isChannelFirst || channels === 1) return values;
  const out = new Float64Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < columns; t++)
        out[(r * channels + c) * columns + t] = values[(r * columns + t) * channels + c];
  return out;
}

/** The same as a data set has them, rows that end in NaN as shorter ones. */
function cutTails(values: Float64Array, rows: number, channels: number, x: NpyArray): Dense {
  const size = values.length / rows;
  if (!values.some(Number.isNaN)) return { series: values, length: size / channels };
  const series = new SeriesRows((r) => `${x.file}, row ${r}`);
  for (let r = 0; r < rows; r++)
    if (!series.addRow(values.subarray(r * size, (r + 1) * size), channels, r))
      throw new InputError(`${x.file}, row ${r}: ${NO_VALUE}`);
  return series.dense(channels, x.data.byteLength, size / channels);
}

/** The arrays that an archive may hold, by name in any case: with parts of its own, or as one. */
const LAYOUTS = [
  ["x_train", "y_train", "x_test", "y_test"],
  ["x", "y", null, null],
] as const;

/**
 * The data sets of an `.npz` archive: `X_train`, `y_train`, `X_test` and `y_test`, or `X` and `y`, in any case; stored, or
 * deflated (`numpy.savez_compressed`). Throws InputError, naming the file and the array.
 */
export function parseNpz(bytes: Uint8Array, file: string, how: ArrayOptions = {}, inflate?: Inflate): Parts {
  const entries = readZip(bytes, file, inflate);
  const names = new Map([...entries.keys()].map((name) => [name.replace(/\.npy$/i, "").toLowerCase(), name]));
  const layout = LAYOUTS.find(([x]) => names.has(x));
  if (!layout) {
    const found = [...entries.keys()]
      .slice(0, 10)
      .map((name) => quote(name))
      .join(", ");
    throw new InputError(
      `${file}: it holds ${found || "nothing"}; arrays X_train and y_train (and X_test, y_test), or X and y are read; name them so`,
    );
  }
  const array = (name: string | null): NpyArray | null => {
    const entry = name === null ? undefined : names.get(name);
    return entry === undefined
      ? null
      : parseNpy(entries.get(entry)?.() ?? new Uint8Array(0), `${file}, ${entry}`);
  };
  const part = (x: string | null, y: string | null): Dataset | null => {
    const series = array(x);
    return series && fromNumpy(series, array(y), datasetName(file), how);
  };
  const train = part(layout[0], layout[1]);
  if (!train) throw new Error("an archive without the array that it has");
  return { train, test: part(layout[2], layout[3]) };
}
