/**
 * A trained model, ready to use: weights, classes and preparation together, compiled for prediction. Rows go in in raw
 * units; prediction is synchronous.
 */
import { readSamples, weightView, writeRows, writeSamples } from "../compiler/arena.ts";
import { compile } from "../compiler/compile.ts";
import { resolve, tensorName, type Model } from "../layers/model.ts";
import type { Answers } from "./answers.ts";
import { chooseBackend, loadProgram, type BackendChoice } from "./backends.ts";
import { alignClasses } from "./classes.ts";
import type { Batch, Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { softmax } from "./metrics.ts";
import { prepare, type Preparation } from "./preparation.ts";
import { argmax, logistic, score, scoreSeveral, scoreValues, type Evaluation } from "./score.ts";
import { predictGraph } from "./graphs.ts";
import { type Weights } from "./weights.ts";

export { argmax, score, softmax };
export type { Evaluation };

/** Rows that prediction takes at a time: one group of lanes. */
const ROWS = 16;

export interface NetworkFields {
  readonly model: Model;
  /** Class names in the order of the outputs; empty where the outputs are values. */
  readonly classes: readonly string[];
  /** What it tells of a row; absent: what follows from classes and outputs, where several labels a row are not meant. */
  readonly answers?: Answers;
  readonly preparation: Preparation;
  readonly weights: Weights;
  /** Where the weights come from: version, numerics, seed, data hash, command and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

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

export interface Network extends NetworkFields {
  /** The class of one row in raw units; throws InputError for a row of another shape. */
  predict(sample: Sample): Prediction;
  /** The same for many rows, `[rows, channels, length]`. */
  predictRows(rows: Pick<Batch, "series" | "rows">): Prediction[];
  /** The last layer's outputs, `[rows, outputs]`, before any softmax. */
  outputs(rows: Pick<Batch, "series" | "rows">): Float32Array;
  /**
   * Loss and metrics over a data set: cross-entropy, accuracy, balanced accuracy, F1 and AUROC of classes (of positions
   * and of several labels a row too, there with binary cross-entropy); squared error, MAE, RMSE and R2 of values.
   */
  evaluate(data: Dataset): Evaluation;
}

/** Compiles a trained model for prediction. */
export async function network(fields: NetworkFields, backend?: BackendChoice): Promise<Network> {
  const layers = resolve(fields.model);
  const { output: last } = layers[layers.length - 1];
  const count = fields.classes.length;
  if (count > 0 && last.channels * last.length !== count && last.channels !== count)
    throw new InputError(
      `the model has ${last.channels * last.length} outputs and ${count} classes; it has one output a class`,
    );
  const program = compile(
    { predict: predictGraph(layers) },
    { batch: ROWS, schedule: chooseBackend(backend).schedule },
  );
  const { floats, bits, run } = await loadProgram(program, backend);
  const given = new Map(fields.weights.map((w) => [w.name, w.data]));
  for (const layer of layers) {
    for (const [prefix, tensors] of [
      ["parameters", layer.parameters],
      ["state", layer.state],
    ] as const) {
      for (const tensor of tensors) {
        const name = tensorName(layer, tensor);
        const view = weightView(floats, program.tensors[`${prefix}/${name}`]);
        const data = given.get(name);
        if (data?.length !== view.length)
          throw new InputError(
            `weights of ${name} have ${data?.length ?? "no"} values; the model wants ${view.length}`,
          );
        view.set(data);
      }
    }
  }

  const { channels, length } = fields.model.input;
  const size = channels * length;
  const { classes } = fields;
  const positions = count > 0 ? (last.channels * last.length) / count : 1;
  const answers: Answers =
    fields.answers ?? (count === 0 ? "values" : positions > 1 ? "positions" : "classes");

  const outputs = ({ series, rows }: Pick<Batch, "series" | "rows">): Float32Array => {
    if (series.length !== rows * size)
      throw new InputError(
        `${rows} rows have ${series.length} values; the model takes ${channels} x ${length} a row`,
      );
    const parts: Float32Array[] = [];
    for (let from = 0; from < rows; from += ROWS) {
      const part = {
        series: series.subarray(from * size, (from + ROWS) * size),
        rows: Math.min(ROWS, rows - from),
      };
      writeRows(floats, bits, program, part.rows);
      const values = prepare(fields.preparation, part, channels, length);
      writeSamples(floats, program.tensors.input, ROWS, values, part.rows);
      run("predict");
      parts.push(readSamples(floats, program.tensors.output, part.rows));
    }
    const all = new Float32Array(parts.reduce((sum, p) => sum + p.length, 0));
    let at = 0;
    for (const p of parts) {
      all.set(p, at);
      at += p.length;
    }
    return all;
  };

  const predictRows = (rows: Pick<Batch, "series" | "rows">): Prediction[] => {
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
    ...fields,
    outputs,
    predictRows,
    predict: (sample) => predictRows({ series: flattenSample(sample, channels, length), rows: 1 })[0],
    evaluate: (data) => {
      if (data.channels !== channels || data.length !== length)
        throw new InputError(
          `${data.name} has rows of ${data.channels} x ${data.length} (channels x length); the model takes ${channels} x ${length}`,
        );
      if (classes.length === 0) return scoreValues(outputs(data), data.targets, data);
      const aligned = (): Dataset => alignClasses({ name: fields.model.name, classes }, data);
      if (answers === "multiLabel" && data.classes.length > 0 && data.labels.length === 0)
        return scoreSeveral(outputs(data), aligned().targets, count);
      if (positions > 1 && data.labels.length !== data.rows * positions)
        throw new InputError(
          `${data.name} has ${data.labels.length} labels; the model tells the class of ${positions} positions a row`,
        );
      if (positions === 1 && data.labels.length !== data.rows)
        throw new InputError(
          `${data.name} has targets, not classes; the model tells ${classes.length} classes`,
        );
      return score(outputs(data), aligned().labels, count, positions);
    },
  };
}

export function flattenSample(sample: Sample, channels: number, length: number): Float64Array {
  const rows =
    typeof sample[0] === "number"
      ? [sample as ArrayLike<number>]
      : Array.from(sample as ArrayLike<ArrayLike<number>>);
  if (rows.length !== channels || rows.some((r) => r.length !== length))
    throw new InputError(
      `the sample has ${rows.length} channels of ${rows[0]?.length ?? 0} values; the model takes ${channels} of ${length}`,
    );
  return Float64Array.from(rows.flatMap((r) => Array.from(r)));
}
