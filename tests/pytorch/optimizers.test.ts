/** 20 steps of a small network against PyTorch: losses, parameters and running statistics within 1e-4 of their norms. */
import { describe, expect, it } from "vitest";
import { labelled } from "../../src/data/answers.ts";
import { size } from "../../src/numerics/tensor.ts";
import { losses } from "../../src/training/losses.ts";
import { type AnyOptimizer, optimizers } from "../../src/training/optimizers.ts";
import { trainer } from "../../src/training/trainer.ts";
import { distance, grid, labels, modelOf, Reader, values, vectors } from "./vectors.ts";

const { network } = grid;
const model = modelOf(network);
const stateful = /\.(mean|variance)$/;

const optimizerOf = ({ kind, ...options }: (typeof grid.optimizers)[number]["optimizer"]): AnyOptimizer =>
  optimizers[kind](options);

/** Distances after the last step, by tensor; the losses of all steps as one tensor. */
async function distances(c: (typeof grid.optimizers)[number]): Promise<Record<string, number>> {
  const options = { loss: losses.crossEntropy(), optimizer: optimizerOf(c.optimizer), batch: 6, ...c.rules };
  const t = await trainer(model, { ...options, backend: "wasm" });
  t.setWeights(
    t.weights().map((w) => ({
      ...w,
      data: stateful.test(w.name) ? w.data : values(`network/${w.name}`, size(w.shape), 0.5),
    })),
  );
  const found = Array.from({ length: network.steps }, (_, step) => {
    const rows = network.rows[step % network.rows.length];
    return t.step({
      series: Float64Array.from(values(`network/x ${step}`, rows * network.input[0] * network.input[1])),
      rows,
      answers: labelled(["0", "1", "2"], labels(`network/labels ${step}`, rows, 3)),
    }).loss;
  });
  const want = new Reader(vectors.optimizers[c.name]);
  const result: Record<string, number> = { losses: distance(found, want.take(found.length)) };
  for (const { name, data } of t.weights()) result[name] = distance(data, want.take(data.length));
  want.done();
  return result;
}

describe("PyTorch's optimizers, 20 steps", () => {
  it.each(grid.optimizers)("$name", async (c) => {
    for (const [name, d] of Object.entries(await distances(c))) expect(d, name).toBeLessThanOrEqual(1e-4);
  });
});
