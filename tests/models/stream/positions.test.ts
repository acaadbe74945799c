/** Streams of networks that answer each position: the bits of a prediction of the whole series, however it is cut. */
import { describe, expect, it } from "vitest";
import { architectures, layers as L, model, network, type Network, type Stream } from "../../../src/index.ts";
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

/** A filter that puts three samples into three digits. */
async function summing(padding: "causal" | "same" | "valid", stride = 1): Promise<Stream> {
  const made = model({ channels: 1, length: 9 }, (x) =>
    L.conv1d(x, { filters: 1, kernelSize: 3, padding, stride, bias: false }),
  );
  const weights = [{ name: "conv1d_1.filter", shape: [1, 1, 3] as const, data: Float32Array.of(1, 10, 100) }];
  const net = await network({
    model: made,
    classes: [],
    preparation: { kind: "none" },
    weights,
    provenance: {},
  });
  return net.stream();
}

const task = {
  channels: 2,
  length: 90,
  classes: ["up", "down", "rest"],
  answers: { kind: "positions" },
} as const;

describe("a stream of positions", () => {
  it("gives sums of the last three samples at once, with zeros before the first", async () => {
    const stream = await summing("causal");
    expect([stream.latency, stream.receptiveField, stream.every]).toEqual([0, 3, 1]);
    const told = pushAll(stream, Float64Array.of(1, 2, 3, 4, 5), 5, () => 2);
    expect(told.outputs.map(([x]) => x)).toEqual([100, 210, 321, 432, 543]);
    expect(told.at).toEqual([0, 1, 2, 3, 4]);
  });

  it("waits for the later half of a centred filter, and at the end takes zeros for it", async () => {
    const stream = await summing("same");
    expect(stream.latency).toBe(1);
    expect([1, 2, 3, 4].map((x) => stream.push([x]).count)).toEqual([0, 1, 1, 1]);
    expect(Array.from(stream.finish(), ({ at, outputs }) => [at, outputs[0]])).toEqual([[3, 43]]);
    expect(() => stream.push([5])).toThrow("the stream of model was finished; reset it");
    stream.reset();
    expect(Array.from(stream.push([1, 2, 3]), ({ outputs }) => outputs[0])).toEqual([210, 321]);
  });

  it("answers a strided position when its window is there; `at` is its first sample", async () => {
    const stream = await summing("valid", 2);
    expect(Array.from(stream.push([1, 2, 3, 4, 5, 6]), ({ at, outputs }) => [at, outputs[0]])).toEqual([
      [0, 321],
      [2, 543],
    ]);
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

  it("has them fused, on the reference and for prepared samples", { timeout: 60_000 }, async () => {
    const fused = { backend: "reference", numerics: "fused" } as const;
    await expectEqual(await networkOf(randomNetwork(3), { runtime: fused }), 3);
    const tcn = architectures.tcn({ ...task, length: 24 }, { channels: 5, levels: 2, kernelSize: 3 });
    const preparation = { kind: "channel", mean: [0.3, -2], deviation: [3, 0.7] } as const;
    await expectEqual(await networkOf(tcn, { classes: task.classes, preparation }), 4);
    const minmax = { kind: "minmax", low: [-2, -2], range: [3, 5], fill: "linear" } as const;
    await expectEqual(await networkOf(tcn, { classes: task.classes, preparation: minmax }), 5);
  });

  it("takes samples interleaved, by channel and by name, and says classes as predict does", async () => {
    const tcn = architectures.tcn(task, { channels: 6, levels: 2 });
    const net = await networkOf(tcn, { classes: task.classes, channelNames: ["left", "right"] });
    const series = samplesOf(180, 9);
    const [left, right] = [series.subarray(0, 90), series.subarray(90)];
    const want = net.predict([left, right]);
    const stream = await net.stream();
    const interleaved = Float64Array.from({ length: 180 }, (_, i) => series[(i % 2) * 90 + (i >> 1)]);
    for (const given of [interleaved, [left, right], { right, left }]) {
      stream.reset();
      const said = Array.from(stream.push(given), ({ label, probabilities }) => [label, [...probabilities]]);
      expect(said).toEqual(want.labels?.map((label, t) => [label, want.positions?.[t]]));
    }
    stream.reset();
    const outputs = new Float32Array(270);
    expect(stream.process(interleaved, outputs)).toBe(90);
    const rows = net.outputs({ series, rows: 1 });
    expect(bits(outputs)).toEqual(bits(Float32Array.from(byPosition(rows, 3).flatMap((x) => [...x]))));
  });
});
