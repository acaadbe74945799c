/**
 * A trained model, ready to use: weights, classes and preparation together, compiled for prediction. Rows go in in raw
 * units; prediction is synchronous.
 */
import { readSamples, weightView, writeRows, writeSamples } from "../compiler/arena.ts";
import { compile } from "../compiler/compile.ts";
import { resolve, tensorName, type Model } from "../layers/model.ts";
import { exp, log } from "../numerics/f64.ts";
import { loadProgram, type BackendChoice } from "./backends.ts";
import { alignClasses } from "./classes.ts";
import type { Batch, Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { prepare, type Preparation } from "./preparation.ts";
import { predictGraph, type Weights } from "./trainer.ts";

/** Rows that prediction takes at a time: one group of lanes. */
const ROWS = 16;

export interface NetworkFields {
  readonly model: Model;
  /** Class names in the order of the outputs; empty where the outputs are values. */
  readonly classes: readonly string[];
  readonly preparation: Preparation;
  readonly weights: Weights;
  /** Where the weights come from: version, numerics, seed, data hash, command and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

export interface Prediction {
  /** The class with the largest probability. */
  readonly label: string;
  /** By class, in the order of `classes`. */
  readonly probabilities: readonly number[];
}

export interface Evaluation {
  readonly rows: number;
  readonly loss: number;
  readonly accuracy: number;
  /** `[actual][predicted]` counts, in the order of `classes`. */
  readonly confusion: readonly (readonly number[])[];
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
  /** Cross-entropy and accuracy over a data set with the model's classes; mean squared error where it has targets. */
  evaluate(data: Dataset): Evaluation;
}

/** Compiles a trained model for prediction. */
export async function network(fields: NetworkFields, backend?: BackendChoice): Promise<Network> {
  const layers = resolve(fields.model);
  const { output: last } = layers[layers.length - 1];
  if (fields.classes.length > 0 && last.channels * last.length !== fields.classes.length)
    throw new InputError(
      `the model has ${last.channels * last.length} outputs and ${fields.classes.length} classes; it has one output a class`,
    );
  const program = compile({ predict: predictGraph(layers) }, { batch: ROWS });
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
    return Array.from({ length: rows.rows }, (_, i) => {
      const probabilities = softmax(logits.subarray(i * classes.length, (i + 1) * classes.length));
      return { label: classes[argmax(probabilities)], probabilities };
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
      if (data.labels.length !== data.rows)
        throw new InputError(
          `${data.name} has targets, not classes; the model tells ${classes.length} classes`,
        );
      const aligned = alignClasses({ name: fields.model.name, classes }, data);
      return score(outputs(aligned), aligned.labels, classes.length);
    },
  };
}

/** Mean cross-entropy, accuracy and confusion of logits `[rows, classes]`. */
export function score(logits: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Evaluation {
  const rows = labels.length;
  const confusion = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  let loss = 0;
  let right = 0;
  for (let i = 0; i < rows; i++) {
    const row = Array.from({ length: classes }, (_, k) => logits[i * classes + k]);
    const best = argmax(row);
    const max = row[best];
    loss += log(row.reduce((sum, x) => sum + exp(x - max), 0)) - (row[labels[i]] - max);
    confusion[labels[i]][best]++;
    if (best === labels[i]) right++;
  }
  return { rows, loss: loss / rows, accuracy: right / rows, confusion };
}

/** Mean squared error of outputs `[rows, outputs]`; there is no accuracy. */
export function scoreValues(
  outputs: ArrayLike<number>,
  targets: ArrayLike<number>,
  data: Pick<Dataset, "name" | "rows">,
): Evaluation {
  if (outputs.length !== targets.length)
    throw new InputError(
      `${data.name} has ${targets.length} target values; the model gives ${outputs.length} for its ${data.rows} rows`,
    );
  let squares = 0;
  for (let i = 0; i < outputs.length; i++) squares += (outputs[i] - targets[i]) * (outputs[i] - targets[i]);
  return { rows: data.rows, loss: squares / outputs.length, accuracy: NaN, confusion: [] };
}

export function softmax(logits: Float32Array): number[] {
  const max = logits.reduce((a, b) => (b > a ? b : a));
  const e = Array.from(logits, (x) => exp(x - max));
  const sum = e.reduce((a, b) => a + b);
  return e.map((x) => x / sum);
}

/** The first largest. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
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
