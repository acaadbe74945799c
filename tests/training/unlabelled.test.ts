/** Rows of unequal length with a class a position: padding has no label, and counts in no loss and no score. */
import { describe, expect, it } from "vitest";
import { gather, rowsOf, type Dataset } from "../../src/data/dataset.ts";
import { slidingWindows } from "../../src/data/slidingWindows.ts";
import { GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph } from "../../src/graph/ops.ts";
import {
  baselines,
  crossValidate,
  fit,
  fromArrays,
  layers as L,
  losses,
  model,
  optimizers,
  trainer,
  type Loss,
} from "../../src/index.ts";
import { lossInputs, lossNode } from "../../src/training/losses.ts";
import { bitsOf, outcome } from "../conformance/harness.ts";
import { numbers } from "../graph/numeric.ts";

const lengths = [6, 16, 9, 12, 16, 11, 7, 16];
const series = lengths.map((n, i) => [...numbers(i + 1)(n, -1, 1)]);
const labels = series.map((row) => row.map((x) => (x > 0 ? "above" : "below")));
const ragged = fromArrays({ series, labels, classes: ["below", "above"] });
const build = model({ channels: 1, length: 16 }, (x) =>
  L.conv1d(L.relu(L.conv1d(x, { filters: 4, kernelSize: 3, padding: "same" })), {
    filters: 2,
    kernelSize: 1,
  }),
);
const how = { steps: 6, batch: 4, seed: 3, normalize: "none" } as const;

function graphOf(loss: Loss, positions: number, unlabelled?: "ignored"): Graph {
  const b = new GraphBuilder();
  const shape = [1, 2, positions] as const;
  const output = b.input("output", "sample", shape);
  const value = lossNode(b, loss, output, b.input("target", "sample", shape), { unlabelled });
  const { graph, gradients } = gradient(b.build({ loss: value }), value, [output]);
  return { nodes: graph.nodes, outputs: { loss: value, slope: gradients[0] ?? -1 } };
}

describe.each([
  ["cross-entropy", losses.crossEntropy()],
  ["label smoothing", losses.crossEntropy({ labelSmoothing: 0.1 })],
  ["class weights", losses.crossEntropy({ classWeights: [1, 3] })],
  ["both", losses.crossEntropy({ classWeights: [1, 3], labelSmoothing: 0.2 })],
])("%s without some labels", (_, loss) => {
  // two rows of two classes at three positions; the last position of the first row and two of the second have no label
  const output = [1, 0, 9, 0, 1, -7, 0.5, 3, 8, 0, -0.5, 3];
  const target = [1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0];
  const inputs = { output, target, ...lossInputs(loss, 2) };
  const graph = graphOf(loss, 3, "ignored");

  it("is the mean over the positions that have one", () => {
    const labelled = { output: [1, 0, 0, 1, 0.5, 0], target: [1, 0, 0, 1, 0, 1] };
    const alone = evaluate(graphOf(loss, 1), { ...inputs, ...labelled }, 3).loss[0];
    const got = evaluate(graph, inputs, 2);
    expect(got.loss[0]).toBeCloseTo(alone, 12);
    for (const i of [2, 5, 7, 8, 10, 11]) expect(Math.abs(got.slope[i])).toBe(0);
  });

  it("has equal bits on wasm and the reference", async () => {
    const f32 = Object.fromEntries(Object.entries(inputs).map(([n, x]) => [n, Float32Array.from(x)]));
    const { wasm, reference } = await outcome(graph, f32, 2);
    for (const name of ["loss", "slope"]) expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
  });
});

describe("rows of unequal length with a class a position", () => {
  it("have as many labels as values, and none in the padding", () => {
    expect(ragged.answers).toMatchObject({ kind: "positions", positions: 16, classes: ["below", "above"] });
    expect(new Set(ragged.labels.subarray(6, 16))).toEqual(new Set([-1]));
    expect(() => fromArrays({ series, labels: [labels[0].slice(1), ...labels.slice(1)] })).toThrow(
      "fromArrays: row 1 has 16 labels, expected 5 as in row 0; correct the row",
    );
    const windows = slidingWindows(ragged, { window: 5 });
    expect(windows.labels.includes(-1)).toBe(false);
  });

  it("learn and are scored by their own positions alone", async () => {
    const preparation = { kind: "none", length: 16, pad: "zero", at: "end" } as const;
    const t = await trainer(build, { batch: 2, preparation, unlabelled: "ignored" });
    const bare = await trainer(build, { batch: 2, preparation: { kind: "none" } });
    const whole = gather(ragged, [1, 4]);
    expect(t.gradients(whole).loss).toBeCloseTo(bare.gradients({ ...whole, lengths: undefined }).loss, 6);
    expect(() =>
      bare.gradients({ ...gather(ragged, [0]), lengths: undefined, series: new Float64Array(16) }),
    ).toThrow("label -1 of a model with 2 outputs");

    const run = await fit(build, ragged, {
      ...how,
      steps: 200,
      optimizer: optimizers.adam({ learningRate: 0.02 }),
    });
    const { accuracy, confusion, rows } = run.model.evaluate(ragged);
    const scored = confusion.pairs.reduce((sum, { count }) => sum + count, 0);
    expect([rows, scored]).toEqual([8, lengths.reduce((a, b) => a + b, 0)]);
    expect(accuracy).toBeGreaterThan(0.9);
    expect(run.history.at(-1)?.accuracy).toBeLessThanOrEqual(1);
    const floor = baselines(ragged, ragged);
    expect(floor.majority).toBeLessThan(0.7);
    expect(floor.nearest).toBe(1);
  });

  it("go through validation, folds, mixup and balanced weights", async () => {
    const loss = losses.crossEntropy({ classWeights: "balanced" });
    const o = { ...how, loss, augment: [{ kind: "mixup", alpha: 0.2 }] } as const;
    expect((await fit(build, ragged, { ...o, validation: 0.25 })).validation?.loss).toBeGreaterThan(0);
    const { runs } = await crossValidate(() => build, ragged, { ...how, folds: 2 });
    for (const { test } of runs) expect(test.accuracy).toBeGreaterThan(0.2);
    expect(
      rowsOf(ragged, [0])
        .labels.subarray(6)
        .every((label) => label === -1),
    ).toBe(true);
  });

  it("are refused where a preparation moves positions away from their labels", async () => {
    const bits = async (data: Dataset, prepare: object) => fit(build, data, { ...how, prepare });
    await expect(bits(ragged, { at: "start" })).rejects.toThrow(
      "arrays has rows of unequal length with a class a position, and prepare: at moves positions away from their classes",
    );
    await expect(bits(ragged, { resample: 16 })).rejects.toThrow("prepare: resample moves positions away");
  });
});
