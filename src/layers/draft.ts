/**
 * Models from functions: `model({ channels, length }, (x) => dense(relu(conv1d(x, { ... })), { units: 4 }))`. Each call
 * adds a layer to the list behind its input; the result is plain JSON.
 */
import type { Kind } from "./kinds.ts";
import type { Signal } from "./layer.ts";
import type { Options } from "./options.ts";
import { inputFault, ModelError, requireUsed, resolve, type LayerSpec, type Model } from "./model.ts";

/** The output of a layer while a model is written; `channels` and `length` are its shape. */
export interface Tensor extends Signal {
  /** 0 for the input, i for the i-th layer. */
  readonly index: number;
  /**
   * The model that is being written; only layer functions read it.
   *
   * @internal
   */
  readonly draft: Draft;
}

interface Draft {
  readonly input: Signal;
  readonly layers: LayerSpec[];
}

/**
 * A model from a function of its input, `[channels, length]`, as plain JSON; `name` is for people and file names. Throws
 * ModelError where the function's result is not the layer that was added last, or where nothing reads a layer.
 */
export function model(input: Signal, build: (x: Tensor) => Tensor, name = "model"): Model {
  const wrongInput = inputFault(input);
  if (wrongInput) throw new ModelError(wrongInput);
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

/** Adds a layer behind its inputs; throws ModelError where it does not fit. */
export function append(kind: Kind, inputs: readonly Tensor[], options: object): Tensor {
  const [{ draft }] = inputs;
  if (inputs.some((x) => x.draft !== draft))
    throw new ModelError(`${kind}: its inputs belong to different models`);
  const layers = [...draft.layers, { kind, from: inputs.map((x) => x.index), options: options as Options }];
  const resolved = resolve({ format: "toeplitz-model", version: 1, name: "", input: draft.input, layers });
  draft.layers.push(layers[layers.length - 1]);
  return { ...resolved[resolved.length - 1].output, index: layers.length, draft };
}
