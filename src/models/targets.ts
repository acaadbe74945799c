/**
 * The units of target values. A regression learns its targets standardised, each output by the mean and the deviation of
 * the training rows, so that one recipe serves targets of any size; what a model says of rows is in the targets' own
 * units: mean + deviation x, in f64 and rounded once to float32. + - x / and square roots alone.
 */
import type { AnswersOf } from "../data/answers.ts";
import { InputError } from "../data/errors.ts";
import { resolve, type Model } from "../layers/model.ts";
import type { Kind } from "../layers/kinds.ts";
import { moments } from "../numerics/moments.ts";

export const targetUnits = ["standardize", "raw"] as const;
/**
 * What a regression learns: its targets `standardize`d, each output by the mean and deviation of the training rows, or
 * `raw`, as they are.
 *
 * @useDeclaredType
 */
export type TargetUnits = (typeof targetUnits)[number];

/** What target values are standardised by, one number an output. */
export interface TargetScales {
  /** What is subtracted: the mean of the training rows. */
  readonly mean: readonly number[];
  /** What divides: their deviation (of the population), above 0; 1 of a constant target. */
  readonly deviation: readonly number[];
}

/** The most that a float32 can be. */
const MOST = 3.4028234663852886e38;

/** Fits the scales on the targets of some rows. Throws InputError for a target that no float32 can be. */
export function fitTargets({ targets, outputs }: AnswersOf<"values">): TargetScales {
  const beyond = targets.find((t) => !(Math.abs(t) <= MOST));
  if (beyond !== undefined)
    throw new InputError(
      `a target is ${beyond}; targets are numbers of at most 3.4e38 in size; give them in larger units`,
    );
  return moments(outputs, (visit) => {
    for (let i = 0; i < targets.length; i++) visit(i % outputs, targets[i]);
  });
}

/** Target values `[rows, outputs]` as training sees them. */
export function standardized(targets: Float64Array, { mean, deviation }: TargetScales): Float64Array {
  return targets.map((t, i) => (t - mean[i % mean.length]) / deviation[i % mean.length]);
}

/** Outputs `[rows, outputs]` of a network in the targets' own units. */
export function inOwnUnits(outputs: Float32Array, scales: TargetScales | undefined): Float32Array {
  if (scales === undefined) return outputs;
  const { mean, deviation } = scales;
  return outputs.map((x, i) => mean[i % mean.length] + deviation[i % mean.length] * x);
}

/** Layers whose values lie within what they are given. */
const PASSING: readonly Kind[] = [
  "identity",
  "flatten",
  "crop",
  "upsample",
  "maxPool",
  "averagePool",
  "adaptiveMaxPool",
  "adaptiveAveragePool",
  "globalMaxPool",
  "globalAveragePool",
];
/** Layers whose values have a least or a greatest one, whatever they are given. */
const BOUNDED: readonly Kind[] = [
  "relu",
  "tanh",
  "sigmoid",
  "gelu",
  "silu",
  "softplus",
  "elu",
  "celu",
  "selu",
  "mish",
  "softsign",
  "logSigmoid",
  "relu6",
  "hardsigmoid",
  "hardswish",
  "hardtanh",
  "softmax",
  "logSoftmax",
];

/**
 * The layer that bounds what a model can say, such as a sigmoid at its end: its targets are within these bounds as they
 * are, and would not be if they were standardised. Null where there is none.
 */
export function boundedBy(model: Model): Kind | null {
  const layers = resolve(model);
  let at = layers.length;
  while (at > 0 && PASSING.includes(layers[at - 1].kind)) [at] = layers[at - 1].from;
  const last = at > 0 ? layers[at - 1].kind : null;
  return last !== null && BOUNDED.includes(last) ? last : null;
}
