/** The benchmark's workloads at sizes for a test, and every place that must train them to the same bits. */
import type { Backend } from "../../src/backends/backend.ts";
import { fusesMultiplyAdd } from "../../src/backends/wasm/fusing.ts";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { trainerOf } from "../../src/bench/toeplitz.ts";
import { batchOf, workloads, type Workload } from "../../src/bench/workloads.ts";
import { partition } from "../../src/vector/partition.ts";
import { chain, fcn, inception, m5, mnist1dCnn, resnet, tcn } from "../../src/layers/architectures/index.ts";
import type { Model } from "../../src/layers/model.ts";
import { layers as L, model } from "../../src/index.ts";
import { nativeBackend } from "../../src/backends/x64/native.ts";
import type { Runtime } from "../../src/models/runtime.ts";

const task = (length: number, classes: number) => ({
  channels: 1,
  length,
  classes: Array.from({ length: classes }, (_, k) => String(k)),
});

/** By the name of the workload: short rows, few filters where a network leaves that open, rows that fill no vector. */
const small: Readonly<Record<string, readonly [Model, number]>> = {
  chain: [chain(task(44, 10)), 19],
  "mnist1d-cnn": [mnist1dCnn(task(12, 10)), 19],
  fcn: [fcn(task(4, 2)), 15],
  "fcn-2": [fcn(task(9, 2)), 2],
  resnet: [resnet(task(2, 2)), 15],
  tcn: [tcn(task(40, 10), { channels: 8, kernelSize: 3, levels: 4 }), 13],
  inception: [inception(task(2, 2)), 14],
  m5: [m5(task(1021, 10), { filters: 4 }), 3],
};

/** Every workload of the benchmark has its small one, with its classes. */
export const smallWorkloads: readonly Workload[] = workloads.map((workload) => {
  const [model, batch] = small[workload.name];
  return { ...workload, model, batch, title: `${workload.name}, small` };
});

/** Everything that has bits of its own. */
export const modes = (["strict", "fused"] as const).flatMap((numerics) =>
  (["fast", "direct"] as const).map((convolution) => ({ numerics, convolution })),
);

/** Whether WebAssembly can compute so here, and why not. */
export const fuses = ({ numerics }: (typeof modes)[number]): boolean =>
  numerics === "strict" || fusesMultiplyAdd();
export const UNFUSED = "this WebAssembly engine has no multiply-add that rounds once";

const length = 150;
const classes = ["a", "b", "c"];

/** A network whose convolutions are worth blocks: plain, chunked, dilated, strided, in groups and transposed ones. */
export const blocksWorkload: Workload = {
  name: "blocks",
  title: "convolutions in blocks",
  model: model({ channels: 1, length }, (x) => {
    const stem = L.relu(L.conv1d(x, { filters: 32, kernelSize: 5, padding: "same" }));
    const chunked = L.relu(L.conv1d(stem, { filters: 32, kernelSize: 11, padding: "same" }));
    const dilated = L.tanh(L.conv1d(chunked, { filters: 40, kernelSize: 3, dilation: 4, padding: "causal" }));
    const grouped = L.relu(L.conv1d(dilated, { filters: 64, kernelSize: 4, groups: 2 }));
    const strided = L.relu(L.conv1d(grouped, { filters: 80, kernelSize: 6, stride: 2, padding: 2 }));
    const wider = L.convTranspose1d(strided, { filters: 64, kernelSize: 6, stride: 2, padding: 2 });
    return L.dense(L.globalAveragePool(L.relu(wider)), { units: 3 });
  }),
  batch: 19,
  classes,
};

/** Where a workload is trained: a back end on a number of threads. */
export interface Place {
  readonly name: string;
  readonly threads: number;
  /** The back end, or the reason why it cannot run here. */
  readonly backend: Backend | string;
}

/** wasm, AVX2 and AVX-512 on 1, 2 and 3 threads. */
export async function places(): Promise<Place[]> {
  const found = [
    ["wasm", wasm],
    ["avx2", await nativeBackend("avx2")],
    ["avx512", await nativeBackend("avx512")],
  ] as const;
  return found.flatMap(([name, backend]) =>
    [1, 2, 3].map((threads) => {
      const reason = typeof backend === "string" || threads === 1 ? null : backend.oneThread();
      return { name, threads, backend: reason ?? backend };
    }),
  );
}

/** The back end with every kernel shared out that can be, however small. */
export const sharingAll = (backend: Backend, threads: number): Backend => ({
  ...backend,
  load: (program) => backend.load(program, partition(program, threads, 0)),
});

/** `weightsSha256` after so many steps on the workload's batch; throws where a step or a thread is missing. */
export async function hashAfter(workload: Workload, steps: number, runtime: Runtime): Promise<string> {
  const t = await trainerOf(workload, runtime);
  const batch = batchOf(workload);
  for (let i = 0; i < steps; i++) t.step(batch);
  const [taken, threads, hash] = [t.steps, t.threads, t.weightsSha256()];
  t.dispose();
  if (taken !== steps)
    throw new Error(`${workload.name}: ${taken} of ${steps} steps, the loss is not finite`);
  if (runtime.threads !== undefined && threads !== runtime.threads)
    throw new Error(`${workload.name}: on ${threads} threads, not ${runtime.threads}`);
  return hash;
}
