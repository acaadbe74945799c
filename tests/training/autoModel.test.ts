import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { bestOf, chooseModel, type Trial } from "../../src/training/autoModel.ts";
import { readRecipe } from "../../src/training/recipeRun.ts";

const flags = readRecipe({});

/** Rows of sines of two periods. */
const waves = (rows: number, length = 12): Dataset =>
  fromArrays({
    name: "waves",
    series: Array.from({ length: rows }, (_, i) =>
      Array.from({ length }, (__, t) => Math.sin((t + 3 * i) / (i % 2 ? 1 : 2))),
    ),
    labels: Array.from({ length: rows }, (_, i) => (i % 2 ? "fast" : "slow")),
  });

/** A clock that goes on by so many seconds whenever it is looked at. */
function clock(seconds: number): () => number {
  let at = 0;
  return () => 1000 * (at += seconds);
}

const trial = (model: string, mean: number | null): Trial => ({ model, scores: [], mean, seconds: 1 });

describe("bestOf", () => {
  it("is the largest accuracy, the smallest RMSE, and of equal ones the first", () => {
    const trials = [trial("a", 0.5), trial("b", 0.7), trial("c", 0.7), trial("d", null)];
    expect(bestOf(trials, "accuracy")).toBe("b");
    expect(bestOf(trials, "rmse")).toBe("a");
    expect(bestOf([trial("d", null)], "accuracy")).toBeNull();
  });
});

describe("chooseModel", () => {
  it("scores minirocket on every fold whatever the budget, and nothing else where there is none", async () => {
    const choice = await chooseModel(waves(20), flags, { budgetSeconds: 1e-9 });
    expect(choice).toMatchObject({ model: "minirocket", metric: "accuracy", folds: 5, budgetSeconds: 1e-9 });
    const { trials } = choice as NonNullable<typeof choice>;
    expect(trials.map(({ model }) => model)).toEqual([
      "minirocket",
      "multirocket-hydra",
      "fcn",
      "inception",
      "resnet",
    ]);
    expect(trials[0]).toMatchObject({ mean: 1, scores: [1, 1, 1, 1, 1] });
    for (const { mean, scores, note } of trials.slice(1))
      expect({ mean, scores, note }).toEqual({ mean: null, scores: [], note: "time was up" });
  });

  it("goes on while there is time, tells each, and stops a network in the middle of a fold", async () => {
    const told: string[] = [];
    // a second a look: the first two take 13 looks, and the network is cut at some step after that
    const choice = await chooseModel(waves(20), flags, {
      budgetSeconds: 40,
      now: clock(1),
      onTrial: ({ model, mean }) => told.push(`${model} ${mean}`),
    });
    expect(told).toEqual([
      "minirocket 1",
      "multirocket-hydra 1",
      "fcn null",
      "inception null",
      "resnet null",
    ]);
    expect(choice?.trials[2]).toMatchObject({ note: "time was up", scores: [] });
    expect(choice?.model).toBe("minirocket");
  });

  it("scores values by RMSE, and passes over what does not take the rows", async () => {
    const turns = Array.from({ length: 15 }, (_, i) => 1 + i / 15);
    const values = fromArrays({
      series: turns.map((f) => Array.from({ length: 9 }, (_, t) => Math.sin(f * t))),
      targets: turns,
    });
    const choice = await chooseModel(values, flags, {
      budgetSeconds: 20,
      now: clock(1),
    });
    expect(choice).toMatchObject({ model: "minirocket", metric: "rmse" });
    expect(choice?.trials[1]).toMatchObject({
      model: "multirocket-hydra",
      mean: null,
      note: "multirocket-hydra takes series of at least 10 values; these have 9; give longer series",
    });
  });

  it("is null where the signal ends it, and refuses rows without answers or with too few of a class", async () => {
    const signal = AbortSignal.abort();
    expect(await chooseModel(waves(20), flags, { budgetSeconds: 1, signal })).toBeNull();
    const none = waves(10).with({ answers: { kind: "none" } });
    await expect(chooseModel(none, flags, { budgetSeconds: 1 })).rejects.toThrow(
      "waves: no model takes its rows (they have no answers); name one of",
    );
    const lone = fromArrays({
      name: "lone",
      series: Array.from({ length: 6 }, (_, i) => Array.from({ length: 12 }, (__, t) => t * i)),
      labels: ["a", "a", "a", "a", "a", "b"],
    });
    await expect(chooseModel(lone, flags, { budgetSeconds: 1 })).rejects.toThrow(
      'lone: the split leaves no row of class "b" to learn from',
    );
  });
});
