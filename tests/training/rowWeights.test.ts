/** Weights of rows: what the loss makes of them, in equal bits; how they follow their rows; when they are refused. */
import { describe, expect, it } from "vitest";
import { dataHash } from "../../src/data/dataHash.ts";
import { gather, rowsOf, type Dataset } from "../../src/data/dataset.ts";
import { slidingWindows } from "../../src/data/slidingWindows.ts";
import { GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph } from "../../src/graph/ops.ts";
import {
  fit,
  fromArrays,
  layers as L,
  losses,
  miniRocket,
  model,
  trainer,
  type Loss,
} from "../../src/index.ts";
import { augment } from "../../src/training/augment.ts";
import { lossInputs, lossNode } from "../../src/training/losses.ts";
import { bitsOf, outcome } from "../conformance/harness.ts";
import { bumps } from "./shared.ts";

/** The loss of rows of `[channels, 2]`, with a weight a row, and its slope. */
function graphOf(loss: Loss, channels: number, weighted: boolean): Graph {
  const b = new GraphBuilder();
  const shape = [1, channels, 2] as const;
  const output = b.input("output", "sample", shape);
  const rowWeights = weighted ? b.input("w", "sample", [1, 1, 1]) : undefined;
  const value = lossNode(b, loss, output, b.input("target", "sample", shape), { rowWeights });
  const { graph, gradients } = gradient(b.build({ loss: value }), value, [output]);
  return { nodes: graph.nodes, outputs: { loss: value, slope: gradients[0] ?? -1 } };
}

const output = [1, 2, -1, 0.5, -0.5, 0, 3, 1, -2, 0, 0.25, 4];
const target = [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0];
const w = [2, 0, 0.5];
const cases: readonly Loss[] = [
  losses.crossEntropy(),
  losses.crossEntropy({ labelSmoothing: 0.1 }),
  losses.binaryCrossEntropy(),
  losses.binaryCrossEntropy({ posWeight: [1, 3] }),
  losses.meanSquaredError(),
  losses.meanAbsoluteError(),
  losses.huber({ delta: 0.75 }),
];

describe.each(cases.map((loss) => [loss.kind, loss] as const))("row weights of %s", (_, loss) => {
  const weighed = graphOf(loss, 2, true);
  const inputs = { output, target, w, ...lossInputs(loss, 2) };

  it("are the mean over the batch of w times each row's own loss", () => {
    const own = [0, 1, 2].map(
      (row) =>
        evaluate(
          graphOf(loss, 2, false),
          {
            ...inputs,
            output: output.slice(4 * row, 4 * row + 4),
            target: target.slice(4 * row, 4 * row + 4),
          },
          1,
        ).loss[0],
    );
    const got = evaluate(weighed, inputs, 3);
    expect(got.loss[0]).toBeCloseTo((2 * own[0] + 0.5 * own[2]) / 3, 12);
    expect([...got.slope.subarray(4, 8)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it("have equal bits on wasm and the reference; weights of 1 change none", async () => {
    const f32 = Object.fromEntries(Object.entries(inputs).map(([n, x]) => [n, Float32Array.from(x)]));
    const { wasm, reference } = await outcome(weighed, f32, 3);
    for (const name of ["loss", "slope"]) expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
    const ones = await outcome(weighed, { ...f32, w: Float32Array.of(1, 1, 1) }, 3);
    const { w: _w, ...rest } = f32;
    const plain = await outcome(graphOf(loss, 2, false), rest, 3);
    for (const name of ["loss", "slope"]) expect(bitsOf(ones.wasm[name])).toBe(bitsOf(plain.wasm[name]));
  });
});

describe("row weights", () => {
  const data = bumps({ rows: 12, length: 12, classes: 3 });
  const rowWeights = Float64Array.from({ length: 12 }, (_, i) => i / 4);
  const weighted = data.with({ rowWeights });
  const build = model(data, (x) =>
    L.dense(L.globalMaxPool(L.conv1d(x, { filters: 3, kernelSize: 3 })), { units: 3 }),
  );
  const o = { steps: 4, batch: 5, seed: 2 } as const;

  it("multiply with weights of classes, whose sum divides as it does without them", () => {
    // each row and position has -log 1/2; row weights 2 and 0.5, class weights 1 and 3
    const loss = losses.crossEntropy({ classWeights: [1, 3] });
    const inputs = { output: [0, 0, 0, 0, 0, 0, 0, 0], target: [1, 1, 0, 0, 0, 0, 1, 1], w: [2, 0.5] };
    const got = evaluate(graphOf(loss, 2, true), { ...inputs, ...lossInputs(loss, 2) }, 2).loss[0];
    expect(got).toBeCloseTo((Math.log(2) * (2 * 1 + 0.5 * 3)) / (1 + 3), 12);
  });

  it("train: other weights, another run; all of 1, the bits of none; rows of 0 are not learned from", async () => {
    const sha = async (rows: Dataset): Promise<string> => (await fit(build, rows, o)).weightsSha256;
    const plain = await sha(data);
    expect(await sha(data.with({ rowWeights: new Float64Array(12).fill(1) }))).toBe(plain);
    expect(await sha(weighted)).not.toBe(plain);

    const t = await trainer(build, { batch: 12, weighted: "rows" });
    const all = gather(data, [0, 1, 2, 3]);
    const { loss } = t.gradients({ ...all, rowWeights: Float64Array.of(3, 0, 0, 0) });
    const alone = t.gradients(gather(data, [0])).loss;
    expect(loss).toBeCloseTo((3 * alone) / 4, 5);
    expect(t.gradients(all).loss).toBeGreaterThan(0);
    const without = await trainer(build, { batch: 12 });
    expect(() => without.gradients(gather(weighted, [0, 1]))).toThrow(
      'the batch has row weights, which this trainer does not read; make it with weighted: "rows"',
    );
    expect(() => t.gradients({ ...all, rowWeights: Float64Array.of(1) })).toThrow(
      "1 row weights for 4 rows; each row has one",
    );
  });

  it("go with their rows: parts, batches, windows, mixup and the hash of the data", async () => {
    expect([...(rowsOf(weighted, [7, 2]).rowWeights ?? [])]).toEqual([1.75, 0.5]);
    const cut = slidingWindows(weighted, { window: 6 });
    expect([...(rowsOf(cut, [1, 2, 3]).rowWeights ?? [])]).toEqual([0, 0.25, 0.25]);
    expect(dataHash(weighted)).not.toBe(dataHash(data));
    expect(dataHash(weighted)).not.toBe(dataHash(data.with({ rowWeights: rowWeights.toReversed() })));
    const site = { channels: 1, length: 12, classes: 3, seed: 0, step: 0 };
    const mixed = augment(gather(weighted, [0, 4]), [{ kind: "mixup", alpha: 0.4 }], site);
    expect((mixed.rowWeights?.[0] ?? 0) + (mixed.rowWeights?.[1] ?? 0)).toBeCloseTo(1, 12);
    const held = await fit(build, weighted, { ...o, validation: 0.34, keep: "best" });
    expect(held.validation?.loss).toBeGreaterThan(0);
  });

  it("count in no score", async () => {
    const { model: net } = await fit(build, data, o);
    expect(net.evaluate(weighted)).toEqual(net.evaluate(data));
  });

  it("are refused where they are not one a row, negative, no number or all 0, and by minirocket", async () => {
    const series = [[1, 2, 3], [2, 3, 1]]; // prettier-ignore
    const labels = ["a", "b"];
    const given = (weights: number[]) => fromArrays({ series, labels, rowWeights: weights });
    expect([...(given([0.5, 2]).rowWeights ?? [])]).toEqual([0.5, 2]);
    expect(() => given([1])).toThrow("fromArrays: 1 rowWeights for 2 rows; each row has one");
    expect(() => given([1, -1])).toThrow(
      "arrays: the weight of row 1 is -1; it is a finite number of at least 0; correct it",
    );
    expect(() => given([1, NaN])).toThrow('the weight of row 1 is "NaN"; values are finite numbers');
    expect(() => data.with({ rowWeights: Float64Array.of(1) })).toThrow("1 row weights for 12 rows");
    await expect(fit(build, data.with({ rowWeights: new Float64Array(12) }), o)).rejects.toThrow(
      "bumps: all row weights are 0, so that nothing is learned; at least one is above 0",
    );
    expect(() => miniRocket(weighted)).toThrow("which minirocket does not learn by");
  });
});
