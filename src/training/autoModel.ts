/**
 * Which model to train, by cross-validation within a time budget: candidates in a fixed order, the quickest first, each scored
 * on every fold of the training rows; no other row is looked at. The first is scored whatever it takes, the others while there
 * is time. How many of them that are depends on the machine, so a choice is recorded with its scores, and a run that names
 * the chosen model is as repeatable as any.
 */
import type { Answers } from "../data/answers.ts";
import { rowsOf, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { foldRows } from "../data/split.ts";
import { ModelError } from "../layers/model.ts";
import type { Runtime } from "../models/runtime.ts";
import type { Evaluation } from "../models/scores/score.ts";
import { fit } from "./fit.ts";
import { allModelNames } from "./options/modelNames.ts";
import type { RecipeFlags } from "./options/recipeRows.ts";
import { recipeRun } from "./recipeRun.ts";
import { miniRocket, multiRocketHydra } from "./rocket.ts";

/** What is tried, by what rows are answered with. */
const candidates: Readonly<Record<Answers["kind"], readonly string[]>> = {
  classes: ["minirocket", "multirocket-hydra", "fcn", "inception", "resnet"],
  values: ["minirocket", "multirocket-hydra", "fcn", "inception", "resnet"],
  multiLabel: ["fcn", "inception", "resnet"],
  positions: ["unet1d", "tcn"],
  none: [],
};

/** Parts of the training rows, each tested once; fewer where there are fewer rows. */
const FOLDS = 5;

/** One candidate. */
export interface Trial {
  /** Its name. */
  readonly model: string;
  /** Of each fold that was tested. */
  readonly scores: readonly number[];
  /** Their mean; null where not every fold was. */
  readonly mean: number | null;
  /** What it took. */
  readonly seconds: number;
  /** Why it was not scored on every fold; absent where it was. */
  readonly note?: string;
}

/** Which model was chosen, and by what. */
export interface Choice {
  /** The name of the one that was chosen. */
  readonly model: string;
  /** What scores are: the part of rows that is right, the larger the better, or the root of the mean squared error. */
  readonly metric: "accuracy" | "rmse";
  /** Parts of the rows, each of which was tested on. */
  readonly folds: number;
  /** What choosing was allowed to take. */
  readonly budgetSeconds: number;
  /** What it took. */
  readonly seconds: number;
  /** In their order; those that there was no time for have no scores. */
  readonly trials: readonly Trial[];
}

/** How `chooseModel` goes about it. */
export interface ChooseOptions extends Pick<Runtime, "backend" | "threads"> {
  /** What choosing may take; the first candidate is scored whatever it takes. */
  readonly budgetSeconds: number;
  /** As each candidate is done with. */
  readonly onTrial?: (trial: Trial) => void;
  /** Ends it with null. */
  readonly signal?: AbortSignal;
  /** Milliseconds from any point in time on. Default: `performance.now`. */
  readonly now?: () => number;
}

/** The rows to learn from and to be scored on. */
type Fold = () => readonly [train: Dataset, test: Dataset];

/**
 * Chooses among the models for such rows, each with its own recipe but for what `flags` say of the rows: preparation, split,
 * seed. Null where the signal ended it.
 *
 * @throws InputError for rows that cannot be split into folds, and where no candidate takes them
 */
export async function chooseModel(
  data: Dataset,
  flags: RecipeFlags,
  options: ChooseOptions,
): Promise<Choice | null> {
  const { budgetSeconds, onTrial, signal, now = () => performance.now() } = options;
  const start = now();
  const rule = { by: flags.split, gap: flags.gap };
  const parts = foldRows(data, Math.min(FOLDS, data.rows), flags.seed, rule);
  // taken out of the data when it is their turn, so that they are not all in memory
  const folds = parts.map(({ train, test }): Fold => () => [rowsOf(data, train), rowsOf(data, test)]);
  const metric = data.answers.kind === "values" ? "rmse" : "accuracy";
  const deadline = start + 1000 * budgetSeconds;
  const trials: Trial[] = [];
  for (const model of candidates[data.answers.kind]) {
    const isFirst = trials.every(({ mean }) => mean === null);
    const until = isFirst ? Infinity : deadline;
    const trial = await tried(model, folds, flags, { ...options, now, until, metric });
    if (signal?.aborted) return null;
    trials.push(trial);
    onTrial?.(trial);
  }
  const best = bestOf(trials, metric);
  if (best === null)
    throw new InputError(
      `${data.name}: no model takes its rows (${trials.map(({ model, note }) => `${model}: ${note}`).join("; ") || "they have no answers"}); name one of ${allModelNames.join(", ")}`,
    );
  return { model: best, metric, folds: folds.length, budgetSeconds, seconds: (now() - start) / 1000, trials };
}

/** The model with the best mean; of equal ones the first. Null where there is none. */
export function bestOf(trials: readonly Trial[], metric: Choice["metric"]): string | null {
  const sign = metric === "accuracy" ? 1 : -1;
  let best: { readonly model: string; readonly mean: number } | null = null;
  for (const { model, mean } of trials)
    if (mean !== null && (best === null || sign * mean > sign * best.mean)) best = { model, mean };
  return best && best.model;
}

interface Trying extends ChooseOptions {
  readonly now: () => number;
  /** When time is up. */
  readonly until: number;
  readonly metric: Choice["metric"];
}

async function tried(
  model: string,
  folds: readonly Fold[],
  flags: RecipeFlags,
  options: Trying,
): Promise<Trial> {
  const { now, until, signal, metric } = options;
  const start = now();
  const scores: number[] = [];
  let note: string | undefined;
  for (const fold of folds) {
    // a fit in closed form lets nobody else in, so whoever interrupts has a turn here
    await new Promise((resume) => setTimeout(resume, 0));
    if (signal?.aborted) break;
    const scored = now() < until ? await scoreOn(model, fold, flags, options) : "time was up";
    if (typeof scored === "string") {
      note = scored;
      break;
    }
    const score = metric === "rmse" ? scored?.rmse : scored?.accuracy;
    scores.push(score ?? NaN);
  }
  const isWhole = scores.length === folds.length && scores.every(Number.isFinite);
  const mean = isWhole ? scores.reduce((a, b) => a + b) / scores.length : null;
  const told = note ?? (isWhole ? undefined : "its outputs are not numbers");
  return { model, scores, mean, seconds: (now() - start) / 1000, ...(told !== undefined && { note: told }) };
}

/** What a model that learned from a fold's rows makes of the others, or why there is none. */
async function scoreOn(
  model: string,
  fold: Fold,
  flags: RecipeFlags,
  { now, until, signal, backend, threads }: Trying,
): Promise<Evaluation | string> {
  const [train, test] = fold();
  try {
    const run = recipeRun(train, { ...flags, model });
    if (run.kind === "rocket") {
      const fitted = run.title === "minirocket" ? miniRocket : multiRocketHydra;
      return fitted(run.train, run.options).evaluate(test);
    }
    const controller = new AbortController();
    const { model: network, aborted } = await fit(run.model, train, {
      ...run.options,
      ...(backend && { backend }),
      ...(threads !== undefined && { threads }),
      signal: controller.signal,
      onStep: () => {
        if (now() >= until || signal?.aborted) controller.abort();
      },
    });
    return aborted ? "time was up" : network.evaluate(test);
  } catch (error) {
    if (error instanceof InputError || error instanceof ModelError) return error.message;
    throw error;
  }
}
