/**
 * A trained model, ready to use: weights, classes and preparation together, compiled for prediction. Rows go in in raw
 * units; prediction is synchronous.
 */
import { resolve, type Model } from "../layers/model.ts";
import type { AnswerKind } from "../data/answers.ts";
import type { Dataset, RawRows } from "../data/dataset.ts";
import { type Runtime } from "./runtime.ts";
import { InputError } from "../data/errors.ts";
import { softmax } from "./scores/metrics.ts";
import type { Preparation } from "./preparation.ts";
import { inOwnUnits, type TargetScales } from "./targets.ts";
import { predictions, tellingOf, type Prediction, type Predictions } from "./predictions.ts";
import { fieldsWithLength } from "./withLength.ts";
import { argmax, score, type Evaluation } from "./scores/score.ts";
import { embedder, type Embedding } from "./embed.ts";
import { predictor } from "./predictor.ts";
import type { Stream } from "./stream/engineStream.ts";
import type { StreamOptions } from "./stream/stream.ts";
import type { Sample } from "./takes.ts";
import { type Weights } from "./weights.ts";

export { argmax, score, softmax };
export type { Embedding, Evaluation, Prediction, Sample };

/** A trained network as plain data: what a model file holds. */
export interface NetworkFields {
  /** What kind of model it is; absent where the fields are given. */
  readonly kind?: "network";
  /** Its layers. */
  readonly model: Model;
  /** The channels of its training rows, in their order; absent where they had no names. */
  readonly channelNames?: readonly string[];
  /** Class names in the order of the outputs; empty where the outputs are values. */
  readonly classes: readonly string[];
  /** What it says of a row. Default: what follows from classes and outputs (never several labels a row). */
  readonly answers?: AnswerKind;
  /** What is done to raw rows first. */
  readonly preparation: Preparation;
  /** What its targets were standardised by, one number an output; absent where it gives values as its layers do. */
  readonly targets?: TargetScales;
  /** What `calibrate` fitted: probabilities are softmax(outputs / temperature). Absent where it is not calibrated. */
  readonly temperature?: number;
  /** Parameters and running statistics by name, in model order. */
  readonly weights: Weights;
  /** Where the weights come from: version, numerics, seed, data hash, command and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** A trained network, compiled for prediction. */
export interface Network extends NetworkFields, Predictions {
  /** What kind of model it is. */
  readonly kind: "network";
  /** What it says of a row. */
  readonly answers: AnswerKind;
  /**
   * What a hidden layer makes of rows in raw units, `[rows, channels, length]` of that layer: features for a search, a
   * clustering or another classifier. The layer goes by its name in `summary`, such as `globalAveragePool_1`. Default: what
   * the last layer with parameters reads, which of a classifier are its pooled features. The model up to that layer is
   * compiled at its first use. The last layer's values are those of `outputs`, but that targets are still standardised.
   *
   * @throws InputError for a name that no layer has (with those that there are), and for rows that the model does not take
   */
  embed(rows: RawRows | Dataset, layer?: string): Promise<Embedding>;
  /**
   * The same weights for rows of another length, at least 1: what the model was trained on is no bound where convolutions
   * are followed by a global pool or by a class a position. A preparation that pads then pads and cuts to that length.
   *
   * @throws InputError with the layer that fixes the length (dense behind flatten, say)
   */
  withLength(length: number): Promise<Network>;
  /**
   * The network over samples that come in one after another: an answer for each position, where its output has positions, or
   * one every `hop` samples for the window of its length that ends there. The bits are those of `predict` by `convolution:
   * "direct"`.
   *
   * @throws InputError with the layer, or the step of the preparation, that does not stream
   */
  stream(options?: StreamOptions): Promise<Stream>;
}

/**
 * Compiles a trained model for prediction.
 *
 * @throws InputError where it has not one output a class or one name a channel, ModelError where the model is none
 */
export async function network(fields: NetworkFields, runtime: Runtime = {}): Promise<Network> {
  const layers = resolve(fields.model);
  const { output: last } = layers[layers.length - 1];
  const count = fields.classes.length;
  if (count > 0 && last.channels * last.length !== count && last.channels !== count)
    throw new InputError(
      `the model has ${last.channels * last.length} outputs and ${count} classes; it has one output a class`,
    );
  const { targets } = fields;
  if (targets && targets.mean.length !== last.channels * last.length)
    throw new InputError(
      `the model has ${last.channels * last.length} outputs and scales of ${targets.mean.length} targets; each output has one`,
    );
  const predict = await predictor(layers, { input: fields.model.input, ...fields }, runtime);
  const outputs: Predictions["outputs"] = targets ? (rows) => inOwnUnits(predict(rows), targets) : predict;
  const told = { name: fields.model.name, ...tellingOf(fields) };
  return {
    ...fields,
    kind: "network",
    ...predictions(told, outputs),
    embed: embedder(fields, runtime),
    // apart, so that pages that stream nothing load none of it
    stream: async (options = {}) => {
      const { streamOf } = await import("./stream/stream.ts");
      return streamOf(fields, told.answers, { ...runtime, ...options });
    },
    withLength: async (length) => network(fieldsWithLength(fields, length), runtime),
  };
}
