/** Runs in shards: the same bits for every number of ranks, and what they compute against whole batches. */
import { describe, expect, it } from "vitest";
import { nativeBackend } from "../../src/backends/x64/native.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import type { Batch, Dataset } from "../../src/data/dataset.ts";
import * as L from "../../src/layers/calls.ts";
import { model } from "../../src/layers/draft.ts";
import type { Model } from "../../src/layers/model.ts";
import { uniform } from "../../src/numerics/threefry.ts";
import { fit } from "../../src/training/fit.ts";
import { fitEnsemble } from "../../src/training/fitEnsemble.ts";
import { losses } from "../../src/training/losses.ts";
import { optimizers } from "../../src/training/optimizers.ts";
import type { FitOptions, Run } from "../../src/training/run.ts";
import { countRight } from "../../src/training/scoring.ts";
import type { Checkpoint } from "../../src/training/state.ts";
import { localRanks } from "./localRanks.ts";

const LENGTH = 12;

/** Rows whose class is where a bump stands. */
function rowsOf(count: number): Dataset {
  const series = Array.from({ length: count }, (_, n) => [
    Array.from({ length: LENGTH }, (_, t) => uniform(5, 1, n, t) + (Math.floor(t / 4) === n % 3 ? 2 : 0)),
  ]);
  const labels = series.map((_, n) => `c${n % 3}`);
  return fromArrays({ series, labels });
}

const net = (dropout = 0): Model =>
  model({ channels: 1, length: LENGTH }, (x) => {
    const a = L.relu(L.batchNorm(L.conv1d(x, { filters: 5, kernelSize: 3, padding: "same" })));
    const b = L.add(L.batchNorm(L.conv1d(a, { filters: 5, kernelSize: 5, padding: "same" })), a);
    const pooled = L.globalAveragePool(L.relu(b));
    return L.dense(dropout > 0 ? L.dropout(pooled, { rate: dropout }) : pooled, { units: 3 });
  });

const data = rowsOf(43);

const everything: FitOptions = {
  epochs: 3,
  batch: 16,
  shards: 8,
  seed: 4,
  validation: 0.2,
  keep: "best",
  ema: 0.9,
  clipNorm: 1,
  loss: losses.crossEntropy({ labelSmoothing: 0.1, classWeights: "balanced" }),
  optimizer: optimizers.adamW(),
  augment: [
    { kind: "jitter", sigma: 0.05 },
    { kind: "mixup", alpha: 0.3 },
  ],
  backend: "wasm",
};

/** The run of each of so many ranks. */
const onRanks = (size: number, options: FitOptions, trained = net(0.2)): Promise<Run[]> =>
  Promise.all(localRanks(size).map((ranks) => fit(trained, data, { ...options, ranks })));

const whatIsEqual = ({ weightsSha256, history, train, validation, steps }: Run): unknown => ({
  weightsSha256,
  steps,
  train,
  validation,
  history: history.map(({ seconds: _seconds, ...event }) => event),
});

describe.each([
  ["statistics of each shard", {}],
  ["statistics of all shards", { syncBatchNorm: true }],
])("in shards, %s", (_, given) => {
  const options = { ...everything, ...given };

  it("gives the same bits on 1, 2, 4 and 8 ranks, with dropout, augmentation, EMA, keep best, clipping", async () => {
    const one = await fit(net(0.2), data, options);
    expect(one.steps).toBe(9);
    for (const size of [1, 2, 4, 8])
      for (const run of await onRanks(size, options)) expect(whatIsEqual(run)).toEqual(whatIsEqual(one));
  }, 120_000);

  it("gives the same bits on x64 and two threads", async (context) => {
    const native = await nativeBackend();
    if (typeof native === "string") return context.skip(native);
    const one = await fit(net(0.2), data, options);
    const x64 = await fit(net(0.2), data, { ...options, backend: native, threads: 2 });
    expect(whatIsEqual(x64)).toEqual(whatIsEqual(one));
  }, 60_000);

  it("goes on at another number of ranks to the same bits", async () => {
    const whole = await fit(net(0.2), data, options);
    const states: Checkpoint[] = [];
    const save = (checkpoint: Checkpoint): void => void states.push(checkpoint);
    await Promise.all(
      localRanks(4).map((ranks) =>
        fit(net(0.2), data, {
          ...options,
          ranks,
          checkpoint: { everySeconds: 0, ...(ranks.rank === 0 ? { save } : { save: () => undefined }) },
        }),
      ),
    );
    for (const resume of [states[0], states[4]])
      for (const run of await onRanks(2, { ...options, resume }))
        expect(run.weightsSha256).toBe(whole.weightsSha256);
  }, 120_000);
});

describe("one step in shards", () => {
  const plain: FitOptions = {
    steps: 1,
    batch: 32,
    optimizer: optimizers.sgd({ learningRate: 0.5 }),
    backend: "wasm",
  };
  const rows = rowsOf(32);
  const values = async (options: FitOptions, trained = net()): Promise<number[]> =>
    (await fit(trained, rows, { ...plain, ...options })).model.weights.flatMap(({ data: floats }) => [
      ...floats,
    ]);
  const farthest = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

  // one batch of all rows has the same rows in every order
  it("with statistics of all shards is a whole batch's, up to rounding", async () => {
    const whole = await values({});
    expect(farthest(await values({ shards: 4, syncBatchNorm: true }), whole)).toBeLessThan(2e-6);
    expect(farthest(await values({ shards: 5, syncBatchNorm: true }), whole)).toBeLessThan(2e-6);
    expect(farthest(await values({ shards: 4 }), whole)).toBeGreaterThan(1e-4);
  });

  it("without batch norm is a whole batch's, up to rounding, class weights included", async () => {
    const straight = model({ channels: 1, length: LENGTH }, (x) =>
      L.dense(L.globalAveragePool(L.tanh(L.conv1d(x, { filters: 4, kernelSize: 3 }))), { units: 3 }),
    );
    for (const loss of [losses.crossEntropy(), losses.crossEntropy({ classWeights: [1, 2, 5] })])
      expect(
        farthest(await values({ shards: 4, loss }, straight), await values({ loss }, straight)),
      ).toBeLessThan(1e-6);
  });
});

describe("ranks that differ", () => {
  const options: FitOptions = { epochs: 2, batch: 16, shards: 2, backend: "wasm" };

  it("in what they go on from are refused on all of them", async () => {
    let state: Checkpoint | null = null;
    await fit(net(), data, {
      ...options,
      checkpoint: { everySeconds: 0, save: (taken) => void (state ??= taken) },
    });
    const resume = state ?? undefined;
    const [first, second] = localRanks(2);
    const both = [
      fit(net(), data, { ...options, ranks: first, resume }),
      fit(net(), data, { ...options, ranks: second }),
    ];
    for (const run of both)
      await expect(run).rejects.toThrow("rank 1 has other state to go on from than rank 0");
  });

  it("in their rows or options are refused on all of them", async () => {
    const cases = [
      [rowsOf(42), options, "rank 1 has other rows than rank 0"],
      [data, { ...options, seed: 1 }, "rank 1 has other options than rank 0"],
    ] as const;
    for (const [rows, other, message] of cases) {
      const [first, second] = localRanks(2);
      const both = [
        fit(net(), data, { ...options, ranks: first }),
        fit(net(), rows, { ...other, ranks: second }),
      ];
      for (const run of both) await expect(run).rejects.toThrow(message);
    }
  });

  it("in who is asked to end all end after the same step, of ensembles too", async () => {
    const [first, second] = localRanks(2);
    const stop = new AbortController();
    const onStep = ({ step, member }: { step: number; member: number }): void => {
      if (member === 1 && step === 6) stop.abort();
    };
    const runs = await Promise.all([
      fitEnsemble(() => net(), data, { ...options, members: 2, ranks: first }),
      fitEnsemble(() => net(), data, { ...options, members: 2, ranks: second, signal: stop.signal, onStep }),
    ]);
    expect(runs.map(({ steps, aborted }) => ({ steps, aborted }))).toEqual([
      { steps: runs[0].steps, aborted: true },
      { steps: runs[0].steps, aborted: true },
    ]);
    expect(runs[0].weightsSha256).toBe(runs[1].weightsSha256);
  });
});

it("counts no row right, and none wrong, of a shard whose positions have no label", () => {
  const answers = {
    kind: "positions",
    classes: ["a", "b"],
    positions: 2,
    labels: Int32Array.of(-1, -1),
  } as const;
  const batch: Batch = { series: new Float64Array(2), rows: 1, answers };
  expect(countRight(Float32Array.of(1, 1, 0, 0), batch)).toBe(0);
});

describe("shards that cannot be", () => {
  it.each([
    [{ shards: 0 }, "shards is 0; it is a whole number from 1 to 4096"],
    [
      { shards: 17, batch: 16 },
      "shards is 17, but a batch has 16 rows; give at most as many shards as rows, or a larger batch",
    ],
    [
      { syncBatchNorm: true },
      "syncBatchNorm is of batches in shards, and there is one; give shards too, or leave it out",
    ],
    [
      { shards: 3, ranks: localRanks(2)[0] },
      "3 shards cannot be dealt out to 2 ranks; give a number of ranks that divides 3, or other shards",
    ],
  ])("%o", async (options: FitOptions, message) => {
    await expect(fit(net(), data, { epochs: 1, ...options })).rejects.toThrow(message);
  });
});
