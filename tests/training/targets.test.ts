/** Regressions learn standardised targets and answer in the targets' own units. */
import { describe, expect, it } from "vitest";
import {
  architectures,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeModel,
  ensemble,
  fit,
  fitEnsemble,
  fromArrays,
  InputError,
  layers as L,
  load,
  losses,
  model,
  rowsOf,
  type Checkpoint,
  type Dataset,
  type FitOptions,
  type Run,
  type Task,
} from "../../src/index.ts";

const LENGTH = 16;

/** Rows of a sine of that frequency; the targets are what `of` makes of it. */
function sines(of: (f: number) => number[], rows = 24): Dataset {
  const frequency = Array.from({ length: rows }, (_, r) => 1 + ((5 * r) % rows) / rows);
  return fromArrays({
    series: frequency.map((f) =>
      Array.from({ length: LENGTH }, (_, t) => Math.sin((2 * Math.PI * f * t) / LENGTH)),
    ),
    targets: frequency.map(of),
  });
}

const options = { epochs: 12, batch: 8, seed: 3 } as const;
const build = (data: Task) => architectures.chain(data, { filters: [5] });
const train = (data: Dataset, more: FitOptions = {}): Promise<Run> =>
  fit(build(data), data, { ...options, ...more });

describe("targets of a regression", () => {
  it("times 1,024 give the same weights, and RMSE, MAE and outputs times 1,024 exactly", async () => {
    const [one, many] = [sines((f) => [f]), sines((f) => [1024 * f])];
    const [a, b] = [await train(one, { validation: 0.25 }), await train(many, { validation: 0.25 })];
    expect(b.weightsSha256).toBe(a.weightsSha256);
    expect(b.history.map((e) => e.loss)).toEqual(a.history.map((e) => e.loss));
    for (const part of ["train", "validation"] as const) {
      expect(b[part]?.rmse).toBe(1024 * (a[part]?.rmse ?? NaN));
      expect(b[part]?.mae).toBe(1024 * (a[part]?.mae ?? NaN));
      expect(b[part]?.r2).toBe(a[part]?.r2);
      expect(b[part]?.loss).toBe(a[part]?.loss);
    }
    expect([...b.model.outputs(many)]).toEqual([...a.model.outputs(one)].map((x) => 1024 * x));
    expect(b.model.evaluate(many).rmse).toBe(1024 * (a.model.evaluate(one).rmse ?? NaN));
  });

  it.each([1000, 1e-3, 7e5])("times %d give RMSE times as much", async (by) => {
    const [a, b] = [await train(sines((f) => [f])), await train(sines((f) => [by * f + 100 * by]))];
    expect((b.train.rmse ?? NaN) / (a.train.rmse ?? NaN) / Math.abs(by)).toBeCloseTo(1, 2);
  });

  it("have mean and deviation of the rows that are learned from, output by output; 1 of a constant one", async () => {
    const data = sines((f) => [1000 * f, 7, -f]);
    const { model: net } = await train(data, { validation: rowsOf(data, [0]), epochs: 1 });
    const f = Array.from({ length: 24 }, (_, r) => 1 + ((5 * r) % 24) / 24);
    const mean = f.reduce((a, b) => a + b) / 24;
    const deviation = Math.sqrt(f.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 24);
    expect(net.targets?.mean.map((x) => Number(x.toFixed(9)))).toEqual(
      [1000 * mean, 7, -mean].map((x) => Number(x.toFixed(9))),
    );
    expect(net.targets?.deviation[0]).toBeCloseTo(1000 * deviation, 9);
    expect(net.targets?.deviation[1]).toBe(1);
    expect(net.targets?.deviation[2]).toBeCloseTo(deviation, 12);
  });

  it("of rows held back and of test rows are never looked at", async () => {
    const data = sines((f) => [f]);
    const strange = rowsOf(data, [1, 2, 3]).with({
      answers: { kind: "values", outputs: 1, targets: Float64Array.of(1e6, -1e6, 5e6) },
    });
    const [a, b] = [await train(data), await train(data, { validation: strange })];
    expect(b.weightsSha256).toBe(a.weightsSha256);
    expect(b.model.targets).toEqual(a.model.targets);
  });

  it("are learned to better than their mean where they are in thousands, and raw they are not", async () => {
    const data = sines((f) => [20_000 + 1000 * f]);
    const scored = async (targets: "standardize" | "raw"): Promise<number> =>
      (await train(data, { epochs: 40, targets })).train.r2 ?? NaN;
    expect(await scored("standardize")).toBeGreaterThan(0.5);
    expect(await scored("raw")).toBeLessThan(-10);
  });

  it("come out of a saved model in their own units; a file without scales gives what its layers do", async () => {
    const data = sines((f) => [3e4 * f, f]);
    const { model: net } = await train(data);
    const again = await load(encodeModel(net));
    expect([...again.outputs(data)]).toEqual([...net.outputs(data)]);
    expect(again.evaluate(data)).toEqual(net.evaluate(data));
    const { targets, ...older } = net;
    const raw = await load(encodeModel(older));
    const { mean, deviation } = targets ?? { mean: [], deviation: [] };
    expect([...net.outputs(data)]).toEqual(
      [...raw.outputs(data)].map((x, i) => Math.fround(mean[i % 2] + deviation[i % 2] * x)),
    );
  });

  it("keep their scales in a checkpoint, and a run goes on to the same bits", async () => {
    const data = sines((f) => [5000 * f]);
    const states: Checkpoint[] = [];
    const whole = await train(data);
    await train(data, {
      epochs: 5,
      checkpoint: { everySeconds: 0, save: (state) => void states.push(state) },
    });
    const last = decodeCheckpoint(encodeCheckpoint(states[states.length - 1]));
    expect(last.members[0].targets).toEqual(whole.model.targets);
    const on = await train(data, { resume: last });
    expect([on.weightsSha256, on.train]).toEqual([whole.weightsSha256, whole.train]);
    await expect(train(data, { resume: last, targets: "raw" })).rejects.toThrow(
      'targets is "raw", but "standardize" in the checkpoint; give what the run was begun with or start it over',
    );
  });

  it("of an ensemble are the mean of the members' in their own units, also where these differ in scale", async () => {
    const data = sines((f) => [5000 * f]);
    const { model: both, validation } = await fitEnsemble(build, data, {
      ...options,
      members: 2,
      validation: 0.25,
    });
    const other = await train(data, { targets: "raw" });
    for (const whole of [both, ensemble([both.members[0], other.model])]) {
      const [a, b] = whole.members.map((member) => member.outputs(data));
      expect([...whole.outputs(data)]).toEqual([...a].map((x, i) => Math.fround((x + b[i]) / 2)));
    }
    expect(validation?.rmse).toBeGreaterThan(10);
    expect(validation?.loss).toBeLessThan(10);
    expect(both.predict(data.series.slice(0, LENGTH))).toStrictEqual({ values: [both.outputs(data)[0]] });
    const again = await load(encodeModel(both));
    expect([...again.outputs(data)]).toEqual([...both.outputs(data)]);
  });

  it("raw are learned as they are: outputs are the last layer's, and the loss is RMSE squared", async () => {
    const data = sines((f) => [2 * f]);
    const run = await train(data, { targets: "raw" });
    expect(run.model.targets).toBeUndefined();
    expect(run.train.loss).toBeCloseTo((run.train.rmse ?? NaN) ** 2, 12);
  });

  it("have a loss in deviations: the squared error, the absolute one, and Huber's with its delta", async () => {
    const data = sines((f) => [800 * f]);
    for (const [loss, of] of [
      [losses.meanSquaredError(), (d: number) => d * d],
      [losses.meanAbsoluteError(), (d: number) => d],
      [losses.huber({ delta: 0.5 }), (d: number) => (d < 0.5 ? (d * d) / 2 : 0.5 * (d - 0.25))],
    ] as const) {
      const run = await train(data, { loss });
      const [deviation] = run.model.targets?.deviation ?? [];
      const each = [...run.model.outputs(data)].map((x, i) => of(Math.abs(x - data.targets[i]) / deviation));
      expect(run.train.loss).toBeCloseTo(each.reduce((a, b) => a + b) / each.length, 12);
    }
  });

  it("stay raw where the model ends with a bounded layer, or the loss is of probabilities", async () => {
    const data = sines((f) => [f / 2]);
    const bounded = model({ channels: 1, length: LENGTH }, (x) =>
      L.flatten(L.sigmoid(L.dense(x, { units: 1 }))),
    );
    expect((await fit(bounded, data, options)).model.targets).toBeUndefined();
    expect((await fit(bounded, data, { ...options, targets: "standardize" })).model.targets).toBeDefined();
    const free = model({ channels: 1, length: LENGTH }, (x) => L.dense(L.relu(x), { units: 1 }));
    expect((await fit(free, data, options)).model.targets).toBeDefined();
    const probable = { ...options, loss: losses.binaryCrossEntropy() };
    expect((await fit(free, data, probable)).model.targets).toBeUndefined();
    await expect(fit(free, data, { ...probable, targets: "standardize" })).rejects.toThrow(
      'targets is "standardize", but the loss binaryCrossEntropy is of probabilities as they are; leave it out',
    );
  });

  it("keep the scales of the network that a run starts from, unless it asks for others", async () => {
    const [data, far] = [sines((f) => [f]), sines((f) => [9 + f])];
    const { model: first } = await train(data);
    const kept = await train(far, { init: first, epochs: 1 });
    expect(kept.model.targets).toEqual(first.targets);
    const fresh = await train(far, { init: first, epochs: 1, targets: "standardize" });
    expect(fresh.model.targets?.mean[0]).toBeCloseTo(9 + (first.targets?.mean[0] ?? NaN), 12);
  });

  it("are refused by name where there are none, and where no float32 can be one", async () => {
    const classes = fromArrays({
      series: [
        [1, 2],
        [2, 1],
      ],
      labels: ["a", "b"],
    });
    const of = (data: Dataset, more: FitOptions): Promise<Run> =>
      fit(architectures.chain(data, { filters: [2] }), data, { epochs: 1, ...more });
    await expect(of(classes, { targets: "raw" })).rejects.toThrow(
      new InputError('targets is "raw", but rows of arrays have no target values; leave it out'),
    );
    await expect(
      of(
        sines((f) => [f]),
        { targets: "log" as "raw" },
      ),
    ).rejects.toThrow('targets is "log"; it is one of standardize, raw');
    await expect(
      of(
        sines((f) => [1e300 * f]),
        {},
      ),
    ).rejects.toThrow(/^a target is \d.*e\+300; targets are numbers of at most 3.4e38/);
  });

  it("of a file with wrong scales are refused", async () => {
    const { model: net } = await train(
      sines((f) => [f]),
      { epochs: 1 },
    );
    const bad = [
      { mean: [1], deviation: [0] },
      { mean: [1, 2], deviation: [1] },
      { mean: [NaN], deviation: [1] },
    ];
    for (const targets of bad)
      await expect(load(encodeModel({ ...net, targets }))).rejects.toThrow(
        "the metadata's targets are no mean and deviation of each output; it is no model that toeplitz saved",
      );
    await expect(load(encodeModel({ ...net, targets: { mean: [1, 2], deviation: [1, 1] } }))).rejects.toThrow(
      "the model has 1 outputs and scales of 2 targets; each output has one",
    );
  });
});
