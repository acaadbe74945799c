/** Whole sweeps of small models: the same whoever runs them, and each trial the run that `fit` makes. */
import { describe, expect, it } from "vitest";
import { fit } from "../../../src/training/fit.ts";
import { crossValidate } from "../../../src/training/crossValidate.ts";
import { model as modelOf } from "../../../src/layers/functions.ts";
import * as L from "../../../src/layers/functions.ts";
import type { Task } from "../../../src/layers/architectures/task.ts";
import { outputsOf } from "../../../src/layers/architectures/task.ts";
import type { Model } from "../../../src/layers/model.ts";
import { recipeRun, readRecipe } from "../../../src/training/recipeRun.ts";
import { fractionsOf } from "../../../src/training/sweep/halving.ts";
import { recipeTrials } from "../../../src/training/sweep/recipeSpace.ts";
import type { Space, Values } from "../../../src/training/sweep/space.ts";
import type { Finished } from "../../../src/training/sweep/sweep.ts";
import { sweep, type SweepOptions } from "../../../src/training/sweep/sweepModels.ts";
import {
  runJob,
  statesInMemory,
  type Executor,
  type Outcome,
  type TrialSite,
} from "../../../src/training/sweep/trial.ts";
import { bumps } from "../shared.ts";

const data = bumps({ rows: 60, length: 16, classes: 3 });

const build = (task: Required<Task>, { width = 4 }: Values): Model =>
  modelOf(task, (x) =>
    L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: Number(width), kernelSize: 5 }))), {
      units: outputsOf(task),
    }),
  );

const space: Space = {
  lr: { kind: "logUniform", low: 0.001, high: 0.3 },
  batch: { kind: "choice", values: [8, 16] },
  width: { kind: "integer", low: 2, high: 6, of: "model" },
};
const options: SweepOptions = {
  trials: 14,
  generation: 6,
  fixed: { epochs: 9 },
  seed: 3,
  backend: "wasm",
  threads: 1,
};

/** What a sweep is, whoever ran it: all but the clock. */
const course = (finished: readonly Finished[]): unknown =>
  finished.map(({ outcome: { seconds: _seconds, ...outcome }, ...job }) => ({ ...job, outcome }));

describe("a sweep", () => {
  it("takes each trial as far as it is good, and gives the recipe of the best", async () => {
    const { ranked, best, found, finished, importances, aborted } = await sweep(build, data, space, options);
    expect(aborted).toBe(false);
    expect(ranked).toHaveLength(14);
    expect(finished.filter(({ rung }) => rung === 0).map(({ trial }) => trial)).toEqual([
      ...Array(14).keys(),
    ]);
    // a third of 14 goes on, and a third of those; more where a later generation was better
    const counts = [0, 1, 2].map((rung) => finished.filter((job) => job.rung === rung).length);
    expect(counts[1]).toBeGreaterThanOrEqual(4);
    expect(counts[2]).toBeGreaterThanOrEqual(1);
    expect(best?.rung).toBe(2);
    expect(importances.map(({ name }) => name).toSorted()).toEqual(["batch", "lr", "width"]);
    const run = await fit(found!.model, data, { ...found!.options, backend: "wasm" });
    expect(best!.outcome).toMatchObject({ weightsSha256: [run.weightsSha256], score: run.validation!.loss });
  });

  it("is the same sequence with the same winner, whoever of several workers is first", async () => {
    const one = await sweep(build, data, space, options);
    // outcomes come back in another order than jobs were given: the later, the sooner
    const outcomes = new Map(one.finished.map((job) => [`${job.trial}-${job.rung}`, job.outcome]));
    const several: Executor = {
      workers: 3,
      run: async ({ trial, rung }) => {
        await new Promise((resolve) => setTimeout(resolve, (31 * trial) % 7));
        return outcomes.get(`${trial}-${rung}`)!;
      },
    };
    const many = await sweep(build, data, space, { ...options, executor: several });
    expect(course(many.finished)).toEqual(course(one.finished));
    expect(many.best?.trial).toBe(one.best?.trial);
  });

  it("goes on from what it had finished, to the same end", async () => {
    const whole = await sweep(build, data, space, options);
    const log: Finished[] = [];
    const states = statesInMemory();
    const known: SweepOptions["known"] = ({ trial, rung }) =>
      log.find((job) => job.trial === trial && job.rung === rung)?.outcome ?? null;
    let rounds = 0;
    for (let isDone = false; !isDone; rounds++) {
      const stop = new AbortController();
      let left = 5;
      const part = await sweep(build, data, space, {
        ...options,
        known,
        states,
        signal: stop.signal,
        onFinished: (job) => {
          log.push(job);
          if (--left === 0) stop.abort();
        },
      });
      isDone = !part.aborted;
      if (isDone) expect(course(part.finished)).toEqual(course(whole.finished));
    }
    expect(rounds).toBeGreaterThan(2);
    expect(log).toHaveLength(whole.finished.length);
  });

  it("counts a trial that diverges, or does not fit, as the worst, and goes on", async () => {
    const wild: Space = {
      lr: { kind: "choice", values: [0.01, 1e30] },
      width: { kind: "integer", low: 1, high: 3, of: "model" },
    };
    const { ranked, best } = await sweep(build, data, wild, { ...options, trials: 8 });
    const failed = ranked.filter(({ outcome }) => outcome.kind === "failed");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ values }) => values.lr === 1e30)).toBe(true);
    expect(ranked.slice(-failed.length)).toEqual(failed);
    expect(best?.values.lr).toBe(0.01);
    const [{ outcome }] = failed;
    expect(outcome.kind === "failed" && outcome.why).toMatch(/diverged|no longer finite|not a number|NaN/i);
  });

  it("has no winner where no trial came to its end", async () => {
    const wild: Space = { lr: { kind: "choice", values: [1e30, 1e31] } };
    const { best, found, ranked } = await sweep(build, data, wild, { ...options, trials: 3 });
    expect([best, found]).toEqual([null, null]);
    expect(ranked.every(({ outcome }) => outcome.kind === "failed")).toBe(true);
  });

  it("scores by cross-validation as crossValidate does", async () => {
    const one: Space = { lr: { kind: "choice", values: [0.02] } };
    const { best } = await sweep(build, data, one, { ...options, trials: 1, folds: 3, monitor: "accuracy" });
    const { found } = await sweep(build, data, one, { ...options, trials: 1 });
    const { validation: _validation, monitor: _monitor, ...own } = found!.options;
    const whole = await crossValidate((task) => build(task as Required<Task>, {}), data, {
      ...own,
      folds: 3,
      backend: "wasm",
    });
    expect(best!.outcome).toMatchObject({
      score: whole.mean.accuracy,
      weightsSha256: whole.runs.map(({ run }) => run.weightsSha256),
    });
  });

  it("lets no test row and no other trial decide a trial: its weights are those of its own recipe", async () => {
    const flags = readRecipe({ model: "chain", filters: "5,5", epochs: "6", validation: "0.2", seed: "5" });
    const site: TrialSite = {
      data,
      resolve: recipeTrials(flags),
      scoring: { kind: "validation", fraction: 0.2 },
      monitor: "loss",
      seed: 5,
      fractions: fractionsOf(3, 3),
      place: { backend: "wasm", threads: 1 },
      states: statesInMemory(),
    };
    const values = { lr: 0.02, ema: 0.9 };
    let last: Outcome | null = null;
    for (const rung of [0, 1, 2]) last = await runJob({ trial: 0, rung, values }, site);
    const run = recipeRun(data, { ...flags, ...values });
    if (run.kind !== "network") throw new Error("one network");
    const trained = await fit(run.model, data, { ...run.options, backend: "wasm" });
    expect(last).toMatchObject({ kind: "scored", weightsSha256: [trained.weightsSha256] });
    // without the states of the rungs before, the same again
    const alone = await runJob({ trial: 0, rung: 2, values }, { ...site, states: statesInMemory() });
    expect(alone).toMatchObject({ kind: "scored", weightsSha256: [trained.weightsSha256] });
  });

  it("refuses what no sweep follows", async () => {
    const refused = async (own: Space, more: SweepOptions = {}): Promise<string> =>
      sweep(build, data, own, { ...options, ...more }).then(
        () => "nothing was refused",
        (error: Error) => error.message,
      );
    expect(await refused({ model: { kind: "choice", values: ["fcn"] } })).toMatch(/of: "model"/);
    expect(await refused({})).toMatch(/no parameter/);
    expect(await refused(space, { trials: 0 })).toBe("trials is 0; it is a whole number from 1 to 100000");
    expect(await refused(space, { validation: 0 })).toMatch(/validation is 0/);
    expect(await refused(space, { validation: 0.2, folds: 3 })).toMatch(/give one of them/);
    expect(await refused(space, { monitor: "rmse" })).toMatch(/monitor is "rmse"; for bumps it is one of/);
    expect(await refused(space, { fixed: { sede: 1 } })).toMatch(/^fixed: option "sede" is unknown/);
    expect(await refused(space, { fixed: { lr: 1 } })).toMatch(/^fixed: lr is in the space too/);
    expect(await refused({ widht: { kind: "integer", low: 1, high: 2 } })).toMatch(
      /parameter "widht" is unknown/,
    );
  });
});
