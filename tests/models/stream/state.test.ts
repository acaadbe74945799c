/** What a stream remembers, as bytes; and which networks do not stream, by name. */
import { describe, expect, it } from "vitest";
import { architectures, layers as L, model, type Model, type Network } from "../../../src/index.ts";
import { bits, networkOf, pushAll, samplesOf } from "./shared.ts";
import { randomNetwork } from "./randomNetworks.ts";

const classes = ["up", "down"];

/** A stream that is saved after `cut` samples and goes on in another stream, beside one that is not. */
async function expectGoesOn(net: Network, hop: number | undefined, cut: number): Promise<void> {
  const { channels, length } = net.model.input;
  const count = 3 * length;
  const series = samplesOf(channels * count, 5);
  const part = (from: number, to: number): Float64Array => {
    const out = new Float64Array(channels * (to - from));
    for (let c = 0; c < channels; c++)
      out.set(series.subarray(c * count + from, c * count + to), c * (to - from));
    return out;
  };
  const options = hop === undefined ? {} : { hop };
  const [whole, first, second] = [
    await net.stream(options),
    await net.stream(options),
    await net.stream(options),
  ];
  const want = pushAll(whole, series, count, (left) => left);
  const told = pushAll(first, part(0, cut), cut, () => 3);
  const state = first.state();
  second.push(new Float64Array(2 * channels)); // what it saw before is forgotten
  second.restore(state);
  expect(second.samples).toBe(cut);
  pushAll(second, part(cut, count), count - cut, () => 4, told);
  expect(told.at).toEqual(want.at);
  expect(told.outputs.map(bits)).toEqual(want.outputs.map(bits));
  expect(first.state()).toEqual(state);
}

describe("the state of a stream", () => {
  it("goes on with the same bits in another stream", { timeout: 60_000 }, async () => {
    for (const seed of [2, 7, 11]) await expectGoesOn(await networkOf(randomNetwork(seed)), undefined, 41);
    const fcn = await networkOf(architectures.fcn({ channels: 2, length: 40, classes }), { classes });
    for (const hop of [3, 40]) for (const cut of [17, 90]) await expectGoesOn(fcn, hop, cut);
  });

  it("is refused where it is another's, or no state", async () => {
    const net = await networkOf(randomNetwork(2));
    const stream = await net.stream();
    const state = stream.state();
    const refused = (bytes: Uint8Array, what: string): void =>
      expect(() => stream.restore(bytes)).toThrow(
        `not a state of this stream: ${what}; give the bytes that state() gave`,
      );
    refused(new Uint8Array(3), "it does not begin with tpzstrm1");
    refused(state.subarray(0, state.length - 1), `it has ${state.length - 1} bytes, not ${state.length}`);
    refused(
      (await (await networkOf(randomNetwork(3))).stream()).state(),
      "it is of another network, preparation, numerics or hop",
    );
    const counts = state.slice();
    new DataView(counts.buffer).setFloat64(40, -1, true);
    refused(counts, "its counts are not those of such a stream");
  });
});

describe("what does not stream", () => {
  const task = { channels: 1, length: 32, classes, answers: { kind: "positions" } } as const;
  const conv = (mode: "reflect" | "circular" | "replicate"): Model =>
    model(task, (x) => L.conv1d(x, { filters: 2, kernelSize: 3, padding: "same", paddingMode: mode }));
  const cases: readonly (readonly [Model, string])[] = [
    [
      architectures.unet1d(task),
      "the model unet1d does not stream: convTranspose1d_1: it makes several positions of one",
    ],
    [
      model(task, (x) => L.instanceNorm(L.conv1d(x, { filters: 2, kernelSize: 1 }))),
      "instanceNorm_1: it takes means over the whole row",
    ],
    [
      model(task, (x) => L.layerNorm(L.conv1d(x, { filters: 2, kernelSize: 1 }), { over: "row" })),
      "layerNorm_1: it takes the mean of the whole row",
    ],
    [conv("reflect"), "conv1d_1: its padding is reflect, which is made of the ends of a row"],
    [conv("circular"), "conv1d_1: its padding is circular"],
    [
      model(task, (x) =>
        L.averagePool(L.conv1d(x, { filters: 2, kernelSize: 1 }), {
          size: 3,
          stride: 1,
          padding: 1,
          countPadding: false,
        }),
      ),
      "averagePool_1: countPadding is false",
    ],
    [
      model(task, (x) => {
        const y = L.conv1d(x, { filters: 2, kernelSize: 1 });
        return L.multiply(y, L.globalAveragePool(y));
      }),
      "globalAveragePool_1: it reads the whole row",
    ],
  ];
  it.each(cases)("is refused by its layer (%#)", async (made, message) => {
    const net = await networkOf(made, { classes });
    await expect(net.stream()).rejects.toThrow(message);
  });

  it("is refused by what was asked for", async () => {
    const same = model(task, (x) => L.conv1d(x, { filters: 2, kernelSize: 7, padding: "same" }));
    const net = await networkOf(same, { classes });
    await expect(net.stream({ hop: 4 })).rejects.toThrow("hop is for networks that answer whole series");
    await expect(net.stream({ lookahead: 2 })).rejects.toThrow(
      "the model model answers 3 samples late, and lookahead is 2; allow 3",
    );
    const sample = await networkOf(same, { classes, preparation: { kind: "sample" } });
    await expect(sample.stream()).rejects.toThrow("its preparation (normalize sample) needs the whole row");
    const fcn = await networkOf(architectures.fcn({ channels: 1, length: 32, classes }), { classes });
    await expect(fcn.stream({ hop: 0 })).rejects.toThrow("hop is 0; it is a whole number of at least 1");
  });

  it("takes no sample of a push that is refused", async () => {
    const stream = await (await networkOf(randomNetwork(2))).stream();
    const good = samplesOf(stream.channels);
    stream.push(good);
    expect(() => stream.push([...good, ...good.map(() => NaN)])).toThrow("sample 2, channel 0 is NaN");
    expect(stream.samples).toBe(1);
    if (stream.channels > 1) expect(() => stream.push([1])).toThrow("are no whole samples");
    expect(() => stream.process(samplesOf(90 * stream.channels), new Float32Array(1))).toThrow(
      "outputs has 1 places",
    );
  });
});
