/** A network for rows of another length: which take it, and by what layer the others are refused. */
import { describe, expect, it } from "vitest";
import {
  architectures,
  dataset,
  fit,
  fromArrays,
  layers as L,
  model,
  type Dataset,
  type Network,
  type Tensor,
} from "../../src/index.ts";
import { numbers } from "../graph/numeric.ts";
import { bumps } from "../training/shared.ts";

const data = bumps({ rows: 12, length: 24, classes: 3 });
const trained = async (rows: Dataset, build: (x: Tensor) => Tensor): Promise<Network> =>
  (await fit(model(rows, build), rows, { steps: 2, batch: 6 })).model;
const pooled = (x: Tensor): Tensor =>
  L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 4, kernelSize: 5 }))), { units: 3 });

/** A class a position: whether the value is above 0. */
const signs = (length: number): Dataset => {
  const series = numbers(3)(8 * length, -1, 1);
  const labels = Int32Array.from(series, (x) => Number(x > 0));
  return dataset({
    name: "signs",
    series,
    channels: 1,
    length,
    answers: { kind: "positions", classes: ["below", "above"], labels, positions: length },
  });
};

describe("withLength", () => {
  it("keeps the weights; of two equal halves the mean is that of either", async () => {
    const net = await trained(data, (x) =>
      L.dense(L.globalAveragePool(L.conv1d(x, { filters: 4, kernelSize: 1 })), { units: 3 }),
    );
    const twice = await net.withLength(48);
    expect(twice.takes.length).toBe(48);
    expect(twice.weights).toEqual(net.weights);
    const row = data.series.subarray(0, 24);
    const [short, long] = [net, twice].map((n, i) =>
      n.outputs({ series: Float64Array.from(i === 0 ? row : [...row, ...row]), rows: 1 }),
    );
    long.forEach((x, k) => expect(x).toBeCloseTo(short[k], 5));
    expect(() => twice.outputs({ series: row, rows: 1 })).toThrow("the model takes 1 x 48 a row");
  });

  it("goes there and back to the same bits, and as short as the layers allow", async () => {
    const net = await trained(data, pooled);
    const back = await (await net.withLength(100)).withLength(24);
    expect(back.outputs(data)).toEqual(net.outputs(data));
    expect((await net.withLength(5)).takes.length).toBe(5);
    await expect(net.withLength(4)).rejects.toThrow(
      "the model model does not take rows of 4 values: layer 1 (conv1d): ",
    );
    await expect(net.withLength(0)).rejects.toThrow("length is 0; it is a whole number of at least 1");
  });

  it("gives a class for each of other positions", async () => {
    const net = await trained(signs(16), (x) => L.conv1d(x, { filters: 2, kernelSize: 3, padding: "same" }));
    const longer = await net.withLength(40);
    expect(longer.predict(Array.from({ length: 40 }, (_, t) => Math.sin(t))).labels).toHaveLength(40);
    expect(longer.evaluate(signs(40)).rows).toBe(8);
  });

  it("pads and cuts to that length where the preparation does, and leaves resampling alone", async () => {
    const series = [10, 14, 20, 20].map((n) => Array.from({ length: n }, (_, t) => t % 3));
    const ragged = fromArrays({ series, labels: ["a", "b", "a", "b"] });
    const build = (x: Tensor): Tensor => L.dense(L.globalMaxPool(x), { units: 2 });
    const net = await trained(ragged, build);
    const longer = await net.withLength(30);
    expect(longer.preparation).toMatchObject({ length: 30, pad: "zero" });
    expect(longer.predict([1, 2, 3]).label).toBe(net.predict([1, 2, 3]).label);

    const own = model({ channels: 1, length: 8 }, build);
    const { model: resampled } = await fit(own, ragged, { steps: 1, prepare: { resample: 8 } });
    await expect(resampled.withLength(9)).rejects.toThrow(
      "its preparation resamples rows of any length to 8; give them as they are",
    );
  });

  it("refuses by the layer that has a weight a position, or outputs of another number", async () => {
    const flat = await trained(data, (x) =>
      L.dense(L.relu(L.dense(L.flatten(L.conv1d(x, { filters: 2, kernelSize: 3 })), { units: 4 })), {
        units: 3,
      }),
    );
    await expect(flat.withLength(30)).rejects.toThrow(
      "the model model does not take rows of 30 values: dense_1 has filter 4 x 44 x 1, bias 1 x 4 x 1 " +
        "for rows of 24, and would have filter 4 x 56 x 1, bias 1 x 4 x 1; a model with a global pool " +
        "before it takes rows of any length",
    );
    const ending = await trained(data, (x) => L.conv1d(x, { filters: 3, kernelSize: 24 }));
    await expect(ending.withLength(30)).rejects.toThrow(
      "conv1d_1 gives 3 x 1 outputs for rows of 24, and would give 3 x 7; a model with a global pool or a class a " +
        "position takes rows of any length",
    );
  });

  it("takes the published networks with a global pool, and a U-Net where its halvings come out even", async () => {
    const { model: fcn } = await fit(architectures.fcn(data), data, { steps: 1 });
    expect((await fcn.withLength(77)).takes.length).toBe(77);
    const rows = signs(16);
    const { model: unet } = await fit(architectures.unet1d(rows, { filters: 2, depth: 2 }), rows, {
      steps: 1,
    });
    expect((await unet.withLength(32)).takes.length).toBe(32);
  });
});
