/**
 * Streams against predictions, and what they cost. `npm run proof:streams [-- NETWORKS]`:
 *
 * - random networks (300), on the fastest back end, and some on each and fused: streams in pieces of 1, of random sizes and
 *   all at once have the bits of `predict` by direct convolutions; a stream that was saved and restored half-way, too
 * - the architectures that answer whole series, at several hops
 * - 10 million samples: memory at the start and at the end, and bytes of the heap a call
 * - samples a second, sample by sample and in chunks, the best of several
 */
import { getHeapStatistics } from "node:v8";
import { architectures, type Model, type Network, type Runtime, type Stream } from "../src/index.ts";
import { nativeBackend } from "../src/backends/x64/native.ts";
import {
  bits,
  byPosition,
  networkOf,
  pushAll,
  samplesOf,
  source,
  whole,
} from "../tests/models/stream/shared.ts";
import { randomNetwork } from "../tests/models/stream/randomNetworks.ts";

const count = Number(process.argv[2] ?? 300);
const native = await nativeBackend();
const fastest: Runtime = typeof native === "string" ? {} : { backend: native };
const say = (text: string): void => console.log(text);
let failures = 0;

/** The pieces that a series is cut into. */
const cuts = (seed: number): readonly ((left: number) => number)[] => {
  const pick = whole(source(seed));
  return [() => 1, (left) => left, () => pick(1, 90)];
};

interface Wanted {
  readonly at: readonly number[];
  readonly outputs: readonly Float32Array[];
}

/** Streams a series in each way, at last with a change of streams half-way. */
function expectEqual(
  name: string,
  [stream, other]: readonly [Stream, Stream],
  series: Float64Array,
  length: number,
  want: Wanted,
): void {
  const channels = series.length / length;
  const same = (told: { at: number[]; outputs: Float32Array[] }, last: Stream): boolean => {
    for (const { at, outputs } of last.finish()) {
      told.at.push(at);
      told.outputs.push(outputs.slice());
    }
    return (
      told.at.join() === want.at.join() &&
      told.outputs.every((outputs, i) => bits(outputs).join() === bits(want.outputs[i]).join())
    );
  };
  const runs = cuts(length).map((sizes) => {
    stream.reset();
    return same(pushAll(stream, series, length, sizes), stream);
  });
  stream.reset();
  const half = Math.floor(length / 2);
  const part = (from: number, to: number): Float64Array => {
    const out = new Float64Array(channels * (to - from));
    for (let c = 0; c < channels; c++)
      out.set(series.subarray(c * length + from, c * length + to), c * (to - from));
    return out;
  };
  const told = pushAll(stream, part(0, half), half, () => 7);
  other.restore(stream.state());
  pushAll(other, part(half, length), length - half, () => 5, told);
  runs.push(same(told, other));
  if (runs.every(Boolean)) return;
  failures++;
  say(`${name}: other bits than predict in ${runs.filter((ok) => !ok).length} of ${runs.length} ways`);
}

async function positionsEqual(net: Network, seed: number): Promise<void> {
  const { channels, length } = net.model.input;
  const series = samplesOf(channels * length, seed);
  const streams = [await net.stream(), await net.stream()] as const;
  const outputs = byPosition(net.outputs({ series, rows: 1 }), streams[0].outputs);
  const at = outputs.map((_, i) => i * streams[0].every);
  expectEqual(net.model.name, streams, series, length, { at, outputs });
}

async function windowsEqual(net: Network, hop: number): Promise<void> {
  const { channels, length } = net.model.input;
  const samples = 2 * length + 5 * hop + 3;
  const series = samplesOf(channels * samples, hop);
  const at: number[] = [];
  for (let end = length; end <= samples; end += hop) at.push(end - 1);
  const outputs = at.map((last) => {
    const row = new Float64Array(channels * length);
    for (let c = 0; c < channels; c++)
      row.set(series.subarray(c * samples + last + 1 - length, c * samples + last + 1), c * length);
    return net.outputs({ series: row, rows: 1 });
  });
  const streams = [await net.stream({ hop }), await net.stream({ hop })] as const;
  expectEqual(`${net.model.name}, hop ${hop}`, streams, series, samples, { at, outputs });
}

const classes = ["up", "down", "rest"];
const task = (length: number, channels = 1) => ({ channels, length, classes });
const each = (length: number, channels = 1) =>
  ({ ...task(length, channels), answers: { kind: "positions" } }) as const;
const labelled = (model: Model, runtime = fastest): Promise<Network> =>
  networkOf(model, { classes, runtime });

say(`back end: ${typeof native === "string" ? `auto (${native})` : native.name}`);
for (let seed = 1; seed <= count; seed++)
  await positionsEqual(await networkOf(randomNetwork(seed), { runtime: fastest }), seed);
say(`${count} random networks: ${failures} with other bits`);

const places: Runtime[] = [{ backend: "wasm" }, { backend: "reference" }, { ...fastest, numerics: "fused" }];
for (const runtime of places)
  for (let seed = 1; seed <= count / 15; seed++)
    await positionsEqual(await networkOf(randomNetwork(seed), { runtime }), seed);
say(`${Math.floor(count / 15)} on wasm, on the reference and fused: ${failures} with other bits`);

await positionsEqual(await labelled(architectures.tcn(each(400, 2), { channels: 32 })), 1);
await positionsEqual(await labelled(architectures.wavenet(each(400))), 2);
const series: readonly (readonly [Model, readonly number[]])[] = [
  [architectures.chain(task(80)), [1, 3, 10, 80, 100]],
  [architectures.fcn(task(120, 2)), [1, 7, 32, 120]],
  [architectures.resnet(task(120)), [1, 10, 50]],
  [architectures.inception(task(300)), [1, 20]],
  [architectures.mnist1dCnn(task(40)), [1, 8, 16, 40]],
  [architectures.m5(task(4000)), [100, 160, 1024]],
  [architectures.tcn(task(200), { levels: 3 }), [1, 20]],
  [architectures.wavenet(task(200), { layers: 5 }), [1, 20]],
  [architectures.lite(task(150)), [1, 10]],
  [architectures.keyword(task(1000), { rate: 4000, bands: 8, channels: 8 }), [40, 100, 1000]],
];
for (const [model, hops] of series) {
  const net = await labelled(model);
  for (const hop of hops) await windowsEqual(net, hop);
}
say(
  `tcn and wavenet by position, and ${series.length} architectures at ${series.flatMap(([, hops]) => hops).length} hops: ${failures} with other bits`,
);

/** Bytes of heap, after a collection. */
const heap = (): number => {
  globalThis.gc?.();
  return getHeapStatistics().used_heap_size;
};

const levels8 = architectures.tcn(each(4000), { levels: 8, channels: 32 });
const fast: readonly (readonly [string, Model, { hop?: number }])[] = [
  ["chain, a window a sample", architectures.chain(task(100)), { hop: 1 }],
  ["chain without its head", architectures.chain(task(100), { head: false }), {}],
  ["tcn, 8 levels of 32 channels", levels8, {}],
];
const MILLION = 1_000_000;
for (const [name, model, options] of fast) {
  const net = await networkOf(model, {
    runtime: fastest,
    classes: name.includes("without") ? [] : classes,
  });
  const stream = await net.stream(options);
  const chunk = name.startsWith("tcn") ? 64 : 1;
  const samples = Float32Array.from(samplesOf(chunk));
  const outputs = new Float32Array(chunk * stream.outputs);
  const run = (n: number): void => {
    for (let k = 0; k < n; k += chunk) stream.process(samples, outputs);
  };
  run(MILLION);
  const [before, rss] = [heap(), process.memoryUsage.rss()];
  const calls = 10 * MILLION;
  const used = getHeapStatistics().used_heap_size;
  run(calls);
  const made = getHeapStatistics().used_heap_size - used;
  const grown = heap() - before;
  const resident = process.memoryUsage.rss() - rss;
  const flat = grown < MILLION && resident < 16 * MILLION;
  if (!flat) failures++;
  say(
    `${name}: 10 million samples in chunks of ${chunk}: ${(made / (calls / chunk)).toFixed(3)} bytes of heap a call; after it ` +
      `${(grown / 1024).toFixed(0)} KiB more on the heap, ${(resident / 1024).toFixed(0)} KiB more resident${flat ? "" : " (TOO MUCH)"}`,
  );
}

/** Samples a second: the best of several stretches. */
function speed(stream: Stream, chunk: number): number {
  const samples = Float32Array.from(samplesOf(chunk));
  const outputs = new Float32Array((chunk + 64) * stream.outputs);
  let best = 0;
  for (let turn = 0; turn < 7; turn++) {
    const start = performance.now();
    let n = 0;
    while (performance.now() - start < 150)
      for (let k = 0; k < 50; k++, n += chunk) stream.process(samples, outputs);
    best = Math.max(best, (1000 * n) / (performance.now() - start));
  }
  return best;
}
for (const runtime of [fastest, { backend: "wasm" } as const])
  for (const [name, model, options] of fast) {
    const net = await networkOf(model, { runtime, classes: name.includes("without") ? [] : classes });
    const stream = await net.stream(options);
    const told = [1, 64, 1024].map(
      (n) => `${Math.round(speed(stream, n)).toLocaleString("en")} in chunks of ${n}`,
    );
    say(`${runtime === fastest ? "fastest" : "wasm"}, ${name}: samples a second: ${told.join(", ")}`);
  }

say(failures === 0 ? "streams: all equal" : `streams: ${failures} FAILED`);
process.exitCode = failures === 0 ? 0 : 1;
