/** Training whose weights or outputs stop being numbers ends, though its loss stays one. */
import { describe, expect, it } from "vitest";
import {
  DivergedError,
  fit,
  layers as L,
  model,
  optimizers,
  trainer,
  type FitOptions,
} from "../../src/index.ts";
import { bumps } from "./shared.ts";

const data = bumps({ rows: 40, length: 24, classes: 3 });
const normed = model(data, (x) =>
  L.dense(L.globalAveragePool(L.relu(L.batchNorm(L.conv1d(x, { filters: 6, kernelSize: 5 })))), { units: 3 }),
);

async function divergence(options: FitOptions, net = normed): Promise<DivergedError> {
  const error: unknown = await fit(net, data, { batch: 8, ...options }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(DivergedError);
  return error as DivergedError;
}

describe("a run whose loss stays a number", () => {
  // filters of 1e24 make variances of 1e48, beyond float32: a step of training divides by them and goes on with zeros
  it("ends where running statistics overflow", async () => {
    const t = await trainer(normed, { batch: 8 });
    const init = t
      .weights()
      .map((w) => (w.name.endsWith("filter") ? { ...w, data: w.data.map((x) => 1e24 * x) } : w));
    t.dispose();
    const { step, layer, message } = await divergence({ steps: 3, init });
    expect([step, layer]).toEqual([3, "batchNorm_1.variance"]);
    expect(message).toContain(
      "at step 3: weights are not numbers, though the loss is one, first seen in batchNorm_1.variance; ",
    );
  });

  it("ends where a layer hides what is no number from the loss", async () => {
    // the sum overflows to infinity at the second step, and tanh makes 1 of it
    const hidden = model(data, (x) =>
      L.dense(L.globalAveragePool(L.tanh(L.conv1d(x, { filters: 6, kernelSize: 5 }))), { units: 3 }),
    );
    const { layer } = await divergence(
      { epochs: 9, optimizer: optimizers.sgd({ learningRate: 1e39 }) },
      hidden,
    );
    expect(layer).toMatch(/^(conv1d_1|dense_1)/);
  });

  it("is left alone where all are numbers", async () => {
    const run = await fit(normed, data, { epochs: 2, batch: 8 });
    expect(Number.isFinite(run.train.loss)).toBe(true);
  });
});
