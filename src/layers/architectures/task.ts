/** What an architecture needs to know of the data: a data set will do. */
export interface Task {
  readonly channels: number;
  readonly length: number;
  readonly classes: readonly string[];
  /** Regression targets, `[rows, outputs]`; empty for classification. */
  readonly targets?: { readonly length: number };
  readonly rows?: number;
}

/** Outputs of the last layer: a logit a class, or a value a target. */
export const outputsOf = (task: Task): number =>
  task.classes.length > 0 ? task.classes.length : (task.targets?.length ?? 1) / (task.rows ?? 1);
