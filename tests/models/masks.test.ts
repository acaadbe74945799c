/** Global pools that leave out the padding of shorter rows. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  architectures,
  fit,
  fromArrays,
  ignorePadding,
  layers as L,
  model,
  trainer,
  type Network,
  type Tensor,
} from "../../src/index.ts";
import { laneAxis } from "../../src/compiler/lanes.ts";
import { resolve } from "../../src/layers/model.ts";
import { predictGraph } from "../../src/models/graphs.ts";
import { flowMeter } from "../../src/inspect/gradientFlow.ts";
import { explain } from "../../src/inspect/explain.ts";
import { load } from "../../src/formats/load.ts";
import { encodeModel } from "../../src/formats/modelFile.ts";
import { gather } from "../../src/data/dataset.ts";
import { extentOf, maskOf } from "../../src/models/masks.ts";
import { losses } from "../../src/training/losses.ts";
import { numbers } from "../graph/numeric.ts";
import { requireGradients, run } from "../layers/shared.ts";

const own = { ignore: "padding" } as const;
/** Rows of 6 to 30 values around 2; the second class is a longer row. */
const lengths = [6, 30, 9, 24, 12, 17, 30, 21, 8, 13, 30, 11];
const ragged = fromArrays({
  series: lengths.map((n, i) => [...numbers(i + 1)(n, 1, 3)]),
  labels: lengths.map((n) => (n > 15 ? "long" : "short")),
});
const pools = [L.globalAveragePool, L.globalMaxPool];
const head = (pool: (typeof pools)[number]) => (x: Tensor) =>
  L.dense(pool(L.conv1d(x, { filters: 3, kernelSize: 1 }), own), { units: 2 });
const how = { steps: 6, batch: 5, seed: 1, normalize: "none" } as const;
const trained = async (build: (x: Tensor) => Tensor, data = ragged, o = {}): Promise<Network> =>
  (await fit(model({ channels: 1, length: 40 }, build), data, { ...how, prepare: { length: 40 }, ...o }))
    .model;

describe("masks", () => {
  it("cut n positions as adaptive pools do: 3 of 6 values of 12 at 6, 4 and 5 positions", () => {
    const extent = () => [0, 3] as const;
    expect([...maskOf(extent, 1, 6, 6)]).toEqual([1, 1, 1, 0, 0, 0]);
    expect([...maskOf(extent, 1, 6, 3)]).toEqual([1, 1, 0]);
    expect([...maskOf(extent, 1, 6, 4)]).toEqual([1, 1, 0, 0]);
    expect([...maskOf(() => [5, 6], 1, 6, 2)]).toEqual([0, 1]);
  });

  it("stand where the preparation puts a row, and have one position at least", () => {
    const series = new Float64Array(8);
    const at = (place: "start" | "centre" | "end") =>
      extentOf(
        { kind: "none", length: 9, pad: "zero", at: place },
        { series, rows: 2 },
        { channels: 1, length: 9 },
      )(1);
    expect([at("end"), at("start"), at("centre")]).toEqual([
      [0, 4],
      [5, 9],
      [2, 6],
    ]);
    expect(extentOf({ kind: "none" }, { series, rows: 2 }, { channels: 1, length: 4 })(0)).toEqual([0, 4]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        fc.nat(),
        (whole, n, a, b) => {
          const from = a % whole;
          const to = from + 1 + (b % (whole - from));
          expect(maskOf(() => [from, to], 1, whole, n)).toContain(1);
        },
      ),
    );
  });
});

describe.each(pools.map((pool) => [pool === L.globalMaxPool ? "max" : "average", pool] as const))(
  "a global %s pool that ignores padding",
  (name, pool) => {
    it("has the value of the row's own positions, and exact gradients", () => {
      const build = (x: Tensor) => pool(x, own);
      const tensors = { "mask/4": [1, 1, 0, 0] };
      expect(run(build, { channels: 2, length: 4 }, [1, -3, 9, 9, -4, -2, 0, 0], tensors)).toEqual(
        name === "max" ? [1, -2] : [-1, -3],
      );
      requireGradients(build, { channels: 2, length: 5 }, 3);
    });

    it("gives equal bits however far rows are padded, in batches and one by one", async () => {
      const net = await trained(head(pool));
      const farther = await net.withLength(64);
      const near = net.outputs(ragged);
      expect(farther.outputs(ragged)).toEqual(near);
      lengths.forEach((n, row) => {
        const series = ragged.series.slice(row * 30, row * 30 + n);
        const alone = net.outputs({ series, rows: 1 });
        expect([...alone]).toEqual([...near.subarray(2 * row, 2 * row + 2)]);
      });
      const back = await load(encodeModel(net));
      expect(back.outputs(ragged)).toEqual(near);
    });

    it("does not see what stands in the padding, wherever that is", async () => {
      const start = await trained(head(pool), ragged, { prepare: { length: 40, at: "start" } });
      const mean = await trained(head(pool), ragged, { prepare: { length: 40, pad: "mean" } });
      const zero = await trained(head(pool));
      for (const net of [start, mean])
        net.outputs(ragged).forEach((x, i) => expect(x).toBeCloseTo(zero.outputs(ragged)[i], 4));
    });
  },
);

describe("training with masked pools", () => {
  const build = head(L.globalAveragePool);

  it("has the bits of plain pools where no row is padded", async () => {
    const data = fromArrays({
      series: lengths.map((_, i) => [...numbers(i + 1)(20, 1, 3)]),
      labels: [...ragged.labels],
    });
    const fitted = async (options: L.GlobalPoolOptions): Promise<string> => {
      const net = model(data, (x) =>
        L.dense(L.globalAveragePool(L.conv1d(x, { filters: 3, kernelSize: 3 }), options), { units: 2 }),
      );
      return (await fit(net, data, how)).weightsSha256;
    };
    expect(await fitted(own)).toBe(await fitted({}));
  });

  it("has the gradients of rows that are not padded at all", async () => {
    const nets = [40, 6].map((length) => model({ channels: 1, length }, build));
    const preparation = { kind: "none", length: 40, pad: "zero", at: "end" } as const;
    const [padded, bare] = await Promise.all([
      trainer(nets[0], { batch: 1, preparation }),
      trainer(nets[1], { batch: 1 }),
    ]);
    const batch = gather(ragged, [0]);
    const alone = { ...batch, series: batch.series.slice(0, 6), lengths: undefined };
    const [a, b] = [padded.gradients(batch), bare.gradients(alone)];
    expect(a.loss).toBeCloseTo(b.loss, 6);
    a.gradients.forEach((g, i) => g.data.forEach((x, k) => expect(x).toBeCloseTo(b.gradients[i].data[k], 5)));
  });

  it("goes with augmentation of padded rows, back-signals and explanations", async () => {
    const net = await trained(build, ragged, { augment: [{ kind: "jitter", sigma: 0.01 }] });
    const meter = await flowMeter(net.model, ragged, losses.crossEntropy());
    expect(meter?.measure(net.weights, net.preparation)).toHaveProperty("dense_1");
    expect(await explain(net, gather(ragged, [0]))).toBeDefined();
  });

  it("refuses augmentations that move values into the padding", async () => {
    await expect(trained(build, ragged, { augment: [{ kind: "shift", most: 2 }] })).rejects.toThrow(
      "augmentation shift moves values into the padding, which globalAveragePool_1 leaves out; take jitter and scaling",
    );
  });

  it("is what ignorePadding makes of a published network, squeeze-and-excite too", () => {
    const net = ignorePadding(architectures.lite({ channels: 1, length: 64, classes: ["a", "b"] }));
    expect(net.layers.filter(({ options }) => options.ignore === "padding").length).toBeGreaterThan(0);
    const flat = model({ channels: 1, length: 4 }, (x) => L.dense(x, { units: 2 }));
    expect(() => ignorePadding(flat)).toThrow(
      "the model model has no globalAveragePool and no globalMaxPool, whose padding could be ignored; give one that has",
    );
  });

  it("has the same bits in all lanes: 32 channels, one row and all rows", async () => {
    const series = lengths.map((n, i) =>
      Array.from({ length: 32 }, (_, c) => [...numbers(32 * i + c + 1)(n, 1, 3)]),
    );
    const wide = fromArrays({ series, labels: [...ragged.labels] });
    for (const pool of pools) {
      const net = model({ channels: 32, length: 30 }, (x) =>
        L.dense(pool(L.relu(L.conv1d(x, { filters: 32, kernelSize: 5 })), own), { units: 2 }),
      );
      expect(laneAxis([predictGraph(resolve(net))], 1, true)).toBe("channels");
      const { model: done } = await fit(net, wide, { ...how, steps: 1 });
      const all = done.outputs(wide);
      for (const row of [0, 3, 11])
        expect(done.outputs(gather(wide, [row]))).toEqual(all.slice(2 * row, 2 * row + 2));
    }
  });

  it("takes two words", () => {
    expect(() =>
      model({ channels: 1, length: 4 }, (x) => L.globalMaxPool(x, { ignore: "zeros" as "padding" })),
    ).toThrow('layer 1 (globalMaxPool): ignore is "zeros"; it is one of nothing, padding');
  });
});
