/** Streams of networks that answer each position: the bits of a prediction of the whole series, however it is cut. */
import { describe, expect, it } from "vitest";
import { architectures, layers as L, model, type Network } from "../../../src/index.ts";
import { bits, byPosition, networkOf, pushAll, samplesOf, source, whole } from "./shared.ts";
import { randomNetwork } from "./randomNetworks.ts";

/** Streams a series in pieces of 1, of random sizes and all at once; each time the bits are those of the prediction. */
async function expectEqual(net: Network, seed: number): Promise<void> {
  const { channels, length } = net.model.input;
  const series = samplesOf(channels * length, seed);
  const stream = await net.stream();
  const want = byPosition(net.outputs({ series, rows: 1 }), stream.outputs);
  const pick = whole(source(seed));
  for (const sizes of [() => 1, (left: number) => left, () => pick(1, 90)]) {
    stream.reset();
    const told = pushAll(stream, series, length, sizes);
    for (const { at, outputs } of stream.finish()) {
      told.at.push(at);
      told.outputs.push(outputs.slice());
    }
    expect(told.at).toEqual(want.map((_, i) => i * stream.every));
    expect(told.outputs.map(bits)).toEqual(want.map(bits));
  }
}

const task = {
  channels: 2,
  length: 90,
  classes: ["up", "down", "rest"],
  answers: { kind: "positions" },
} as const;

describe("a stream of positions", () => {
  it("gives sums of the last three samples at once, with zeros before the first", async () => {
    const net = await networkOf(
      model({ channels: 1, length: 5 }, (x) => L.conv1d(x, { filters: 1, kernelSize: 3, padding: "causal" })),
    );
    net.weights[0].data.set([1, 10, 100]);
    net.weights[1].data.set([0]);
    const stream = await (await networkOf(net.model)).stream();
    expect([stream.latency, stream.receptiveField, stream.every]).toEqual([0, 3, 1]);
    const summing = await net.stream();
    const told = pushAll(summing, Float64Array.of(1, 2, 3, 4, 5), 5, () => 2);
    expect(told.outputs.map(([x]) => x)).toEqual([100, 210, 321, 432, 543]);
    expect(told.at).toEqual([0, 1, 2, 3, 4]);
  });

  it("waits for the later half of a centred filter, and at the end takes zeros for it", async () => {
    const net = await networkOf(
      model({ channels: 1, length: 4 }, (x) => L.conv1d(x, { filters: 1, kernelSize: 3, padding: "same" })),
    );
    net.weights[0].data.set([1, 10, 100]);
    net.weights[1].data.set([0]);
    const stream = await net.stream();
    expect(stream.latency).toBe(1);
    const counts = [1, 2, 3, 4].map((x) => stream.push([x]).count);
    expect(counts).toEqual([0, 1, 1, 1]);
    expect(Array.from(stream.finish(), ({ at, outputs }) => [at, outputs[0]])).toEqual([[3, 43]]);
  });

  it("has the bits of predict: tcn and wavenet", async () => {
    await expectEqual(
      await networkOf(architectures.tcn(task, { channels: 20, levels: 4 }), { classes: task.classes }),
      1,
    );
    await expectEqual(
      await networkOf(architectures.wavenet(task, { residual: 16, skip: 24 }), { classes: task.classes }),
      2,
    );
  });

  it("has the bits of predict: 30 random networks", { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= 30; seed++) await expectEqual(await networkOf(randomNetwork(seed)), seed);
  });
});
