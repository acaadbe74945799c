import { describe, expect, it } from "vitest";
import { gather } from "../../src/data/dataset.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { flowMeter, isMeasured } from "../../src/inspect/gradientFlow.ts";
import { lossGraph } from "../../src/inspect/lossGraph.ts";
import { traceOf } from "../../src/inspect/trace.ts";
import { batchNorm, conv1d, dense, dropout, flatten, model, relu } from "../../src/layers/functions.ts";
import { resolve } from "../../src/layers/model.ts";
import { fit } from "../../src/training/fit.ts";
import { losses } from "../../src/training/losses.ts";

const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
const rows = (n: number) =>
  fromArrays({
    name: "w",
    series: Array.from({ length: n }, (_, r) => Array.from({ length: 10 }, (_v, t) => Math.sin(r * 3 + t))),
    labels: Array.from({ length: n }, (_, r) => r % 2),
  });
const net = model({ channels: 1, length: 10 }, (x) =>
  dense(
    flatten(relu(conv1d(relu(conv1d(x, { filters: 3, kernelSize: 3 })), { filters: 2, kernelSize: 3 }))),
    { units: 2 },
  ),
);

describe("gradient flow", () => {
  it("is |v_l| of each layer with filters, as the f64 trace of the same row has it", async () => {
    const data = rows(1);
    const { model: trained } = await fit(net, rows(8), { steps: 5 });
    const meter = await flowMeter(net, data, losses.crossEntropy());
    const measured = meter?.measure(trained.weights, { kind: "none" }) ?? {};
    const layers = resolve(net);
    const built = lossGraph(
      { ...trained, preparation: { kind: "none" } },
      layers,
      gather(data, [0]),
      "training",
    );
    const { backSignals } = traceOf(built, layers, "training");
    expect(Object.keys(measured)).toEqual(["conv1d_1", "conv1d_2", "dense_1"]);
    resolve(net).forEach(({ name }, l) => {
      if (name in measured) expect(measured[name]).toBeCloseTo(norm(backSignals[l]), 5);
    });
  });

  it("changes no bit of the run that it watches, where layers draw random numbers and keep statistics too", async () => {
    const random = model({ channels: 1, length: 10 }, (x) =>
      dense(flatten(dropout(relu(batchNorm(conv1d(x, { filters: 4, kernelSize: 3 }))), { rate: 0.5 })), {
        units: 2,
      }),
    );
    const data = rows(40);
    const plain = await fit(random, data, { epochs: 6 });
    const meter = await flowMeter(random, data, losses.crossEntropy());
    const watched = await fit(random, data, {
      epochs: 6,
      measure: (_epoch, { weights, preparation }) => meter?.measure(weights(), preparation),
    });
    expect(watched.history.filter((e) => Number(e.backSignals?.conv1d_1) > 0)).toHaveLength(6);
    expect(watched.weightsSha256).toBe(plain.weightsSha256);
    expect(watched.model.weights).toEqual(plain.model.weights);
    const course = plain.history.map(({ loss, accuracy }) => [loss, accuracy]);
    expect(watched.history.map(({ loss, accuracy }) => [loss, accuracy])).toEqual(course);
  });

  it("is measured at the first ten epochs and at five of each doubling", () => {
    const at = Array.from({ length: 100 }, (_, i) => i + 1).filter(isMeasured);
    expect(at).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96,
    ]);
  });
});
