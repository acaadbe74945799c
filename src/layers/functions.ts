/**
 * Models from functions: `model({ channels, length }, (x) => dense(relu(conv1d(x, { ... })), { units: 4 }))`. Each call
 * adds a layer to the list behind its input; the result is plain JSON.
 */
import type { EluOptions, LeakyReluOptions } from "./activations.ts";
import type { Conv1dOptions, DenseOptions } from "./convolution.ts";
import type { Kind } from "./kinds.ts";
import type { Options, Signal } from "./layer.ts";
import { ModelError, requireUsed, resolve, type LayerSpec, type Model } from "./model.ts";
import type { BatchNormOptions } from "./normalisation.ts";

/** The output of a layer while a model is written. */
export interface Tensor extends Signal {
  /** 0 for the input, i for the i-th layer. */
  readonly index: number;
  readonly draft: Draft;
}

interface Draft {
  readonly input: Signal;
  readonly layers: LayerSpec[];
}

/** A model from a function of its input. The function's result must be the layer added last. */
export function model(input: Signal, build: (x: Tensor) => Tensor, name = "model"): Model {
  const draft: Draft = { input: { channels: input.channels, length: input.length }, layers: [] };
  const output = build({ ...draft.input, index: 0, draft });
  if (output.draft !== draft) throw new ModelError("the result belongs to another model");
  const result: Model = { format: "toeplitz-model", version: 1, name, ...draft };
  if (output.index !== draft.layers.length)
    throw new ModelError(
      `the result is layer ${output.index} of ${draft.layers.length}; the layers after it are not used`,
    );
  requireUsed(result);
  return result;
}

function append(kind: Kind, inputs: readonly Tensor[], options: object): Tensor {
  const [{ draft }] = inputs;
  if (inputs.some((x) => x.draft !== draft))
    throw new ModelError(`${kind}: its inputs belong to different models`);
  const layers = [...draft.layers, { kind, from: inputs.map((x) => x.index), options: options as Options }];
  const resolved = resolve({ format: "toeplitz-model", version: 1, name: "", input: draft.input, layers });
  draft.layers.push(layers[layers.length - 1]);
  return { ...resolved[resolved.length - 1].output, index: layers.length, draft };
}

type Given<O, Required extends keyof O = never> = Partial<O> & Pick<O, Required>;

export const conv1d = (x: Tensor, options: Given<Conv1dOptions, "filters" | "kernelSize">): Tensor =>
  append("conv1d", [x], options);
export const dense = (x: Tensor, options: Given<DenseOptions, "units">): Tensor =>
  append("dense", [x], options);
export const batchNorm = (x: Tensor, options: Given<BatchNormOptions> = {}): Tensor =>
  append("batchNorm", [x], options);
export const relu = (x: Tensor): Tensor => append("relu", [x], {});
export const leakyRelu = (x: Tensor, options: Given<LeakyReluOptions> = {}): Tensor =>
  append("leakyRelu", [x], options);
export const elu = (x: Tensor, options: Given<EluOptions> = {}): Tensor => append("elu", [x], options);
export const gelu = (x: Tensor): Tensor => append("gelu", [x], {});
export const silu = (x: Tensor): Tensor => append("silu", [x], {});
export const tanh = (x: Tensor): Tensor => append("tanh", [x], {});
export const sigmoid = (x: Tensor): Tensor => append("sigmoid", [x], {});
export const softplus = (x: Tensor): Tensor => append("softplus", [x], {});
export const add = (a: Tensor, b: Tensor): Tensor => append("add", [a, b], {});
export const globalAveragePool = (x: Tensor): Tensor => append("globalAveragePool", [x], {});
export const flatten = (x: Tensor): Tensor => append("flatten", [x], {});
