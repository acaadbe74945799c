/** jax-js on its wasm back end. It has no optimizers of its own here, so the step is SGD, jitted with the gradient. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { timed, type Contender, type Prepared, type Refusal } from "../contender.ts";
import { batchOf, drawn, hasResiduals, place, uniform, type Workload } from "../workloads.ts";

/** weights[i] and biases[i] of the i-th layer that has any, in order. */
type Parameters = { weights: np.Array[]; biases: np.Array[] };

const learningRate = 0.01;

function initialise(workload: Workload): Parameters {
  const random = uniform(1);
  const parameters: Parameters = { weights: [], biases: [] };
  for (const { layer, channels } of place(workload)) {
    if (layer.kind !== "conv" && layer.kind !== "dense") continue;
    const shape =
      layer.kind === "conv" ? [layer.filters, channels, layer.kernelSize] : [channels, layer.units];
    const outputs = layer.kind === "conv" ? layer.filters : layer.units;
    const size = shape.reduce((a, b) => a * b);
    parameters.weights.push(np.array(drawn(size, size / outputs, random)).reshape(shape));
    // A convolution's bias is [filters, 1]: it runs along time.
    parameters.biases.push(np.zeros(layer.kind === "conv" ? [outputs, 1] : [outputs]));
  }
  return parameters;
}

/** Logits [n, classes] of x [n, channels, time]. Takes its arguments, as every function of jax-js does. */
function network(workload: Workload, { weights, biases }: Parameters, x: np.Array): np.Array {
  let next = 0;
  for (const { layer, channels, length } of place(workload)) {
    if (layer.kind === "conv") {
      const [left, right] = layer.padding;
      x = lax.convGeneralDilated(x, weights[next], [layer.stride], [[left, right]]).add(biases[next]);
      next++;
    } else if (layer.kind === "dense") {
      x = np.matmul(x, weights[next]).add(biases[next]);
      next++;
    } else if (layer.kind === "relu") x = nn.relu(x);
    else if (layer.kind === "tanh") x = np.tanh(x);
    else if (layer.kind === "flatten") x = x.reshape([-1, channels * length]);
    else if (layer.kind === "globalAveragePool") x = np.mean(x, 2);
  }
  return x;
}

async function prepare(workload: Workload): Promise<Prepared | Refusal> {
  if (hasResiduals(workload)) return { refused: "residual blocks are not written for it here" };
  const { x, y } = batchOf(workload);
  const shape = [workload.batch, workload.channels, workload.length];
  const inputs = np.array(x).reshape(shape);
  const one = np.array(x.slice(0, workload.channels * workload.length)).reshape([1, ...shape.slice(1)]);
  const hot = new Float32Array(workload.batch * workload.classes);
  y.forEach((label, n) => (hot[n * workload.classes + label] = 1));
  const targets = np.array(hot).reshape([workload.batch, workload.classes]);

  const lossOf = (parameters: Parameters, samples: np.Array, wanted: np.Array): np.Array =>
    nn
      .logSoftmax(network(workload, parameters, samples))
      .mul(wanted)
      .sum()
      .mul(-1 / workload.batch);
  const update = jit((parameters: Parameters, samples: np.Array, wanted: np.Array) => {
    const [loss, gradient] = valueAndGrad(lossOf)(tree.ref(parameters), samples, wanted);
    const descend = (p: np.Array, g: np.Array): np.Array => p.sub(g.mul(learningRate));
    return {
      loss,
      weights: parameters.weights.map((p, i) => descend(p, gradient.weights[i])),
      biases: parameters.biases.map((p, i) => descend(p, gradient.biases[i])),
    };
  });
  const forward = jit((parameters: Parameters, samples: np.Array) => network(workload, parameters, samples));

  let parameters = initialise(workload);
  let lastLoss = Number.NaN;
  const infer = (samples: np.Array) =>
    timed(async () => {
      await forward(tree.ref(parameters), samples.ref).data();
    });
  return {
    measures: {
      step: timed(async () => {
        const { loss, weights, biases } = update(parameters, inputs.ref, targets.ref);
        parameters = { weights, biases };
        lastLoss = (await loss.data())[0];
      }),
      one: infer(one),
      batch: infer(inputs),
    },
    loss: async () => lastLoss,
    note: (measure) =>
      [
        ...(measure === "step" ? ["SGD"] : []),
        ...(workload.layers.some(({ kind }) => kind === "batchNorm") ? ["without batch norm"] : []),
        "one thread",
      ].join(", "),
    async dispose() {
      tree.dispose([parameters, inputs, one, targets]);
      update.dispose();
      forward.dispose();
    },
  };
}

export const jax: Contender = {
  name: "jax-js wasm",
  version() {
    const entry = createRequire(import.meta.url).resolve("@jax-js/jax");
    const { version } = JSON.parse(readFileSync(new URL("../package.json", `file://${entry}`), "utf8")) as {
      version: string;
    };
    return version;
  },
  async available() {
    if (!(await init("wasm")).includes("wasm")) return "jax-js finds no wasm back end";
    defaultDevice("wasm");
    return null;
  },
  prepare,
  async close() {},
};
