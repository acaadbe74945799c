/** The options of `losses.crossEntropy`. */
export interface CrossEntropyOptions {
  /**
   * A factor a class, at least 0: in the order of the classes, or by name (1 where a class is not named), or `balanced`:
   * rows / (classes x rows of the class) of the rows that are learned from. Names and `balanced` are for `fit`, which
   * knows the rows. Default: 1 for all.
   */
  readonly classWeights?: readonly number[] | Readonly<Record<string, number>> | "balanced";
  /**
   * Rare classes count as common ones do: the logarithms of the classes' shares of the rows that are learned from, times this
   * number, at least 0, are added to the logits in training alone, so that what is predicted leaves them out (Menon et
   * al. 2021, "Long-tail learning via logit adjustment"; 1 is theirs). A number is for `fit`, which knows the rows; a list is
   * what is added, a number a class. Default: 0.
   */
  readonly logitAdjustment?: number | readonly number[];
  /** The part of the target that is spread evenly over all classes, from 0 to below 1. Default: 0. */
  readonly labelSmoothing?: number;
}

/** The options of `losses.binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions {
  /** A factor of the positive term, at least 0: one, or one an output channel. Default: 1. */
  readonly posWeight?: number | readonly number[];
}

/** The options of `losses.huber`. */
export interface HuberOptions {
  /**
   * Where the square ends and the line begins, above 0, in the units in which targets are learned: their deviations,
   * unless they are learned raw. Default: 1.
   */
  readonly delta?: number;
}

/** Losses as plain data: what training lowers, and what rows with target values are scored by (`losses` makes them). */
export type Loss =
  | ({
      /** Softmax cross-entropy of logits, for one class a row or position. */
      readonly kind: "crossEntropy";
    } & CrossEntropyOptions)
  | ({
      /** Cross-entropy of a logit a class, for several labels a row. */
      readonly kind: "binaryCrossEntropy";
    } & BinaryCrossEntropyOptions)
  | {
      /** The mean of the squared or absolute difference between output and target. */
      readonly kind: "meanSquaredError" | "meanAbsoluteError";
    }
  | ({
      /** Squared where the difference is below delta, else linear (Huber 1964). */
      readonly kind: "huber";
    } & Required<HuberOptions>);
