import { describe, expect, it } from "vitest";
import type { Task } from "../../src/layers/architectures/task.ts";
import { chain } from "../../src/layers/architectures/chain.ts";
import { crossValidate } from "../../src/training/crossValidate.ts";
import { rowsOf } from "../../src/data/dataset.ts";
import { foldRows } from "../../src/data/split.ts";
import { spread } from "../../src/numerics/spread.ts";
import { fit } from "../../src/training/fit.ts";
import { bumps } from "./shared.ts";

const data = bumps({ rows: 24, length: 12, classes: 2 });
const build = (d: Task): ReturnType<typeof chain> => chain(d, { filters: [3] });
const options = { epochs: 3, batch: 8, folds: 3 };

describe("crossValidate", () => {
  it("trains each fold as fit does on its training part, and tests it on the rest", async () => {
    const seen: number[] = [];
    const { runs, mean, deviation } = await crossValidate(build, data, {
      ...options,
      onRun: ({ fold }) => seen.push(fold),
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(runs.flatMap((r) => r.rows).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 24 }, (_, i) => i),
    );
    const [first] = foldRows(data, 3, 0);
    const alone = await fit(build(data), rowsOf(data, first.train), { epochs: 3, batch: 8 });
    expect(runs[0].run.weightsSha256).toBe(alone.weightsSha256);
    const tests = runs.map((r) => r.test.accuracy);
    expect(tests[0]).toBe(alone.model.evaluate(rowsOf(data, first.test)).accuracy);
    expect(mean.accuracy).toBe(spread(tests).mean);
    expect(deviation.accuracy).toBe(spread(tests).deviation);
  });

  it("selects nothing by a fold's test part: other values there leave the fold's weights as they are", async () => {
    const [first] = foldRows(data, 3, 0);
    const series = data.series.slice();
    for (const row of first.test) series.fill(99, row * 12, row * 12 + 12);
    const more = { ...options, validation: 0.25, keep: "best" } as const;
    const [a, b] = [
      await crossValidate(build, data, more),
      await crossValidate(build, data.with({ series }), more),
    ];
    expect(b.runs[0].run.weightsSha256).toBe(a.runs[0].run.weightsSha256);
    expect(b.runs[0].test.loss).not.toBe(a.runs[0].test.loss);
    expect(b.runs[1].run.weightsSha256).not.toBe(a.runs[1].run.weightsSha256);
  });

  it("trains each fold from several seeds on the same rows", async () => {
    const { runs } = await crossValidate(build, data, { ...options, folds: 2, seeds: 2, seed: 7 });
    expect(runs.map((r) => [r.fold, r.seed])).toEqual([
      [1, 7],
      [1, 8],
      [2, 7],
      [2, 8],
    ]);
    expect(runs[0].rows).toEqual(runs[1].rows);
    expect(new Set(runs.map((r) => r.run.weightsSha256)).size).toBe(4);
  });

  it("refuses rows of their own for validation, and no seeds", async () => {
    await expect(crossValidate(build, data, { ...options, validation: data })).rejects.toThrow(
      "validation is a data set; of folds it is a fraction, drawn from each training part",
    );
    await expect(crossValidate(build, data, { ...options, seeds: 0 })).rejects.toThrow(
      "seeds is 0; it is a whole number of at least 1",
    );
  });
});

describe("spread", () => {
  it("of 1, 2 and 3 is 2 and 1; of one value the deviation is not a number", () => {
    expect(spread([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    expect(spread([4])).toEqual({ mean: 4, deviation: NaN });
  });
});
