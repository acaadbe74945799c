/**
 * From a model's outputs to what it says of rows: labels, probabilities and scores. A network and an ensemble differ in
 * how outputs come about and in nothing after that.
 */
import { resolve, type Model } from "../layers/model.ts";
import type { Answers } from "./answers.ts";
import { alignClasses } from "./classes.ts";
import { chunks, type Batch, type Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { softmax } from "./metrics.ts";
import { argmax, logistic, score, scoreSeveral, scoreValues, type Evaluation } from "./score.ts";

export interface Prediction {
  /** The class with the largest probability. */
  readonly label: string;
  /** By class, in the order of `classes`; of positions, their mean. */
  readonly probabilities: readonly number[];
  /** Of several labels a row: those of probability 1/2 or more. Of positions: the class of each. */
  readonly labels?: readonly string[];
}

/** One row, `[channel][time]` or, for one channel, `[time]`. */
export type Sample = ArrayLike<number> | ArrayLike<ArrayLike<number>>;

/** Rows in raw units, `[rows, channels, length]`; `first` counts them in messages. */
export type RawRows = Pick<Batch, "series" | "rows" | "first">;

export interface Predictions {
  /** The class of one row in raw units; throws InputError for a row of another shape or with a value that is not finite. */
  predict(sample: Sample): Prediction;
  /** The same for many rows, `[rows, channels, length]`. */
  predictRows(rows: RawRows): Prediction[];
  /** The last layer's outputs, `[rows, outputs]`, before any softmax. */
  outputs(rows: RawRows): Float32Array;
  /**
   * Loss and metrics over a data set: cross-entropy, accuracy, balanced accuracy, F1 and AUROC of classes (of positions
   * and of several labels a row too, there with binary cross-entropy); squared error, MAE, RMSE and R2 of values.
   */
  evaluate(data: Dataset): Evaluation;
}

/** What a model takes and tells. */
export interface Telling {
  readonly input: Model["input"];
  readonly classes: readonly string[];
  readonly answers: Answers;
  /** Positions of a row that each have a class of their own; else 1. */
  readonly positions: number;
}

/** What a model tells: by `answers` where it is given, else by its classes and its last layer. */
export function tellingOf(fields: {
  readonly model: Model;
  readonly classes: readonly string[];
  readonly answers?: Answers;
}): Telling {
  const { model, classes } = fields;
  const layers = resolve(model);
  const { channels, length } = layers[layers.length - 1].output;
  const positions = classes.length > 0 ? (channels * length) / classes.length : 1;
  const byShape = classes.length === 0 ? "values" : positions > 1 ? "positions" : "classes";
  return { input: model.input, classes, answers: fields.answers ?? byShape, positions };
}

/** Predictions and scores by a model's outputs; its name is for errors. */
export function predictions(
  { name, input, classes, answers, positions }: Telling & { readonly name: string },
  outputs: Predictions["outputs"],
): Predictions {
  const { channels, length } = input;
  const count = classes.length;

  const predictRows = (rows: RawRows): Prediction[] => {
    if (classes.length === 0) throw new InputError("the model gives values, not classes; use outputs");
    const logits = outputs(rows);
    const size = count * positions;
    return Array.from({ length: rows.rows }, (_, i) => {
      const row = logits.subarray(i * size, (i + 1) * size);
      if (answers === "multiLabel") {
        const probabilities = Array.from(row, logistic);
        const labels = classes.filter((_name, k) => probabilities[k] >= 0.5);
        return { label: classes[argmax(probabilities)], probabilities, labels };
      }
      const each = Array.from({ length: positions }, (_t, t) =>
        softmax(Array.from({ length: count }, (_k, k) => row[k * positions + t])),
      );
      if (positions === 1) return { label: classes[argmax(each[0])], probabilities: each[0] };
      const probabilities = classes.map((_name, k) => each.reduce((sum, p) => sum + p[k], 0) / positions);
      const labels = each.map((p) => classes[argmax(p)]);
      return { label: classes[argmax(probabilities)], probabilities, labels };
    });
  };

  return {
    outputs,
    predictRows,
    predict: (sample) => predictRows({ series: flattenSample(sample, channels, length), rows: 1 })[0],
    evaluate: (data) => {
      if (data.channels !== channels || data.length !== length)
        throw new InputError(
          `${data.name} has rows of ${data.channels} x ${data.length} (channels x length); the model takes ${channels} x ${length}`,
        );
      if (classes.length === 0) return scoreValues(outputsOf(data, outputs), data.targets, data);
      const aligned = (): Dataset => alignClasses({ name, classes }, data);
      if (answers === "multiLabel" && data.classes.length > 0 && data.labels.length === 0)
        return scoreSeveral(outputsOf(data, outputs), aligned().targets, count);
      if (positions > 1 && data.labels.length !== data.rows * positions)
        throw new InputError(
          `${data.name} has ${data.labels.length} labels; the model tells the class of ${positions} positions a row`,
        );
      if (positions === 1 && data.labels.length !== data.rows)
        throw new InputError(
          `${data.name} has targets, not classes; the model tells ${classes.length} classes`,
        );
      return score(outputsOf(data, outputs), aligned().labels, count, positions);
    },
  };
}

/** A model's outputs for all rows of a data set, a chunk at a time. */
export function outputsOf(data: Dataset, outputs: Predictions["outputs"]): Float32Array {
  return joined(Array.from(chunks(data), outputs));
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

/** Refuses (InputError) rows in raw units that are not `[rows, channels, length]` or hold a value that is not finite. */
export function requireRows({ series, rows, first = 0 }: RawRows, channels: number, length: number): void {
  if (series.length !== rows * channels * length)
    throw new InputError(
      `${rows} rows have ${series.length} values; the model takes ${channels} x ${length} a row`,
    );
  const at = series.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return;
  const row = first + Math.floor(at / (channels * length));
  const channel = Math.floor(at / length) % channels;
  throw new InputError(
    `row ${row}, channel ${channel}, time ${at % length} is ${series[at]}; values are finite numbers; ` +
      "fill it in or leave the row out",
  );
}

export function flattenSample(sample: Sample, channels: number, length: number): Float64Array {
  const isList = (x: unknown): boolean => typeof x === "object" && x !== null && "length" in x;
  const refuse = (what: string): never => {
    throw new InputError(`the sample ${what}; it is [channel][time], or [time] of one channel`);
  };
  if (!isList(sample)) return refuse(`is ${sample === null ? "null" : typeof sample}`);
  const rows =
    typeof sample[0] === "number"
      ? [sample as ArrayLike<number>]
      : Array.from(sample as ArrayLike<ArrayLike<number>>);
  if (!rows.every(isList)) return refuse("holds what is no channel");
  if (rows.length !== channels || rows.some((r) => r.length !== length))
    throw new InputError(
      `the sample has ${rows.length} channels of ${rows[0]?.length ?? 0} values; the model takes ${channels} of ${length}`,
    );
  return Float64Array.from(rows.flatMap((r) => Array.from(r)));
}
