/** Streams of exported modules answer what the library's streams answer, to the bit, however samples are cut. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import { encodeMjs, schedule } from "../../src/export/mjs.ts";
import { streamPart } from "../../src/export/stream.ts";
import type { StreamingModel } from "../../src/export/streamRuntime.ts";
import { layers as L, model, network, type Network, type Stream } from "../../src/index.ts";
import { randomNetwork } from "../models/stream/randomNetworks.ts";
import { bits, networkOf, pushAll, samplesOf, source, whole, type Told } from "../models/stream/shared.ts";
import { fieldsOf } from "./models.ts";
import { streamingNetworks } from "./streams.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-stream-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let written = 0;
async function exported(net: Network, hop?: number): Promise<StreamingModel> {
  const part = await streamPart(net, "net.mjs", { hop }, { schedule });
  const own = join(folder, `${written++}.mjs`);
  writeFileSync(own, encodeMjs(net, "net", "inside", part).module);
  const { load } = (await import(/* @vite-ignore */ pathToFileURL(own).href)) as {
    load: () => Promise<StreamingModel>;
  };
  return load();
}

const wordsOf = ({ at, outputs }: Told): readonly unknown[] => [at, outputs.map((x) => [...bits(x)])];

/** Both say the same of one series in every cut, its end too. */
function expectSame(mine: Stream, theirs: Stream, length: number): void {
  const series = samplesOf(length * mine.channels, 7);
  const piece = whole(source(3));
  const all = (stream: Stream, sizes: (left: number) => number): readonly unknown[] => {
    stream.reset();
    const told = pushAll(stream, series, length, sizes);
    for (const { at, outputs } of stream.finish()) {
      told.at.push(at);
      told.outputs.push(outputs.slice());
    }
    return wordsOf(told);
  };
  const want = all(theirs, (left) => left);
  expect((want[0] as number[]).length).toBeGreaterThan(3);
  expect(all(mine, () => 1)).toEqual(want);
  expect(all(mine, () => piece(1, 90))).toEqual(want);
  expect(all(mine, (left) => left)).toEqual(want);
}

describe("a module that streams has the bits of the library's stream", () => {
  it.each(Object.entries(streamingNetworks))("%s", { timeout: 60_000 }, async (_, { make, hops, length }) => {
    const net = await make();
    for (const hop of hops) {
      const exporting = await exported(net, hop);
      expect(exporting.selfTest()).toBe(8);
      const [mine, theirs] = [exporting.stream(), await net.stream({ hop })];
      for (const field of ["answersBy", "channels", "outputs", "every", "latency", "receptiveField"] as const)
        expect(mine[field], field).toBe(theirs[field]);
      expectSame(mine, theirs, length);
    }
  });
});

it("so have random networks that answer each position", { timeout: 60_000 }, async () => {
  for (let seed = 7; seed <= 14; seed++) {
    const net = await networkOf(randomNetwork(seed), { runtime: { convolution: "fast" } });
    expectSame((await exported(net)).stream(), await net.stream(), 300);
  }
});

describe("a module that streams", () => {
  const chain = (): Promise<Network> => streamingNetworks.chain.make();

  it("takes any hop where it was exported without one, and its own where with one", async () => {
    const net = await chain();
    expectSame((await exported(net)).stream({ hop: 9 }), await net.stream({ hop: 9 }), 400);
    const eight = await exported(net, 8);
    expectSame(eight.stream({ hop: 8 }), await net.stream({ hop: 8 }), 400);
    expect(() => eight.stream({ hop: 9 })).toThrow(
      "hop is 9; this module was exported for 8 (export with --stream 9, or with --stream alone for any)",
    );
    expect(() => eight.stream({ hop: 0 })).toThrow("hop is 0; it is a whole number of at least 1");
  });

  it("has streams that know nothing of each other, whose states are the library's", async () => {
    const net = await chain();
    const { stream } = await exported(net, 8);
    const series = samplesOf(300, 5);
    const [one, other, theirs] = [stream(), stream(), await net.stream({ hop: 8 })];
    pushAll(one, series.slice(0, 150), 150, () => 11);
    expect(other.samples).toBe(0);
    theirs.restore(one.state());
    other.restore(theirs.state());
    const rest = series.slice(150);
    const want = wordsOf(pushAll(one, rest, 150, () => 20));
    expect(wordsOf(pushAll(other, rest, 150, () => 7))).toEqual(want);
    expect(wordsOf(pushAll(theirs, rest, 150, () => 150))).toEqual(want);
    expect(() => stream({ hop: 8 }).restore(new Uint8Array(9))).toThrow("not a state of this stream");
  });

  it("computes in place, in an engine that has no more than an AudioWorklet has", async () => {
    const net = await streamingNetworks.tcn.make();
    const part = await streamPart(net, "net.mjs", {}, { schedule });
    const script = encodeMjs(net, "net", "inside", part).module.replace(/^export /gm, "");
    const said = runInNewContext(`${script};
      const stream = loadSync().stream(); const outputs = new Float32Array(128 * stream.outputs); const found = [];
      for (let k = 0; k < 3; k++) found.push(stream.process(Float32Array.from({ length: 256 }, (_, i) => Math.fround(i / (k + 3))), outputs), ...outputs.slice(0, 20));
      JSON.stringify([found, stream.state().length])`) as string;
    const stream = await net.stream();
    const outputs = new Float32Array(128 * stream.outputs);
    const found: number[] = [];
    for (let k = 0; k < 3; k++)
      found.push(
        stream.process(
          Float32Array.from({ length: 256 }, (_, i) => i / (k + 3)),
          outputs,
        ),
        ...outputs.slice(0, 20),
      );
    expect(JSON.parse(said)).toEqual([found, stream.state().length]);
  });

  it("gives values in the targets' own units, and takes channels by name", async () => {
    const { model: layout } = await streamingNetworks.fcn.make();
    const fields = fieldsOf(layout, { kind: "none" }, 1, {
      classes: [],
      targets: { mean: [10, 20, 30], deviation: [2, 3, 4] },
      channelNames: ["left", "right"],
    });
    const net = await network(fields, { threads: 1 });
    const [mine, theirs] = [(await exported(net, 10)).stream(), await net.stream({ hop: 10 })];
    expectSame(mine, theirs, 150);
    mine.reset();
    theirs.reset();
    const named = { right: samplesOf(90, 1), left: samplesOf(90, 2) };
    const told = Array.from(theirs.push(named), ({ at, outputs }) => [at, ...outputs]);
    expect(Array.from(mine.push(named), ({ at, outputs }) => [at, ...outputs])).toEqual(told);
    const [answer] = mine.push(named);
    expect(() => answer.label).toThrow("the model gives values, not classes; read outputs");
  });

  it("beside its WebAssembly takes both of its modules", async () => {
    const net = await chain();
    const part = await streamPart(net, "net.mjs", { hop: 8 }, { schedule });
    const { module, wasm } = encodeMjs(net, "apart", "beside", part);
    expect(wasm.map(({ file }) => file)).toEqual(["apart.wasm", "apart.stream.wasm"]);
    for (const { file, bytes } of wasm) writeFileSync(join(folder, file), bytes);
    writeFileSync(join(folder, "apart.mjs"), module);
    const { load, loadSync } = (await import(
      /* @vite-ignore */ pathToFileURL(join(folder, "apart.mjs")).href
    )) as { load: () => Promise<StreamingModel>; loadSync: (sources: unknown) => StreamingModel };
    expect((await load()).selfTest()).toBe(8);
    expect(loadSync(wasm.map(({ bytes }) => bytes)).selfTest()).toBe(8);
    expect(() => loadSync(wasm[0].bytes)).toThrow(
      "is made of 2 WebAssembly modules, the stream's last; 1 came",
    );
  });

  it("is the same whenever it is written", async () => {
    const written = async (): Promise<string> => {
      const net = await chain();
      return encodeMjs(net, "net", "inside", await streamPart(net, "net.mjs", { hop: 8 }, { schedule }))
        .module;
    };
    expect(await written()).toBe(await written());
  });

  it("of what does not stream is refused as the library refuses it", async () => {
    const of = (m: Parameters<typeof network>[0]["model"]) =>
      network({ model: m, classes: [], preparation: { kind: "none" }, weights: [], provenance: {} });
    const up = model({ channels: 1, length: 8 }, (x) => L.upsample(x, { scale: 2 }));
    await expect(streamPart(await of(up), "up.mjs", {}, { schedule })).rejects.toThrow(
      "does not stream: upsample_1: it makes several positions of one",
    );
    const net = await streamingNetworks.tcn.make();
    await expect(streamPart(net, "tcn.mjs", { hop: 4 }, { schedule })).rejects.toThrow(
      "answers each position, and hop is for networks that answer whole series; leave it out",
    );
    expect(() => encodeMjs(net, "plain")).not.toThrow();
    expect(encodeMjs(net, "plain").module).not.toContain("latency");
  });
});
