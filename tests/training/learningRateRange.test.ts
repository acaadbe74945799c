/** The learning-rate range test: repeatable, by its rule, and without a trace. */
import { describe, expect, it } from "vitest";
import { fit, fromArrays, learningRateRange } from "../../src/index.ts";
import { conv1d, dense, globalAveragePool, model, relu } from "../../src/layers/functions.ts";
import { suggestionOf } from "../../src/training/learningRateRange.ts";

const rows = fromArrays({
  name: "w",
  series: Array.from({ length: 48 }, (_, r) =>
    Array.from({ length: 20 }, (_v, t) => Math.sin((r % 2 ? 0.4 : 1.1) * t + r)),
  ),
  labels: Array.from({ length: 48 }, (_, r) => r % 2),
});
const net = model({ channels: 1, length: 20 }, (x) =>
  dense(globalAveragePool(relu(conv1d(x, { filters: 8, kernelSize: 5 }))), { units: 2 }),
);

describe("the learning-rate range test", () => {
  it("suggests a tenth of the rate of the least smoothed loss, and nothing where no rate lowers it", () => {
    expect(suggestionOf([1e-3, 1e-2, 1e-1, 1], [1, 0.7, 0.3, 2])).toBe(0.01);
    expect(suggestionOf([0.00123, 0.0456], [1, 0.5])).toBe(0.0046);
    expect(suggestionOf([1e-3, 1e-2], [1, 0.995])).toBeNull();
    expect(suggestionOf([], [])).toBeNull();
  });

  it("rises by equal factors from rate to rate, and smooths with a corrected beginning", async () => {
    const { rates, losses, smoothed } = await learningRateRange(net, rows, {
      from: 1e-4,
      to: 1e-2,
      count: 21,
      batch: 8,
    });
    expect(rates).toHaveLength(21);
    expect(rates[0]).toBeCloseTo(1e-4, 12);
    expect(rates[10]).toBeCloseTo(1e-3, 9);
    expect(rates[20]).toBeCloseTo(1e-2, 8);
    expect(smoothed[0]).toBeCloseTo(losses[0], 12);
    expect(smoothed[1]).toBeCloseTo((0.9 * losses[0] + losses[1]) / 1.9, 12);
  });

  it("is the same again, on every back end, and leaves a run's bits as they are", async () => {
    const options = { batch: 8, seed: 3, count: 30 } as const;
    const first = await learningRateRange(net, rows, options);
    expect(await learningRateRange(net, rows, options)).toEqual(first);
    expect(await learningRateRange(net, rows, { ...options, backend: "reference" })).toEqual(first);
    expect(first.suggestion).toBeGreaterThan(0);
    const before = await fit(net, rows, { epochs: 2 });
    await learningRateRange(net, rows, options);
    expect((await fit(net, rows, { epochs: 2 })).weightsSha256).toBe(before.weightsSha256);
  });

  it("ends where the loss is beyond four times its least, and says so", async () => {
    const linear = model({ channels: 1, length: 20 }, (x) =>
      dense(conv1d(x, { filters: 8, kernelSize: 5 }), { units: 2 }),
    );
    const { ended, rates } = await learningRateRange(linear, rows, {
      from: 1e-3,
      to: 1e6,
      count: 60,
      batch: 8,
    });
    expect(ended).toBe(true);
    expect(rates.length).toBeLessThan(60);
  });

  it("refuses ranges out of range", async () => {
    await expect(learningRateRange(net, rows, { from: 1, to: 0.1 })).rejects.toThrow(
      "the rates go from 1 to 0.1",
    );
    await expect(learningRateRange(net, rows, { count: 5 })).rejects.toThrow(
      "count is 5; it is a whole number of steps from 10 to 10000",
    );
  });
});
