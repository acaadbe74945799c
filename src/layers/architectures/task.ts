/** What an architecture needs to know of the data: a data set will do. */
export interface Task {
  /** Channels of a row. */
  readonly channels: number;
  /** Positions of a row. */
  readonly length: number;
  /** Class names in the order of the outputs; empty where rows carry values. */
  readonly classes: readonly string[];
  /** The values of all rows, `[rows, outputs]`; empty or absent for classification. Only their number is read. */
  readonly targets?: {
    /** Of all rows together. */
    readonly length: number;
  };
  /** Rows of the data, by which `targets` are counted. Default: 1. */
  readonly rows?: number;
}

/** Outputs of the last layer: a logit a class, or a value a target. */
export const outputsOf = (task: Task): number =>
  task.classes.length > 0 ? task.classes.length : (task.targets?.length ?? 1) / (task.rows ?? 1);
