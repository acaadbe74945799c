/** Losses, optimizers, schedules and the trainer, by numbers that a hand can check. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "../../src/layers/architectures/task.ts";
import { GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import {
  architectures,
  layers as L,
  losses,
  model,
  optimizers,
  schedules,
  trainer,
} from "../../src/index.ts";
import { forward, reverse, type Layer } from "../../src/operators/chain.ts";
import * as activations from "../../src/operators/activations.ts";
import { lossNode } from "../../src/training/losses.ts";
import { optimizerGraph, optimizerScalars, type Optimizer } from "../../src/training/optimizers.ts";
import { scheduleFactor } from "../../src/training/schedules.ts";
import type { Batch } from "../../src/data/dataset.ts";
import { bitsOf, outcome, relativeError } from "../conformance/harness.ts";
import { gradientError, numbers } from "../graph/numeric.ts";

const { log, exp } = Math;

describe("losses", () => {
  function lossOf(
    kind: "crossEntropy" | "meanSquaredError",
    outputs: number,
    output: number[],
    target: number[],
  ) {
    const b = new GraphBuilder();
    const shape = [1, outputs, 1] as const;
    const loss = lossNode(
      b,
      losses[kind](),
      b.input("logits", "sample", shape),
      b.input("target", "sample", shape),
    );
    const graph = b.build({ loss });
    const rows = output.length / outputs;
    return { graph, loss, rows, value: evaluate(graph, { logits: output, target }, rows).loss[0] };
  }

  it("cross-entropy of logits 1, 2, 3 for class 2 is 0.4076", () => {
    const { value } = lossOf("crossEntropy", 3, [1, 2, 3], [0, 0, 1]);
    expect(value).toBeCloseTo(0.40760596444438, 12);
    expect(value).toBeCloseTo(log(exp(1) + exp(2) + exp(3)) - 3, 12);
  });

  it("cross-entropy of equal logits over 10 classes is log 10, its mean over 2 rows too", () => {
    const target = [...Array(9).fill(0), 1, 1, ...Array(9).fill(0)] as number[];
    expect(lossOf("crossEntropy", 10, Array<number>(20).fill(5), target).value).toBeCloseTo(Math.LN10, 12);
  });

  it("cross-entropy of logits 1000 and -1000 is 0 or 2000, in f32 as well", async () => {
    for (const [target, want] of [
      [[1, 0], 0],
      [[0, 1], 2000],
    ] as const) {
      const { graph, value } = lossOf("crossEntropy", 2, [1000, -1000], [...target]);
      expect(value + 0).toBe(want);
      const inputs = { logits: Float32Array.of(1000, -1000), target: Float32Array.from(target) };
      expect([...(await outcome(graph, inputs, 1)).wasm.loss].map((x) => x + 0)).toEqual([want]);
    }
  });

  it("mean squared error of (1, 2), (3, 4) against (1, 0), (0, 4) is 13 / 4", () => {
    expect(lossOf("meanSquaredError", 2, [1, 2, 3, 4], [1, 0, 0, 4]).value).toBe(3.25);
  });

  it.each(["crossEntropy", "meanSquaredError"] as const)(
    "%s has the gradient of central differences",
    (kind) => {
      const draw = numbers(3);
      const values = {
        output: draw(12, -2, 2),
        target: Float64Array.from({ length: 12 }, (_, i) => (i % 4 === 1 ? 1 : 0)),
      };
      const { graph, loss } = lossOf(kind, 4, [...values.output], [...values.target]);
      const b = new GraphBuilder(graph);
      const doubled = b.map("mul", loss, b.constant(2));
      const held = b.build({});
      expect(gradientError(held, doubled, { logits: values.output, target: values.target }, 3)).toBeLessThan(
        1e-7,
      );
    },
  );
});

describe("schedules", () => {
  it("constant is 1, cosine falls from 1 over 1/2 to 0, warmup rises by equal steps", () => {
    const at = (warmup: number) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((s) => scheduleFactor(schedules.cosine({ warmup }), s, 8));
    expect(scheduleFactor(schedules.constant(), 7, 8)).toBe(1);
    const plain = at(0);
    expect(plain[0]).toBe(1);
    expect(plain[2]).toBeCloseTo(0.8535533905932737, 14);
    expect(plain[4]).toBeCloseTo(0.5, 14);
    expect(plain[7]).toBeCloseTo(0.03806023374435663, 14);
    const warm = at(0.5);
    expect(warm.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(warm[6]).toBeCloseTo(0.5, 14);
  });
});

/** Five steps of an optimizer in plain f64 on two weights with fixed gradients. */
function plainSteps(
  o: Optimizer,
  w0: readonly number[],
  gradients: readonly (readonly number[])[],
): number[] {
  const w = [...w0];
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  gradients.forEach((step, t) => {
    for (const i of w.keys()) {
      const g = step[i] + (o.kind === "adamW" ? 0 : o.weightDecay * w[i]);
      if (o.kind === "sgd") {
        m[i] = o.momentum * m[i] + g;
        w[i] -= o.learningRate * m[i];
        continue;
      }
      m[i] = o.beta1 * m[i] + (1 - o.beta1) * g;
      v[i] = o.beta2 * v[i] + (1 - o.beta2) * g * g;
      if (o.kind === "adamW") w[i] *= 1 - o.learningRate * o.weightDecay;
      const mean = m[i] / (1 - o.beta1 ** (t + 1));
      const square = v[i] / (1 - o.beta2 ** (t + 1));
      w[i] -= (o.learningRate * mean) / (Math.sqrt(square) + o.epsilon);
    }
  });
  return w;
}

describe("optimizers", () => {
  const all: readonly (readonly [string, Optimizer])[] = [
    ["sgd", optimizers.sgd({ learningRate: 0.1 })],
    ["sgd with weight decay", optimizers.sgd({ learningRate: 0.1, weightDecay: 0.05 })],
    ["momentum", optimizers.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 })],
    ["adam", optimizers.adam({ learningRate: 0.01 })],
    ["adam with weight decay", optimizers.adam({ learningRate: 0.01, weightDecay: 0.1 })],
    ["adamW", optimizers.adamW({ learningRate: 0.01, weightDecay: 0.1 })],
    ["adamW without decay", optimizers.adamW({ learningRate: 0.01, weightDecay: 0 })],
  ];

  it.each(all)("%s takes the 5 steps of a plain f64 loop, to 1e-6", async (_, o) => {
    const floats = 21;
    const draw = numbers(8);
    const start = draw(floats, -1, 1);
    const gradients = Array.from({ length: 5 }, () => draw(floats, -1, 1));
    const graph = optimizerGraph(o, floats);
    let state: Record<string, Float32Array> = { parameters: Float32Array.from(start) };
    for (const name of ["velocity", "moment1", "moment2"])
      if (graph.nodes.some(({ op }) => op.op === "input" && op.name === name))
        state[name] = new Float32Array(floats);
    for (const [t, g] of gradients.entries()) {
      const scalars = Object.fromEntries(
        Object.entries(optimizerScalars(o, o.learningRate, t + 1)).map(([name, x]) => [
          name,
          Float32Array.of(x),
        ]),
      );
      const { wasm, reference } = await outcome(
        graph,
        { ...state, ...scalars, gradient: Float32Array.from(g) },
        1,
      );
      expect(bitsOf(wasm.parameters)).toBe(bitsOf(reference.parameters));
      state = wasm;
    }
    const want = plainSteps(
      o,
      [...start],
      gradients.map((g) => [...g]),
    );
    expect(relativeError(state.parameters, want)).toBeLessThan(1e-6);
  });

  it("literal first steps from w = 1 with g = 0.5", async () => {
    const step = async (o: Optimizer): Promise<number> => {
      const graph = optimizerGraph(o, 1);
      const state = Object.fromEntries(
        graph.nodes.flatMap(({ op }) => (op.op === "input" ? [[op.name, Float32Array.of(0)]] : [])),
      );
      const scalars = Object.entries(optimizerScalars(o, o.learningRate, 1)).map(([n, x]) => [
        n,
        Float32Array.of(x),
      ]);
      const inputs = {
        ...state,
        ...Object.fromEntries(scalars),
        gradient: Float32Array.of(0.5),
        parameters: Float32Array.of(1),
      };
      return (await outcome(graph, inputs, 1)).wasm.parameters[0];
    };
    expect(await step(optimizers.sgd({ learningRate: 0.25 }))).toBe(0.875);
    expect(await step(optimizers.sgd({ learningRate: 0.25, weightDecay: 0.5 }))).toBe(0.75);
    expect(await step(optimizers.adam({ learningRate: 0.25 }))).toBeCloseTo(0.75, 6);
    expect(await step(optimizers.adamW({ learningRate: 0.25, weightDecay: 0.5 }))).toBeCloseTo(0.625, 6);
  });

  it("adam flushes a moment below 2^-100 to +0", async () => {
    const graph = optimizerGraph(optimizers.adam(), 1);
    const one = (x: number) => Float32Array.of(x);
    const inputs = {
      parameters: one(1),
      gradient: one(0),
      moment1: one(-(2 ** -100)),
      moment2: one(2 ** -99.5),
      learningRate: one(0.1),
      correction1: one(1),
      correction2: one(1),
    };
    const { wasm } = await outcome(graph, inputs, 1);
    expect(Object.is(wasm.moment1[0], 0)).toBe(true);
    expect(wasm.moment2[0]).toBeGreaterThan(2 ** -100);
  });
});

/** Rows of noise, with labels 0, 1, ... in turn. */
function batchOf(rows: number, channels: number, length: number, classes: number, seed = 1): Batch {
  const series = numbers(seed)(rows * channels * length, -1, 1);
  return {
    rows,
    series,
    answers: {
      kind: "classes",
      classes: Array.from({ length: classes }, (_, k) => String(k)),
      labels: Int32Array.from({ length: rows }, (_, i) => i % classes),
    },
  };
}

describe("the trainer", () => {
  const small = model({ channels: 2, length: 9 }, (x) =>
    L.dense(L.globalAveragePool(L.relu(L.batchNorm(L.conv1d(x, { filters: 5, kernelSize: 3 })))), {
      units: 3,
    }),
  );

  it("step is gradients and then apply", async () => {
    const batch = batchOf(7, 2, 9, 3);
    const [a, b] = await Promise.all([trainer(small, { batch: 7 }), trainer(small, { batch: 7 })]);
    const { loss, gradients, outputs } = a.gradients(batch);
    const before = a.weights();
    a.apply();
    expect(b.step(batch).loss).toBe(loss);
    expect(outputs.length).toBe(21);
    expect(a.weightsSha256()).toBe(b.weightsSha256());
    expect(gradients.map((g) => g.name)).toEqual([
      "conv1d_1.filter",
      "conv1d_1.bias",
      "batchNorm_1.gamma",
      "batchNorm_1.beta",
      "dense_1.filter",
      "dense_1.bias",
    ]);
    expect(before.slice(6).map((w) => w.name)).toEqual(["batchNorm_1.mean", "batchNorm_1.variance"]);
    expect([a.steps, b.steps]).toEqual([1, 1]);
  });

  it("learningRate 0 moves no parameter, but running statistics", async () => {
    const t = await trainer(small, { batch: 7, optimizer: optimizers.sgd() });
    const [hash, before] = [t.weightsSha256(), t.weights()];
    t.learningRate = 0;
    t.step(batchOf(7, 2, 9, 3));
    expect(t.weightsSha256()).toBe(hash);
    expect(t.weights()[6].data).not.toEqual(before[6].data);
  });

  it("takes short batches: 3 rows of 20 give the bits of a trainer for 3", async () => {
    const batch = batchOf(3, 2, 9, 3);
    const [wide, exact] = await Promise.all([trainer(small, { batch: 20 }), trainer(small, { batch: 3 })]);
    for (let i = 0; i < 3; i++) expect(wide.step(batch).loss).toBe(exact.step(batch).loss);
    expect(wide.weightsSha256()).toBe(exact.weightsSha256());
    expect(wide.forward(batch)).toEqual(exact.forward(batch));
  });

  it("setWeights brings weights back, and refuses others", async () => {
    const batch = batchOf(7, 2, 9, 3);
    const t = await trainer(small, { batch: 7 });
    const [start, outputs] = [t.weights(), t.forward(batch)];
    t.step(batch);
    expect(t.forward(batch)).not.toEqual(outputs);
    t.setWeights(start);
    expect(t.forward(batch)).toEqual(outputs);
    expect(() => t.setWeights(start.slice(1))).toThrow(
      "weights of conv1d_1.filter have no values; the model wants 5 x 2 x 3",
    );
  });

  it("refuses batches that do not fit, in one line", async () => {
    const t = await trainer(small, { batch: 7 });
    expect(() => t.step(batchOf(8, 2, 9, 3))).toThrow("a batch of 8 rows; this trainer takes 1 to 7");
    expect(() => t.step(batchOf(2, 2, 8, 3))).toThrow("2 rows have 32 values; the model takes 2 x 9 a row");
    expect(() => t.step(batchOf(4, 2, 9, 4))).toThrow("label 3 of a model with 3 outputs");
    await expect(trainer(small, { batch: 0 })).rejects.toThrow(
      "batch is 0; it is a whole number of at least 1",
    );
    await expect(trainer(small, { batch: 1, seed: -1 })).rejects.toThrow(
      "seed is -1; it is a whole number from 0 to 4294967295",
    );
    await expect(
      trainer(model({ channels: 3, length: 4 }, L.globalAveragePool), { batch: 1 }),
    ).rejects.toThrow("the model model has no parameters to train");
    await expect(trainer(small, { batch: 1e8 })).rejects.toThrow(
      "MiB; the most is 2048: use a smaller batch or model",
    );
    const mse = await trainer(small, { batch: 7, loss: losses.meanSquaredError() });
    expect(() => mse.step(batchOf(2, 2, 9, 3))).toThrow("0 target values; 2 rows of 3 outputs want 6");
  });

  it("initialises a layer the same whatever comes after it, and by the seed", async () => {
    const longer = model({ channels: 2, length: 9 }, (x) =>
      L.dense(
        L.tanh(
          L.conv1d(L.relu(L.batchNorm(L.conv1d(x, { filters: 5, kernelSize: 3 }))), {
            filters: 2,
            kernelSize: 2,
          }),
        ),
        { units: 3 },
      ),
    );
    const of = async (m: typeof small, seed: number) => (await trainer(m, { batch: 1, seed })).weights();
    const [a, b, c] = await Promise.all([of(small, 4), of(longer, 4), of(small, 5)]);
    expect(b.slice(0, 4)).toEqual(a.slice(0, 4));
    expect(c[0].data).not.toEqual(a[0].data);
    expect(Math.max(...a[0].data.map(Math.abs))).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(6)));
  });

  it("trains two equal layers on one input, whose gradients are one tensor", async () => {
    const twin = model({ channels: 1, length: 9 }, (x) => {
      const conv = () => L.conv1d(x, { filters: 3, kernelSize: 3 });
      return L.dense(L.add(conv(), conv()), { units: 2 });
    });
    const t = await trainer(twin, { batch: 4 });
    const { gradients } = t.gradients(batchOf(4, 1, 9, 2));
    expect(gradients[0].data).toEqual(gradients[2].data);
    expect(gradients[0].data.some((g) => g !== 0)).toBe(true);
  });
});

describe("a chain compiled as a model", () => {
  const table = {
    tanh: activations.tanh,
    relu: activations.relu,
    leakyRelu: activations.leakyRelu(),
    elu: activations.elu(),
    gelu: activations.gelu,
    silu: activations.silu,
    sigmoid: activations.sigmoid,
    softplus: activations.softplus,
    identity: activations.identity,
  } as const;
  type Name = keyof typeof table;
  const names = Object.keys(table) as Name[];

  it("has the gradients of the operators' reverse pass, to 1e-5 of the norm", async () => {
    const chains = fc.array(fc.record({ f: fc.integer({ min: 1, max: 7 }), s: fc.constantFrom(...names) }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        chains,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 1e6 }),
        async (parts, last, seed) => {
          const length = last + parts.reduce((sum, { f }) => sum + f - 1, 0);
          const task: Task = { channels: 1, length, classes: [], answers: { kind: "values", outputs: last } };
          const m = architectures.chain(task, {
            filters: parts.map((p) => p.f),
            activation: parts.map((p) => p.s),
            head: false,
          });
          const t = await trainer(m, { batch: 1, seed, loss: losses.meanSquaredError() });
          const draw = numbers(seed);
          const series = draw(length, -1, 1).map(Math.fround);
          const targets = draw(last, -1, 1).map(Math.fround);
          const weights = t.weights();
          const chain: Layer[] = parts.map(({ s }, l) => ({
            filter: Float64Array.from(weights[2 * l].data),
            bias: weights[2 * l + 1].data[0],
            activation: table[s],
          }));
          const trace = forward(chain, series);
          const y = trace.y[parts.length];
          const exact = reverse(
            chain,
            trace,
            y.map((v, i) => (2 * (v - targets[i])) / last),
          );
          const { gradients, outputs } = t.gradients({
            rows: 1,
            series,
            answers: { kind: "values", targets, outputs: last },
          });
          // a kink that f32 sees from the other side is no fault
          if (trace.z.some((z) => z.some((v) => Math.abs(v) < 1e-6))) return;
          expect(relativeError(outputs, y)).toBeLessThan(1e-5);
          const all = exact.dw.flatMap((d, l) => [...d, exact.db[l]]);
          expect(
            relativeError(
              gradients.flatMap((g) => [...g.data]),
              all,
            ),
          ).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 60, seed: 20260101 },
    );
  });
});
