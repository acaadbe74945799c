/** What attribution is asked and what it answers. */
import type { Runtime } from "../../models/runtime.ts";
import type { PositionAxis } from "./rows.ts";
import type { Quantity } from "./target.ts";

export const attributionMethods = [
  "integratedGradients",
  "inputTimesGradient",
  "gradient",
  "occlusion",
  "classActivation",
] as const;
/**
 * How an answer is divided among the positions of its row. `integratedGradients`: (x - baseline) times the mean gradient on the
 * straight line between them, which sums to f(x) - f(baseline) (Sundararajan, Taly, Yan 2017). `inputTimesGradient`: (x -
 * baseline) times the gradient at x. `gradient`: df/dx itself, how much f rises a unit of the channel (Simonyan, Vedaldi,
 * Zisserman 2013). `occlusion`: how much lower f is without a window (Zeiler, Fergus 2014). `classActivation`: the terms that a
 * global average pool and a dense layer sum to the logit, over all channels together (Zhou et al. 2016).
 *
 * @useDeclaredType
 */
export type AttributionMethod = (typeof attributionMethods)[number];

/** The options of `attribute`. */
export interface AttributeOptions extends Runtime {
  /** How the answer is divided. Default: "integratedGradients". */
  readonly method?: AttributionMethod;
  /** The class, by name or number, or the number of a value, that is explained. Default: the class that the model says. */
  readonly target?: string | number;
  /** Of models of a class a position: which of the output's positions, from 0. There it has to be given. */
  readonly position?: number;
  /** What of a class is explained: its `logit` or its `probability`. Default: "logit". */
  readonly of?: "logit" | "probability";
  /**
   * What the row is compared with: `zero`, 0 in the model's units (with `channel` normalisation the mean of the training rows);
   * `mean`, each channel at its mean over the row; or a row in raw units, `[channels, length]`, as `takes` has it. Padding and masks of missing values are the row's own.
   * Default: "zero".
   */
  readonly baseline?: "zero" | "mean" | ArrayLike<number>;
  /** Of integrated gradients: the most gradients a row; fewer where 1/1000 is reached before. Default: 4096. */
  readonly steps?: number;
  /** Of occlusion: positions that are replaced at once. Default: 1/20 of the length. */
  readonly window?: number;
  /** Of occlusion: positions from one window to the next, at most `window`. Default: half of `window`. */
  readonly stride?: number;
}

/** How far the contributions of integrated gradients are from f(x) - f(baseline), by its axiom of completeness. */
export interface Completeness {
  /** The sum of the contributions. */
  readonly sum: number;
  /** f(x) - f(baseline). */
  readonly difference: number;
  /** `sum` - `difference`. */
  readonly absolute: number;
  /** |absolute / difference|: 0 where both are 0, null where `difference` alone is. */
  readonly relative: number | null;
  /** Gradients that were taken. */
  readonly steps: number;
}

/** Why a model says what it says of one row: plain data, as JSON has it. */
export interface Attribution {
  /** The row's number among those given. */
  readonly row: number;
  /** How it was divided. */
  readonly method: AttributionMethod;
  /** The class, or the number of the value, that is explained. */
  readonly target: string | number;
  /** Of a class a position. */
  readonly position?: number;
  /** What f is: the class's logit or probability, or a value. Of an ensemble the mean of its networks'. */
  readonly of: Quantity;
  /** f(x): of this row. */
  readonly output: number;
  /** "zero", "mean" or "row"; null where the method compares with none. */
  readonly baseline: "zero" | "mean" | "row" | null;
  /**
   * What `values` are in: `output`, terms of f in its own unit; of the gradient, f a unit of the channel, `output per raw unit`, or
   * `output per prepared unit` where preparation is not one scale a channel (`sample` normalisation, resampling, detrending).
   */
  readonly unit: "output" | "output per raw unit" | "output per prepared unit";
  /** `[channels][length]` at the positions of the model's input; exactly 0 in the padding. Of class activation one line for all channels. */
  readonly values: readonly (readonly number[])[];
  /** The sum of each line of `values`. */
  readonly perChannel: readonly number[];
  /** The sum at each position. */
  readonly perPosition: readonly number[];
  /** The row in raw units, `[channels][length]`, at the same positions; null in the padding and where a value is missing. */
  readonly signal: readonly (readonly (number | null)[])[];
  /** What the channels are called, where they have names. */
  readonly channelNames?: readonly string[];
  /** Where the positions stand in the row as it was given. */
  readonly axis: PositionAxis;
  /** Of integrated gradients. */
  readonly completeness?: Completeness;
  /** Of occlusion: positions that were replaced at once, and from one to the next. */
  readonly window?: {
    /** Positions at once. */
    readonly window: number;
    /** From one window to the next. */
    readonly stride: number;
  };
  /** What the contributions leave out, or hold as it is, a line each. */
  readonly notes: readonly string[];
}
