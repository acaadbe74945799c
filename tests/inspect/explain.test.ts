import { describe, expect, it } from "vitest";
import { explain } from "../../src/inspect/explain.ts";
import { explanationText } from "../../src/inspect/explainText.ts";
import { cornerOfA } from "../../src/inspect/geometry.ts";
import { spark } from "../../src/inspect/spark.ts";
import { chain, mnist1dCnn } from "../../src/layers/architectures/index.ts";
import { batchNorm, conv1d, dense, globalAveragePool, model, tanh } from "../../src/layers/functions.ts";
import type { Model } from "../../src/layers/model.ts";
import { apply, denseA, forward, reverse, tanh as tanhOf } from "../../src/operators/index.ts";
import type { NetworkFields } from "../../src/models/network.ts";
import { trainer } from "../../src/training/trainer.ts";
import { labelled } from "../../src/data/answers.ts";
import type { AnsweredRows } from "../../src/inspect/lossGraph.ts";

async function untrained(m: Model, classes: readonly string[]): Promise<NetworkFields> {
  const t = await trainer(m, { batch: 1, seed: 3 });
  return { model: m, classes, preparation: { kind: "none" }, weights: t.weights(), provenance: {} };
}
const row = (values: number): Float64Array =>
  Float64Array.from({ length: values }, (_, i) => ((i * 7) % 11) / 5 - 1);

/** One row of a class. */
const of = (target: string, series: Float64Array): AnsweredRows => ({
  series,
  rows: 1,
  answers: labelled([target], Int32Array.of(0)),
});

describe("explain", () => {
  it("gives a chain's z, v and gradients as the operators' reverse pass does", async () => {
    const m = chain({ channels: 1, length: 20, classes: ["a", "b"] }, { filters: [5, 3] });
    const fields = await untrained(m, ["a", "b"]);
    const x = Float64Array.from(row(20), Math.fround);
    const e = await explain(fields, of("b", x));
    const weight = (name: string): Float32Array => fields.weights.find((w) => w.name === name)!.data;
    const layers = [1, 2].map((l) => ({
      filter: weight(`conv1d_${l}.filter`),
      bias: weight(`conv1d_${l}.bias`)[0],
      activation: tanhOf,
    }));
    const trace = forward(layers, x);
    const head = weight("dense_1.filter");
    const logits = [0, 1].map(
      (k) => apply(head.subarray(k * 14, (k + 1) * 14), trace.y[2])[0] + weight("dense_1.bias")[k],
    );
    const p = Math.exp(logits[1]) / (Math.exp(logits[0]) + Math.exp(logits[1]));
    expect(e.loss).toBeCloseTo(-Math.log(p), 12);
    const gL = Float64Array.from({ length: 14 }, (_, i) => (1 - p) * (head[i] - head[14 + i]));
    const g = reverse(layers, trace, gL);
    const convolutions = e.layers.flatMap((l) => l.convolution ?? []);
    [0, 1].forEach((l) => {
      const c = convolutions[l];
      expect(c.gradient.by).toBe("C(v) y");
      expect(c.norms.v).toBeCloseTo(Math.hypot(...g.v[l]), 12);
      expect(c.norms.z).toBeCloseTo(Math.hypot(...trace.z[l]), 12);
      expect(c.norms.y).toBeCloseTo(Math.hypot(...trace.y[l]), 12);
      c.gradient.operators.forEach((d, j) => expect(d).toBeCloseTo(g.dw[l][j], 12));
    });
    expect(e.layers.map((l) => l.receptiveField)).toEqual([5, 5, 7, 7, 20]);
  });

  it.each([
    ["the network of MNIST-1D", mnist1dCnn({ channels: 1, length: 40, classes: ["a", "b", "c"] }), 40],
    [
      "channels, groups, dilation and batch norm",
      model({ channels: 2, length: 24 }, (x) => {
        const a = tanh(
          batchNorm(conv1d(x, { filters: 4, kernelSize: 3, dilation: 2, padding: "same", groups: 2 })),
        );
        return dense(
          globalAveragePool(conv1d(a, { filters: 3, kernelSize: 5, stride: 2, padding: "causal" })),
          { units: 3 },
        );
      }),
      48,
    ],
  ])("finds three gradients that agree: %s", async (_, m, values) => {
    const e = await explain(await untrained(m, ["a", "b", "c"]), of("c", row(values)));
    const gradients = e.layers.flatMap((l) => l.convolution?.gradient ?? []);
    expect(gradients.length).toBeGreaterThan(2);
    for (const g of gradients) {
      expect(g.compiled?.difference).toBeLessThan(1e-5);
      expect(g.central?.difference).toBeLessThan(1e-6);
    }
  });

  it("is at the temperature of a calibrated model in prediction, and without it in training", async () => {
    const m = chain({ channels: 1, length: 20, classes: ["a", "b"] }, { filters: [5, 3] });
    const fields = { ...(await untrained(m, ["a", "b"])), temperature: 4 };
    const e = await explain(fields, of("b", row(20)));
    const [a, b] = e.outputs;
    const p = 1 / (1 + Math.exp((a - b) / 4));
    expect(e.probabilities?.[1]).toBeCloseTo(p, 12);
    expect(e.loss).toBeCloseTo(-Math.log(p), 12);
    // v of the logits is (p - target) / T
    const { vectors, gradient } = e.layers.at(-1)!.convolution!;
    expect(vectors.v[0]).toBeCloseTo((1 - p) / 4, 12);
    expect(gradient.compiled?.difference).toBeLessThan(1e-5);
    expect(explanationText(e)).toContain("\nprediction mode: logits are divided by the temperature, 4\n");
    const training = await explain(fields, of("b", row(20)), { statistics: "training" });
    expect(training.loss).toBeCloseTo(Math.log(1 + Math.exp(a - b)), 12);
    expect(training.temperature).toBeUndefined();
  });

  it("refuses a class that the model does not have", async () => {
    const fields = await untrained(chain({ channels: 1, length: 8, classes: ["a", "b"] }, { filters: [3] }), [
      "a",
      "b",
    ]);
    await expect(explain(fields, of("z", row(8)))).rejects.toThrow(
      `class "z" is none of the model's; they are a, b`,
    );
  });
});

describe("geometry", () => {
  it("draws the corner of A(w) as the dense matrix has it", () => {
    const w = [1, 2, 3];
    const corner = cornerOfA(
      w,
      { length: 7, outLength: 5, stride: 1, dilation: 1, padding: 0 },
      { rows: 9, columns: 9 },
    );
    expect(corner.map((r) => r.map((x) => x ?? 0))).toEqual(denseA(w, 7).map((r) => [...r]));
  });
  it("knows stride, dilation and padding", () => {
    const corner = cornerOfA(
      [1, 2],
      { length: 6, outLength: 3, stride: 2, dilation: 2, padding: 1 },
      { rows: 3, columns: 6 },
    );
    expect(corner).toEqual([
      [null, 2, null, null, null, null],
      [null, 1, null, 2, null, null],
      [null, null, null, 1, null, 2],
    ]);
  });
  it("counts what the strided network of MNIST-1D sees: 5, 9, 17, then all 40", async () => {
    const m = mnist1dCnn({ channels: 1, length: 40, classes: ["a", "b"] });
    const { layers } = await explain(await untrained(m, ["a", "b"]), of("a", row(40)));
    expect(layers.map((l) => l.receptiveField)).toEqual([5, 5, 9, 9, 17, 17, 40]);
    expect(layers.map((l) => l.convolution?.block ?? null)).toEqual(Array(7).fill(null));
  });
  it("says by which block a convolution of many channels is computed, and what that saves", async () => {
    const m = model({ channels: 1, length: 150 }, (x) => {
      const y = conv1d(x, { filters: 64, kernelSize: 3, padding: "same" });
      return dense(globalAveragePool(conv1d(y, { filters: 64, kernelSize: 5, padding: "same" })), {
        units: 2,
      });
    });
    const e = await explain(await untrained(m, ["a", "b"]), of("a", row(150)));
    const { share, ...block } = e.layers[1].convolution?.block ?? { share: 1 };
    expect(block).toMatchObject({ m: 4, r: 5, products: 8 });
    expect(share).toBeLessThan(0.6);
    expect(explanationText(e, { style: "plain" })).toContain(
      "fast: F(4, 5), 8 products for 4 outputs of 5 taps instead of 20; ",
    );
  });
});

describe("spark", () => {
  it("draws the least as the lowest and the largest as the highest block", () => {
    expect(spark([0, 1, 2, 3, 4, 5, 6, 7], 20, "blocks")).toBe("▁▂▃▄▅▆▇█");
    expect(spark([0, 7], 20, "plain")).toBe(".@");
  });
  it("means over stretches where there are more values than characters, and draws a constant as a flat line", () => {
    expect(spark([0, 2, 6, 8], 2, "blocks")).toBe("▁█");
    expect(spark([5, 5, 5], 9, "blocks")).toBe("▄▄▄");
  });
});
