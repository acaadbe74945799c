/** The training loop, what comes out of it, and its file. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import {
  architectures,
  DivergedError,
  encodeModel,
  fit,
  fromArrays,
  InputError,
  layers as L,
  load,
  losses,
  model,
  optimizers,
  schedules,
  trainer,
  type Batch,
  type EpochEvent,
} from "../../src/index.ts";
import { holdOut } from "../../src/data/split.ts";
import { numbers } from "../graph/numeric.ts";
import { bumps } from "./shared.ts";

const data = bumps({ rows: 40, length: 24, classes: 3 });
const net = model(data, (x) =>
  L.dense(L.globalAveragePool(L.relu(L.batchNorm(L.conv1d(x, { filters: 6, kernelSize: 5 })))), { units: 3 }),
);
const chain = architectures.chain(data, { filters: [5, 5] });

describe("a batch norm over one position", () => {
  // globalAveragePool leaves one value a channel and row
  const pooled = (rows: { channels: number; length: number }) =>
    model(rows, (x) =>
      L.dense(L.batchNorm(L.globalAveragePool(L.conv1d(x, { filters: 4, kernelSize: 5 }))), { units: 3 }),
    );
  const rows = (count: number) => bumps({ rows: count, length: 24, classes: 3 });
  const wrong = (count: number, batch: number) =>
    `layer batchNorm_1 (batchNorm) is given one value a channel by a batch of one row (${count} rows, ${batch} at a time); ` +
    "it is expected more than 1 value per channel in training; ";

  it.each([
    [6, 1, "give --batch 2 (batch in code)"],
    [7, 2, "give --batch 3 (batch in code)"],
  ])("is refused where %i rows leave a batch of one at %i a time", async (count, batch, remedy) => {
    const data = rows(count);
    await expect(fit(pooled(data), data, { epochs: 1, batch })).rejects.toThrow(wrong(count, batch) + remedy);
  });

  it.each([
    [9, 8, undefined], // as 4 and 5
    [13, 3, undefined], // as 2, 3, 2, 3, 3
    [9, 9, undefined],
    [8, 3, undefined],
  ])("trains on %i rows, %i at a time", async (count, batch, steps) => {
    const data = rows(count);
    const run = await fit(pooled(data), data, steps === undefined ? { epochs: 1, batch } : { steps, batch });
    expect(run.steps).toBeGreaterThan(0);
  });

  it("is refused a step at a time too, and one over several positions is not", async () => {
    const data = rows(4);
    const one = data.batches(1, { epochs: 1, seed: 0 }).next().value as Batch;
    const t = await trainer(pooled(data), { batch: 2 });
    expect(() => t.step(one)).toThrow(
      "a batch of one row gives layer batchNorm_1 (batchNorm) one value a channel; it is expected more than 1 value per channel in training; give batches of at least 2 rows",
    );
    expect((await trainer(net, { batch: 2 })).step(one).loss).toBeGreaterThan(0);
  });
});

describe("a row that is much longer than the others", () => {
  it("is named where a batch wants more memory than there is", async () => {
    const length = 2 ** 18;
    const rows = Array.from({ length: 16 }, (_, row) => [row, 1, 2]);
    const data = fromArrays({
      series: [...rows.slice(0, 2), Float64Array.from({ length }, (_, t) => t % 7), ...rows.slice(3)],
      labels: rows.map((_, row) => (row % 2 ? "a" : "b")),
    }).with({ rowNames: rows.map((_, row) => (row === 2 ? "noise.wav" : `${row}.wav`)) });
    const conv = (x: Parameters<typeof L.conv1d>[0]) => L.relu(L.conv1d(x, { filters: 60, kernelSize: 3 }));
    const wide = model({ channels: 1, length }, (x) =>
      L.dense(L.globalAveragePool(conv(conv(conv(x)))), { units: 2 }),
    );
    await expect(fit(wide, data, { epochs: 1 })).rejects.toThrow(
      /^a batch of 16 needs \d+ MiB; the most is 2048: use a smaller batch or model; noise\.wav has 262144 values, the median row 3, and rows are padded to the longest; leave it out, or cut rows with --length or --window$/,
    );
  });
});

describe("fit", () => {
  it("gives the same weights for the same seed, others for another", async () => {
    const options = { epochs: 3, batch: 8, optimizer: optimizers.adam({ learningRate: 0.01 }) };
    const runs = await Promise.all([3, 3, 4].map((seed) => fit(net, data, { ...options, seed })));
    expect(runs[0].weightsSha256).toBe(runs[1].weightsSha256);
    expect(runs[0].weightsSha256).not.toBe(runs[2].weightsSha256);
    expect(runs[0].history.map((e) => e.loss)).toEqual(runs[1].history.map((e) => e.loss));
    expect(runs[0].weightsSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("learns bumps: 60 epochs of a chain tell 3 places of 24 apart", async () => {
    const run = await fit(chain, data, {
      epochs: 60,
      batch: 8,
      optimizer: optimizers.adam({ learningRate: 0.02 }),
    });
    expect(run.train.accuracy).toBeGreaterThan(0.9);
    expect([run.epochs, run.steps, run.parameters, run.aborted]).toEqual([60, 300, 12 + 3 * 16 + 3, false]);
    const test = bumps({ rows: 30, length: 24, classes: 3, seed: 99 });
    expect(run.model.evaluate(test).accuracy).toBeGreaterThan(0.8);
  });

  it("counts steps: 40 rows in batches of 16 are 3 steps an epoch, and `steps` ends within one", async () => {
    const seen: number[] = [];
    const run = await fit(chain, data, { steps: 7, batch: 16, onStep: (e) => seen.push(e.rows) });
    expect(seen).toEqual([16, 16, 8, 16, 16, 8, 16]);
    expect([run.steps, run.epochs]).toEqual([7, 3]);
  });

  it("hands the schedule's rate to each step", async () => {
    const rates: number[] = [];
    const optimizer = optimizers.sgd({ learningRate: 0.4 });
    const schedule = schedules.cosine({ warmup: 0.5 });
    await fit(chain, data, {
      steps: 4,
      batch: 16,
      optimizer,
      schedule,
      onStep: (e) => rates.push(e.learningRate),
    });
    expect(rates[0]).toBeCloseTo(0.2, 12);
    expect(rates[1]).toBeCloseTo(0.4, 12);
    expect(rates[2]).toBeCloseTo(0.4, 12);
    expect(rates[3]).toBeCloseTo(0.2, 12);
  });

  it("keeps the best weights by validation loss", async () => {
    const events: EpochEvent[] = [];
    const run = await fit(net, data, {
      epochs: 12,
      batch: 8,
      validation: 0.25,
      keep: "best",
      optimizer: optimizers.sgd({ learningRate: 1.5, momentum: 0.9 }),
      onEpoch: (e) => events.push(e),
    });
    const best = Math.min(...events.map((e) => e.validation?.loss ?? Infinity));
    expect(events.at(-1)?.validation?.loss).not.toBe(best);
    expect(run.validation?.loss).toBe(best);
  });

  it("holds a fraction of every class back: 0.25 of 14, 13 and 13 rows is 4, 3 and 3", () => {
    const { train, held } = holdOut(data, 0.25, 1);
    const counts = (labels: Int32Array): number[] =>
      [0, 1, 2].map((k) => labels.filter((l) => l === k).length);
    expect(counts(held.labels)).toEqual([4, 3, 3]);
    expect(counts(train.labels)).toEqual([10, 10, 10]);
    const rows = (d: typeof train): string[] =>
      Array.from({ length: d.rows }, (_, i) => d.series.slice(i * 24, i * 24 + 24).join());
    expect([...rows(train), ...rows(held)].sort()).toEqual(rows(data).sort());
  });

  it("ends when its signal is aborted, after the step at hand", async () => {
    const control = new AbortController();
    const run = await fit(chain, data, {
      epochs: 50,
      batch: 8,
      signal: control.signal,
      onStep: (e) => {
        if (e.step === 12) control.abort();
      },
    });
    expect([run.aborted, run.steps, run.epochs]).toEqual([true, 12, 3]);
  });

  it("gives the event loop a turn while it runs", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await fit(net, data, { epochs: 400, batch: 8 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  // the first step makes weights of about 1e29 or beyond f32: the second one's loss is no number
  it.each([
    [1e30, "dense_1"],
    [1e39, "conv1d_1.filter"],
  ])("at a learning rate of %d diverges at step 2, first seen in %s", async (learningRate, where) => {
    const deep = model(data, (x) => {
      const y = L.tanh(L.conv1d(x, { filters: 6, kernelSize: 5 }));
      return L.dense(L.globalAveragePool(L.relu(L.conv1d(y, { filters: 3, kernelSize: 3 }))), { units: 3 });
    });
    const options = { epochs: 50, batch: 8, optimizer: optimizers.sgd({ learningRate }) };
    const error: unknown = await fit(deep, data, options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DivergedError);
    const { step, layer, message } = error as DivergedError;
    expect([step, layer]).toEqual([2, where]);
    expect(message).toBe(
      `training diverged at step 2: the loss is not a number, first seen in ${where}; lower the learning rate (it was ${learningRate}) or normalise the data`,
    );
  });

  it("fits targets by their squared error", async () => {
    const draw = numbers(5);
    const series = Array.from({ length: 32 }, () => draw(12, -1, 1));
    const targets = series.map((s) => [s[0] + s[1], s[5]]);
    const rows = fromArrays({ series, targets });
    const linear = model(rows, (x) => L.dense(x, { units: 2 }));
    const run = await fit(linear, rows, {
      epochs: 200,
      batch: 8,
      loss: losses.meanSquaredError(),
      optimizer: optimizers.adam({ learningRate: 0.03 }),
    });
    expect(run.train.loss).toBeLessThan(1e-3);
    expect(run.train.accuracy).toBeNaN();
    expect(run.history[0].accuracy).toBeNaN();
    expect(run.model.evaluate(rows).loss).toBe(run.train.loss);
    const said = run.model.predict(series[0]);
    expect(said).toStrictEqual({ values: [...run.model.outputs(rows).subarray(0, said.values?.length)] });
    expect(JSON.stringify(said)).toBe(JSON.stringify({ values: said.values }));
    for (const name of ["label", "probabilities"] as const)
      expect(() => said[name]).toThrow(new InputError("the model gives values, not classes; read values"));
    expect(() => run.model.evaluate(data)).toThrow(
      "bumps has rows of 1 x 24 (channels x length); the model takes 1 x 12",
    );
  });

  it.each<[object, string]>([
    [{ epochs: 0 }, "epochs is 0; it is a whole number of at least 1"],
    [{ steps: 1.5 }, "steps is 1.5; it is a whole number of at least 1"],
    [{ batch: -1 }, "batch is -1; it is a whole number of at least 1"],
    [{ validation: 1 }, "validation is 1; it is a fraction of the rows, at least 0 and below 1"],
    [{ validation: 0.01 }, "0.01 of 40 rows holds no row back; give a larger fraction"],
    [{ optimizer: optimizers.sgd({ learningRate: 0 }) }, "the learning rate is 0; it is a number above 0"],
    [{ seed: 0.5, validation: 0.5 }, "seed is 0.5; it is a whole number from 0 to 4294967295"],
    [{ normalize: "rows" }, 'normalize is "rows"; it is one of none, sample, channel'],
    [{ backend: "gpu" }, 'backend "gpu" is unknown; it is one of'],
  ])("refuses %o", async (options, message) => {
    const error: unknown = await fit(chain, data, options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  it("refuses a model for other data, or with other outputs", async () => {
    await expect(fit(net, bumps({ rows: 6, length: 23, classes: 3 }))).rejects.toThrow(
      "bumps has rows of 1 x 23 (channels x length); the model model takes 1 x 24",
    );
    await expect(fit(net, bumps({ rows: 6, length: 24, classes: 2 }))).rejects.toThrow(
      "the model model has 3 outputs; bumps has 2 classes",
    );
  });
});

describe("a model file", () => {
  const trained = fit(net, data, { epochs: 2, batch: 8 });

  it("predicts what the model did, to the bit, from rows in raw units", async () => {
    const { model: before } = await trained;
    const after = await load(encodeModel(before));
    expect(after.outputs(data)).toEqual(before.outputs(data));
    expect(after.predictRows(data)).toEqual(before.predictRows(data));
    expect(after.predict(data.series.slice(0, 24))).toEqual(before.predictRows(data)[0]);
    expect(after.classes).toEqual(["class 0", "class 1", "class 2"]);
    expect(after.provenance.weightsSha256).toBe((await trained).weightsSha256);
    expect(encodeModel(after)).toEqual(encodeModel(before));
    const { probabilities } = after.predict(data.series.slice(0, 24));
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it("refuses rows with what is no finite number, by row, channel and time, and what is no row", async () => {
    const { model: network } = await trained;
    for (const bad of [NaN, Infinity, -Infinity]) {
      const series = data.series.slice(0, 48);
      series[24 + 5] = bad;
      const message = Number.isNaN(bad)
        ? "row 1, channel 0, time 5 is NaN, a missing value; the model was trained without a fill; train with --fill linear, or fill it in"
        : `row 1, channel 0, time 5 is ${bad}; values are finite numbers; fill it in or leave the row out`;
      expect(() => network.predictRows({ series, rows: 2 })).toThrow(new InputError(message));
      expect(() => network.predict([series.slice(24)])).toThrow(InputError);
    }
    const times = Array.from({ length: 24 }, (_, t) => t);
    for (const [bad, shown] of [
      [null, "null"],
      ["2", '"2"'],
      [true, "true"],
      [undefined, "undefined"],
      [[1], "an object"],
      [3n, "3"],
    ])
      for (const sample of [times.with(5, bad as never), [times.with(5, bad as never)]])
        expect(() => network.predict(sample)).toThrow(
          new InputError(
            `the sample's channel 0, time 5 is ${String(shown)}, no number; values are numbers, NaN where one is missing; convert it`,
          ),
        );
    for (const bad of [undefined, null, 3, "text", {}, [], [undefined], [null, 1], [[1], [2]]])
      expect(() => network.predict(bad as never)).toThrow(InputError);
    expect(() => network.predict(undefined as never)).toThrow(
      "the sample is undefined; it is [channel][time], or [time] of one channel",
    );
  });

  it("is the same on the reference", async () => {
    const { model: before } = await trained;
    const after = await load(encodeModel(before), { backend: "reference" });
    expect(after.outputs({ series: data.series.slice(0, 48), rows: 2 })).toEqual(
      before.outputs(data).slice(0, 6),
    );
  });

  /** The file with its metadata, and tensors, changed. */
  async function changed(metadata: Record<string, string>, drop = 0): Promise<Uint8Array> {
    const file = decodeSafetensors(encodeModel((await trained).model), "x");
    return encodeSafetensors(file.tensors.slice(drop), { ...file.metadata, ...metadata });
  }
  const huge = { format: "toeplitz-model", version: 1, name: "", input: { channels: 1, length: 2 ** 24 } };
  const pool = { kind: "globalAveragePool", from: [0], options: {} };

  it.each<[string, Record<string, string>, string]>([
    [
      "another format",
      { format: "pytorch" },
      "gun: the metadata have no format toeplitz; it is no model that toeplitz saved",
    ],
    ["no JSON", { model: "{" }, "gun: the metadata's model is no JSON; it is no model that toeplitz saved"],
    [
      "no model",
      { model: "[]" },
      "gun: not a model: it is no JSON object; it is no model that toeplitz saved",
    ],
    [
      "no classes",
      { classes: '{"0":"a"}' },
      "gun: the metadata's classes are no list of names; it is no model that toeplitz saved",
    ],
    [
      "a class twice",
      { classes: '["a","b","a"]' },
      "gun: the metadata's classes name one twice; it is no model that toeplitz saved",
    ],
    [
      "2 classes for 3 outputs",
      { classes: '["a","b"]' },
      "gun: the model has 3 outputs and 2 classes; it has one output a class",
    ],
    [
      "no preparation",
      { preparation: "null" },
      "gun: the metadata's preparation is none of none, sample, channel, minmax; it is no model that toeplitz saved",
    ],
    [
      "a deviation of 0",
      { preparation: '{"kind":"channel","mean":[0],"deviation":[0]}' },
      "gun: the metadata's preparation has a wrong deviation; it is no model that toeplitz saved",
    ],
    [
      "no provenance",
      { provenance: "7" },
      "gun: the metadata's provenance is no object of strings; it is no model that toeplitz saved",
    ],
    [
      "a provenance that is a list",
      { provenance: "[]" },
      "gun: the metadata's provenance is no object of strings; it is no model that toeplitz saved",
    ],
    [
      "a model of 2^24 positions in 4 copies",
      {
        model: JSON.stringify({
          ...huge,
          layers: [
            { kind: "conv1d", from: [0], options: { filters: 1, kernelSize: 3, padding: "same" } },
            { kind: "conv1d", from: [1], options: { filters: 1, kernelSize: 3, padding: "same" } },
            { ...pool, from: [2] },
          ],
        }),
        classes: "[]",
      },
      "gun: ",
    ],
  ])("with %s is refused", async (_, metadata, message) => {
    const error: unknown = await load(await changed(metadata), { file: "gun" }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  it("without its first tensor is refused", async () => {
    await expect(load(await changed({}, 1))).rejects.toThrow(
      "the model file: weights of conv1d_1.filter have no values; the model wants 30",
    );
  });

  it("with any metadata is a model or an InputError", async () => {
    const key = fc.constantFrom("format", "model", "classes", "preparation", "provenance");
    const value = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom("[]", "{}", "null", '{"kind":"channel"}', '["a","b","c"]'),
    );
    await fc.assert(
      fc.asyncProperty(key, value, async (k, v) => {
        const error: unknown = await load(await changed({ [k]: v })).catch((e: unknown) => e);
        if (error instanceof Error) expect(error).toBeInstanceOf(InputError);
      }),
      { numRuns: 100 },
    );
  });
});
