/**
 * What the tensors of a model are called, and which shapes they have, in an nn.Module of the same layers: attributes with the
 * layers' names (`conv1d_1.weight`), each PyTorch's own module of that kind.
 */
import { InputError } from "../../data/errors.ts";
import { resolve, tensorName, type Model, type Resolved } from "../../layers/model.ts";
import type { Shape } from "../../numerics/tensor.ts";

/** A tensor on both sides. */
export interface Counterpart {
  /** The module's attribute: `weight`. */
  readonly leaf: string;
  readonly shape: readonly number[];
  /** Ours: `conv1d_1.filter`, and its shape. */
  readonly own: string;
  readonly ownShape: Shape;
}

/** A layer that has tensors, and the module that it is in PyTorch. */
export interface TorchModule {
  readonly name: string;
  readonly tensors: readonly Counterpart[];
  /** Whether PyTorch also counts the batches that its running statistics have seen. */
  readonly counts: boolean;
}

const vector = ([a, b, c]: Shape): readonly number[] => [a * b * c];
const asItIs = (shape: Shape): readonly number[] => shape;

interface Rule {
  readonly leaf: string;
  readonly shape: (shape: Shape) => readonly number[];
}

/** By what a layer calls its tensor. */
const rules: Readonly<Record<string, Rule>> = {
  filter: { leaf: "weight", shape: asItIs },
  gain: { leaf: "weight_g", shape: asItIs },
  bias: { leaf: "bias", shape: vector },
  gamma: { leaf: "weight", shape: vector },
  beta: { leaf: "bias", shape: vector },
  alpha: { leaf: "weight", shape: vector },
  mean: { leaf: "running_mean", shape: vector },
  variance: { leaf: "running_var", shape: vector },
  dft: { leaf: "dft", shape: asItIs },
  mel: { leaf: "mel", shape: asItIs },
};

/** Where PyTorch has it otherwise: `kind.tensor`. */
const exceptions: Readonly<Record<string, Rule["shape"]>> = {
  "dense.filter": ([units, channels, length]) => [units, channels * length],
  "layerNorm.gamma": ([, channels, length]) => (length > 1 ? [channels, length] : [channels]),
  "layerNorm.beta": ([, channels, length]) => (length > 1 ? [channels, length] : [channels]),
};

function moduleOf(layer: Resolved): TorchModule {
  const all = [...layer.parameters, ...layer.state];
  const weightNorm = all.some(({ name }) => name === "gain");
  const tensors = all.map(({ name, shape }): Counterpart => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : null;
    if (!rule)
      throw new InputError(
        `layer ${layer.name}: PyTorch has no module with a ${name} as of ${layer.kind}; give a model without it`,
      );
    return {
      leaf: weightNorm && name === "filter" ? "weight_v" : rule.leaf,
      shape: (exceptions[`${layer.kind}.${name}`] ?? rule.shape)(shape),
      own: tensorName(layer, { name }),
      ownShape: shape,
    };
  });
  return { name: layer.name, tensors, counts: layer.kind === "batchNorm" };
}

/** The modules of a model that have tensors, in its order. Throws InputError where PyTorch has none of the kind. */
export const torchModules = (model: Model): readonly TorchModule[] =>
  resolve(model)
    .filter(({ parameters, state }) => parameters.length + state.length > 0)
    .map(moduleOf);

/** What PyTorch calls the batches that batch normalisation has counted, which nothing is computed from. */
export const COUNT = "num_batches_tracked";
