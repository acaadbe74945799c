/** Clipping, averaging and decay masks in whole training runs. */
import { describe, expect, it } from "vitest";
import {
  architectures,
  fit,
  layers as L,
  losses,
  model,
  optimizers,
  trainer,
  type Dataset,
  type FitOptions,
  type Model,
  type TrainerOptions,
} from "../../src/index.ts";
import { gather } from "../../src/data/dataset.ts";
import { bumps } from "./shared.ts";

/** Two blocks of convolution, batch norm and relu, a global average and a dense head: as fcn, small. */
const small = (task: Dataset): Model =>
  model({ channels: task.channels, length: task.length }, (x) => {
    const block = (y: typeof x, kernelSize: number) =>
      L.relu(L.batchNorm(L.conv1d(y, { filters: 8, kernelSize, padding: "same" })));
    return L.dense(L.globalAveragePool(block(block(x, 5), 3)), { units: task.classes.length });
  });

const data = bumps({ rows: 12, length: 20, classes: 3 });
const build = small(data);
const batch = gather(data, [0, 1, 2, 3, 4, 5]);
const make = (o: Partial<TrainerOptions>) =>
  trainer(build, { batch: 6, seed: 3, optimizer: optimizers.sgd({ learningRate: 1 }), ...o });
type Named = readonly { readonly name: string; readonly data: Float32Array }[];
const apart = (a: Named, b: Named): number[] =>
  a.flatMap(({ data: x }, i) => Array.from(x, (v, j) => b[i].data[j] - v));
const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

describe("clipping", () => {
  it("by norm: a step of rate 1 is as long as the clip, and in the gradient's direction", async () => {
    const t = await make({ clipNorm: 0.01 });
    const { gradients } = t.gradients(batch);
    const flat = gradients.flatMap(({ data: g }) => Array.from(g));
    const before = t.weights().slice(0, gradients.length);
    t.apply();
    const step = apart(before, t.weights().slice(0, gradients.length));
    expect(norm(flat)).toBeGreaterThan(0.1);
    expect(norm(step)).toBeCloseTo(0.01, 5);
    step.forEach((s, i) => expect(s).toBeCloseTo((-flat[i] * 0.01) / norm(flat), 5));
  });

  it("by norm: a gradient that is short enough stays as it is, to the bit", async () => {
    const [clipped, free] = [await make({ clipNorm: 1e6 }), await make({})];
    for (const t of [clipped, free]) t.step(batch);
    expect(clipped.weightsSha256()).toBe(free.weightsSha256());
  });

  it("by value: no weight moves by more", async () => {
    const t = await make({ clipValue: 0.001 });
    const before = t.weights().slice(0, 4);
    t.step(batch);
    for (const s of apart(before, t.weights().slice(0, 4))) expect(Math.abs(s)).toBeLessThan(0.00100006);
  });

  it.each([
    [{ clipNorm: 0 }, "clipNorm is 0; it is a number above 0"],
    [{ clipValue: -1 }, "clipValue is -1; it is a number above 0"],
    [{ ema: 1 }, "ema is 1; it is the decay of an average, at least 0 and below 1"],
  ])("refuses %o", async (o, message) => {
    await expect(make(o)).rejects.toThrow(message);
  });
});

describe("averaged weights", () => {
  it("are what is evaluated and kept; the current ones go on learning", async () => {
    const [averaged, plain] = [await make({ ema: 0.9 }), await make({})];
    const start = plain.weights();
    for (const t of [averaged, plain]) t.step(batch);
    expect(averaged.weights("current")).toEqual(plain.weights());
    const filter = averaged.weights()[0].data;
    const [from, to] = [start[0].data, plain.weights()[0].data];
    filter.forEach((w, i) => expect(w).toBeCloseTo(from[i] + (9 / 11) * (to[i] - from[i]), 6));
    expect(averaged.forward(batch)).not.toEqual(plain.forward(batch));
    const other = await make({});
    other.setWeights(averaged.weights());
    expect(other.forward(batch)).toEqual(averaged.forward(batch));
    expect(other.weightsSha256()).toBe(averaged.weightsSha256());
  });
});

describe("weight decay of filters alone", () => {
  it("leaves biases, scales and shifts", async () => {
    const decay = (which: "all" | "filters") =>
      make({ decay: which, optimizer: optimizers.adamW({ learningRate: 0.1, weightDecay: 0.5 }) });
    const [all, some] = [await decay("all"), await decay("filters")];
    for (const t of [all, some]) t.step(batch);
    const [a, b] = [all.weights(), some.weights()];
    a.forEach(({ name, data: x }, i) => {
      const same = Buffer.compare(new Uint8Array(x.buffer), new Uint8Array(b[i].data.buffer)) === 0;
      if (name.endsWith("filter")) expect(same, name).toBe(true);
      if (name.endsWith("gamma")) expect(same, name).toBe(false);
    });
  });
});

describe("every rule together", () => {
  const options: FitOptions = {
    steps: 5,
    batch: 5,
    seed: 2,
    clipNorm: 0.5,
    clipValue: 0.2,
    decay: "filters",
    ema: 0.99,
    freeze: ["conv1d_1"],
    loss: losses.crossEntropy({ classWeights: [1, 2, 3], labelSmoothing: 0.1 }),
    optimizer: optimizers.rmsProp({ learningRate: 0.01, weightDecay: 0.1, momentum: 0.9, centered: true }),
  };

  it("gives the same bits twice, and on both back ends", async () => {
    const shas = await Promise.all(
      (["wasm", "wasm", "reference"] as const).map(
        async (backend) =>
          (
            await fit(architectures.chain(data, { filters: [3, 3], activation: "relu" }), data, {
              ...options,
              backend,
            })
          ).weightsSha256,
      ),
    );
    expect(new Set(shas).size).toBe(1);
  });
});
