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
  type Options,
  type Prepared,
  type Refusal,
  type Runner,
} from "../contender.ts";
import { batchOf, drawn, hasResiduals, multiplyAdds, place, uniform, type Workload } from "../workloads.ts";

type Backend = "cpu" | "wasm";
/** What a layer learns: the filter or matrix and its bias; or the scale and shift of a batch norm. */
type Learned = readonly [weight: tf.Variable, bias: tf.Variable];

/** Multiply-adds a second that the cpu back end was seen to do, with room: for refusing what takes minutes. */
const cpuRate = 30e6;

function initialise(workload: Workload): (Learned | undefined)[] {
  const random = uniform(1);
  return place(workload).map(({ layer, channels }) => {
    if (layer.kind === "batchNorm")
      return [tf.variable(tf.ones([channels])), tf.variable(tf.zeros([channels]))];
    if (layer.kind !== "conv" && layer.kind !== "dense") return undefined;
    const inputs = layer.kind === "conv" ? channels * layer.kernelSize : channels;
    const outputs = layer.kind === "conv" ? layer.filters : layer.units;
    const weights = drawn(inputs * outputs, inputs, random);
    const shape = layer.kind === "conv" ? [layer.kernelSize, channels, outputs] : [inputs, outputs];
    return [tf.variable(tf.tensor(weights, shape)), tf.variable(tf.zeros([outputs]))];
  });
}

/** Logits [n, classes] of x [n, time, channels]. Batch norm uses the batch's statistics, in inference fixed ones. */
function network(
  workload: Workload,
  learned: readonly (Learned | undefined)[],
  input: tf.Tensor3D,
  mode: "train" | "infer",
): tf.Tensor2D {
  let x: tf.Tensor = input;
  workload.layers.forEach((layer, i) => {
    const [weight, bias] = learned[i] ?? [];
    if (layer.kind === "conv") {
      const [left, right] = layer.padding;
      const padded = left + right > 0 ? tf.pad(x, [[0, 0], [left, right], [0, 0]]) : x; // prettier-ignore
      x = tf
        .conv1d(padded as tf.Tensor3D, weight as tf.Tensor3D, layer.stride, "valid")
        .add(bias as tf.Tensor);
    } else if (layer.kind === "dense")
      x = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D).add(bias as tf.Tensor);
    else if (layer.kind === "batchNorm") {
      const { mean, variance } =
        mode === "train"
          ? tf.moments(x, [0, 1])
          : { mean: tf.zerosLike(bias!), variance: tf.onesLike(bias!) };
      x = tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, bias as tf.Tensor1D, weight as tf.Tensor1D, 1e-5); // prettier-ignore
    } else if (layer.kind === "relu") x = tf.relu(x);
    else if (layer.kind === "tanh") x = tf.tanh(x);
    else if (layer.kind === "flatten") x = x.reshape([x.shape[0], -1]);
    else x = tf.mean(x, 1);
  });
  return x as tf.Tensor2D;
}

/** x [n, channels, time] as a tensor [n, time, channels]. */
function transposed(x: Float32Array, channels: number, length: number): tf.Tensor3D {
  return tf.tidy(() =>
    tf.transpose(tf.tensor3d(x, [x.length / (channels * length), channels, length]), [0, 2, 1]),
  );
}

async function prepare(backend: Backend, workload: Workload, options: Options): Promise<Prepared | Refusal> {
  if (hasResiduals(workload))
    return { refused: "it has no gradient of a dilated convolution (tensorflow/tfjs#7906)" };
  await tf.setBackend(backend);
  const { x, y } = batchOf(workload);
  const { channels, length, batch, classes } = workload;
  const inputs = transposed(x, channels, length);
  const one = transposed(x.slice(0, channels * length), channels, length);
  const targets = tf.oneHot(tf.tensor1d(y, "int32"), classes);
  const learned = initialise(workload);
  const optimizer = tf.train.adam(1e-3);
  let lastLoss = Number.NaN;

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
        const logits = tf.tidy(() => network(workload, learned, samples, "infer"));
        logits.dataSync();
        logits.dispose();
      }),
    );
  const step = here(
    timed(() => {
      const loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(targets, network(workload, learned, inputs, "train")).asScalar(),
        true,
      );
      lastLoss = loss!.dataSync()[0];
      loss!.dispose();
    }),
  );
  /** The cpu back end cannot be stopped inside a step: what would be too long is not begun. */
  const within = (run: Runner, samples: number, passes: number): Runner | Refusal => {
    const seconds = (samples * passes * multiplyAdds(workload)) / cpuRate;
    if (backend !== "cpu" || seconds <= options.budgetSeconds) return run;
    return { refused: `about ${Math.round(seconds)} s each, over the budget of ${options.budgetSeconds} s` };
  };
  const runners: Record<Measure, Runner | Refusal> = {
    step:
      backend === "wasm"
        ? { refused: "no Conv2DBackpropFilter in the wasm back end" }
        : within(step, batch, 3),
    one: within(infer(one), 1, 1),
    batch: within(infer(inputs), batch, 1),
  };
  return {
    measures: runners,
    loss: async () => lastLoss,
    note: () => (backend === "cpu" ? "one thread" : ""),
    async dispose() {
      tf.dispose([inputs, one, targets]);
      for (const pair of learned) if (pair) tf.dispose([...pair]);
      optimizer.dispose();
    },
  };
}

const contender = (backend: Backend): Contender => {
  let threads: number | undefined;
  return {
    name: `tfjs ${backend}`,
    version: () => tf.version.tfjs,
    async available() {
      tf.enableProdMode(); // No checks of every tensor, and no banner.
      if (backend === "cpu") return null;
      const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
      setWasmPaths(`${dirname(entry)}/`);
      return null;
    },
    async prepare(workload, options) {
      if (backend === "wasm" && threads === undefined) {
        threads = options.threads; // It is fixed once the back end has started.
        setThreadsCount(threads);
        if (!(await tf.setBackend("wasm"))) return { refused: "its wasm back end does not start" };
      }
      return prepare(backend, workload, options);
    },
    async close() {},
  };
};

export const tfjsCpu = contender("cpu");
export const tfjsWasm = contender("wasm");
