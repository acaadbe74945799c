/**
 * Where a training step's time goes: each kernel of a workload by itself, on one thread. Medians in microseconds, and
 * GFLOP/s of direct convolution's operations.
 *
 *   npx tsx bench/kernels.ts [--x64] [--direct] [--best] [fcn|mnist1d-cnn|chain|...]
 */
import { chooseBackend } from "../src/models/runtime.ts";
import { nativeBackend } from "../src/node.ts";
import { inBlocks } from "../src/compiler/fast.ts";
import { writeRows } from "../src/vector/arena.ts";
import { compile } from "../src/compiler/compile.ts";
import type { Kernel } from "../src/vector/vector.ts";
import { workloads } from "../src/bench/workloads.ts";
import { resolve, tensorName } from "../src/layers/model.ts";
import { losses } from "../src/training/losses.ts";
import { optimizers } from "../src/training/optimizers.ts";
import { trainingGraphs } from "../src/training/graphs.ts";

/** `--best` prints the fastest run instead of the median, for noisy machines. */
const best = process.argv.includes("--best");
const backend = process.argv.includes("--x64") ? await nativeBackend() : chooseBackend("wasm");
if (typeof backend === "string") throw new Error(backend);
const chosen = process.argv.includes("--direct") ? <T>(graph: T): T => graph : inBlocks;
const wanted = process.argv.slice(2).filter((a) => !a.startsWith("--"));
/** Multiply-adds of a convolution's kernel, from its name. */
function flops(name: string, batch: number): number {
  const m = /convolve.*? (\d+)x(\d+) -> (\d+)x(\d+) taps (\d+)/.exec(name);
  if (!m) return 0;
  const [channels, , filters, outLength, taps] = m.slice(1).map(Number);
  return 2 * channels * filters * outLength * taps * batch;
}

for (const { name, batch, model } of workloads) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const layers = resolve(model);
  const parameters = layers.flatMap((l) => l.parameters.map((p) => tensorName(l, p)));
  const t0 = performance.now();
  const graphs = Object.entries(trainingGraphs(layers, losses.crossEntropy(), optimizers.adam()));
  const program = compile(Object.fromEntries(graphs.map(([entry, graph]) => [entry, chosen(graph)])), {
    batch,
    schedule: backend.schedule,
    packs: {
      parameters: parameters.map((p) => `parameters/${p}`),
      gradient: parameters.map((p) => `gradient/${p}`),
    },
  });
  const t1 = performance.now();
  const kernels: Kernel[] = [...program.entries.gradients, ...program.entries.apply];
  const entries = { all: kernels, ...Object.fromEntries(kernels.map((k, i) => [`k${i}`, [k]])) };
  const executable = await backend.load({ ...program, entries });
  const t2 = performance.now();
  writeRows(executable.floats, executable.bits, program, batch);
  for (const [tensor, place] of Object.entries(program.tensors)) {
    if (!tensor.startsWith("parameters/") && tensor !== "input") continue;
    for (let i = 0; i < place.bytes / 4; i++) executable.floats[place.offset / 4 + i] = Math.sin(i) / 10;
  }
  const time = (entry: string): number => {
    const budget = entry === "all" ? 1500 : 150;
    const samples: number[] = [];
    const start = performance.now();
    while (performance.now() - start < budget || samples.length < 5) {
      const before = performance.now();
      executable.run(entry);
      samples.push(performance.now() - before);
    }
    samples.sort((a, b) => a - b);
    return samples[best ? 0 : samples.length >> 1] * 1000;
  };
  for (let i = 0; i < 30; i++) executable.run("all");
  const all = time("all");
  console.log(
    `${name}: step ${(all / 1000).toFixed(3)} ms, ${kernels.length} kernels, arena ${(program.arenaBytes / 1e6).toFixed(1)} MB, compile ${(t1 - t0).toFixed(0)} + ${(t2 - t1).toFixed(0)} ms, first runs excluded`,
  );
  kernels.forEach((k, i) => {
    const us = time(`k${i}`);
    const f = flops(k.name, batch);
    const rate = f ? `${(f / us / 1000).toFixed(1)} GFLOP/s` : "";
    if (us > all * 0.005) console.log(`  ${us.toFixed(1).padStart(9)} us  ${k.name.padEnd(60)} ${rate}`);
  });
}
