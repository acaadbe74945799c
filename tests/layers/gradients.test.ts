/** Every layer kind in train mode: its gradients by parameters and inputs, in f64 and as compiled. */
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph, NodeId } from "../../src/graph/ops.ts";
import { size } from "../../src/numerics/tensor.ts";
import * as L from "../../src/layers/functions.ts";
import { initialValues } from "../../src/layers/initialise.ts";
import { kinds } from "../../src/layers/kinds.ts";
import type { Mode } from "../../src/layers/layer.ts";
import { modelNodes, resolve } from "../../src/layers/model.ts";
import { bitsOf, outcome, relativeError } from "../conformance/harness.ts";
import { gradientError, valuesFor, withGradients } from "../graph/numeric.ts";
import { family } from "./family.ts";

type Build = (x: L.Tensor) => L.Tensor;
const input = { channels: 2, length: 7 };

/** The graph of a model, with its tensors as inputs by name. */
function graphOf(build: Build, mode: Mode, signal = input): { graph: Graph; output: NodeId } {
  const b = new GraphBuilder();
  const layers = resolve(L.model(signal, build));
  const x = b.input("x", "sample", [1, signal.channels, signal.length]);
  const { output, updates } = modelNodes(b, layers, x, mode, (name, shape) => b.input(name, "weight", shape));
  const named = Object.fromEntries(Object.entries(updates).map(([name, id]) => [`new ${name}`, id]));
  return { graph: b.build({ output, ...named }), output };
}

const conv =
  (options: object): Build =>
  (x) =>
    L.conv1d(x, { filters: 4, kernelSize: 3, ...options });
const layers: readonly (readonly [string, Build])[] = [
  ["conv1d", conv({})],
  ["conv1d same", conv({ padding: "same", kernelSize: 4 })],
  ["conv1d causal, dilated", conv({ padding: "causal", dilation: 2 })],
  ["conv1d strided, padded", conv({ stride: 2, padding: [2, 1] })],
  ["conv1d depthwise, without bias", conv({ groups: 2, bias: false, padding: 1 })],
  ["dense", (x) => L.dense(x, { units: 3 })],
  ["batchNorm", (x) => L.batchNorm(x)],
  ["relu", L.relu],
  ["leakyRelu", (x) => L.leakyRelu(x, { slope: 0.25 })],
  ["elu", (x) => L.elu(x, { alpha: 0.5 })],
  ["gelu", L.gelu],
  ["silu", L.silu],
  ["tanh", L.tanh],
  ["sigmoid", L.sigmoid],
  ["softplus", L.softplus],
  ["add", (x) => L.add(L.tanh(x), x)],
  ["add of a signal and itself", (x) => L.add(L.tanh(x), L.tanh(x))],
  ["globalAveragePool", L.globalAveragePool],
  ["flatten", (x) => L.flatten(x)],
  [
    "a residual block",
    (x) => L.relu(L.add(L.batchNorm(conv({ padding: "same", bias: false })(x)), conv({ kernelSize: 1 })(x))),
  ],
  ["two equal layers on one input", (x) => L.add(conv({})(x), conv({})(x))],
];

it("this list and that of the family have every kind", () => {
  const models = [
    ...layers.map(([, build]) => L.model(input, build)),
    ...family.map(({ size: signal, build }) => L.model(signal, build)),
  ];
  const seen = new Set(models.flatMap((m) => resolve(m).map((l) => l.kind)));
  expect([...seen].sort()).toEqual(Object.keys(kinds).sort());
});

describe.each(layers)("%s", (_, build) => {
  const b = graphOf(build, "train");
  // squashed, so that no gradient is a plain copy of the cotangent
  const squashed = new GraphBuilder({ nodes: b.graph.nodes, outputs: {} });
  const output = squashed.map("tanh", b.output);
  const graph = squashed.build({ output });

  it.each([1, 3, 17])("has the gradients of central differences, in f64 to 1e-7, on %i rows", (rows) => {
    const values = valuesFor(graph, rows, 5 + rows);
    expect(gradientError(graph, output, values, rows)).toBeLessThan(rows === 1 ? 2e-7 : 1e-7);
  });

  it.each([1, 5, 33])(
    "is the same compiled, to 1e-5 in f32 and to the bit between back ends, on %i rows",
    async (rows) => {
      const whole = withGradients(graph, output);
      const inputs = Object.fromEntries(
        Object.entries(valuesFor(whole, rows, 3)).map(([name, v]) => [name, Float32Array.from(v)]),
      );
      const { reference, wasm, exact } = await outcome(whole, inputs, rows, rows + 2);
      for (const name of Object.keys(whole.outputs)) {
        expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
        expect(relativeError(wasm[name], exact[name])).toBeLessThan(1e-5);
      }
    },
  );
});

describe("small outputs", () => {
  /** Outputs of a layer on [1, 2, 3, 4, 5] with the tensors given. */
  const run = (build: Build, tensors: Record<string, number[]> = {}, mode: Mode = "train"): number[] => {
    const { graph } = graphOf(build, mode, { channels: 1, length: 5 });
    return [...evaluate(graph, { x: [1, 2, 3, 4, 5], ...tensors }, 1).output];
  };
  const w = { "conv1d_1.filter": [1, 2, 3], "conv1d_1.bias": [10] };
  const with3 =
    (options: object): Build =>
    (x) =>
      L.conv1d(x, { filters: 1, kernelSize: 3, ...options });

  it.each<[string, object, number[]]>([
    ["valid", {}, [24, 30, 36]],
    ["same", { padding: "same" }, [18, 24, 30, 36, 24]],
    ["causal", { padding: "causal" }, [13, 18, 24, 30, 36]],
    ["[0, 1]", { padding: [0, 1] }, [24, 30, 36, 24]],
    ["stride 2", { stride: 2 }, [24, 36]],
    ["dilation 2", { dilation: 2 }, [32]],
  ])("conv1d with filter (1, 2, 3) and bias 10, %s", (_, options, want) => {
    expect(run(with3(options), w)).toEqual(want);
  });

  it("same puts the extra zero of an even filter on the right", () => {
    const build: Build = (x) => L.conv1d(x, { filters: 1, kernelSize: 2, padding: "same", bias: false });
    expect(run(build, { "conv1d_1.filter": [1, 10] })).toEqual([21, 32, 43, 54, 5]);
  });

  it("dense, pool, flatten and the kinked activations", () => {
    expect(
      run((x) => L.dense(x, { units: 1 }), { "dense_1.filter": [1, 0, 2, 0, 1], "dense_1.bias": [0.5] }),
    ).toEqual([12.5]);
    expect(run(L.globalAveragePool)).toEqual([3]);
    expect(run(L.flatten)).toEqual([1, 2, 3, 4, 5]);
    const minus3 = { "conv1d_1.filter": [1], "conv1d_1.bias": [-3] };
    const shifted: Build = (x) => L.conv1d(x, { filters: 1, kernelSize: 1 });
    expect(run((x) => L.relu(shifted(x)), minus3)).toEqual([-0, -0, 0, 1, 2].map((v) => Math.max(v, 0)));
    expect(run((x) => L.leakyRelu(shifted(x), { slope: 0.5 }), minus3)).toEqual([-1, -0.5, 0, 1, 2]);
    const elu = run((x) => L.elu(shifted(x)), minus3);
    expect(elu[0]).toBeCloseTo(-0.8646647167633873, 14);
    expect(elu.slice(2)).toEqual([0, 1, 2]);
  });
});

describe("batchNorm", () => {
  const tensors = {
    "batchNorm_1.gamma": [2],
    "batchNorm_1.beta": [1],
    "batchNorm_1.mean": [0],
    "batchNorm_1.variance": [1],
  };
  const build: Build = (x) => L.batchNorm(x, { epsilon: 0 });
  const one = { channels: 1, length: 2 };

  it("of 1, 2, 3, 4 in training: mean 2.5, variance 1.25, whatever rows they stand in", () => {
    const { graph } = graphOf(build, "train", one);
    const { output } = evaluate(graph, { x: [1, 2, 3, 4], ...tensors }, 2);
    output.forEach((y, i) => expect(y).toBeCloseTo(1 + (2 * (i - 1.5)) / Math.sqrt(1.25), 12));
  });

  it("moves its running statistics by 0.1 to the batch's mean and unbiased variance, over two steps", () => {
    const { graph } = graphOf(build, "train", one);
    const step = (x: number[], mean: number[], variance: number[]): number[][] => {
      const got = evaluate(
        graph,
        { x, ...tensors, "batchNorm_1.mean": mean, "batchNorm_1.variance": variance },
        2,
      );
      return [[...got["new batchNorm_1.mean"]], [...got["new batchNorm_1.variance"]]];
    };
    const first = step([1, 2, 3, 4], [0], [1]);
    expect(first[0][0]).toBeCloseTo(0.25, 7);
    expect(first[1][0]).toBeCloseTo(0.9 + 0.1 * (5 / 3), 7);
    const second = step([0, 0, 4, 4], first[0], first[1]);
    expect(second[0][0]).toBeCloseTo(0.425, 7); // 0.9 x 0.25 + 0.1 x 2
    expect(second[1][0]).toBeCloseTo(0.9 * (0.9 + 0.5 / 3) + 0.1 * (16 / 3), 7);
  });

  it("predicts with the running statistics: (3 - 1) / sqrt 4 x 2 + 1 = 3", () => {
    const { graph } = graphOf(build, "predict", one);
    const state = { "batchNorm_1.mean": [1], "batchNorm_1.variance": [4] };
    expect([...evaluate(graph, { x: [3, 1], ...tensors, ...state }, 1).output]).toEqual([3, 1]);
  });

  it("of a single value does not divide by zero", () => {
    const { graph } = graphOf((x) => L.batchNorm(x), "train", { channels: 1, length: 1 });
    const got = evaluate(graph, { x: [7], ...tensors }, 1);
    expect([...got.output]).toEqual([1]);
    expect(got["new batchNorm_1.variance"][0]).toBeCloseTo(0.9, 7);
  });

  it("goes back with 2 sums: those of the gradients of gamma and beta", () => {
    const { graph, output } = graphOf((x) => L.batchNorm(L.tanh(x)), "train");
    const b = new GraphBuilder(graph);
    const seed = b.input("seed", "sample", [1, 2, 7]);
    const by = graph.nodes.flatMap(({ op }, id) =>
      op.op === "input" && !/mean|variance/.test(op.name) ? [id] : [],
    );
    const made = gradient(b.build({}), output, by, seed);
    const live = new Set<NodeId>();
    const visit = (id: NodeId): void => {
      if (!live.has(id)) made.graph.nodes[id].args.forEach(visit);
      live.add(id);
    };
    made.gradients.forEach((g) => visit(g as NodeId));
    const sums = made.graph.nodes.filter(({ op }, id) => live.has(id) && op.op === "reduce");
    expect(sums.length).toBe(4); // 2 on the way forward
  });
});

describe("initial values", () => {
  const shape = [8, 5, 25] as const;
  const fan = { fanIn: 125, fanOut: 200 };

  it.each([
    ["torch", 1 / Math.sqrt(125)],
    ["glorotUniform", Math.sqrt(6 / 325)],
    ["heUniform", Math.sqrt(6 / 125)],
  ] as const)("%s stays below its bound, and comes near it", (kind, bound) => {
    const values = initialValues(shape, { kind, ...fan }, 1, 0);
    const largest = values.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest).toBeGreaterThan(0.98 * bound);
    expect(Math.abs(values.reduce((a, x) => a + x, 0) / 1000)).toBeLessThan(0.06 * bound);
  });

  it("heNormal has the deviation sqrt(2 / fanIn) within 7 %", () => {
    const values = initialValues(shape, { kind: "heNormal", ...fan }, 1, 0);
    const deviation = Math.sqrt(values.reduce((a, x) => a + x * x, 0) / values.length);
    expect(Math.abs(deviation / Math.sqrt(2 / 125) - 1)).toBeLessThan(0.07);
  });

  it("depend on the seed and the parameter's number alone", () => {
    const init = { kind: "torch", ...fan } as const;
    const values = initialValues(shape, init, 1, 0);
    expect(initialValues(shape, init, 1, 0)).toEqual(values);
    expect(initialValues(shape, init, 2, 0)).not.toEqual(values);
    expect(initialValues(shape, init, 1, 1)).not.toEqual(values);
    expect(initialValues([1, 1, 4], init, 1, 0)).toEqual(values.slice(0, 4));
    expect(size(shape)).toBe(values.length);
  });
});
