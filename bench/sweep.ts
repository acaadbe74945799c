/**
 * What a sweep finds, on rows that selected nothing: `npx tsx bench/sweep.ts [FOLDER]` with the data sets of docs/sweep.md in
 * FOLDER (default: ../shared/data). On each, with each seed: TPE with halving, the same 40 trials at their whole length, and random
 * search at the whole length for as many steps as the first took. Each recipe is then trained on all training rows
 * with three seeds and tested, as the default recipe is. Prints a table; --json prints all figures.
 */
import { fastestBackend, readParts } from "../src/node.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { alignClasses } from "../src/data/classes.ts";
import { table } from "../src/inspect/table.ts";
import { spread } from "../src/numerics/spread.ts";
import { fit } from "../src/training/fit.ts";
import { readRecipe, recipeRun } from "../src/training/recipeRun.ts";
import { defaultSpace } from "../src/training/sweep/defaultSpaces.ts";
import { fractionsOf } from "../src/training/sweep/halving.ts";
import { flagsOf, recipeTrials } from "../src/training/sweep/recipeSpace.ts";
import type { Values } from "../src/training/sweep/space.ts";
import { search, type Search, type Searched } from "../src/training/sweep/sweep.ts";
import { runJob, statesInMemory, type TrialSite } from "../src/training/sweep/trial.ts";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const isJson = process.argv.includes("--json");
const [folder = "../shared/data"] = words;
const NAMES = ["ItalyPowerDemand", "SyntheticControl", "GunPoint"];
const MODEL = "mnist1d-cnn";
const STEPS = 600;
const FOLDS = 3;
const SEEDS = [0, 1, 2];
const backend = await fastestBackend();
const how: Search = { trials: 40, sampler: "tpe", eta: 3, rungs: 3, generation: 8, seed: 0, monitor: "loss" };

interface Found {
  readonly seconds: number;
  readonly steps: number;
  readonly score: number;
  readonly test: number;
  readonly values: Values;
}

const base = readRecipe({ model: MODEL, steps: String(STEPS) });

async function searched(data: Dataset, own: Search): Promise<Searched> {
  const site: TrialSite = {
    data,
    resolve: recipeTrials({ ...base, seed: own.seed }),
    scoring: { kind: "folds", folds: FOLDS },
    monitor: own.monitor,
    seed: own.seed,
    fractions: fractionsOf(own.rungs, own.eta),
    place: { backend, threads: 1 },
    states: statesInMemory(),
  };
  return search(defaultSpace(MODEL, data), own, { workers: 1, run: (job) => runJob(job, site) });
}

/** The mean accuracy on test rows, of three seeds, trained on all training rows. */
async function tested(
  train: Dataset,
  test: Dataset,
  texts: Readonly<Record<string, string>>,
  values: Values,
): Promise<number> {
  const accuracies: number[] = [];
  for (const seed of SEEDS) {
    const flags = flagsOf(readRecipe({ model: MODEL, ...texts, seed: String(seed) }), values);
    const run = recipeRun(train, flags);
    if (run.kind !== "network") throw new Error("one network");
    const { model } = await fit(run.model, train, {
      ...run.options,
      backend,
      threads: 1,
      onNote: () => undefined,
    });
    accuracies.push(model.evaluate(test).accuracy);
  }
  return spread(accuracies).mean;
}

async function found(train: Dataset, test: Dataset, own: Search): Promise<Found> {
  const { best, finished } = await searched(train, own);
  if (best?.outcome.kind !== "scored") throw new Error("no trial came to its end");
  const sum = (what: "steps" | "seconds"): number =>
    finished.reduce((s, { outcome }) => s + outcome[what], 0);
  return {
    seconds: sum("seconds"),
    steps: sum("steps"),
    score: best.outcome.score,
    test: await tested(train, test, { steps: String(STEPS) }, best.values),
    values: best.values,
  };
}

const all: object[] = [];
const rows: string[][] = [];
const percent = (x: number): string => (100 * x).toFixed(2);
for (const name of NAMES) {
  const parts = await readParts(`${folder}/${name}`);
  if (!parts.test) throw new Error(`${name} has no test part`);
  const train = parts.train.with({ name });
  const test = alignClasses(train, parts.test.with({ name }));
  const short = await tested(train, test, { steps: String(STEPS) }, {});
  const whole = await tested(train, test, {}, {});
  for (const seed of SEEDS) {
    const halved = await found(train, test, { ...how, seed });
    const full = await found(train, test, { ...how, seed, rungs: 1 });
    const trials = Math.max(1, Math.round(halved.steps / (FOLDS * STEPS)));
    const random = await found(train, test, { ...how, seed, rungs: 1, sampler: "random", trials });
    all.push({ name, seed, short, whole, halved, full, random: { trials, ...random } });
    process.stderr.write(`${JSON.stringify(all[all.length - 1])}\n`);
    rows.push([
      `${name} ${seed}`,
      percent(whole),
      percent(short),
      percent(halved.test),
      percent(full.test),
      `${percent(random.test)} (${trials})`,
      ...[halved, full, random].map(({ score }) => score.toPrecision(3)),
      `${halved.seconds.toFixed(0)} s`,
      `${full.seconds.toFixed(0)} s`,
      (full.seconds / halved.seconds).toFixed(2),
      (full.steps / halved.steps).toFixed(2),
    ]);
  }
}
const head = [
  "set, seed",
  "default",
  `default, ${STEPS} steps`,
  "halving",
  "whole lengths",
  "random (trials)",
];
const rest = ["score: halving", "whole", "random", "time: halving", "whole", "faster", "in steps"];
console.log(isJson ? JSON.stringify(all) : table([[...head, ...rest], ...rows]));
