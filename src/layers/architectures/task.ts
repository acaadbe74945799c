/** What an architecture needs to know of the data: a data set will do. */
export interface Task {
  /** Channels of a row. */
  readonly channels: number;
  /** Positions of a row. */
  readonly length: number;
  /** Class names; none where rows have values. */
  readonly classes: readonly string[];
  /** What rows are answered with; absent: `classes`, or one value where there are none. */
  readonly answers?: Answered;
}

/** What rows are answered with, as far as it shapes a model. */
export type Answered =
  | {
      /** An output a class, or none. */
      readonly kind: "classes" | "positions" | "multiLabel" | "none";
    }
  | {
      /** An output a value. */
      readonly kind: "values";
      /** Values of a row. */
      readonly outputs: number;
    };

/** Outputs of the last layer: a logit a class, or a value a target. */
export function outputsOf({ classes, answers }: Task): number {
  switch (answers?.kind) {
    case "classes":
    case "positions":
    case "multiLabel":
      return classes.length;
    case "values":
      return answers.outputs;
    case "none":
      return 0;
    case undefined:
      return Math.max(1, classes.length);
  }
}
