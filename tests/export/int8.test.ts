/** Numbers in 8 bits: literal quantisations, the reference beside float, and what has no int8 form. */
import { describe, expect, it } from "vitest";
import { Dataset } from "../../src/data/dataset.ts";
import { mnist1d } from "../../src/data/mnist1d.ts";
import { fromGrid, gridOf, onGrid, ratioOf, toGrid } from "../../src/export/int8/arithmetic.ts";
import { encodeInt8, int8Network, scoresOf } from "../../src/export/int8/encode.ts";
import { readBy, type Plan, type Step } from "../../src/export/int8/steps.ts";
import { layoutOf } from "../../src/export/int8/memory.ts";
import * as f from "../../src/layers/functions.ts";
import { ignorePadding } from "../../src/layers/ignorePadding.ts";
import * as architectures from "../../src/layers/architectures/index.ts";
import { network, type NetworkFields } from "../../src/models/network.ts";
import { fit } from "../../src/training/fit.ts";
import { labelledRows, otherLayers } from "./int8Rows.ts";
import { everyArchitecture, fieldsOf } from "./models.ts";

describe("the arithmetic of 8 bits", () => {
  it("has grids with 0 on them, of 256 places from the least to the most value", () => {
    expect(gridOf(0, 255)).toEqual({ scale: 1, zero: -128 });
    expect(gridOf(-63.75, 0)).toEqual({ scale: 0.25, zero: 127 });
    expect(gridOf(-1.28, 1.27)).toEqual({ scale: Math.fround(0.01), zero: 0 });
    // stretched to 0, and of nothing but zeros
    expect(gridOf(51, 510)).toEqual({ scale: 2, zero: -128 });
    expect(gridOf(0, 0)).toEqual({ scale: 1, zero: 0 });
  });

  it("rounds floats half to even, and holds what lies outside at an end", () => {
    const grid = { scale: 0.5, zero: 10 };
    expect([0, 0.25, 0.75, -0.25, -0.75, 1, 1000, -1000, Infinity, NaN].map((x) => toGrid(x, grid))).toEqual([
      10, 10, 12, 10, 8, 12, 127, -128, 127, -128,
    ]);
    expect(fromGrid(12, grid)).toBe(1);
  });

  it("multiplies by whole numbers of 21 bits, and rounds half away from 0", () => {
    expect(ratioOf(1)).toEqual({ multiplier: 2 ** 20, shift: 20 });
    expect(ratioOf(0.75)).toEqual({ multiplier: 3 * 2 ** 19, shift: 21 });
    expect(ratioOf(2 ** -60)).toEqual({ multiplier: 0, shift: 50 });
    expect([2, 3, -2, -3, 5, 6].map((x) => onGrid(x, 2, 0))).toEqual([1, 1, -1, -1, 1, 2]);
    expect(onGrid(1000, 1, 0)).toBe(127);
    expect(onGrid(-4, 1, 5)).toBe(3);
  });
});

/** A model of one channel and four positions, with weights by name and rows that say of themselves which class they are. */
function tiny(build: (x: f.Tensor) => f.Tensor, weights: Readonly<Record<string, readonly number[]>>) {
  const model = f.model({ channels: 1, length: 4 }, build, "tiny");
  const fields = fieldsOf(model, { kind: "none" });
  const given = fields.weights.map((w) => ({ ...w, data: Float32Array.from(weights[w.name] ?? w.data) }));
  return { ...fields, weights: given };
}

const rowsOf = (series: readonly number[], labels: readonly number[], classes: readonly string[]): Dataset =>
  new Dataset({
    name: "rows",
    series: Float64Array.from(series),
    channels: 1,
    length: 4,
    answers: { kind: "classes", classes, labels: Int32Array.from(labels) },
  });

describe("a network in 8 bits", () => {
  it("of two layers is what a hand computes", async () => {
    const fields = tiny(
      (x) => f.dense(f.globalAveragePool(f.relu(f.conv1d(x, { filters: 1, kernelSize: 2 }))), { units: 2 }),
      {
        "conv1d_1.filter": [1, -0.5],
        "conv1d_1.bias": [2],
        "dense_1.filter": [1, -2],
        "dense_1.bias": [0.5, 1],
      },
    );
    // 0 to 127.5 by halves; y = x0 - x1 / 2 + 2 of the first row is 2, -61.75, 129.5, of the second 129.5, 2, 2
    const data = rowsOf([0, 0, 127.5, 0, 127.5, 0, 0, 0], [0, 1], fields.classes);
    const { plan, dispose } = await int8Network(await network(fields, { threads: 1 }), data);
    dispose();
    const kinds = plan.steps.map(({ kind }) => kind);
    expect(kinds).toEqual(["quantise", "linear", "mean", "linear"]);
    const [quantise, convolve, , dense] = plan.steps;
    expect(plan.values[quantise.to].grid).toEqual({ scale: 0.5, zero: -128 });
    const first = linearOf(convolve);
    // the largest weight is 127: 1 / 127 a step, so that -0.5 is -63.5, rounded up to -63; the bias 2 / (0.5 / 127) is 508
    expect(Array.from(first.filters)).toEqual([127, -63]);
    expect(Array.from(first.biases)).toEqual([508]);
    // relu is the lower end of the grid from 0 to 129.5
    expect(plan.values[convolve.to].grid).toEqual({ scale: Math.fround(129.5 / 255), zero: -128 });
    const last = linearOf(dense);
    expect(Array.from(last.filters)).toEqual([127, -127]);
    expect(last.scales).toBeInstanceOf(Float32Array);
    expect(plan.values[plan.output].grid).toBeUndefined();
  });

  it("folds a batch norm into the convolution before it, and makes one by itself a convolution a channel", async () => {
    const norm = {
      "batchNorm_1.gamma": [3],
      "batchNorm_1.beta": [1],
      "batchNorm_1.mean": [2],
      "batchNorm_1.variance": [0.25],
    };
    const head = (x: f.Tensor): f.Tensor => f.dense(x, { units: 2 });
    const behind = tiny(
      (x) => head(f.batchNorm(f.conv1d(x, { filters: 1, kernelSize: 1 }), { epsilon: 0 })),
      { ...norm, "conv1d_1.filter": [2], "conv1d_1.bias": [1] },
    );
    const alone = tiny((x) => head(f.batchNorm(x, { epsilon: 0 })), norm);
    const data = rowsOf([0, 255, 0, 255], [0], behind.classes);
    for (const [fields, weight, bias] of [
      // 3 / 0.5 (2 x + 1 - 2) + 1 = 12 x - 5, and 6 (x - 2) + 1 = 6 x - 11, in steps of 12 / 127 and 6 / 127
      [behind, 127, Math.round(-5 / (12 / 127))],
      [alone, 127, Math.round(-11 / (6 / 127))],
    ] as const) {
      const { plan, dispose } = await int8Network(await network(fields, { threads: 1 }), data);
      dispose();
      expect(plan.steps.map(({ kind }) => kind)).toEqual(["quantise", "linear", "linear"]);
      expect(Array.from(linearOf(plan.steps[1]).filters)).toEqual([weight]);
      expect(Array.from(linearOf(plan.steps[1]).biases)).toEqual([bias]);
    }
  });

  it.each(Object.keys(everyArchitecture) as (keyof typeof everyArchitecture)[])(
    "of %s is near the float one",
    { timeout: 60_000 },
    async (name) => {
      const fields = everyArchitecture[name]();
      const data = await labelledRows(fields, 32);
      await expectNear(fields, data, 0.12);
    },
  );

  it("of other layers is near the float one too", { timeout: 60_000 }, async () => {
    for (const [name, model] of Object.entries(otherLayers)) {
      const fields = fieldsOf(model, { kind: "none" });
      await expectNear(fields, await labelledRows(fields, 32), 0.15, name);
    }
  });

  it("refuses sums that may not fit 32 bits, and pools that leave padding out", async () => {
    const wide = fieldsOf(
      f.model({ channels: 1, length: 40000 }, (x) => f.dense(x, { units: 2 }), "wide"),
      { kind: "none" },
    );
    await expect(
      int8Network(await network(wide, { threads: 1 }), await labelledRows(wide, 2)),
    ).rejects.toThrow("dense_1: its sums of 40000 products may not fit 32 bits; int8 takes 33155 at most");
    const model = ignorePadding(everyArchitecture.fcn().model);
    const fields = { ...everyArchitecture.fcn(), model };
    await expect(
      int8Network(await network(fields, { threads: 1 }), await labelledRows(fields, 2)),
    ).rejects.toThrow("globalAveragePool_1 leaves padding out, which int8 cannot");
  });

  it("of mnist1d-cnn, trained briefly, keeps its accuracy within 0.02", { timeout: 120_000 }, async () => {
    const { train, test } = mnist1d();
    if (!test) throw new Error("mnist1d has a test part");
    const model = architectures.mnist1dCnn(train);
    const { model: trained } = await fit(model, train, { epochs: 10 });
    const { scores, flash, ram } = await encodeInt8(trained, "digits", test);
    expect(scores.float.accuracy).toBeGreaterThan(0.6);
    expect(scores.int8.accuracy).toBeGreaterThan(scores.float.accuracy - 0.02);
    expect(scores.agreement).toBeGreaterThan(0.95);
    // 5,100 filters of a byte; 110 biases, multipliers, shifts and scales
    expect(flash).toBeLessThan(5210 * 4 * 0.3);
    expect(ram).toBeLessThan(800);
  });
});

describe("the memory of a plan", () => {
  it("has no value over another that is still read", async () => {
    const fields = everyArchitecture.unet1d();
    const { plan, dispose } = await int8Network(
      await network(fields, { threads: 1 }),
      await labelledRows(fields, 4),
    );
    dispose();
    const { values, bytes } = layoutOf(
      plan,
      plan.steps.map((_, i) => (i === 3 ? 64 : 0)),
    );
    const lives = livesOf(plan);
    for (const [a, [firstA, lastA]] of lives)
      for (const [b, [firstB, lastB]] of lives)
        if (a < b && firstA <= lastB && firstB <= lastA) {
          const [x, y] = [values[a], values[b]];
          expect(x.start + x.bytes <= y.start || y.start + y.bytes <= x.start, `${a} and ${b}`).toBe(true);
        }
    expect(bytes).toBeLessThan(values.reduce((sum, span) => sum + span.bytes, 0));
  });
});

/** First and last step at which each memory is there. */
function livesOf(plan: Plan): Map<number, [number, number]> {
  const lives = new Map<number, [number, number]>();
  const touch = (value: number, step: number): void => {
    const { memory } = plan.values[value];
    const [first, last] = lives.get(memory) ?? [step, step];
    lives.set(memory, [Math.min(first, step), Math.max(last, step)]);
  };
  touch(plan.input, -1);
  plan.steps.forEach((step, i) => [...readBy(step), step.to].forEach((value) => touch(value, i)));
  touch(plan.output, plan.steps.length);
  return lives;
}

function linearOf(step: Step) {
  if (step.kind !== "linear") throw new Error(`${step.kind} is no linear step`);
  return step.linear;
}

/** The root of the mean squared difference of outputs, in deviations of the float outputs, is below `most`. */
async function expectNear(fields: NetworkFields, data: Dataset, most: number, name = ""): Promise<void> {
  const model = await network(fields, { threads: 1 });
  const int8 = await int8Network(model, data);
  const rows = { series: data.series, rows: data.rows };
  const [float, ours] = [model.outputs(rows), int8.outputs(rows)];
  const { agreement } = scoresOf(model, int8, data);
  int8.dispose();
  const mean = float.reduce((a, b) => a + b, 0) / float.length;
  const spread = Math.sqrt(float.reduce((sum, x) => sum + (x - mean) ** 2, 0) / float.length);
  const error = Math.sqrt(float.reduce((sum, x, i) => sum + (x - ours[i]) ** 2, 0) / float.length);
  expect(error / spread, name).toBeLessThan(most);
  expect(agreement, name).toBeGreaterThan(0.8);
}
