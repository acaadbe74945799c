/** Losses as plain data: what training lowers, and what rows with target values are scored by (training/losses.ts makes them). */
export type Loss =
  | {
      readonly kind: "crossEntropy";
      /** A factor a class, in the order of the classes. */
      readonly classWeights?: readonly number[];
      /** The part of the target that is spread evenly over all classes, from 0 to below 1. */
      readonly labelSmoothing?: number;
    }
  | {
      readonly kind: "binaryCrossEntropy";
      /** A factor of the positive term: one, or one an output channel. */
      readonly posWeight?: number | readonly number[];
    }
  | { readonly kind: "meanSquaredError" | "meanAbsoluteError" }
  | { readonly kind: "huber"; readonly delta: number };
