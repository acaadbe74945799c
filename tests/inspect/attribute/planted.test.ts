/**
 * What is known to decide is found: rows of noise with a bump at a random place, upwards or downwards, which is the class. Each
 * method's contributions are largest on the bump in 95 of 100 rows that were not trained on. The gradient alone is no contribution of an answer:
 * where a dense layer looks at every position, the answer could change anywhere, and the test says so.
 */
import { describe, expect, it } from "vitest";
import {
  attribute,
  dataset,
  fit,
  layers as L,
  model,
  type AttributionMethod,
  type Dataset,
  type Network,
} from "../../../src/index.ts";
import { numbers } from "../../graph/numeric.ts";

const LENGTH = 64;
const BUMP = 8;
const shape = Array.from({ length: BUMP }, (_, i) => Math.sin((Math.PI * (i + 1)) / (BUMP + 1)));

/** Rows, and where the bump of each begins. */
function planted(rows: number, seed: number): { data: Dataset; starts: readonly number[] } {
  const draw = numbers(seed);
  const series = draw(rows * LENGTH, -0.6, 0.6);
  const starts = Array.from(draw(rows, 0, LENGTH - BUMP + 1), Math.floor);
  const labels = Int32Array.from({ length: rows }, (_, r) => r % 2);
  starts.forEach((start, r) =>
    shape.forEach((x, i) => {
      series[r * LENGTH + start + i] += 1.6 * (labels[r] === 0 ? x : -x);
    }),
  );
  const answers = { kind: "classes", classes: ["up", "down"], labels } as const;
  return { data: dataset({ name: "planted", series, channels: 1, length: LENGTH, answers }), starts };
}

const train = planted(400, 3);
const test = planted(100, 77);
const block = (x: L.Tensor, filters: number, kernelSize: number): L.Tensor =>
  L.relu(L.batchNorm(L.conv1d(x, { filters, kernelSize, padding: "same" })));
const pooled = model(train.data, (x) =>
  L.dense(L.globalAveragePool(block(block(block(x, 16, 8), 32, 5), 16, 3)), { units: 2 }),
);
const strided = model(train.data, (x) => {
  const y = L.relu(L.conv1d(x, { filters: 16, kernelSize: 9, padding: "same" }));
  const z = L.relu(L.conv1d(L.maxPool(y, { size: 2 }), { filters: 16, kernelSize: 5, padding: "same" }));
  return L.dense(L.maxPool(z, { size: 4 }), { units: 2 });
});

/** Whether the stretch of a bump's length with the largest sum has its middle on the bump. */
function lands(contributions: readonly number[], start: number): boolean {
  let [best, at] = [-Infinity, 0];
  for (let t = 0; t + BUMP <= LENGTH; t++) {
    const sum = contributions.slice(t, t + BUMP).reduce((a, b) => a + b, 0);
    if (sum > best) [best, at] = [sum, t];
  }
  const middle = at + BUMP / 2;
  return middle >= start && middle <= start + BUMP;
}

/** In how many of the 100 rows a method's contributions are largest on the bump. */
async function hits(net: Network, method: AttributionMethod): Promise<number> {
  const why = await attribute(net, test.data, { method });
  return why.filter(({ perPosition }, r) => {
    // a gradient is large where the answer can change, whichever way
    const contributions = method === "gradient" ? perPosition.map(Math.abs) : perPosition;
    return lands(contributions, test.starts[r]);
  }).length;
}

const peak = model(train.data, (x) => L.dense(L.globalMaxPool(block(block(x, 16, 9), 16, 5)), { units: 2 }));

const methods = ["integratedGradients", "inputTimesGradient", "gradient", "occlusion"] as const;
describe.each([
  ["fcn, smaller", pooled, [...methods, "classActivation"]],
  ["with a global maximum", peak, methods],
  ["with a dense layer over all positions", strided, methods.filter((method) => method !== "gradient")],
] as const)("a bump at a random place: %s", (_, build, by) => {
  const trained = fit(build, train.data, { epochs: 8, batch: 20, seed: 1 });

  it("is learned", async () => {
    expect((await trained).model.evaluate(test.data).accuracy).toBeGreaterThanOrEqual(0.98);
  });
  it.each<AttributionMethod>(by)(
    "is where the contributions are in 95 of 100 rows, by %s",
    async (method) => {
      expect(await hits((await trained).model, method)).toBeGreaterThanOrEqual(95);
    },
  );
});

it("is not where the gradient alone is largest, in a network whose dense layer sees every position", async () => {
  const { model: net } = await fit(strided, train.data, { epochs: 8, batch: 20, seed: 1 });
  expect(await hits(net, "gradient")).toBeLessThan(60);
  expect(await hits(net, "inputTimesGradient")).toBeGreaterThanOrEqual(95);
});
