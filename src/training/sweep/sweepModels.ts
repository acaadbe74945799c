/** The search for a recipe from code: `sweep`. */
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import type { SplitRule } from "../../data/split.ts";
import { unknownWord } from "../../data/suggest.ts";
import type { Task } from "../../layers/architectures/task.ts";
import type { Model } from "../../layers/model.ts";
import type { Runtime } from "../../models/runtime.ts";
import { checkMonitor, monitors, type Monitor } from "../monitor.ts";
import { askedOf } from "../options/prepareOptions.ts";
import { planRows } from "../plan.ts";
import { ownModelRecipe, type Recipe } from "../recipes.ts";
import { readRecipe } from "../recipeRun.ts";
import { fitDefaults, type FitOptions } from "../run.ts";
import { settingsOf } from "../settings.ts";
import { fractionsOf } from "./halving.ts";
import { importances, type Importance } from "./importance.ts";
import { checkOptions, checkTrials, flagsOf, sweptOptions } from "./recipeSpace.ts";
import { samplerNames, type SamplerName } from "./samplers.ts";
import { checkSpace, type Space, type Value, type Values } from "./space.ts";
import { search, type Search, type Searched, type SweepHooks } from "./sweep.ts";
import {
  runJob,
  statesInMemory,
  type Executor,
  type Resolve,
  type Scoring,
  type States,
  type TrialSite,
} from "./trial.ts";

/** How `sweep` searches; every option has a default. */
export interface SweepOptions extends SweepHooks, Pick<Runtime, "backend" | "threads"> {
  /** Trials in all. Default: 40. */
  readonly trials?: number;
  /** Where trials come from. Default: "tpe". */
  readonly sampler?: SamplerName;
  /** Of how many trials one goes on to the next rung: a whole number of at least 2. Default: 3. */
  readonly eta?: number;
  /**
   * How often a trial is judged on its way, its whole length included: the first of 3 rungs ends at 1 / eta^2 of it. 1: every trial
   * runs its whole length. Default: 3.
   */
  readonly rungs?: number;
  /** New trials that are drawn together. With what goes on, they run at the same time. Default: 8. */
  readonly generation?: number;
  /** Draws points, held-back rows and folds, and the weights of every trial. Default: 0. */
  readonly seed?: number;
  /** The fraction of rows that is held back to score trials on. Default: 0.2, without `folds`. */
  readonly validation?: number;
  /** Scores by cross-validation instead, on so many parts in turn. Default: none. */
  readonly folds?: number;
  /** How rows are drawn for either. */
  readonly split?: SplitRule;
  /** What trials are judged by, on those rows. Default: "loss". */
  readonly monitor?: Monitor;
  /** How trials are trained where the space does not say it. Default: the recipe of own models. */
  readonly recipe?: Recipe;
  /** Options of training that all trials have, by name: `{ epochs: 50 }`. Default: none. */
  readonly fixed?: Readonly<Record<string, Value>>;
  /** What runs jobs. Default: this thread, one after another. */
  readonly executor?: Executor;
  /** Where the states of trials are kept between rungs. Default: in memory, while the sweep runs. */
  readonly states?: States;
}

/** What `sweep` gives. */
export interface Sweep extends Searched {
  /** The best recipe as what `fit` is given; null where no trial came to its end. */
  readonly found: {
    /** For all the data. */
    readonly model: Model;
    /** With the same rows held back. */
    readonly options: FitOptions;
  } | null;
  /** How much each parameter mattered, the most first. */
  readonly importances: readonly Importance[];
}

/** Makes a model for rows as they are prepared, by a trial's values of the parameters that are `of: "model"`. */
export type BuildTrial = (task: Required<Task>, values: Values) => Model;

/**
 * Searches a space for the recipe that does best on held-back rows: random, Sobol or TPE search with successive halving. One
 * seed gives one sequence of trials and one winner, on any number of workers. A trial that diverges, or whose options do
 * not go together, counts as the worst.
 *
 * @throws InputError for a space or options that are out of range, or that no trial can follow
 */
export async function sweep(
  build: BuildTrial,
  data: Dataset,
  space: Space,
  options: SweepOptions = {},
): Promise<Sweep> {
  const own = checkSpace(space);
  const how = searchOf(options);
  const { seed, monitor } = how;
  const { split, recipe = ownModelRecipe, backend, threads } = options;
  const scoring = scoringOf(options);
  checkMonitor(monitor, data, true);
  checkFixed(own, options.fixed ?? {});
  // folds are scored outside of the runs, which hold no rows back that could be watched
  const held = scoring.kind === "validation" ? { validation: scoring.fraction, monitor } : {};
  const base = { ...flagsOf(readRecipe({}), withoutNull(options.fixed ?? {})), ...held, seed };
  const resolve = trialsOf(build, own, recipe, { ...base, split: split?.by, gap: split?.gap });
  checkNames(own);
  checkOptions(own, base, monitor, "space");
  checkTrials(own, resolve, data, "space");
  const site: TrialSite = {
    data,
    resolve,
    scoring,
    monitor,
    seed,
    split,
    fractions: fractionsOf(how.rungs, how.eta),
    place: { backend, threads },
    states: options.states ?? statesInMemory(),
    signal: options.signal,
  };
  const executor = options.executor ?? { workers: 1, run: (job) => runJob(job, site) };
  const searched = await search(own, how, executor, options);
  const { best } = searched;
  return {
    ...searched,
    found: best && resolve(best.values, data, null),
    importances: importances(own, searched, monitor),
  };
}

const withoutNull = (values: Readonly<Record<string, Value>>): Values =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );

/** Refuses what is no option of training, what the sweep says itself, and what is searched. */
function checkFixed(space: Space, fixed: Readonly<Record<string, Value>>): void {
  for (const name of Object.keys(fixed)) {
    if (!sweptOptions.includes(name))
      throw new InputError(`fixed: ${unknownWord("option", name, sweptOptions)}`);
    if (Object.hasOwn(space, name))
      throw new InputError(`fixed: ${name} is in the space too, and an option is either fixed or searched`);
  }
}

/** Options that make a model, which `build` does here. */
const built = ["model", "filters", "activation", "ignorePadding"];

function checkNames(space: Space): void {
  const found = Object.entries(space).find(([name, { of }]) => of !== "model" && built.includes(name));
  if (found)
    throw new InputError(
      `space: ${found[0]}: in code the model is what build makes of it; say of: "model", and read it there`,
    );
}

/** Trials of models that somebody builds. */
function trialsOf(
  build: BuildTrial,
  space: Space,
  recipe: Recipe,
  base: Parameters<typeof flagsOf>[0],
): Resolve {
  return (values, data, test) => {
    const those = (of: "model" | undefined): Values =>
      Object.fromEntries(Object.entries(values).filter(([name]) => space[name].of === of));
    const flags = flagsOf(base, those(undefined));
    const wanted = settingsOf(recipe, flags, data);
    const rows = planRows(data, { ...wanted, prepare: askedOf(flags, test) });
    const model = build(rows.task, those("model"));
    return { model, options: { ...wanted, prepare: rows.prepare } };
  };
}

const MOST_TRIALS = 100_000;
const MOST_RUNGS = 10;

/** A search with its defaults. Throws InputError for what is out of range. */
export function searchOf(options: Partial<Search>): Search {
  const { trials = 40, sampler = "tpe", eta = 3, rungs = 3, generation = 8 } = options;
  const { seed = fitDefaults.seed, monitor = "loss" } = options;
  const wholeNumbers = {
    trials: [1, MOST_TRIALS],
    eta: [2, 100],
    rungs: [1, MOST_RUNGS],
    generation: [1, 1000],
  };
  const given: Readonly<Record<string, number>> = { trials, eta, rungs, generation };
  for (const [name, [least, most]] of Object.entries(wholeNumbers))
    if (!Number.isInteger(given[name]) || given[name] < least || given[name] > most)
      throw new InputError(`${name} is ${given[name]}; it is a whole number from ${least} to ${most}`);
  if (!samplerNames.includes(sampler))
    throw new InputError(`sampler is ${JSON.stringify(sampler)}; it is one of ${samplerNames.join(", ")}`);
  if (!monitors.includes(monitor))
    throw new InputError(`monitor is ${JSON.stringify(monitor)}; it is one of ${monitors.join(", ")}`);
  return { trials, sampler, eta, rungs, generation, seed, monitor };
}

/** Which rows score trials. Throws InputError where both ways are asked for, or none. */
export function scoringOf({ validation, folds }: Pick<SweepOptions, "validation" | "folds">): Scoring {
  if (folds !== undefined && validation !== undefined)
    throw new InputError("validation and folds both say which rows score trials; give one of them");
  if (folds !== undefined) return { kind: "folds", folds };
  const fraction = validation ?? 0.2;
  if (!(fraction > 0 && fraction < 1))
    throw new InputError(`validation is ${fraction}; trials are scored on a fraction above 0 and below 1`);
  return { kind: "validation", fraction };
}
