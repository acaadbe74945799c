/** Batch normalisation (Ioffe and Szegedy 2015), composed of sums and pointwise nodes. */
import type { NodeId } from "../graph/ops.ts";
import type { LayerKind, Signal, Site } from "./layer.ts";

/** The options of `batchNorm`. */
export interface BatchNormOptions {
  /** How far the running statistics move to a batch's in one step, from 0 (not at all) to 1. Default: 0.1. */
  readonly momentum?: number;
  /** Added to the variance, so that a constant channel divides by no zero. Default: 1e-5. */
  readonly epsilon?: number;
}

const channelVector = ({ channels }: Signal): readonly [1, number, 1] => [1, channels, 1];

/**
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta, a mean and variance a channel: of the batch in training
 * (two passes, divided by the count), running ones in prediction (the variance of n values times n / (n - 1), as
 * PyTorch keeps it).
 */
export const batchNorm: LayerKind<Required<BatchNormOptions>> = {
  inputs: 1,
  options: (o) => ({ momentum: o.number("momentum", 0, 0.1), epsilon: o.number("epsilon", 0, 1e-5) }),
  shape: ([x]) => x,
  parameters: ([x]) => [
    { name: "gamma", shape: channelVector(x), init: { kind: "constant", value: 1 } },
    { name: "beta", shape: channelVector(x), init: { kind: "constant", value: 0 } },
  ],
  state: ([x]) => [
    { name: "mean", shape: channelVector(x), value: 0 },
    { name: "variance", shape: channelVector(x), value: 1 },
  ],
  nodes: (site) => {
    const { b, mode, inputs, options, parameter, state } = site;
    const { mean, variance } =
      mode === "train" ? batchStatistics(site) : { mean: state("mean"), variance: state("variance") };
    const deviation = b.map("sqrt", b.map("add", variance, b.constant(options.epsilon)));
    const scale = b.map("div", b.constant(1), deviation);
    const centred = b.map("mul", b.map("sub", inputs[0], mean), scale);
    return b.map("add", b.map("mul", centred, parameter("gamma")), parameter("beta"));
  },
};

/**
 * The mean is held still in the variance: its derivative there, the sum of x - mean, is zero, and leaving it out is
 * what gives the backward pass in closed form, with two sums.
 */
function batchStatistics(site: Site<Required<BatchNormOptions>>): { mean: NodeId; variance: NodeId } {
  const { b, inputs, shapes, options, state, update, rows } = site;
  const count = b.map("mul", rows.count(), b.constant(shapes[0].length));
  const mean = b.map("div", rows.sum(inputs[0], ["n", "t"]), count);
  const centred = b.map("sub", inputs[0], b.detach(mean));
  const variance = b.map("div", rows.sum(b.map("mul", centred, centred), ["n", "t"]), count);
  const one = b.constant(1);
  const unbiased = b.map("mul", variance, b.map("div", count, b.map("max", b.map("sub", count, one), one)));
  const blend = (name: string, now: NodeId): void => {
    const step = b.map("mul", b.constant(options.momentum), b.map("sub", now, state(name)));
    update(name, b.map("add", state(name), step));
  };
  blend("mean", mean);
  blend("variance", unbiased);
  return { mean, variance };
}
