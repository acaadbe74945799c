/** toeplitz itself, on each of its fast back ends: whole steps through the public API, data preparation included. */
import {
  layers as L,
  model,
  network,
  optimizers,
  trainer,
  VERSION,
  type Batch,
  type Model,
  type Tensor,
} from "../../src/index.ts";
import { nativeBackend } from "../../src/native.ts";
import type { BackendChoice } from "../../src/training/backends.ts";
import { timed, type Contender, type Prepared } from "../contender.ts";
import { batchOf, type Layer, type Workload } from "../workloads.ts";

function add(x: Tensor, layer: Layer): Tensor {
  switch (layer.kind) {
    case "conv": {
      const { filters, kernelSize, stride, padding, dilation } = layer;
      return L.conv1d(x, { filters, kernelSize, stride, padding, dilation });
    }
    case "residual": {
      const skip = x.channels === layer.filters ? x : L.conv1d(x, { filters: layer.filters, kernelSize: 1 });
      return L.relu(L.add(skip, layer.layers.reduce(add, x)));
    }
    case "dense":
      return L.dense(x, { units: layer.units });
    case "batchNorm":
      return L.batchNorm(x);
    case "relu":
      return L.relu(x);
    case "tanh":
      return L.tanh(x);
    case "globalAveragePool":
      return L.globalAveragePool(x);
    case "flatten":
      return L.flatten(x);
  }
}

const build = ({ name, channels, length, layers }: Workload): Model =>
  model({ channels, length }, (x) => layers.reduce(add, x), name);

async function prepare(workload: Workload, backend: BackendChoice): Promise<Prepared> {
  const { x, y } = batchOf(workload);
  const { batch: rows, channels, length, classes } = workload;
  const batch: Batch = { series: Float64Array.from(x), rows, labels: y, targets: new Float64Array(0) };
  const one = { series: batch.series.subarray(0, channels * length), rows: 1 };
  const built = build(workload);
  const t = await trainer(built, { optimizer: optimizers.adam(), batch: rows, seed: 0, backend });
  const fields = {
    model: built,
    classes: Array.from({ length: classes }, (_, k) => String(k)),
    preparation: { kind: "none" },
    weights: t.weights(),
    provenance: {},
  } as const;
  const net = await network(fields, { backend });
  let loss = Number.NaN;
  return {
    measures: {
      step: timed(() => {
        loss = t.step(batch).loss;
      }),
      one: timed(() => void net.outputs(one)),
      batch: timed(() => void t.forward(batch)),
    },
    loss: () => Promise.resolve(loss),
    note: () => "",
    dispose: () => Promise.resolve(),
  };
}

export const toeplitzWasm: Contender = {
  name: "toeplitz (wasm, strict)",
  version: () => VERSION,
  available: () => Promise.resolve(null),
  prepare: (workload) => prepare(workload, "wasm"),
  close: () => Promise.resolve(),
};

export const toeplitzX64: Contender = {
  name: "toeplitz (x64, strict)",
  version: () => VERSION,
  available: async () => {
    const native = await nativeBackend();
    return typeof native === "string" ? native : null;
  },
  prepare: async (workload) => {
    const native = await nativeBackend();
    return typeof native === "string" ? { refused: native } : prepare(workload, native);
  },
  close: () => Promise.resolve(),
};
