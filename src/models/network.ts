/**
 * A trained model, ready to use: weights, classes and preparation together, compiled for prediction. Rows go in in raw
 * units; prediction is synchronous.
 */
import { resolve, type Model } from "../layers/model.ts";
import type { AnswerKind } from "../data/answers.ts";
import { type Runtime } from "./runtime.ts";
import { InputError } from "../data/errors.ts";
import { softmax } from "./scores/metrics.ts";
import type { Preparation } from "./preparation.ts";
import { predictions, tellingOf, type Prediction, type Predictions } from "./predictions.ts";
import { argmax, score, type Evaluation } from "./scores/score.ts";
import { predictor } from "./predictor.ts";
import type { Sample } from "./takes.ts";
import { type Weights } from "./weights.ts";

export { argmax, score, softmax };
export type { Evaluation, Prediction, Sample };

export interface NetworkFields {
  /** What kind of model it is; absent where the fields are given. */
  readonly kind?: "network";
  readonly model: Model;
  /** Class names in the order of the outputs; empty where the outputs are values. */
  readonly classes: readonly string[];
  /** What it tells of a row; absent: what follows from classes and outputs, where several labels a row are not meant. */
  readonly answers?: AnswerKind;
  readonly preparation: Preparation;
  readonly weights: Weights;
  /** Where the weights come from: version, numerics, seed, data hash, command and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

export interface Network extends NetworkFields, Predictions {
  readonly kind: "network";
  readonly answers: AnswerKind;
}

/** Compiles a trained model for prediction. */
export async function network(fields: NetworkFields, runtime: Runtime = {}): Promise<Network> {
  const layers = resolve(fields.model);
  const { output: last } = layers[layers.length - 1];
  const count = fields.classes.length;
  if (count > 0 && last.channels * last.length !== count && last.channels !== count)
    throw new InputError(
      `the model has ${last.channels * last.length} outputs and ${count} classes; it has one output a class`,
    );
  const outputs = await predictor(layers, { input: fields.model.input, ...fields }, runtime);
  const told = { name: fields.model.name, ...tellingOf(fields) };
  return { ...fields, kind: "network", ...predictions(told, outputs) };
}
