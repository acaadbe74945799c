/**
 * A trained model, ready to use: weights, classes and preparation together, compiled for prediction. Rows go in in raw
 * units; prediction is synchronous.
 */
import { readSamples, weightView, writeRows, writeSamples } from "../compiler/arena.ts";
import { compile } from "../compiler/compile.ts";
import { resolve, tensorName, type Model } from "../layers/model.ts";
import type { Answers } from "./answers.ts";
import { chooseBackend, loadProgram, type BackendChoice } from "./backends.ts";
import { InputError } from "./errors.ts";
import { softmax } from "./metrics.ts";
import { prepare, type Preparation } from "./preparation.ts";
import {
  flattenSample,
  joined,
  predictions,
  requireRows,
  tellingOf,
  type Prediction,
  type Predictions,
  type Sample,
} from "./predictions.ts";
import { argmax, score, type Evaluation } from "./score.ts";
import { predictGraph } from "./graphs.ts";
import { type Weights } from "./weights.ts";

export { argmax, flattenSample, score, softmax };
export type { Evaluation, Prediction, Sample };

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

export interface Network extends NetworkFields, Predictions {}

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
  const named = new Map(fields.weights.map((w) => [w.name, w.data]));
  for (const layer of layers) {
    for (const [prefix, tensors] of [
      ["parameters", layer.parameters],
      ["state", layer.state],
    ] as const) {
      for (const tensor of tensors) {
        const name = tensorName(layer, tensor);
        const view = weightView(floats, program.tensors[`${prefix}/${name}`]);
        const data = named.get(name);
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

  const outputs: Predictions["outputs"] = (given) => {
    requireRows(given, channels, length);
    const { series, rows } = given;
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
    return joined(parts);
  };

  return { ...fields, ...predictions({ name: fields.model.name, ...tellingOf(fields) }, outputs) };
}
