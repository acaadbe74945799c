/**
 * TensorFlow.js on two of its back ends. wasm has no Conv2DBackpropFilter and so cannot train a convolution; cpu, plain
 * JavaScript, can. Signals are [n, time, channels] here, as it wants them.
 */
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import {
  timed,
  type Contender,
  type Measure,
  type Prepared,
  type Refusal,
  type Runner,
} from "../../src/bench/contender.ts";
import { batchOf, oneOf, type Workload } from "../../src/bench/workloads.ts";
import { layersOf, type Layer } from "../../src/formats/walk.ts";
import { drawn, tooSlow } from "./start.ts";

type Backend = "cpu" | "wasm";
/** What a layer learns: the filter or matrix and its bias; or the scale and shift of a batch norm. */
type Learned = readonly [weight: tf.Variable, bias: tf.Variable];

/** Operations a second that the back ends were seen to do, with room. */
const flopsPerSecond: Readonly<Record<Backend, number>> = { cpu: 60e6, wasm: 1e9 };

function initialise(layers: readonly Layer[]): (Learned | undefined)[] {
  return layers.map(({ kind, options, channels, length }, i) => {
    if (kind === "batchNorm") return [tf.variable(tf.ones([channels])), tf.variable(tf.zeros([channels]))];
    if (kind !== "conv1d" && kind !== "dense") return undefined;
    const convolution = kind === "conv1d";
    const inputs = channels * (convolution ? options.kernelSize : length);
    const outputs = convolution ? options.filters : options.units;
    const shape = convolution ? [options.kernelSize, channels, outputs] : [inputs, outputs];
    const weights = drawn(i, inputs * outputs, inputs);
    return [tf.variable(tf.tensor(weights, shape)), tf.variable(tf.zeros([outputs]))];
  });
}

/** Logits [n, classes] of x [n, time, channels]. Batch norm uses the batch's statistics, in inference fixed ones. */
function network(
  layers: readonly Layer[],
  learned: readonly (Learned | undefined)[],
  input: tf.Tensor3D,
  mode: "train" | "infer",
): tf.Tensor2D {
  const values: tf.Tensor[] = [input];
  layers.forEach(({ kind, from, options: o, padding }, i) => {
    const [weight, bias] = (learned[i] ?? []) as tf.Tensor[];
    const inputs = from.map((f) => values[f]);
    const x = inputs[0] as tf.Tensor3D;
    const apply = (): tf.Tensor => {
      switch (kind) {
        case "conv1d": {
          const [left, right] = padding;
          const padded = left + right > 0 ? tf.pad3d(x, [[0, 0], [left, right], [0, 0]]) : x; // prettier-ignore
          return tf.conv1d(padded, weight as tf.Tensor3D, o.stride, "valid", "NWC", o.dilation).add(bias);
        }
        case "dense":
          return tf.matMul(x.reshape([x.shape[0], -1]), weight as tf.Tensor2D).add(bias);
        case "batchNorm": {
          const still = { mean: tf.zerosLike(bias), variance: tf.onesLike(bias) };
          const { mean, variance } = mode === "train" ? tf.moments(x, [0, 1]) : still;
          return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, bias as tf.Tensor1D, weight as tf.Tensor1D, 1e-5); // prettier-ignore
        }
        case "maxPool": {
          const [left, right] = padding;
          const padded = left + right > 0 ? tf.pad3d(x, [[0, 0], [left, right], [0, 0]], -1e30) : x; // prettier-ignore
          return tf.maxPool(tf.expandDims(padded, 2) as tf.Tensor4D, [o.size, 1], [o.stride, 1], "valid").squeeze([2]); // prettier-ignore
        }
        case "relu":
          return tf.relu(x);
        case "tanh":
          return tf.tanh(x);
        case "add":
          return tf.add(inputs[0], inputs[1]);
        case "concat":
          return tf.concat(inputs, 2);
        case "crop":
          return tf.slice(x, [0, o.left, 0], [-1, x.shape[1] - o.left - o.right, -1]);
        case "globalAveragePool":
          return tf.mean(x, 1, true);
        case "dropout":
          return mode === "train" ? tf.dropout(x, o.rate) : x;
        default:
          throw new Error(`${kind} is not written for it here`);
      }
    };
    values.push(apply());
  });
  return values[values.length - 1] as tf.Tensor2D;
}

/** Rows [n, channels, time] as a tensor [n, time, channels]. */
const transposed = ({ series }: { series: Float64Array }, channels: number, length: number): tf.Tensor3D =>
  tf.tidy(() => {
    const x = tf.tensor3d(Float32Array.from(series), [series.length / (channels * length), channels, length]);
    return tf.transpose(x, [0, 2, 1]);
  });

async function prepare(backend: Backend, workload: Workload, budgetSeconds: number): Promise<Prepared> {
  await tf.setBackend(backend);
  const layers = layersOf(workload.model);
  const batch = batchOf(workload);
  const { channels, length } = workload.model.input;
  const inputs = transposed(batch, channels, length);
  const one = transposed(oneOf(batch), channels, length);
  const targets = tf.oneHot(tf.tensor1d(batch.answers.labels, "int32"), workload.classes.length);
  const learned = initialise(layers);
  const optimizer = tf.train.adam(1e-3);

  /** tfjs has one back end at a time for the whole process: each run chooses its own again. */
  const here =
    (run: Runner): Runner =>
    async (count) => {
      await tf.setBackend(backend);
      return run(count);
    };
  const infer = (samples: tf.Tensor3D): Runner =>
    here(
      timed(() => {
        const logits = tf.tidy(() => network(layers, learned, samples, "infer"));
        logits.dataSync();
        logits.dispose();
      }),
    );
  const step = here(
    timed(() => {
      const loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(targets, network(layers, learned, inputs, "train")).asScalar(),
        true,
      );
      loss!.dataSync();
      loss!.dispose();
    }),
  );
  const within = (measure: Measure, run: Runner): Runner | Refusal => {
    const refused = tooSlow(workload, measure, flopsPerSecond[backend], budgetSeconds);
    return refused === null ? run : { refused };
  };
  const cannotTrain =
    backend === "wasm"
      ? "no Conv2DBackpropFilter in the wasm back end"
      : layers.some(({ options }) => options.dilation > 1)
        ? "it has no gradient of a dilated convolution (tensorflow/tfjs#7906)"
        : null;
  const weightNorm = layers.some(({ options }) => options.weightNorm);
  return {
    measures: {
      step: cannotTrain === null ? within("step", step) : { refused: cannotTrain },
      batch: within("batch", infer(inputs)),
      one: within("one", infer(one)),
    },
    note: (measure) => (measure === "step" && weightNorm ? "without weight norm" : ""),
    dispose() {
      tf.dispose([inputs, one, targets]);
      for (const pair of learned) if (pair) tf.dispose([...pair]);
      optimizer.dispose();
    },
  };
}

/** Its thread count is fixed once the wasm back end has started, so one process has one. */
const contender = (backend: Backend): Contender => ({
  name: `tfjs ${backend}`,
  threads: 1,
  async available() {
    tf.enableProdMode(); // No checks of every tensor, and no banner.
    if (backend === "wasm") {
      const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
      setWasmPaths(`${dirname(entry)}/`);
      setThreadsCount(1);
      if (!(await tf.setBackend("wasm"))) return { refused: "its wasm back end does not start" };
    }
    return { version: tf.version.tfjs };
  },
  prepare: (workload, budgetSeconds) => prepare(backend, workload, budgetSeconds),
});

export const tfjsCpu = contender("cpu");
export const tfjsWasm = contender("wasm");
