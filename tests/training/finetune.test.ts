/** Fine-tuning, freezing, early stopping, plateaus, and the tasks beside classification. */
import { describe, expect, it } from "vitest";
import {
  encodeModel,
  fit,
  fromArrays,
  layers as L,
  load,
  losses,
  model,
  optimizers,
  schedules,
  type Dataset,
  type Model,
} from "../../src/index.ts";
import { bumps } from "./shared.ts";

/** Two blocks of convolution, batch norm and relu, a global average and a dense head: as fcn, small. */
const small = (task: Dataset): Model =>
  model({ channels: task.channels, length: task.length }, (x) => {
    const block = (y: typeof x, kernelSize: number) =>
      L.relu(L.batchNorm(L.conv1d(y, { filters: 8, kernelSize, padding: "same" })));
    return L.dense(L.globalAveragePool(block(block(x, 5), 3)), { units: task.classes.length });
  });

const data = bumps({ rows: 18, length: 24, classes: 3 });
const build = small(data);
const first = await fit(build, data, { steps: 3, batch: 6, seed: 1 });
const weightOf = (name: string, run: typeof first): Float32Array =>
  run.model.weights.find((w) => w.name === name)?.data ?? new Float32Array(0);
const filters = first.model.weights.filter(({ name }) => /conv1d_\d\.filter$/.test(name)).map((w) => w.name);

describe("init", () => {
  it("starts from a network's weights: no step changes nothing, its preparation is kept", async () => {
    const tiny = optimizers.sgd({ learningRate: 1e-30 });
    const again = await fit(build, data, { steps: 1, batch: 6, init: first.model, optimizer: tiny });
    expect(again.weightsSha256).toBe(first.weightsSha256);
    expect(again.model.preparation).toEqual(first.model.preparation);
    const own = await fit(build, data, { steps: 1, init: first.model, normalize: "none" });
    expect(own.model.preparation).toEqual({ kind: "none" });
  });

  it("a head for another number of classes starts anew, all other layers as they were", async () => {
    const two = bumps({ rows: 10, length: 24, classes: 2 });
    const o = { steps: 1, batch: 5, seed: 9, optimizer: optimizers.sgd({ learningRate: 1e-30 }) };
    const tuned = await fit(small(two), two, { ...o, init: first.model.weights });
    const fresh = await fit(small(two), two, o);
    for (const name of filters) expect(weightOf(name, tuned)).toEqual(weightOf(name, first));
    const head = tuned.model.weights.findLast(({ name }) => name.endsWith("filter"))?.name ?? "";
    expect(weightOf(head, tuned)).toEqual(weightOf(head, fresh));
  });

  it("reinit starts a layer from the seed", async () => {
    const o = { steps: 1, batch: 6, seed: 9, optimizer: optimizers.sgd({ learningRate: 1e-30 }) };
    const tuned = await fit(build, data, { ...o, init: first.model, reinit: ["conv1d_2"] });
    const fresh = await fit(build, data, o);
    expect(weightOf("conv1d_1.filter", tuned)).toEqual(weightOf("conv1d_1.filter", first));
    expect(weightOf("conv1d_2.filter", tuned)).toEqual(weightOf("conv1d_2.filter", fresh));
  });

  it("refuses weights of other shapes, naming both and the remedy", async () => {
    const narrow = (filterCount: number) =>
      model({ channels: 1, length: 24 }, (x) =>
        L.dense(L.globalAveragePool(L.conv1d(x, { filters: filterCount, kernelSize: 3 })), { units: 3 }),
      );
    const small = await fit(narrow(4), data, { steps: 1 });
    await expect(fit(narrow(5), data, { steps: 1, init: small.model })).rejects.toThrow(
      "conv1d_1.filter is 5 x 1 x 3 in the model and 4 x 1 x 3 in the weights to start from; name conv1d_1 in reinit",
    );
    await expect(fit(narrow(4), data, { steps: 1, init: first.model })).rejects.toThrow(
      "which the model does not have; start from a model of the same layers",
    );
    await expect(fit(build, data, { init: first.model, reinit: ["conv"], freeze: ["x"] })).rejects.toThrow(
      'freeze names "x", which no parameter\'s name begins with',
    );
    await expect(fit(build, data, { reinit: ["conv1d_1"] })).rejects.toThrow("reinit is given without init");
  });
});

describe("freeze", () => {
  it("keeps filters and statistics of frozen layers to the bit, while the others learn", async () => {
    const freeze = ["conv1d_1", "batchNorm_1"];
    const tuned = await fit(build, data, {
      steps: 3,
      batch: 6,
      init: first.model,
      freeze,
      optimizer: optimizers.adamW(),
    });
    for (const { name, data: w } of first.model.weights) {
      const still = freeze.some((layer) => name.startsWith(`${layer}.`));
      if (still) expect(weightOf(name, tuned), name).toEqual(w);
      else if (name.endsWith("filter")) expect(weightOf(name, tuned), name).not.toEqual(w);
    }
    expect(weightOf("batchNorm_2.mean", tuned)).not.toEqual(weightOf("batchNorm_2.mean", first));
  });

  it("refuses to freeze everything", async () => {
    const names = ["conv1d", "batchNorm", "dense"];
    await expect(fit(build, data, { freeze: names })).rejects.toThrow("freeze names every parameter");
  });
});

describe("early stopping and the best epoch", () => {
  it("ends after `patience` epochs without a better loss", async () => {
    const run = await fit(build, data, {
      epochs: 50,
      batch: 6,
      patience: 2,
      minDelta: 100,
      validation: 0.34,
    });
    expect([run.epochs, run.stoppedEarly]).toEqual([3, true]);
    const all = await fit(build, data, { epochs: 2, batch: 6, patience: 2 });
    expect([all.epochs, all.stoppedEarly]).toEqual([2, false]);
  });

  it("keeps the epoch of the best F1 of validation rows of their own", async () => {
    const held = bumps({ rows: 9, length: 24, classes: 3, seed: 11 });
    const run = await fit(build, data, {
      epochs: 5,
      batch: 6,
      keep: "best",
      monitor: "f1",
      validation: held,
      normalize: "channel",
    });
    const best = Math.max(...run.history.map((e) => e.validation?.f1 ?? 0));
    expect(run.validation?.f1).toBe(best);
    expect(run.model.evaluate(held).f1).toBe(best);
    await expect(fit(build, data, { monitor: "f1" })).rejects.toThrow("monitor f1 wants validation rows");
    await expect(fit(build, data, { monitor: "rmse", validation: 0.3 })).rejects.toThrow(
      'monitor is "rmse"; for bumps it is one of loss, accuracy, balancedAccuracy, f1, auroc',
    );
  });

  it("a plateau halves the rate", async () => {
    const rates: number[] = [];
    await fit(build, data, {
      epochs: 4,
      batch: 18,
      optimizer: optimizers.sgd({ learningRate: 1e-20 }),
      schedule: schedules.plateau({ patience: 0, watch: "training", minimum: 3e-21 }),
      onStep: (e) => rates.push(e.learningRate),
    });
    expect(rates).toEqual([1e-20, 1e-20, 5e-21, 3e-21]);
  });
});

describe("other tasks", () => {
  const series = Array.from({ length: 16 }, (_, i) =>
    Array.from({ length: 12 }, (_t, t) => (t < 6 ? i % 2 : Math.floor(i / 2) % 2) + 0.01 * ((i * 7 + t) % 5)),
  );

  it("several labels a row: learns both halves, answers with labels, through the model file too", async () => {
    const several = fromArrays({
      series,
      multiLabel: series.map((s) => [...(s[0] > 0.5 ? ["early"] : []), ...(s[8] > 0.5 ? ["late"] : [])]),
    });
    const net = model({ channels: 1, length: 12 }, (x) => L.dense(x, { units: 2 }));
    const o = { epochs: 60, batch: 8, optimizer: optimizers.adam({ learningRate: 0.05 }) };
    const run = await fit(net, several, o);
    expect(run.train.accuracy).toBe(1);
    const loaded = await load(encodeModel(run.model));
    if (loaded.kind !== "network") throw new Error("no network");
    expect(loaded.evaluate(several)).toEqual(run.model.evaluate(several));
    const { accuracy, f1, auroc, loss } = run.model.evaluate(several);
    expect([accuracy, f1, auroc]).toEqual([1, 1, 1]);
    expect(loss).toBeCloseTo(run.train.loss, 6);
    expect(loaded.predict(series[3]).labels).toEqual(["early", "late"]);
    expect(loaded.predict(series[0]).labels).toEqual([]);
  });

  it("a class at each position: learns it, with weights and mixup", async () => {
    const labelled = fromArrays({
      series,
      labels: series.map((s) => s.map((v) => (v > 0.5 ? "on" : "off"))),
    });
    const net = model({ channels: 1, length: 12 }, (x) => L.conv1d(x, { filters: 2, kernelSize: 1 }));
    const run = await fit(net, labelled, {
      epochs: 80,
      batch: 8,
      validation: 0.25,
      loss: losses.crossEntropy({ classWeights: [1, 2] }),
      optimizer: optimizers.adam({ learningRate: 0.05 }),
      augment: [
        { kind: "jitter", sigma: 0.05 },
        { kind: "mixup", alpha: 0.2 },
      ],
    });
    expect(run.train.accuracy).toBeGreaterThan(0.95);
    const { accuracy, rows, confusion } = run.model.evaluate(labelled);
    expect(rows).toBe(16);
    expect(accuracy).toBeGreaterThan(0.95);
    expect(confusion.pairs.reduce((sum, { count }) => sum + count, 0)).toBe(16 * 12);
    expect(run.model.predict(series[1]).labels).toHaveLength(12);
    await expect(fit(net, labelled, { augment: [{ kind: "shift", most: 1 }] })).rejects.toThrow(
      "augmentation shift: it moves positions away from their labels",
    );
  });

  it.each([
    ["meanSquaredError", losses.meanSquaredError()],
    ["meanAbsoluteError", losses.meanAbsoluteError()],
    ["huber", losses.huber({ delta: 0.5 })],
  ])("values, by %s: an R2 above 0.9", async (_, loss) => {
    const values = fromArrays({
      name: "sums",
      series,
      targets: series.map((s) => [s[0] + s[8], s[0] - s[8]]),
    });
    const net = model({ channels: 1, length: 12 }, (x) => L.dense(x, { units: 2 }));
    const run = await fit(net, values, {
      epochs: 100,
      batch: 8,
      validation: 0.25,
      monitor: "rmse",
      keep: "best",
      loss,
      optimizer: optimizers.adam({ learningRate: 0.03 }),
      schedule: schedules.oneCycle(),
    });
    expect(run.model.evaluate(values).r2).toBeGreaterThan(0.9);
    expect(run.train.loss).toBeLessThan(0.05);
    expect(run.train.accuracy).toBeNaN();
  });
});

describe("rows of some of a network's classes", () => {
  const still = { steps: 1, batch: 6, seed: 9, optimizer: optimizers.sgd({ learningRate: 1e-30 }) };
  /** The rows of some classes, named as in `data`, in an order of their own. */
  const only = (...classes: string[]): Dataset => {
    const rows = Array.from({ length: data.rows }, (_, r) => r).filter((r) =>
      classes.includes(data.classes[data.labels[r]]),
    );
    return fromArrays({
      series: rows.map((r) => [data.series.slice(r * data.length, (r + 1) * data.length)]),
      labels: rows.map((r) => data.classes[data.labels[r]]),
      classes,
      name: "some",
    });
  };
  const [a, b, c] = data.classes;

  it.each([[[c, a]], [[b]], [[c, b, a]]])(
    "%j: its classes, its head and all weights are kept",
    async (classes) => {
      const some = only(...classes);
      const tuned = await fit(build, some, { ...still, init: first.model });
      expect(tuned.model.classes).toEqual(first.model.classes);
      // no step has changed anything, so it is right where it was right before
      const named = (rows: Dataset): number =>
        rows.rows === 0
          ? 0
          : first.model
              .predictRows({ series: rows.series, rows: rows.rows })
              .filter(({ label }, r) => label === rows.classes[rows.labels[r]]).length / rows.rows;
      expect(tuned.train.accuracy).toBeCloseTo(named(some), 12);
      for (const { name, data: values } of first.model.weights)
        if (!/mean|variance/i.test(name)) expect(weightOf(name, tuned)).toEqual(values);
    },
  );

  it("one class moves the model towards it", async () => {
    const tuned = await fit(build, only(b), {
      steps: 40,
      batch: 6,
      init: first.model,
      optimizer: optimizers.adam(),
    });
    expect(tuned.train.accuracy).toBe(1);
    expect(tuned.model.classes).toEqual(data.classes);
  });

  it("one class without a network to start from, or of a new head, is refused as before", async () => {
    await expect(fit(build, only(b), still)).rejects.toThrow(/every one of the 6 rows is of class/);
    const one = only(b);
    await expect(fit(small(one), one, { ...still, init: first.model })).rejects.toThrow(
      /every one of the 6 rows is of class/,
    );
  });
});
