/** Losses as plain data: what training lowers, and what rows with target values are scored by (`losses` makes them). */
export type Loss =
  | {
      /** Softmax cross-entropy of logits, for one class a row or position. */
      readonly kind: "crossEntropy";
      /** A factor a class, at least 0, in the order of the classes. Default: 1 for all. */
      readonly classWeights?: readonly number[];
      /** The part of the target that is spread evenly over all classes, from 0 to below 1. Default: 0. */
      readonly labelSmoothing?: number;
    }
  | {
      /** Cross-entropy of a logit a class, for several labels a row. */
      readonly kind: "binaryCrossEntropy";
      /** A factor of the positive term, at least 0: one, or one an output channel. Default: 1. */
      readonly posWeight?: number | readonly number[];
    }
  | {
      /** The mean of the squared or absolute difference between output and target. */
      readonly kind: "meanSquaredError" | "meanAbsoluteError";
    }
  | {
      /** Squared where the difference is below delta, else linear (Huber 1964). */
      readonly kind: "huber";
      /** Where the square ends and the line begins, above 0, in the units of the targets. Default: 1. */
      readonly delta: number;
    };
