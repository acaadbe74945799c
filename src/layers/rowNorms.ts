/**
 * Normalisation by a row's own statistics, the same in training and prediction: y = (x - mean) / sqrt(variance +
 * epsilon), then gamma y + beta. The variance is divided by the count. layerNorm: Ba et al. 2016; instanceNorm: Ulyanov
 * et al. 2016; groupNorm: Wu and He 2018.
 */
import type { GraphBuilder } from "../graph/build.ts";
import type { Axis, NodeId } from "../graph/ops.ts";
import { size, type Shape } from "../numerics/tensor.ts";
import type { LayerKind, Parameter, Site } from "./layer.ts";
import { LayerError } from "./options.ts";

/** What the normalisations of rows share. */
export interface NormOptions {
  /** Added to the variance, so that constant values divide by no zero. Default: 1e-5. */
  readonly epsilon?: number;
  /** Whether a factor gamma (1 at first) and a shift beta (0) are learned. Default: true; of `instanceNorm` false. */
  readonly affine?: boolean;
}

/** x - mean, over the square root of the variance; `mean` gives the mean of each value's own set. */
function normalise(b: GraphBuilder, x: NodeId, epsilon: number, mean: (y: NodeId) => NodeId): NodeId {
  const m = mean(x);
  // the mean is held still in the variance, where its derivative is zero
  const still = b.map("sub", x, b.detach(m));
  const variance = mean(b.map("mul", still, still));
  const scale = b.map("div", b.constant(1), b.map("sqrt", b.map("add", variance, b.constant(epsilon))));
  return b.map("mul", b.map("sub", x, m), scale);
}

function affine({ b, options, parameter }: Site<Required<NormOptions>>, y: NodeId): NodeId {
  return options.affine ? b.map("add", b.map("mul", y, parameter("gamma")), parameter("beta")) : y;
}

const affineParameters = (shape: Shape, o: Required<NormOptions>): Parameter[] =>
  o.affine
    ? [
        { name: "gamma", shape, init: { kind: "constant", value: 1 } },
        { name: "beta", shape, init: { kind: "constant", value: 0 } },
      ]
    : [];

const meanOver =
  (b: GraphBuilder, axes: readonly Axis[]) =>
  (x: NodeId): NodeId => {
    const { shape } = b.type(x);
    const count = (axes.includes("c") ? shape[1] : 1) * (axes.includes("t") ? shape[2] : 1);
    return b.map("div", b.sum(x, axes), b.constant(count));
  };

/** The options of `layerNorm`. */
export interface LayerNormOptions extends NormOptions {
  /**
   * The values of one mean: the channels at one position (gamma and beta a channel), or the whole row (gamma and beta
   * a value, PyTorch's LayerNorm([channels, length])). Default: "channels".
   */
  readonly over?: "row" | "channels";
}

/**
 * Over channels (default): a mean a position, gamma and beta a channel, as transformers and ConvNeXt have it. Over the
 * row: one mean, gamma and beta `[channels, length]`, PyTorch's LayerNorm([channels, length]).
 */
export const layerNorm: LayerKind<Required<LayerNormOptions>> = {
  inputs: 1,
  options: (o) => ({
    over: o.word("over", ["row", "channels"], "channels"),
    epsilon: o.number("epsilon", 0, 1e-5),
    affine: o.flag("affine", true),
  }),
  shape: ([x]) => x,
  parameters: ([x], o) => affineParameters([1, x.channels, o.over === "row" ? x.length : 1], o),
  nodes: (site) => {
    const { b, inputs, options: o } = site;
    const mean = meanOver(b, o.over === "row" ? ["c", "t"] : ["c"]);
    return affine(site, normalise(b, inputs[0], o.epsilon, mean));
  },
};

/** The options of `instanceNorm`; `affine` is false by default. */
export type InstanceNormOptions = NormOptions;

/** A mean a channel of a row, over its positions. PyTorch's InstanceNorm1d: without gamma and beta unless asked for. */
export const instanceNorm: LayerKind<Required<InstanceNormOptions>> = {
  inputs: 1,
  options: (o) => ({ epsilon: o.number("epsilon", 0, 1e-5), affine: o.flag("affine", false) }),
  shape: ([x]) => x,
  parameters: ([x], o) => affineParameters([1, x.channels, 1], o),
  nodes: (site) =>
    affine(site, normalise(site.b, site.inputs[0], site.options.epsilon, meanOver(site.b, ["t"]))),
};

/** The options of `groupNorm`; `groups` has to be given. */
export interface GroupNormOptions extends NormOptions {
  /** How many groups the channels are divided into; it divides them. */
  readonly groups: number;
}

/** A mean a group of neighbouring channels of a row; gamma and beta a channel. PyTorch's GroupNorm. */
export const groupNorm: LayerKind<Required<GroupNormOptions>> = {
  inputs: 1,
  options: (o) => ({
    groups: o.whole("groups", 1),
    epsilon: o.number("epsilon", 0, 1e-5),
    affine: o.flag("affine", true),
  }),
  shape: ([x], { groups }) => {
    if (x.channels % groups !== 0)
      throw new LayerError(`groups ${groups} does not divide ${x.channels} channels`);
    return x;
  },
  parameters: ([x], o) => affineParameters([1, x.channels, 1], o),
  nodes: (site) => {
    const { b, inputs, shapes, options: o } = site;
    const mean = groupMean(b, shapes[0].channels, o.groups);
    return affine(site, normalise(b, inputs[0], o.epsilon, mean));
  },
};

/** Sums of channels first, so that only small tensors are cut into groups. */
function groupMean(b: GraphBuilder, channels: number, groups: number): (x: NodeId) => NodeId {
  if (groups === 1) return meanOver(b, ["c", "t"]);
  if (groups === channels) return meanOver(b, ["t"]);
  const each = channels / groups;
  return (x) => {
    const count = size(b.type(x).shape) / groups;
    const sums = b.sum(b.reshape(b.sum(x, ["t"]), [1, groups, each]), ["t"]);
    const mean = b.map("div", sums, b.constant(count));
    const spread = b.broadcast(mean, { space: "sample", shape: [1, groups, each] });
    return b.reshape(spread, [1, channels, 1]);
  };
}
