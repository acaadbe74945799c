/**
 * From a model's outputs to what it says of rows: labels, probabilities and scores. A network and an ensemble differ in
 * how outputs come about and in nothing after that.
 */
import { resolve, type Model } from "../layers/model.ts";
import type { AnswerKind } from "../data/answers.ts";
import { alignClasses } from "../data/classes.ts";
import { faultInNames } from "../data/channelNames.ts";
import { matchChannels, matchRows } from "../data/matchChannels.ts";
import { chunks, type Dataset, type RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { softmax } from "./scores/metrics.ts";
import type { Loss } from "./scores/loss.ts";
import type { Preparation } from "./preparation.ts";
import type { TargetScales } from "./targets.ts";
import { requireTemperature, tempered } from "./temperature.ts";
import { requireShape, rowsOfSample, takesOf, type Sample, type Takes } from "./takes.ts";
import {
  className,
  classOf,
  logistic,
  score,
  scoreSeveral,
  scoreValues,
  type Evaluation,
} from "./scores/score.ts";

/** What a model says of one row: a class with probabilities, or the values of a regression, which has nothing else. */
export interface Prediction {
  /**
   * The class with the largest probability; empty where the outputs are not numbers, as rows far beyond those of training can
   * make them: then no class is said. Of a regression, reading it throws InputError.
   */
  readonly label: string;
  /** By class, in the order of `classes`; of positions, their mean. Of a regression, reading it throws InputError. */
  readonly probabilities: readonly number[];
  /** Of several labels a row: those of probability 1/2 or more. Of positions: the class of each. */
  readonly labels?: readonly string[];
  /** Of positions: the probabilities at each, `[position][class]`. */
  readonly positions?: readonly (readonly number[])[];
  /** Of a regression alone: a number an output, in the targets' own units. */
  readonly values?: readonly number[];
}

/** What every trained model can do; rows go in in raw units. Throws InputError for rows that it does not take. */
export interface Predictions {
  /** The raw rows that it takes. */
  readonly takes: Takes;
  /** What it predicts of a row. */
  readonly answers: AnswerKind;
  /** The channels of its training rows, in their order; absent where they had no names. */
  readonly channelNames?: readonly string[];
  /** What `calibrate` fitted: probabilities are softmax(outputs / temperature). Absent where it is not calibrated. */
  readonly temperature?: number;
  /** The class, or the values, of one row in raw units, by position or by channel name; throws InputError for a row of another shape or with a value that is not finite. */
  predict(sample: Sample): Prediction;
  /** The same for many rows, `[rows, channels, length]`, with `lengths` where they are not all so long. */
  predictRows(rows: RawRows): Prediction[];
  /**
   * The last layer's outputs, `[rows, outputs]`: before any temperature and softmax, of values in the targets' own units. Rows with `channelNames` (a data set's, or a batch's)
   * are put into the order of the model's; others are taken by position.
   */
  outputs(rows: RawRows): Float32Array;
  /**
   * Loss and metrics over a data set: cross-entropy, accuracy, balanced accuracy, F1 and AUROC of classes (of positions
   * and of several labels a row too, there with binary cross-entropy); MAE, RMSE and R2 of values in
   * their own units, and there the squared error (or `loss`) of the targets as they were learned: standardised, unless raw.
   * Channels are matched by name where model and data have names.
   */
  evaluate(data: Dataset, loss?: Loss): Evaluation;
  /** The same of outputs that are made elsewhere, or were made before: by other processes, say. */
  over(outputs: Predictions["outputs"]): Predictions;
}

/** What a model takes and predicts. */
export interface Telling {
  readonly takes: Takes;
  readonly channelNames?: readonly string[];
  readonly classes: readonly string[];
  readonly answers: AnswerKind;
  /** Positions of a row that each have a class of their own; else 1. */
  readonly positions: number;
  /** What targets were standardised by: the units of the loss. */
  readonly targets?: TargetScales;
  /** Of a calibrated model. */
  readonly temperature?: number;
}

/**
 * What a model predicts: by `answers` where it is given, else by its classes and its last layer, as files have it: they say
 * only that several labels a row are meant. Throws InputError for channel names that are not one a channel.
 */
export function tellingOf(fields: {
  readonly model: Model;
  readonly channelNames?: readonly string[];
  readonly classes: readonly string[];
  readonly answers?: AnswerKind;
  readonly preparation: Preparation;
  readonly targets?: TargetScales;
  readonly temperature?: number;
}): Telling {
  const { model, classes, preparation, channelNames, targets, temperature } = fields;
  const takes = takesOf(preparation, model.input);
  const fault = channelNames && faultInNames(channelNames, takes.channels);
  if (fault) throw new InputError(`the model ${model.name}: ${fault}; correct channelNames`);
  const layers = resolve(model);
  const { channels, length } = layers[layers.length - 1].output;
  const positions = classes.length > 0 ? (channels * length) / classes.length : 1;
  const byShape = classes.length === 0 ? "values" : positions > 1 ? "positions" : "classes";
  const answers = fields.answers ?? byShape;
  requireTemperature(temperature, answers, `the model ${model.name}`);
  return {
    takes,
    classes,
    answers,
    positions,
    targets,
    ...(temperature !== undefined && { temperature }),
    ...(channelNames && { channelNames }),
  };
}

/** Predictions and scores by a model's outputs; its name is for errors. */
export function predictions(
  told: Telling & { readonly name: string },
  inOrder: Predictions["outputs"],
): Predictions {
  const { name, takes, channelNames, classes, answers, positions, targets, temperature } = told;
  const count = classes.length;
  const whose = `the model ${name}`;
  const outputs = (rows: RawRows): Float32Array => inOrder(matchRows(channelNames, rows, whose));

  const predictRows = (rows: RawRows): Prediction[] =>
    predictionsOf(outputs(rows), rows.rows, { classes, answers, positions, temperature });

  /** Of a class a row or a position. */
  const scoreClasses = (data: Dataset): Evaluation => {
    const { answers: given } = data;
    const each = given.kind === "positions" ? given.positions : given.kind === "classes" ? 1 : 0;
    if (each !== positions)
      throw new InputError(
        positions > 1
          ? `${data.name} has ${data.rows * each} labels; the model predicts the class of ${positions} positions a row`
          : `${data.name} has targets, not classes; the model predicts ${classes.length} classes`,
      );
    return score(tempered(outputsOf(data, outputs), temperature), aligned(data).labels, count, positions);
  };
  const aligned = (data: Dataset): Dataset => alignClasses({ name, classes }, data);

  return {
    takes,
    answers,
    outputs,
    predictRows,
    over: (other) => predictions(told, other),
    ...(channelNames && { channelNames }),
    ...(temperature !== undefined && { temperature }),
    predict: (sample) => predictRows(rowsOfSample(sample, takes, channelNames))[0],
    evaluate: (given, loss) => {
      const { data } = matchChannels(channelNames, given, whose);
      requireShape(data, takes);
      switch (answers) {
        case "values":
          return scoreValues(outputsOf(data, outputs), data.targets, data, { loss, units: targets });
        case "multiLabel":
          return data.answers.kind === "multiLabel"
            ? scoreSeveral(outputsOf(data, outputs), aligned(data).targets, count)
            : scoreClasses(data);
        case "classes":
        case "positions":
          return scoreClasses(data);
      }
    },
  };
}

/** What outputs `[rows, outputs]` say of each row. */
export function predictionsOf(
  logits: Float32Array,
  rows: number,
  {
    classes,
    answers,
    positions,
    temperature,
  }: Pick<Telling, "classes" | "answers" | "positions" | "temperature">,
): Prediction[] {
  if (answers === "values") return valuesOf(logits, rows);
  const count = classes.length;
  const size = count * positions;
  return Array.from({ length: rows }, (_, i) => {
    const row = logits.subarray(i * size, (i + 1) * size);
    if (answers === "multiLabel") {
      const probabilities = Array.from(row, logistic);
      const labels = classes.filter((_name, k) => probabilities[k] >= 0.5);
      return { label: className(classes, classOf(probabilities)), probabilities, labels };
    }
    const z = tempered(row, temperature);
    const each = Array.from({ length: positions }, (_t, t) => {
      const own = Array.from({ length: count }, (_k, k) => z[k * positions + t]);
      // by the logits, so that a temperature, which can make probabilities equal, changes no label
      return { p: softmax(own), label: className(classes, classOf(own)) };
    });
    if (positions === 1) return { label: each[0].label, probabilities: each[0].p };
    const probabilities = classes.map((_name, k) => each.reduce((sum, { p }) => sum + p[k], 0) / positions);
    return {
      label: className(classes, classOf(probabilities)),
      probabilities,
      labels: each.map(({ label }) => label),
      positions: each.map(({ p }) => p),
    };
  });
}

const noClasses = (): never => {
  throw new InputError("the model gives values, not classes; read values");
};

/** Outputs `[rows, outputs]` row by row: `{ values }`, whose label and probabilities are refused by name. */
function valuesOf(outputs: Float32Array, rows: number): Prediction[] {
  const width = outputs.length / rows;
  return Array.from({ length: rows }, (_, r) => {
    const values = Array.from(outputs.subarray(r * width, (r + 1) * width));
    const refused = { get: noClasses };
    const prediction: object = Object.defineProperties(
      { values },
      { label: refused, probabilities: refused },
    );
    return prediction as Prediction;
  });
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
