/** Random models: training gives the same bits on both back ends, and in batches compiled wider than they are. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkModel, layers as L, model, optimizers, trainer, type Model } from "../../src/index.ts";
import { resolve } from "../../src/layers/model.ts";
import { oneValueNorm } from "../../src/training/oneValueNorm.ts";
import { bumps } from "./shared.ts";

const step = fc.record({
  kind: fc.nat(11),
  size: fc.integer({ min: 1, max: 6 }),
  filters: fc.integer({ min: 1, max: 7 }),
  stride: fc.integer({ min: 1, max: 3 }),
});

function build(
  steps: readonly { kind: number; size: number; filters: number; stride: number }[],
  length: number,
): Model {
  return model({ channels: 2, length }, (input) => {
    let x = input;
    for (const { kind, size, filters, stride } of steps) {
      if (kind === 0) x = L.conv1d(x, { filters, kernelSize: size, padding: size - 1, stride });
      else if (kind === 1) x = L.conv1d(x, { filters, kernelSize: size, padding: "same", dilation: stride });
      else if (kind === 2)
        x = L.conv1d(x, { filters: x.channels * 2, kernelSize: size, padding: "causal", groups: x.channels });
      else if (kind === 3) x = L.batchNorm(x);
      else if (kind === 4) x = L.add(L.conv1d(x, { filters: x.channels, kernelSize: 3, padding: "same" }), x);
      else if (kind === 5) x = L.add(L.relu(x), L.silu(x));
      else if (kind === 6) x = L.tanh(x);
      else if (kind === 7) x = L.leakyRelu(x);
      else if (kind === 8) x = L.elu(x);
      else if (kind === 9) x = L.gelu(x);
      else if (kind === 10) x = L.softplus(x);
      else x = x.channels * x.length < 40 ? L.flatten(x) : L.sigmoid(x);
    }
    return L.dense(steps.length % 2 ? L.globalAveragePool(x) : x, { units: 3 });
  });
}

describe("a random model of 1 to 6 layers", () => {
  it("takes 2 steps to the same weights on wasm, on the reference and in a wider batch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(1, 3, 16, 18),
        fc.integer({ min: 1, max: 15 }),
        async (steps, length, rows, spare) => {
          const m = checkModel(JSON.parse(JSON.stringify(build(steps, length))));
          const data = bumps({ rows, channels: 2, length, classes: 3 });
          const optimizer = optimizers.adamW({ learningRate: 0.01 });
          const run = async (
            backend: "wasm" | "reference",
            batch: number,
          ): Promise<{ lanes: string; told: string[] }> => {
            const t = await trainer(m, { batch, seed: 3, backend, optimizer });
            for (const b of data.batches(rows, { epochs: 2, seed: 1 })) t.step(b);
            const { lanes } = t.program.tensors.input.layout;
            return { lanes, told: [t.weightsSha256(), ...Array.from(t.forward(data), String)] };
          };
          if (rows === 1 && oneValueNorm(resolve(m))) {
            await expect(run("wasm", rows)).rejects.toThrow("more than 1 value per channel");
            return;
          }
          const want = await run("wasm", rows);
          expect(await run("reference", rows)).toEqual(want);
          // another batch may have its lanes along another axis, and then another order of sums across rows
          const wider = await run("wasm", rows + spare);
          if (wider.lanes === want.lanes) expect(wider.told).toEqual(want.told);
        },
      ),
      { numRuns: 40 },
    );
  });
});
