/** Features of hidden layers: shapes, values, names, rows of all sorts. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  dataset,
  fit,
  fromArrays,
  gather,
  layers as L,
  model,
  network,
  type Network,
} from "../../src/index.ts";
import { resolve } from "../../src/layers/model.ts";
import { lossGraph } from "../../src/inspect/lossGraph.ts";
import { traceOf } from "../../src/inspect/trace.ts";
import { slidingWindows } from "../../src/data/slidingWindows.ts";
import { bumps } from "../training/shared.ts";

const data = bumps({ rows: 18, channels: 2, length: 24, classes: 3 });
/** Two branches that are joined, with dropout before the head; no layer but the pool and what follows has one position. */
const build = model(data, (x) => {
  const a = L.relu(L.conv1d(x, { filters: 4, kernelSize: 5, padding: "same" }));
  const b = L.conv1d(x, { filters: 3, kernelSize: 1 });
  const pooled = L.globalAveragePool(L.maxPool(L.concat(a, b), { size: 2 }));
  return L.dense(L.dropout(pooled, { rate: 0.5 }), { units: 3 });
});
let net: Network;
beforeAll(async () => {
  net = (await fit(build, data, { steps: 5, batch: 6 })).model;
});
const weightOf = (name: string): Float32Array =>
  net.weights.find((w) => w.name === name)?.data ?? new Float32Array(0);

describe("embed", () => {
  it("is what the head reads: the head's products of it are the outputs", async () => {
    const { layer, channels, length, values } = await net.embed(data);
    expect([layer, channels, length, values.length]).toEqual(["dropout_1", 7, 1, 18 * 7]);
    const [filter, bias] = [weightOf("dense_1.filter"), weightOf("dense_1.bias")];
    const outputs = net.outputs(data);
    for (let row = 0; row < data.rows; row++)
      for (let k = 0; k < 3; k++) {
        let sum = bias[k];
        for (let c = 0; c < 7; c++) sum += filter[k * 7 + c] * values[row * 7 + c];
        expect(outputs[row * 3 + k]).toBeCloseTo(sum, 5);
      }
  });

  it("gives every layer's output by its name, as the f64 meaning has it", async () => {
    const layers = resolve(build);
    const rows = { series: data.series.subarray(0, 48), rows: 1 };
    const { outputs } = traceOf(
      lossGraph(net, layers, gather(data, [0]), "prediction"),
      layers,
      "prediction",
    );
    for (const [i, { name, output }] of layers.entries()) {
      const { values, channels, length } = await net.embed(rows, name);
      expect([channels, length], name).toEqual([output.channels, output.length]);
      values.forEach((x, at) => expect(x, `${name} ${at}`).toBeCloseTo(outputs[i][at], 4));
    }
    expect((await net.embed(data, "dense_1")).values).toEqual(net.outputs(data));
  });

  it("takes data sets that are not in memory, and channels by name", async () => {
    const long = dataset({
      name: "long",
      channels: 2,
      series: data.series.slice(0, 2 * 200),
      length: 200,
      answers: { kind: "none" },
    });
    const cut = slidingWindows(long, { window: 24, hop: 5 });
    expect(cut.source).toBeDefined();
    expect((await net.embed(cut)).values).toHaveLength(cut.rows * 7);

    const named = data.with({ channelNames: ["load", "temp"] });
    const own = (await fit(build, named, { steps: 2 })).model;
    const { series } = data;
    const turned = series.map((_, i) => series[Math.floor(i / 24) % 2 === 0 ? i + 24 : i - 24]);
    const swapped = data.with({ series: turned, channelNames: ["temp", "load"] });
    expect(await own.embed(swapped)).toEqual(await own.embed(named));
  });

  it("takes rows of unequal length where the preparation pads them", async () => {
    const series = [3, 5, 8, 8].map((n) => Array.from({ length: n }, (_, t) => t % 3));
    const ragged = fromArrays({ series, labels: ["a", "b", "a", "b"] });
    const own = model(ragged, (x) =>
      L.dense(L.globalMaxPool(L.conv1d(x, { filters: 2, kernelSize: 2 })), { units: 2 }),
    );
    const { model: trained } = await fit(own, ragged, { steps: 1 });
    expect((await trained.embed(ragged)).values).toHaveLength(8);
  });

  it("refuses a layer that there is not, with a suggestion and the layers, and a head that reads the rows", async () => {
    await expect(net.embed(data, "globalAvgPool_1")).rejects.toThrow(
      'the model model: layer "globalAvgPool_1" is unknown; it is one of conv1d_1, relu_1, conv1d_2, concat_1, ' +
        "maxPool_1, globalAveragePool_1, dropout_1, dense_1",
    );
    await expect(net.embed(data, "relu1")).rejects.toThrow('"relu1" is unknown (did you mean relu_1?)');
    const linear = model({ channels: 2, length: 24 }, (x) => L.dense(x, { units: 3 }));
    const { model: flat } = await fit(linear, data, { steps: 1 });
    await expect(flat.embed(data)).rejects.toThrow(
      "the model model has no layer before its head, dense_1; name a layer",
    );
    await expect(net.embed({ series: new Float64Array(10), rows: 1 })).rejects.toThrow(
      "the model takes 2 x 24 a row",
    );
    expect((await network(net)).embed).toBeTypeOf("function");
  });
});
