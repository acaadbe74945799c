/** toeplitz itself, on its wasm back end: whole steps through the public API, data preparation included. */
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
import { timed, type Contender, type Prepared } from "../contender.ts";
import { batchOf, type Layer, type Workload } from "../workloads.ts";

function add(x: Tensor, layer: Layer): Tensor {
  switch (layer.kind) {
    case "conv": {
      const { filters, kernelSize, stride, padding } = layer;
      return L.conv1d(x, { filters, kernelSize, stride, padding });
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

async function prepare(workload: Workload): Promise<Prepared> {
  const { x, y } = batchOf(workload);
  const { batch: rows, channels, length, classes } = workload;
  const batch: Batch = { series: Float64Array.from(x), rows, labels: y, targets: new Float64Array(0) };
  const one = { series: batch.series.subarray(0, channels * length), rows: 1 };
  const built = build(workload);
  const t = await trainer(built, { optimizer: optimizers.adam(), batch: rows, seed: 0 });
  const net = await network({
    model: built,
    classes: Array.from({ length: classes }, (_, k) => String(k)),
    preparation: { kind: "none" },
    weights: t.weights(),
    provenance: {},
  });
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

export const toeplitz: Contender = {
  name: "toeplitz (wasm, strict)",
  version: () => VERSION,
  available: () => Promise.resolve(null),
  prepare,
  close: () => Promise.resolve(),
};
