/** jax-js on its wasm back end. It has no optimizers of its own here, so the step is SGD, jitted with the gradient. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import {
  isRefusal,
  measures,
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

/** weights[i] and biases[i] of the i-th layer that has any, in order. */
type Parameters = { weights: np.Array[]; biases: np.Array[] };

const learningRate = 0.01;
/** Operations a second that it was seen to do, with room. */
const flopsPerSecond = 600e6;
const written = ["conv1d", "dense", "batchNorm", "relu", "tanh", "globalAveragePool"] as const;

function initialise(layers: readonly Layer[]): Parameters {
  const parameters: Parameters = { weights: [], biases: [] };
  layers.forEach(({ kind, options, channels, length }, i) => {
    if (kind !== "conv1d" && kind !== "dense") return;
    const convolution = kind === "conv1d";
    const shape = convolution
      ? [options.filters, channels, options.kernelSize]
      : [channels * length, options.units];
    const outputs = convolution ? options.filters : options.units;
    const size = shape.reduce((a, b) => a * b);
    parameters.weights.push(np.array(drawn(i, size, size / outputs)).reshape(shape));
    // A convolution's bias is [filters, 1]: it runs along time.
    parameters.biases.push(np.zeros(convolution ? [outputs, 1] : [outputs]));
  });
  return parameters;
}

/** Logits [n, classes] of x [n, channels, time]. Takes its arguments, as every function of jax-js does. */
function network(layers: readonly Layer[], { weights, biases }: Parameters, x: np.Array): np.Array {
  let next = 0;
  for (const { kind, options, channels, length, padding } of layers) {
    if (kind === "conv1d") {
      x = lax.convGeneralDilated(x, weights[next], [options.stride], [[...padding]]).add(biases[next]);
      next++;
    } else if (kind === "dense") {
      x = np.matmul(x.reshape([-1, channels * length]), weights[next]).add(biases[next]);
      next++;
    } else if (kind === "relu") x = nn.relu(x);
    else if (kind === "tanh") x = np.tanh(x);
    else if (kind === "globalAveragePool") x = np.mean(x, 2);
  }
  return x;
}

async function prepare(workload: Workload, budgetSeconds: number): Promise<Prepared | Refusal> {
  const layers = layersOf(workload.model);
  const unwritten = layers.find(({ kind }) => !written.some((known) => known === kind));
  if (unwritten) return { refused: `${unwritten.kind} is not written for it here` };
  const slow = Object.fromEntries(
    measures.map((m) => [m, tooSlow(workload, m, flopsPerSecond, budgetSeconds)]),
  ) as Record<Measure, string | null>;
  const batch = batchOf(workload);
  const rows = batch.rows;
  const classes = workload.classes.length;
  const { channels, length } = workload.model.input;
  const array = ({ series, rows: n }: Pick<typeof batch, "series" | "rows">): np.Array =>
    np.array(Float32Array.from(series)).reshape([n, channels, length]);
  const inputs = array(batch);
  const one = array(oneOf(batch));
  const hot = new Float32Array(rows * classes);
  batch.answers.labels.forEach((label, n) => (hot[n * classes + label] = 1));
  const targets = np.array(hot).reshape([rows, classes]);

  const lossOf = (parameters: Parameters, samples: np.Array, wanted: np.Array): np.Array =>
    nn
      .logSoftmax(network(layers, parameters, samples))
      .mul(wanted)
      .sum()
      .mul(-1 / rows);
  const update = jit((parameters: Parameters, samples: np.Array, wanted: np.Array) => {
    const [loss, gradient] = valueAndGrad(lossOf)(tree.ref(parameters), samples, wanted);
    const descend = (p: np.Array, g: np.Array): np.Array => p.sub(g.mul(learningRate));
    return {
      loss,
      weights: parameters.weights.map((p, i) => descend(p, gradient.weights[i])),
      biases: parameters.biases.map((p, i) => descend(p, gradient.biases[i])),
    };
  });
  const forward = jit((parameters: Parameters, samples: np.Array) => network(layers, parameters, samples));

  let parameters = initialise(layers);
  const infer = (samples: np.Array): Runner => timed(() => forward(tree.ref(parameters), samples.ref).data());
  const step = timed(async () => {
    const { loss, weights, biases } = update(parameters, inputs.ref, targets.ref);
    parameters = { weights, biases };
    await loss.data();
  });
  const within = (measure: Measure, run: Runner): Runner | Refusal => {
    const refused = slow[measure];
    return refused === null ? run : { refused };
  };
  const runners = {
    step: within("step", step),
    batch: within("batch", infer(inputs)),
    one: within("one", infer(one)),
  };
  return {
    measures: runners,
    note: (measure) =>
      [
        ...(measure === "step" ? ["SGD"] : []),
        ...(layers.some(({ kind }) => kind === "batchNorm") ? ["without batch norm"] : []),
      ].join(", "),
    dispose() {
      tree.dispose([parameters, inputs, one, targets]);
      // what never ran was never compiled
      if (!isRefusal(runners.step)) update.dispose();
      forward.dispose();
    },
  };
}

export const jax: Contender = {
  name: "jax-js wasm",
  threads: 1,
  async available() {
    if (!(await init("wasm")).includes("wasm")) return { refused: "jax-js finds no wasm back end" };
    defaultDevice("wasm");
    const entry = createRequire(import.meta.url).resolve("@jax-js/jax");
    return JSON.parse(readFileSync(new URL("../package.json", `file://${entry}`), "utf8")) as {
      version: string;
    };
  },
  prepare,
};
