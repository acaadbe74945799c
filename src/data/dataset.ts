/**
 * A data set: raw series, and what each row is answered with.
 *
 * Series stay in raw units and double precision; a model's own preparation (preparation.ts) brings them to
 * float32. They are in memory (`series`) or elsewhere (`source`: a file, windows of longer series), and are read
 * through `gather` and `chunks` alone, which know both. Rows are never reordered here: `epochOrder` draws the rows of
 * each batch, so one seed gives one sequence.
 */
import { permutation } from "../numerics/threefry.ts";
import { answersAt, classesOf, labelsOf, requireAnswersFor, targetsOf, type Answers } from "./answers.ts";
import { faultInNames } from "./channelNames.ts";
import { InputError } from "./errors.ts";

/** The stream of Threefry that shuffles rows; initialisation and dropout use others. */
const SHUFFLE_STREAM = 0x5348;

/** Where the values of rows are, when they are not in `series`. */
export interface Source {
  /** How many rows there are. */
  readonly rows: number;
  /** Copies positions `from` to `from + count` of each channel of a row, `[channels, count]`, to `into` from `at` on. */
  read(row: number, from: number, count: number, into: Float64Array, at: number): void;
}

/** What a data set is made of. */
interface Given {
  /** A short name for run folders and messages, e.g. `GunPoint`. */
  readonly name: string;
  /**
   * Raw values, `[rows, channels, length]`, row-major; NaN where a value is missing, and after the end of a shorter row.
   * Empty where there is a `source`.
   */
  readonly series: Float64Array;
  /** Where the values are, when they are not in `series`. */
  readonly source?: Source;
  /** Channels of a row. */
  readonly channels: number;
  /** What each channel is called, distinct names in their order; absent where the source has none. */
  readonly channelNames?: readonly string[];
  /** Values a channel: of rows of unequal length, of the longest, or the columns of a file that none of them fills. */
  readonly length: number;
  /** The length of each row where they differ; absent where every row has `length` values. */
  readonly lengths?: Int32Array;
  /** Samples a second (Hz), of every row; absent where it is not known. */
  readonly rate?: number;
  /** Who or what each row comes from (a subject, a recording), so that a split can keep it on one side. */
  readonly groups?: readonly string[];
  /** What each row is called, for messages: its file, of recordings. */
  readonly rowNames?: readonly string[];
  /**
   * How much each row counts in the loss that training lowers, `[rows]`: finite, at least 0 and not all 0; 1 where there
   * are none. Scores count every row once.
   */
  readonly rowWeights?: Float64Array;
  /** Which positions of which longer series each row is, so that a split keeps rows that overlap on one side. */
  readonly spans?: Spans;
  /** What the rows are answered with: classes, values, nothing. */
  readonly answers: Answers;
  /** What was taken, left out, filled, cut or re-ordered in reading, a line each; absent where nothing was. */
  readonly notes?: readonly string[];
}

/** `labels`, `classes` and `targets` are not given: they are those of `answers`. */
export type DatasetFields = Given & { readonly [derived in "labels" | "classes" | "targets"]?: never };

/** Made by `dataset`, and of another one by `with`. */
export class Dataset implements Given {
  readonly name: string;
  readonly series: Float64Array;
  readonly source?: Source;
  /** How many rows there are. */
  readonly rows: number;
  readonly channels: number;
  readonly channelNames?: readonly string[];
  readonly length: number;
  readonly lengths?: Int32Array;
  readonly rate?: number;
  readonly groups?: readonly string[];
  readonly rowNames?: readonly string[];
  readonly rowWeights?: Float64Array;
  readonly spans?: Spans;
  readonly answers: Answers;
  readonly notes?: readonly string[];

  constructor(fields: Given) {
    this.name = fields.name;
    this.series = fields.series;
    this.source = fields.source;
    this.rows = fields.source?.rows ?? fields.series.length / (fields.channels * fields.length);
    this.channels = fields.channels;
    this.channelNames = fields.channelNames;
    this.length = fields.length;
    this.lengths = fields.lengths;
    this.rate = fields.rate;
    this.groups = fields.groups;
    this.rowNames = fields.rowNames;
    this.rowWeights = fields.rowWeights;
    this.spans = fields.spans;
    this.answers = fields.answers;
    this.notes = fields.notes;
  }

  /** Class names in the order of their indices, from `answers`; none where rows have values or no answer. */
  get classes(): readonly string[] {
    return classesOf(this.answers);
  }

  /** Class indices, one a row or `[rows, positions]`, from `answers`; none where rows have other answers. */
  get labels(): Int32Array {
    return labelsOf(this.answers);
  }

  /** Values `[rows, outputs]`, or 0 and 1 `[rows, classes]`, from `answers`; none where rows have other answers. */
  get targets(): Float64Array {
    return targetsOf(this.answers);
  }

  /** The same with other fields: `data.with({ name })`. Throws InputError as `dataset` does. */
  with(fields: Partial<DatasetFields>): Dataset {
    return dataset(Object.assign({}, this, fields));
  }

  /** Rows of each batch, in the order of training; throws InputError for a batch below 1. */
  *batches(batch: number, { epochs, seed }: { epochs: number; seed: number }): Generator<Batch> {
    if (!(Number.isInteger(batch) && batch >= 1))
      throw new InputError(`batch is ${batch}; it is a whole number of at least 1`);
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const indices of epochOrder(this.rows, batch, seed, epoch)) yield gather(this, indices);
    }
  }
}

/** Rows as windows: row r is positions `start[r]` to `start[r] + length` of series `names[series[r]]`. */
export interface Spans {
  /** The longer series. */
  readonly names: readonly string[];
  /** The index in `names` of each row's series. */
  readonly series: Int32Array;
  /** The first position of each row. */
  readonly start: Int32Array;
  /** How many positions behind a row its answers are taken from, which no other part of a split may see. Default: 0. */
  readonly reach?: number;
}

/** Some rows of a data set, still in raw units: `series` is `[rows, channels, length]`. */
export interface Batch {
  /** Raw values, `[rows, channels, length]`, row-major. */
  readonly series: Float64Array;
  /** How many rows there are. */
  readonly rows: number;
  /** The number in its data set of a batch's first row, where they follow on from it: for messages. */
  readonly first?: number;
  /** The length of each row, where rows differ. */
  readonly lengths?: Int32Array;
  /** As of a data set: a model takes the channels of such rows by name. */
  readonly channelNames?: readonly string[];
  /** As of a data set. */
  readonly answers: Answers;
  /** As of a data set. */
  readonly rowWeights?: Float64Array;
  /** The series are in the model's units already, and are not prepared again; `lengths` are still those of the raw rows. */
  readonly prepared?: true;
  /** Class probabilities `[rows, classes, positions]` in place of the labels, as mixup makes them. */
  readonly soft?: Float64Array;
}

/** Rows in raw units, `[rows, channels, length]`; `first` counts them in messages. */
export type RawRows = Pick<Batch, "series" | "rows" | "lengths" | "first" | "channelNames">;

/**
 * Builds a data set from its fields; the number of rows follows from the series, or is the source's.
 *
 * @throws InputError where there are not as many answers as rows want, names as channels or weights as rows, for weights
 * out of range, and where `labels` and the like are given as fields
 */
export function dataset(fields: DatasetFields): Dataset {
  if (fields.source && fields.series.length > 0)
    throw new Error("a data set has series or a source, not both");
  const derived = (["labels", "classes", "targets"] as const).find((name) => name in fields);
  if (derived)
    throw new InputError(
      `${fields.name}: ${derived} are given; they are those of answers; give answers, such as { kind: "classes", classes, labels }`,
    );
  const { name, channels, channelNames } = fields;
  const fault = channelNames && faultInNames(channelNames, channels);
  if (fault) throw new InputError(`${name}: ${fault}; correct channelNames`);
  const data = new Dataset(fields);
  requireAnswersFor(data.rows, data.answers, data.name);
  if (data.rowWeights) requireWeights(data.rowWeights, data);
  return data;
}

function requireWeights(weights: Float64Array, { name, rows }: Dataset): void {
  if (weights.length !== rows)
    throw new InputError(
      `${name}: ${weights.length} row weights for ${rows} rows; each row has one; make the counts agree`,
    );
  const wrong = weights.findIndex((w) => !(w >= 0 && w < Infinity));
  if (wrong >= 0)
    throw new InputError(
      `${name}: the weight of row ${wrong} is ${weights[wrong]}; it is a finite number of at least 0; correct it`,
    );
}

/** The same data set with more to say of how it was read. */
export const noted = (data: Dataset, notes: readonly string[]): Dataset =>
  notes.length > 0 ? data.with({ notes: [...(data.notes ?? []), ...notes] }) : data;

/** The row numbers of each batch of one epoch: a fresh shuffle a seed and epoch, in batches of `batchSizes`. */
export function* epochOrder(rows: number, batch: number, seed: number, epoch: number): Generator<Int32Array> {
  const order = permutation(rows, seed, SHUFFLE_STREAM, epoch);
  let at = 0;
  for (const size of batchSizes(rows, batch)) yield order.subarray(at, (at += size));
}

/**
 * How many rows each batch of an epoch has: `batch`, and the last one what is left, but never one row alone where that can
 * be helped: 17 rows, 16 at a time, are 8 and 9. (One row would count as much as 16 others, and its statistics, which are
 * those of no batch, would be half of what a batch norm's running variance becomes.)
 */
export function batchSizes(rows: number, batch: number): readonly number[] {
  const count = Math.ceil(rows / batch);
  const sizes = Array.from({ length: count }, (_, k) => Math.min(batch, rows - k * batch));
  if (count < 2 || batch < 3 || sizes[count - 1] > 1) return sizes;
  return sizes.map((_, k) => Math.floor(((k + 1) * rows) / count) - Math.floor((k * rows) / count));
}

/** Copies rows out of a data set into one batch. */
export function gather(data: Dataset, indices: ArrayLike<number>): Batch {
  const { lengths, channelNames, rowWeights } = data;
  const size = data.channels * data.length;
  const series = new Float64Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) readRow(data, indices[i], 0, data.length, series, i * size);
  return {
    series,
    rows: indices.length,
    answers: answersAt(data.answers, indices),
    ...(lengths && { lengths: Int32Array.from(indices, (row) => lengths[row]) }),
    ...(channelNames && { channelNames }),
    ...(rowWeights && { rowWeights: Float64Array.from(indices, (row) => rowWeights[row]) }),
  };
}

/** Copies positions `from` to `from + count` of each channel of a row, as a `Source` does. */
export function readRow(
  { source, series, channels, length }: Dataset,
  row: number,
  from: number,
  count: number,
  into: Float64Array,
  at: number,
): void {
  if (source) return source.read(row, from, count, into, at);
  const start = row * channels * length + from;
  if (count === length) return into.set(series.subarray(start, start + channels * length), at);
  for (let c = 0; c < channels; c++)
    into.set(series.subarray(start + c * length, start + c * length + count), at + c * count);
}

/** Values in a batch of `chunks`: 1 MiB. */
const CHUNK = 2 ** 17;

/** All rows in their order, in batches of bounded size (a multiple of 16 rows, but the last) that say their first row. */
export function* chunks(data: Dataset): Generator<
  Batch & {
    /** The number of the batch's first row. */
    readonly first: number;
  }
> {
  const most = 16 * Math.max(1, Math.floor(CHUNK / (16 * data.channels * data.length)));
  for (let first = 0; first < data.rows; first += most) {
    const rows = Int32Array.from({ length: Math.min(most, data.rows - first) }, (_, i) => first + i);
    yield { ...gather(data, rows), first };
  }
}

/** The given rows as a data set of their own: a copy of those in memory, a view of those elsewhere. */
export function rowsOf(data: Dataset, rows: ArrayLike<number>): Dataset {
  const { source, groups, rowNames, rowWeights, spans, lengths } = data;
  const at = Int32Array.from(rows);
  const values = source
    ? {
        answers: answersAt(data.answers, at),
        ...(lengths && { lengths: at.map((row) => lengths[row]) }),
        source: {
          rows: at.length,
          read: (row, ...place) => source.read(at[row], ...place),
        } satisfies Source,
      }
    : gather(data, at);
  return data.with({
    ...values,
    ...(groups && { groups: Array.from(at, (row) => groups[row]) }),
    ...(rowNames && { rowNames: Array.from(at, (row) => rowNames[row]) }),
    ...(rowWeights && { rowWeights: Float64Array.from(at, (row) => rowWeights[row]) }),
    ...(spans && {
      spans: {
        ...spans,
        series: at.map((row) => spans.series[row]),
        start: at.map((row) => spans.start[row]),
      },
    }),
  });
}
