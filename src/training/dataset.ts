/**
 * A data set in memory: raw series and what each row should become.
 *
 * Series stay in raw units and double precision; a model's own preparation (preparation.ts) brings them to
 * float32. Rows are never reordered here: `order` draws the rows of each batch, so one seed gives one sequence.
 */
import { permutation } from "../numerics/threefry.ts";
import { InputError } from "./errors.ts";

/** The stream of Threefry that shuffles rows; initialisation and dropout use others. */
const SHUFFLE_STREAM = 0x5348;

export interface Dataset {
  /** A short name for run folders and messages, e.g. `GunPoint`. */
  readonly name: string;
  /** Raw values, `[rows, channels, length]`, row-major; NaN where a value is missing, and after the end of a shorter row. */
  readonly series: Float64Array;
  readonly rows: number;
  readonly channels: number;
  /** Values a channel: of rows of unequal length, of the longest. */
  readonly length: number;
  /** The length of each row where they differ; absent where every row has `length` values. */
  readonly lengths?: Int32Array;
  /** Who or what each row comes from (a subject, a recording), so that a split can keep it on one side. */
  readonly groups?: readonly string[];
  /** Class index of each row, or `[rows, positions]` of each position; empty when the rows carry targets. */
  readonly labels: Int32Array;
  /** Class names in the order of their indices; empty when the rows carry values. */
  readonly classes: readonly string[];
  /** Values `[rows, outputs]`, row-major, or 0 and 1 for each of `classes`; empty when the rows carry labels. */
  readonly targets: Float64Array;
  /** Rows of each batch, in the order of training; throws InputError for a batch below 1. */
  batches(batch: number, options: { epochs: number; seed: number }): Iterable<Batch>;
}

/** Some rows of a data set, still in raw units: `series` is `[rows, channels, length]`. */
export interface Batch {
  readonly series: Float64Array;
  readonly rows: number;
  /** The length of each row, where rows differ. */
  readonly lengths?: Int32Array;
  readonly labels: Int32Array;
  readonly targets: Float64Array;
  /** The series are in the model's units already, and are not prepared again. */
  readonly prepared?: true;
  /** Class probabilities `[rows, classes, positions]` in place of the labels, as mixup makes them. */
  readonly soft?: Float64Array;
}

export type DatasetFields = Omit<Dataset, "batches" | "rows">;

/** Builds a data set from its fields; the number of rows follows from the series. */
export function dataset(fields: DatasetFields): Dataset {
  const rows = fields.series.length / (fields.channels * fields.length);
  const self: Dataset = {
    ...fields,
    rows,
    *batches(batch, { epochs, seed }) {
      if (!(Number.isInteger(batch) && batch >= 1))
        throw new InputError(`batch is ${batch}; it is a whole number of at least 1`);
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const indices of epochOrder(rows, batch, seed, epoch)) yield gather(self, indices);
      }
    },
  };
  return self;
}

/** The row numbers of each batch of one epoch: a fresh shuffle a seed and epoch, the last batch may be short. */
export function* epochOrder(rows: number, batch: number, seed: number, epoch: number): Generator<Int32Array> {
  const order = permutation(rows, seed, SHUFFLE_STREAM, epoch);
  for (let at = 0; at < rows; at += batch) yield order.subarray(at, Math.min(at + batch, rows));
}

/** Copies rows out of a data set into one batch. */
export function gather(data: Dataset, indices: ArrayLike<number>): Batch {
  const size = data.channels * data.length;
  const outputs = data.targets.length / data.rows;
  const series = new Float64Array(indices.length * size);
  const each = data.labels.length / data.rows;
  const labels = new Int32Array(indices.length * each);
  const targets = new Float64Array(indices.length * outputs);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i];
    series.set(data.series.subarray(row * size, (row + 1) * size), i * size);
    labels.set(data.labels.subarray(row * each, (row + 1) * each), i * each);
    targets.set(data.targets.subarray(row * outputs, (row + 1) * outputs), i * outputs);
  }
  const { lengths } = data;
  return {
    series,
    rows: indices.length,
    labels,
    targets,
    ...(lengths && { lengths: Int32Array.from(indices, (row) => lengths[row]) }),
  };
}
