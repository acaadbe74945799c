/** Trains on all folds but one and tests on that one, for each in turn, so that every row is tested once a seed. */
import type { Task } from "../layers/architectures/task.ts";
import type { Model } from "../layers/model.ts";
import { rowsOf, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { fitPlan } from "./fit.ts";
import { planRows, planRun } from "./plan.ts";
import type { Score } from "./history.ts";
import { fitDefaults, type FitOptions, type Run } from "./run.ts";
import { resolvePrepare } from "../models/preparation.ts";
import { foldRows } from "../data/split.ts";
import { spread } from "../numerics/spread.ts";
import type { Evaluation } from "../models/scores/score.ts";

/** The options of `crossValidate`: its own, and `fit`'s for each run. */
export interface CrossValidationOptions extends Omit<FitOptions, "checkpoint" | "resume"> {
  /** Parts that are tested in turn, at least 2. Default: 5. */
  readonly folds?: number;
  /** Trainings of each fold, with the seeds from `seed` on. Default: 1. The folds are drawn by `seed` alone. */
  readonly seeds?: number;
  /** Is called as each run ends. */
  readonly onRun?: (run: FoldRun) => void;
}

/** One training of a cross-validation. */
export interface FoldRun {
  /** Which part was tested, from 1. */
  readonly fold: number;
  /** The run's own. */
  readonly seed: number;
  /** The training; its model is the one that was tested. */
  readonly run: Run;
  /** The rows of the fold's test part, which nothing of the run has seen. */
  readonly rows: readonly number[];
  /** What the model makes of them. */
  readonly test: Evaluation;
}

/** What `crossValidate` gives. */
export interface CrossValidation {
  /** Fold after fold, and seed after seed in each; fewer where the signal ended it. */
  readonly runs: readonly FoldRun[];
  /** The mean of the tests' loss and accuracy, each run counting alike. */
  readonly mean: Score;
  /** Their deviation, with n - 1 in the denominator. */
  readonly deviation: Score;
}

/**
 * k-fold cross-validation, split by class, group or time as `split` says (see `SplitRule`). `build` gets the task of a
 * fold's prepared training part. A fraction `validation` is held back from the training part, so that a fold's test
 * part selects nothing. Where the signal ends a run, that run is left out.
 *
 * @throws InputError for what `foldRows` and `fit` refuse
 */
export async function crossValidate(
  build: (task: Task) => Model,
  data: Dataset,
  { folds = 5, seeds = 1, onRun, ...options }: CrossValidationOptions = {},
): Promise<CrossValidation> {
  const { seed = fitDefaults.seed, split, signal } = options;
  if (!(Number.isInteger(seeds) && seeds >= 1))
    throw new InputError(`seeds is ${seeds}; it is a whole number of at least 1`);
  if (typeof options.validation === "object")
    throw new InputError(
      "validation is a data set; of folds it is a fraction, drawn from each training part",
    );
  const prepare = options.init ? options.prepare : resolvePrepare(data, options.prepare);
  const runs: FoldRun[] = [];
  for (const [i, parts] of foldRows(data, folds, seed, split).entries()) {
    const train = rowsOf(data, parts.train);
    const tested = rowsOf(data, parts.test);
    for (const own of Array.from({ length: seeds }, (_, s) => seed + s)) {
      if (signal?.aborted) break;
      const told = { ...options, prepare, seed: own };
      const planned = planRows(train, told);
      const run = await fitPlan(planRun(build(planned.task), planned, told), told);
      if (run.aborted) break;
      const done = { fold: i + 1, seed: own, run, rows: parts.test, test: run.model.evaluate(tested) };
      runs.push(done);
      onRun?.(done);
    }
  }
  const loss = spread(runs.map(({ test }) => test.loss));
  const accuracy = spread(runs.map(({ test }) => test.accuracy));
  return {
    runs,
    mean: { loss: loss.mean, accuracy: accuracy.mean },
    deviation: { loss: loss.deviation, accuracy: accuracy.deviation },
  };
}
