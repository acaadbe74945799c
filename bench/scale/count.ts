/** Steps and predictions of the benchmark's networks, counted at 1 to 64 threads, and the sums that a step exchanges. */
import { find, type Performance } from "../../src/bench/performance.ts";
import { batchOf, workloads, type Workload } from "../../src/bench/workloads.ts";
import {
  conv1d,
  batchNorm,
  dense,
  globalAveragePool,
  model,
  relu,
  type Tensor,
} from "../../src/layers/functions.ts";
import { network } from "../../src/models/network.ts";
import { leastOf } from "../../src/numerics/extremes.ts";
import { optimizers } from "../../src/training/optimizers.ts";
import type { Ranks } from "../../src/training/ranks.ts";
import { sharded } from "../../src/training/sharded.ts";
import { trainer } from "../../src/training/trainer.ts";
import { partition } from "../../src/vector/partition.ts";
import { counting, workOfKernels } from "./counting.ts";
import type { Net } from "./ranks.ts";
import { countPhases, scaled, threadCounts, type barriers, type Machine, type Scaled } from "./threads.ts";

const OURS = "toeplitz x64 strict";
/** JavaScript is compiled by then. */
const WARM_MS = 400;

export const scaledNetworks = ["fcn", "resnet", "inception", "tcn", "m5"] as const;

export interface ScaledWorkload {
  readonly name: string;
  readonly of: "step" | "batch";
  /** Milliseconds on one thread, as docs/performance.json has them. */
  readonly measuredMs: number;
  /** How many times as fast two threads were there. */
  readonly measuredTwo: number | null;
  readonly scriptMs: number;
  readonly counter: readonly Scaled[];
  /** On 64 threads, with barriers of a tree. */
  readonly tree: Scaled;
}

const named = (name: string): Workload => {
  const found = workloads.find((w) => w.name === name);
  if (!found) throw new Error(`there is no workload ${name}`);
  return found;
};

/** Milliseconds of one thread and, over them, those of two. */
function measuredOf(p: Performance, name: string, of: "step" | "batch"): { one: number; two: number | null } {
  const w = p.workloads.find((some) => some.name === name);
  const one = w && find(w, of, OURS, 1)?.medianMs;
  if (!w || one === undefined) throw new Error(`docs/performance.json has no ${of} of ${name} by ${OURS}`);
  const two = find(w, of, OURS, 2)?.medianMs;
  return { one, two: two === undefined ? null : one / two };
}

/** The fastest of some calls: JavaScript alone, since the back end does nothing. */
function fastest(run: () => void): number {
  const times: number[] = [];
  const end = performance.now() + WARM_MS;
  while (performance.now() < end) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  return leastOf(times);
}

/** What a training step and a batch of predictions of a workload gain. */
export async function threadsOf(
  name: (typeof scaledNetworks)[number],
  p: Performance,
  machine: Omit<Machine, "workAMs">,
): Promise<readonly ScaledWorkload[]> {
  const workload = named(name);
  const { model: net, batch, classes } = workload;
  const rows = batchOf(workload);
  const { backend, loaded } = counting();
  const t = await trainer(net, { batch, backend, threads: 1 });
  const [{ program }] = loaded;
  const step = [...program.entries.gradients, ...program.entries.apply];
  const ofStep = curve(
    "step",
    fastest(() => void t.step(rows)),
    (threads) => {
      const { entries } = partition(program, threads);
      return { phases: [...entries.gradients, ...entries.apply], work: workOfKernels(step), runs: 1 };
    },
  );

  const fields = {
    model: net,
    classes,
    preparation: { kind: "none" } as const,
    weights: t.weights(),
    provenance: {},
  };
  const predictors = await Promise.all(
    threadCounts.map(async (threads) => {
      const { backend, loaded } = counting();
      const made = await network(fields, { backend, threads });
      const most = loaded.reduce((a, b) => (b.program.batch > a.program.batch ? b : a));
      return { threads, made, ...most };
    }),
  );
  const [first] = predictors;
  const ofBatch = curve(
    "batch",
    fastest(() => void first.made.outputs(rows)),
    (threads) => {
      const { program, partition } = predictors[threadCounts.findIndex((n) => n === threads)];
      const work = workOfKernels(first.program.entries.predict) / first.program.batch;
      return { phases: partition.entries.predict, work: work * program.batch, runs: batch / program.batch };
    },
  );
  return [ofStep, ofBatch];

  function curve(
    of: "step" | "batch",
    scriptMs: number,
    at: (threads: number) => {
      readonly phases: Parameters<typeof countPhases>[0];
      readonly work: number;
      readonly runs: number;
    },
  ): ScaledWorkload {
    const { one, two } = measuredOf(p, name, of);
    const whole = at(1);
    const workAMs = (whole.work * whole.runs) / (one - scriptMs);
    const on = (threads: number): readonly [Scaled, Scaled] => {
      const { phases, work, runs } = at(threads);
      const counted = countPhases(phases);
      const by = (growth: keyof typeof barriers): Scaled =>
        repeated(
          scaled(counted, { threads, scriptMs: scriptMs / runs, work }, { ...machine, workAMs }, growth),
          runs,
        );
      return [by("counter"), by("tree")];
    };
    const scales = threadCounts.map(on);
    return {
      name,
      of,
      measuredMs: one,
      measuredTwo: two,
      scriptMs,
      counter: scales.map(([counter]) => counter),
      tree: scales[scales.length - 1][1],
    };
  }
}

/** A program that runs several times for a batch. */
const repeated = (s: Scaled, runs: number): Scaled => ({
  ...s,
  ms: s.ms * runs,
  phases: s.phases * runs,
  bytesAThread: s.bytesAThread * runs,
  lost: {
    script: s.lost.script * runs,
    serial: s.lost.serial * runs,
    uneven: s.lost.uneven * runs,
    barriers: s.lost.barriers * runs,
    memory: s.lost.memory * runs,
  },
});

/** FCN's shape with filters enough for about 100 MB of parameters. */
const wide: Workload = (() => {
  const fcn = named("fcn");
  const block = (x: Tensor, filters: number, kernelSize: number): Tensor =>
    relu(batchNorm(conv1d(x, { filters, kernelSize, padding: "same" })));
  const net = model(
    { channels: 1, length: 150 },
    (x) => dense(globalAveragePool(block(block(block(x, 1248, 8), 2496, 5), 1248, 3)), { units: 2 }),
    "100 MB",
  );
  return { ...fcn, name: "100 MB", model: net };
})();

export const rankedNetworks = ["fcn", "inception", "100 MB"] as const;

/** A network's step as ranks have it: counted by a rank of two whose partner is always there at once. */
export async function rankedOf(
  name: (typeof rankedNetworks)[number],
  p: Performance,
): Promise<Net & { bytes: number }> {
  const workload = name === "100 MB" ? wide : named(name);
  const { batch } = workload;
  let done = 0;
  let before: number | null = null;
  const sums: { bytes: number; done: number }[] = [];
  const { backend, loaded } = counting((work) => (done += work));
  const ranks: Ranks = {
    rank: 0,
    size: 2,
    sum: (_shards, _parts, into) => {
      if (before !== null) sums.push({ bytes: into.byteLength, done: done - before });
      return { progress: () => undefined, done: () => Promise.resolve() };
    },
    gather: (bytes) => Promise.resolve([bytes, bytes]),
  };
  const options = { batch: 2 * batch, backend, threads: 1, optimizer: optimizers.adam() };
  const s = await sharded(workload.model, options, { shards: 2, ranks }, "ofShard");
  before = done;
  await s.step([batchOf(workload)], 2 * batch, false);
  const [{ program }] = loaded;
  const apply = workOfKernels(program.entries.apply);
  const pass = Object.entries(program.entries)
    .filter(([entry]) => entry.startsWith("gradients"))
    .reduce((sum, [, kernels]) => sum + workOfKernels(kernels), 0);
  // work a millisecond as FCN's step has it, where nothing was measured
  const rate = name === "100 MB" ? await rateOf("fcn", p) : await rateOf(name, p);
  s.dispose();
  return {
    name,
    rowMs: pass / rate / batch,
    applyMs: apply / rate,
    bytes: sums.reduce((sum, { bytes }) => sum + bytes, 0),
    sums: sums.map(({ bytes, done }) => ({ bytes, after: Math.min(1, done / pass) })),
  };
}

/** Vector instructions a millisecond of a measured step. */
async function rateOf(name: string, p: Performance): Promise<number> {
  const { model: net, batch } = named(name);
  const { backend, loaded } = counting();
  await trainer(net, { batch, backend, threads: 1 });
  const { gradients, apply } = loaded[0].program.entries;
  return (workOfKernels(gradients) + workOfKernels(apply)) / measuredOf(p, name, "step").one;
}
