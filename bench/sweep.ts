/**
 * What a sweep finds, on rows that selected nothing:
 *
 *   npx tsx bench/sweep.ts [NAME...] [--seeds 0,1,2]        DATA=folder of the archive's sets (default ../shared/data)
 *
 * On each set, with each seed: TPE with halving, and random search at the whole length for as many steps; with seed 0 also the
 * trials of TPE at their whole length. Each recipe is then trained on all training rows with three seeds and tested, as the
 * default recipe is, at its own length and at that of the trials. Prints a line of JSON a set and seed; seconds are the processor's.
 */
import { parseArgs } from "node:util";
import { fastestBackend, readParts } from "../src/node.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { alignClasses } from "../src/data/classes.ts";
import { spread } from "../src/numerics/spread.ts";
import { fit } from "../src/training/fit.ts";
import { readRecipe, recipeRun } from "../src/training/recipeRun.ts";
import { defaultSpace } from "../src/training/sweep/defaultSpaces.ts";
import { fractionsOf } from "../src/training/sweep/halving.ts";
import { flagsOf, recipeTrials } from "../src/training/sweep/recipeSpace.ts";
import type { Values } from "../src/training/sweep/space.ts";
import { search, type Search, type Searched } from "../src/training/sweep/sweep.ts";
import { runJob, statesInMemory, type TrialSite } from "../src/training/sweep/trial.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: "string", default: "0,1,2" } },
});
const folder = process.env.DATA ?? "../shared/data";
const NAMES = positionals.length > 0 ? positionals : ["ItalyPowerDemand", "SyntheticControl", "GunPoint"];
const SWEEPS = options.seeds.split(",").map(Number);
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
  const before = process.cpuUsage();
  const { best, finished } = await searched(train, own);
  const { user, system } = process.cpuUsage(before);
  if (best?.outcome.kind !== "scored") throw new Error("no trial came to its end");
  return {
    seconds: Math.round((user + system) / 1e4) / 100,
    steps: finished.reduce((sum, { outcome }) => sum + outcome.steps, 0),
    score: best.outcome.score,
    test: await tested(train, test, { steps: String(STEPS) }, best.values),
    values: best.values,
  };
}

for (const seed of SWEEPS)
  for (const name of NAMES) {
    const parts = await readParts(`${folder}/${name}`);
    if (!parts.test) throw new Error(`${name} has no test part`);
    const train = parts.train.with({ name });
    const test = alignClasses(train, parts.test.with({ name }));
    const isFirst = seed === 0;
    const halved = await found(train, test, { ...how, seed });
    const trials = Math.max(1, Math.round(halved.steps / (FOLDS * STEPS)));
    const random = await found(train, test, { ...how, seed, rungs: 1, sampler: "random", trials });
    const full = isFirst ? await found(train, test, { ...how, seed, rungs: 1 }) : null;
    const byDefault = isFirst
      ? {
          own: await tested(train, test, {}, {}),
          short: await tested(train, test, { steps: String(STEPS) }, {}),
        }
      : null;
    console.log(JSON.stringify({ name, seed, byDefault, halved, random: { trials, ...random }, full }));
  }
