/** Streams of networks that answer whole series: each answer has the bits of a prediction of its window. */
import { describe, expect, it } from "vitest";
import { architectures, layers as L, model, type Network } from "../../../src/index.ts";
import { resolve } from "../../../src/layers/model.ts";
import { planOverlap } from "../../../src/models/stream/overlap.ts";
import { bits, networkOf, pushAll, samplesOf, source, whole } from "./shared.ts";

/** The answers for pieces of 1, of random sizes and all at once are the predictions of the windows. */
async function expectEqual(net: Network, hop: number): Promise<void> {
  const { channels, length } = net.model.input;
  const count = 2 * length + 3 * hop + 5;
  const series = samplesOf(channels * count, hop);
  const ends: number[] = [];
  for (let end = length; end <= count; end += hop) ends.push(end);
  const want = ends.map((end) => {
    const row = new Float64Array(channels * length);
    for (let c = 0; c < channels; c++)
      row.set(series.subarray(c * count + end - length, c * count + end), c * length);
    return net.outputs({ series: row, rows: 1 });
  });
  const stream = await net.stream({ hop });
  expect([stream.answersBy, stream.latency, stream.every]).toEqual(["windows", 0, hop]);
  const pick = whole(source(hop));
  for (const sizes of [() => 1, (left: number) => left, () => pick(1, 90)]) {
    stream.reset();
    const told = pushAll(stream, series, count, sizes);
    expect(told.at).toEqual(ends.map((end) => end - 1));
    expect(told.outputs.map(bits)).toEqual(want.map(bits));
  }
}

const classes = ["up", "down", "rest"];
const task = (length: number, channels = 1) => ({ channels, length, classes });
const shareOf = (net: Network, hop: number): number | undefined =>
  planOverlap(resolve(net.model), net.model.input, hop, net.model.name)?.share;

describe("a stream of windows", () => {
  it("answers each full window, the last sample's number beside it", async () => {
    const net = await networkOf(
      model({ channels: 1, length: 4 }, (x) => L.globalAveragePool(L.leakyRelu(x, { slope: 1 }))),
    );
    const stream = await net.stream({ hop: 2 });
    const said = Array.from(stream.push([1, 2, 3, 4, 5, 6, 7]), ({ at, outputs }) => [at, outputs[0]]);
    expect(said).toEqual([
      [3, 2.5],
      [5, 4.5],
    ]);
    expect(stream.finish().count).toBe(0);
  });

  const cases: readonly (readonly [name: string, make: () => Promise<Network>, hops: readonly number[]])[] = [
    ["chain", () => networkOf(architectures.chain(task(60)), { classes }), [1, 7, 60]],
    ["fcn", () => networkOf(architectures.fcn(task(50)), { classes }), [1, 16, 70]],
    ["resnet", () => networkOf(architectures.resnet(task(70)), { classes }), [5]],
    ["inception", () => networkOf(architectures.inception(task(60, 2)), { classes }), [7]],
    ["mnist1d-cnn", () => networkOf(architectures.mnist1dCnn(task(60)), { classes }), [1, 8, 24]],
    ["m5", () => networkOf(architectures.m5(task(1100), { filters: 16 }), { classes }), [64, 100]],
    [
      "tcn",
      () => networkOf(architectures.tcn(task(60), { levels: 2, channels: 8, kernelSize: 3 }), { classes }),
      [1, 7],
    ],
    [
      "wavenet",
      () => networkOf(architectures.wavenet(task(70), { residual: 16, skip: 16, layers: 4 }), { classes }),
      [7],
    ],
  ];
  it.each(cases)("has the bits of predict: %s", { timeout: 60_000 }, async (_, make, hops) => {
    const net = await make();
    for (const hop of hops) await expectEqual(net, hop);
  });

  it("has them where ends are padded, cropped and joined", { timeout: 60_000 }, async () => {
    const ends = model({ channels: 2, length: 50 }, (x) => {
      const same = L.conv1d(x, { filters: 4, kernelSize: 3, padding: "same" });
      const pooled = L.maxPool(L.pad(same, { left: 2, right: 1 }), { size: 3, padding: 1, stride: 1 });
      return L.dense(L.flatten(L.averagePool(pooled, { size: 2, stride: 2, padding: 1 })), { units: 3 });
    });
    const crops = model({ channels: 2, length: 50 }, (x) =>
      L.dense(L.crop(L.conv1d(x, { filters: 4, kernelSize: 3, padding: "same" }), { left: 2, right: 3 }), {
        units: 3,
      }),
    );
    const joined = model({ channels: 2, length: 50 }, (x) =>
      L.globalMaxPool(
        L.multiply(
          L.conv1d(x, { filters: 5, kernelSize: 3, padding: "same" }),
          L.concat(L.conv1d(x, { filters: 3, kernelSize: 5, padding: "causal" }), x),
        ),
      ),
    );
    for (const made of [ends, crops, joined])
      for (const hop of [2, 4, 9]) await expectEqual(await networkOf(made), hop);
  });

  it("computes an overlap once: a chain's hop of 1 is a twentieth of a window", async () => {
    const chain = await networkOf(architectures.chain(task(60)), { classes });
    expect(shareOf(chain, 1)).toBeLessThan(0.07);
    const strided = await networkOf(architectures.mnist1dCnn(task(60)), { classes });
    expect(shareOf(strided, 8)).toBeLessThan(0.5);
    expect(shareOf(strided, 1)).toBeUndefined(); // stride 2: its positions fall elsewhere in the next window
  });

  it("prepares each window by itself where the preparation asks for a whole row", async () => {
    for (const kind of ["sample", "none"] as const) {
      const preparation = { kind, ...(kind === "none" && { detrend: "linear" as const }) };
      await expectEqual(await networkOf(architectures.fcn(task(40)), { classes, preparation }), 9);
    }
  });

  it("gives values in the targets' own units, and standardised ones never", async () => {
    const made = model({ channels: 1, length: 20 }, (x) => L.dense(x, { units: 2 }));
    const { weights } = await networkOf(made);
    const { network } = await import("../../../src/index.ts");
    const net = await network({
      model: made,
      classes: [],
      weights,
      preparation: { kind: "none" },
      targets: { mean: [10, -3], deviation: [2, 5] },
      provenance: {},
    });
    await expectEqual(net, 6);
    const stream = await net.stream();
    for (const answer of stream.push(samplesOf(20)))
      expect(() => answer.label).toThrow("the model gives values, not classes; read outputs");
  });
});
