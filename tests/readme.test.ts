/** The README's code runs as it stands. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  architectures,
  checkModel,
  fit,
  fromArrays,
  layers as L,
  load,
  model,
  trainer,
  losses,
  optimizers,
} from "../src/index.ts";
import { fastestBackend, save } from "../src/node.ts";

/** 24 rows of one channel: a bump early or late. */
const series = Array.from({ length: 24 }, (_, n) => [
  Array.from(
    { length: 20 },
    (_unused, t) => Math.exp(-((t - (n % 2 ? 5 : 14)) ** 2) / 4) + Math.sin(n * 7 + t) / 10,
  ),
]);
const labels = series.map((_, n) => (n % 2 ? "early" : "late"));

describe("the README's code", () => {
  it("trains, saves, loads and predicts", async () => {
    const folder = mkdtempSync(join(tmpdir(), "toeplitz-readme-"));
    try {
      const data = fromArrays({ series, labels });
      const run = await fit(architectures.fcn(data), data, {
        epochs: 8,
        batch: 16,
        seed: 0,
        keep: "best",
        backend: await fastestBackend(),
      });
      expect(run.train.accuracy).toBe(1);
      const file = join(folder, "gun.safetensors");
      await save(run.model, file);
      const net = await load(readFileSync(file));
      const { label, probabilities } = net.predict(series[1]);
      expect(label).toBe("early");
      expect(probabilities.length).toBe(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("writes a network with a skip connection as plain JSON and trains it step by step", async () => {
    const residual = model({ channels: 6, length: 100 }, (x) => {
      const a = L.relu(L.batchNorm(L.conv1d(x, { filters: 32, kernelSize: 5, padding: "same" })));
      const skip = L.conv1d(x, { filters: 32, kernelSize: 1 });
      return L.dense(L.globalAveragePool(L.relu(L.add(a, skip))), { units: 4 });
    });
    expect(checkModel(JSON.parse(JSON.stringify(residual)))).toEqual(residual);
    const rows = Array.from({ length: 16 }, (_, n) =>
      Array.from({ length: 6 }, (_a, c) =>
        Array.from({ length: 100 }, (_b, t) => Math.sin((t * (1 + (n % 4))) / 9 + c)),
      ),
    );
    const train = fromArrays({ series: rows, labels: rows.map((_, n) => n % 4) });
    const optimizer = optimizers.adamW({ learningRate: 1e-3 });
    const t = await trainer(residual, { loss: losses.crossEntropy(), optimizer, batch: 16, seed: 0 });
    const course: number[] = [];
    for (const batch of train.batches(16, { epochs: 50, seed: 0 })) course.push(t.step(batch).loss);
    expect(course[49]).toBeLessThan(0.8 * course[0]);
  });
});
