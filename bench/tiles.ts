/**
 * Which tile a convolution's form is fastest with, on one back end: what src/compiler/schedule.ts is set from.
 *
 *   npx tsx bench/tiles.ts wasm|avx2|avx512 output|input|filter CHANNELS,FILTERS,TAPS,LENGTH TILE...
 *
 * A tile is `channels,positions` (output, input) or `filters,channels,taps` (filter), such as 4,2 or 2,1,3.
 */
import { wasm } from "../src/backends/wasm/wasm.ts";
import { writeRows } from "../src/vector/arena.ts";
import { compile } from "../src/compiler/compile.ts";
import { convolveMap, GraphBuilder } from "../src/graph/build.ts";
import { nativeBackend } from "../src/backends/x64/native.ts";

const BATCH = 16;
const ROUNDS = 25;

const [machine, form, sizes, ...tiles] = process.argv.slice(2);
const [channels, filters, taps, length] = sizes.split(",").map(Number);
const backend = machine === "wasm" ? wasm : await nativeBackend(machine as "avx2" | "avx512");
if (typeof backend === "string") throw new Error(backend);

const b = new GraphBuilder();
const padding = [(taps - 1) >> 1, taps >> 1] as const;
const map = convolveMap([1, channels, length], [filters, channels, taps], { padding });
const v = b.input("v", "sample", [1, filters, map.outLength]);
const w = b.input("w", "weight", [filters, channels, taps]);
const y = b.input("y", "sample", [1, channels, length]);
const operands = { output: [w, y], input: [v, w], filter: [v, y] } as const;
const of = form as keyof typeof operands;
const graph = b.build({ out: b.convolve(of, ...operands[of], map) });

const lanes = await Promise.all(
  tiles.map(async (name) => {
    const [p, q, r = 1] = name.split(",").map(Number);
    const schedule = {
      ...backend.schedule,
      signal: () => ({ channels: p, positions: q }),
      filter: () => ({ filters: p, channels: q, taps: r }),
    };
    const program = compile({ main: graph }, { batch: BATCH, schedule });
    const executable = await backend.load(program);
    writeRows(executable.floats, executable.bits, program, BATCH);
    for (const { offset, bytes } of Object.values(program.tensors))
      for (let i = 0; i < bytes / 4; i++) executable.floats[offset / 4 + i] = Math.sin(i) / 10;
    return { name, executable, milliseconds: [] as number[] };
  }),
);
for (let round = 0; round < ROUNDS; round++) {
  for (const { executable, milliseconds } of lanes) {
    const before = performance.now();
    executable.run("main");
    milliseconds.push(performance.now() - before);
  }
}
const operations = 2 * channels * filters * taps * map.outLength * BATCH;
for (const { name, milliseconds } of lanes) {
  const sorted = milliseconds.sort((one, other) => one - other);
  const rate = (ms: number): string => (operations / ms / 1e6).toFixed(1);
  console.log(`${form} ${name}: median ${rate(sorted[ROUNDS >> 1])} GFLOP/s, best ${rate(sorted[0])}`);
}
