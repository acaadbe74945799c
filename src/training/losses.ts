/**
 * Losses as data, and their nodes: means over the rows of the batch. An output is `[rows, channels, positions]`, and so
 * is its target: class probabilities (one-hot, or mixed) for cross-entropy, 0 or 1 for binary cross-entropy, else values.
 * Rows with weights count so much each, as Keras has it (`sample_weight`, summed over the batch's size): twice the weights
 * are twice the loss. Weights of classes and of rows multiply.
 */
import type { Answers } from "../data/answers.ts";
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import type {
  BinaryCrossEntropyOptions,
  CrossEntropyOptions,
  HuberOptions,
  Loss,
} from "../models/scores/loss.ts";
import { isByName } from "./classWeights.ts";
import { InputError } from "../data/errors.ts";

/**
 * Losses by name, each with its options; a loss is plain data. `fit` and `trainer` throw InputError for options out of
 * range.
 */
export const losses = {
  /**
   * Softmax cross-entropy of logits, over channels, for each row and position. With smoothing e, K classes and weights
   * w, a target p counts as q = (1 - e) p + e / K, and the loss is the sum of -w q log softmax over the sum of w p: the
   * weighted mean, as PyTorch's for class indices. With a logit adjustment the logits are those of the model plus what is added.
   */
  crossEntropy: (o: CrossEntropyOptions = {}): Loss => ({ kind: "crossEntropy", ...o }),
  /**
   * The mean over rows and outputs of -(posWeight t log s(x) + (1 - t) log(1 - s(x))), s the logistic function, in the
   * form that does not overflow: (1 - t) x + (1 + (posWeight - 1) t) softplus(-x). For several labels a row.
   */
  binaryCrossEntropy: (o: BinaryCrossEntropyOptions = {}): Loss => ({
    kind: "binaryCrossEntropy",
    ...o,
  }),
  /** The mean of (output - target)^2 over outputs and rows. */
  meanSquaredError: (): Loss => ({ kind: "meanSquaredError" }),
  /** The mean of |output - target|; its derivative at 0 is 0. */
  meanAbsoluteError: (): Loss => ({ kind: "meanAbsoluteError" }),
  /** Huber 1964: the mean of d^2 / 2 where |d| < delta, else delta (|d| - delta / 2); d = output - target. */
  huber: (o: HuberOptions = {}): Loss => ({ kind: "huber", delta: 1, ...o }),
} as const;

type LossName = keyof typeof losses;

/** The loss where nobody asks for one, by what rows are answered with; also what `evaluate` scores them by. */
export const lossByAnswers: { readonly [K in Answers["kind"]]: Loss } = {
  classes: losses.crossEntropy(),
  positions: losses.crossEntropy(),
  multiLabel: losses.binaryCrossEntropy(),
  values: losses.meanSquaredError(),
  none: losses.meanSquaredError(),
};

/** What each is of: rows with classes, or with target values. */
const lossOf: { readonly [K in LossName]: "classes" | "values" } = {
  crossEntropy: "classes",
  binaryCrossEntropy: "classes",
  meanSquaredError: "values",
  meanAbsoluteError: "values",
  huber: "values",
};
export const lossesOfValues = (Object.keys(lossOf) as readonly LossName[]).filter(
  (name) => lossOf[name] === "values",
);

/** The names of a loss's weights by channel and of what is added to logits, inputs that `lossInputs` gives the values of. */
const CHANNEL_WEIGHTS = "lossWeights";
const LOGIT_OFFSETS = "lossOffsets";

/** Values that a loss reads by name, `[1, channels, 1]`; throws InputError where its options do not fit. */
export function lossInputs(loss: Loss, channels: number): Readonly<Record<string, Float32Array>> {
  if (loss.kind === "huber" && !(loss.delta > 0 && loss.delta < Infinity))
    throw new InputError(`delta is ${loss.delta}; Huber's loss wants a number above 0`);
  if (loss.kind === "crossEntropy" && loss.labelSmoothing !== undefined)
    if (!(loss.labelSmoothing >= 0 && loss.labelSmoothing < 1))
      throw new InputError(`labelSmoothing is ${loss.labelSmoothing}; it is at least 0 and below 1`);
  return { ...offsetInput(loss, channels), ...weightInput(loss, channels) };
}

function offsetInput(loss: Loss, channels: number): Readonly<Record<string, Float32Array>> {
  if (loss.kind !== "crossEntropy" || loss.logitAdjustment === undefined) return {};
  const { logitAdjustment: offsets } = loss;
  if (typeof offsets === "number")
    throw new InputError(
      "logitAdjustment as a number wants rows with classes, which fit has; give what is added, a number a class",
    );
  if (offsets.length !== channels)
    throw new InputError(
      `logitAdjustment has ${offsets.length} values; the model has ${channels} outputs, each with one`,
    );
  const wrong = offsets.find((x) => !Number.isFinite(x));
  if (wrong !== undefined) throw new InputError(`logitAdjustment has ${wrong}; each is a finite number`);
  return { [LOGIT_OFFSETS]: Float32Array.from(offsets) };
}

function weightInput(loss: Loss, channels: number): Readonly<Record<string, Float32Array>> {
  const weights = channelWeights(loss, channels);
  if (weights === null) return {};
  const name = loss.kind === "crossEntropy" ? "classWeights" : "posWeight";
  if (weights.length !== channels)
    throw new InputError(
      `${name} has ${weights.length} values; the model has ${channels} outputs, each with one`,
    );
  const wrong = weights.find((w) => !(w >= 0 && w < Infinity));
  if (wrong !== undefined) throw new InputError(`${name} has ${wrong}; each is a number of at least 0`);
  if (!weights.some((w) => w > 0)) throw new InputError(`${name} are all 0; at least one is above 0`);
  return { [CHANNEL_WEIGHTS]: Float32Array.from(weights) };
}

function channelWeights(loss: Loss, channels: number): readonly number[] | null {
  if (loss.kind === "crossEntropy") {
    const { classWeights = null } = loss;
    if (classWeights !== null && (classWeights === "balanced" || isByName(classWeights)))
      throw new InputError(
        "classWeights by name, and balanced ones, want rows with classes, which fit has; give a number a class",
      );
    return classWeights;
  }
  if (loss.kind !== "binaryCrossEntropy" || loss.posWeight === undefined) return null;
  return typeof loss.posWeight === "number"
    ? Array.from({ length: channels }, () => loss.posWeight as number)
    : loss.posWeight;
}

/** What of a loss is not in the loss itself, but in the rows. */
export interface Terms {
  /** `[rows, 1, 1]`, factors of each row's terms: what is summed is weighed, and what divides is what it is without them. */
  readonly rowWeights?: NodeId;
  /** Of cross-entropy: positions whose targets are all 0 have no label, and the mean is over the others. */
  readonly unlabelled?: "ignored";
}

/** The loss of `output` against `target`, both `[rows, channels, positions]`, as a scalar node. */
export function lossNode(
  b: GraphBuilder,
  loss: Loss,
  output: NodeId,
  target: NodeId,
  terms: Terms = {},
): NodeId {
  const { sum, count, sign } = lossTerms(b, loss, output, target, terms);
  const mean = b.map(
    "div",
    sum,
    "perRow" in count ? b.map("mul", b.rows(), b.constant(count.perRow)) : count.node,
  );
  return sign < 0 ? b.map("neg", mean) : mean;
}

/** A loss as what is summed over rows and what that is divided by: of the shards of a batch, each has its own. */
export interface LossTerms {
  readonly sum: NodeId;
  /** As many a row, or what the rows' targets say. */
  readonly count: { readonly perRow: number } | { readonly node: NodeId };
  readonly sign: 1 | -1;
}

/** The terms of `lossNode`. */
export function lossTerms(
  b: GraphBuilder,
  loss: Loss,
  output: NodeId,
  target: NodeId,
  { rowWeights, unlabelled }: Terms = {},
): LossTerms {
  const [, channels, positions] = b.type(output).shape;
  const total = (values: NodeId): NodeId => b.sum(b.sum(values, ["c", "t"]), ["n"]);
  const weighed = (values: NodeId): NodeId =>
    total(rowWeights === undefined ? values : b.map("mul", values, rowWeights));
  const mean = (values: NodeId, perRow: number, sign: 1 | -1 = 1): LossTerms => ({
    sum: weighed(values),
    count: { perRow },
    sign,
  });
  const weights = (): NodeId => b.input(CHANNEL_WEIGHTS, "weight", [1, channels, 1]);
  const difference = (): NodeId => b.map("sub", output, target);
  switch (loss.kind) {
    case "crossEntropy": {
      // log p = x - max - log sum exp(x - max); the maximum is held still, since any shift gives the same p
      const logits =
        loss.logitAdjustment === undefined
          ? output
          : b.map("add", output, b.input(LOGIT_OFFSETS, "weight", [1, channels, 1]));
      const shifted = b.map("sub", logits, b.detach(b.max(logits, ["c"])));
      const logSum = b.map("log", b.sum(b.map("exp", shifted), ["c"]));
      const logP = b.map("sub", shifted, logSum);
      const { labelSmoothing: e = 0, classWeights } = loss;
      const labelled = unlabelled === undefined ? null : b.sum(target, ["c"]);
      const even = b.constant(e / channels);
      const smooth = labelled === null ? even : b.map("mul", even, labelled);
      const q = e === 0 ? target : b.map("add", b.map("mul", b.constant(1 - e), target), smooth);
      if (classWeights === undefined && labelled !== null)
        return { sum: weighed(b.map("mul", q, logP)), count: { node: total(labelled) }, sign: -1 };
      if (classWeights === undefined) return mean(b.map("mul", q, logP), positions, -1);
      const sum = weighed(b.map("mul", b.map("mul", weights(), q), logP));
      return { sum, count: { node: total(b.map("mul", weights(), target)) }, sign: -1 };
    }
    case "binaryCrossEntropy": {
      if (loss.posWeight === undefined)
        return mean(
          b.map("sub", b.map("softplus", output), b.map("mul", output, target)),
          channels * positions,
        );
      const one = b.constant(1);
      const factor = b.map("add", one, b.map("mul", b.map("sub", weights(), one), target));
      return mean(
        b.map(
          "add",
          b.map("mul", b.map("sub", one, target), output),
          b.map("mul", factor, b.map("softplus", b.map("neg", output))),
        ),
        channels * positions,
      );
    }
    case "meanSquaredError": {
      const d = difference();
      return mean(b.map("mul", d, d), channels * positions);
    }
    case "meanAbsoluteError":
      return mean(b.map("abs", difference()), channels * positions);
    case "huber": {
      const d = difference();
      const size = b.map("abs", d);
      const delta = b.constant(loss.delta);
      const square = b.map("mul", b.constant(0.5), b.map("mul", d, d));
      const line = b.map("mul", delta, b.map("sub", size, b.constant(loss.delta / 2)));
      return mean(b.map("selectLt", size, delta, square, line), channels * positions);
    }
  }
}
