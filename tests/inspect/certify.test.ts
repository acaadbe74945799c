/** Certificates hold for every architecture, and fail where a rule of differentiation is wrong. */
import { describe, expect, it, vi } from "vitest";
import { labelled } from "../../src/data/answers.ts";
import type { Graph, Node } from "../../src/graph/ops.ts";
import { certify } from "../../src/inspect/certify.ts";
import { certificateText } from "../../src/inspect/certificateText.ts";
import { complexFunctions } from "../../src/inspect/complexFunctions.ts";
import type { AnsweredRows } from "../../src/inspect/lossGraph.ts";
import * as architectures from "../../src/layers/architectures/index.ts";
import * as L from "../../src/layers/functions.ts";
import type { Model } from "../../src/layers/model.ts";
import type { NetworkFields } from "../../src/models/network.ts";
import { trainer } from "../../src/training/trainer.ts";

/** A rule that is wrong on purpose, by which the nodes of gradients are rewritten; null: none. */
const wrong = vi.hoisted(() => ({ rule: null as null | ((node: Node) => Node) }));
vi.mock(import("../../src/graph/gradient.ts"), async (original) => {
  const actual = await original();
  return {
    ...actual,
    gradient: (graph: Graph, ...rest) => {
      const found = actual.gradient(graph, ...rest);
      const { rule } = wrong;
      if (rule === null) return found;
      const nodes = found.graph.nodes.map((node, id) => (id < graph.nodes.length ? node : rule(node)));
      return { ...found, graph: { ...found.graph, nodes } };
    },
  };
});

const CLASSES = ["a", "b", "c"];
async function fieldsOf(model: Model, seed = 3): Promise<NetworkFields> {
  const t = await trainer(model, { batch: 2, seed });
  return { model, classes: CLASSES, preparation: { kind: "none" }, weights: t.weights(), provenance: {} };
}
function rowsOf({ input }: Model, rows: number, positions = 1): AnsweredRows {
  const series = Float64Array.from(
    { length: rows * input.channels * input.length },
    (_, i) => Math.sin(i * i * 0.37) * 1.3 + Math.cos(i / 5),
  );
  return {
    series,
    rows,
    answers: labelled(
      CLASSES,
      Int32Array.from({ length: rows * positions }, (_, i) => i % 3),
      positions,
    ),
  };
}

const task = { channels: 1, length: 32, classes: CLASSES };
const small: Readonly<Record<keyof typeof architectures, { model: Model; positions?: number }>> = {
  chain: { model: architectures.chain(task, { filters: [5, 3] }) },
  mnist1dCnn: { model: architectures.mnist1dCnn(task) },
  fcn: { model: architectures.fcn({ ...task, length: 12 }) },
  resnet: { model: architectures.resnet({ ...task, length: 8 }) },
  inception: { model: architectures.inception({ ...task, length: 8 }) },
  lite: { model: architectures.lite(task) },
  m5: { model: architectures.m5({ ...task, length: 1024 }) },
  tcn: { model: architectures.tcn(task) },
  unet1d: { model: architectures.unet1d({ ...task, length: 16 }), positions: 16 },
  wavenet: { model: architectures.wavenet(task) },
  keyword: { model: architectures.keyword({ ...task, length: 1600 }) },
};

describe("certify", () => {
  it.each(Object.entries(small))(
    "holds for %s, in training and in prediction",
    async (_, { model, positions }) => {
      const fields = await fieldsOf(model);
      for (const statistics of ["training", "prediction"] as const) {
        const c = certify(fields, rowsOf(model, 2, positions), { statistics, budget: 2e7 });
        expect(c.worst, c.worstTensor).toBeLessThan(1e-10);
        expect(c.holds).toBe(true);
        expect(c.tensors.every((t) => t.scale > 0)).toBe(true);
      }
    },
  );

  const kindsOf = (activation: typeof L.gelu) =>
    L.model({ channels: 2, length: 17 }, (x) => {
      const a = L.maxPool(
        activation(
          L.conv1d(x, { filters: 4, kernelSize: 3, padding: 2, paddingMode: "reflect", weightNorm: true }),
        ),
        { size: 2 },
      );
      const b = L.concat(L.silu(L.instanceNorm(a, { affine: true })), L.softplus(a), L.elu(a), L.prelu(a));
      const c = L.dropout(L.convTranspose1d(L.layerNorm(b), { filters: 4, kernelSize: 3, stride: 2 }), {
        rate: 0.3,
      });
      const d = L.add(L.tanh(c), L.sigmoid(L.hardswish(c)));
      return L.dense(L.globalAveragePool(L.mish(L.softmax(d))), { units: 3 });
    });

  const [kinds, without] = [kindsOf(L.gelu), kindsOf(L.silu)];

  it("compares every entry of a small network, of layers of all sorts", async () => {
    const c = certify(await fieldsOf(kinds), rowsOf(kinds, 3), { budget: 1e12 });
    expect(c.entries).toBe(c.parameters);
    // gelu's derivative has constants in float32; without it nothing but rounding is left
    expect([c.holds, c.bound]).toEqual([true, 1e-7]);
    const smooth = certify(await fieldsOf(without), rowsOf(without, 3), { budget: 1e12 });
    expect([smooth.holds, smooth.bound]).toEqual([true, 1e-9]);
    expect(smooth.worst).toBeLessThan(1e-11);
    expect(certificateText(c)).toMatch(
      new RegExp(
        `${c.parameters} of ${c.parameters} entries one by one; 2 random directions over all entries of each tensor \\(seed 0\\)\\nworst .*: certified$`,
      ),
    );
  });

  it("says how many entries a budget left, and draws the same ones from a seed", async () => {
    const { model } = small.mnist1dCnn;
    const fields = await fieldsOf(model);
    const draw = (seed: number) => certify(fields, rowsOf(model, 2), { budget: 5e7, seed });
    const c = draw(1);
    expect(c.entries).toBeLessThan(c.parameters);
    expect(c.entries).toBeGreaterThan(c.tensors.length);
    expect(draw(1)).toEqual(c);
    expect(draw(2)).not.toEqual(c);
    expect(certificateText(c)).toContain(`${c.entries} of ${c.parameters} entries`);
  });

  const rules: readonly (readonly [string, (node: Node) => Node])[] = [
    [
      "the filter's gradient is one tap off",
      (node) =>
        node.op.op === "convolve" && node.op.of === "filter"
          ? { ...node, op: { ...node.op, map: { ...node.op.map, padding: node.op.map.padding + 1 } } }
          : node,
    ],
    [
      "the signal goes back by another dilation",
      (node) =>
        node.op.op === "convolve" && node.op.of === "input"
          ? { ...node, op: { ...node.op, map: { ...node.op.map, dilation: node.op.map.dilation + 1 } } }
          : node,
    ],
    [
      "s' is always that of a positive z",
      (node) =>
        node.op.op === "map" && node.op.fn === "selectLt"
          ? { ...node, args: [node.args[0], node.args[0], node.args[2], node.args[2]] }
          : node,
    ],
    [
      "a sum of products is a difference",
      (node) =>
        node.op.op === "map" && node.op.fn === "add" ? { ...node, op: { op: "map", fn: "sub" } } : node,
    ],
  ];
  const normed = L.model({ channels: 1, length: 20 }, (x) => {
    const a = L.relu(L.batchNorm(L.conv1d(x, { filters: 3, kernelSize: 5 })));
    return L.dense(
      L.globalAveragePool(L.relu(L.add(L.conv1d(a, { filters: 3, kernelSize: 3, padding: "same" }), a))),
      {
        units: 3,
      },
    );
  });
  it.each(rules)("fails where %s", async (_, rule) => {
    const fields = await fieldsOf(normed);
    expect(certify(fields, rowsOf(normed, 3)).holds).toBe(true);
    wrong.rule = rule;
    try {
      // by directions alone too
      for (const budget of [1, 4e9]) {
        const c = certify(fields, rowsOf(normed, 3), { budget });
        expect(c.holds).toBe(false);
        expect(c.worst).toBeGreaterThan(1e-3);
        expect(certificateText(c)).toContain("NOT certified");
      }
    } finally {
      wrong.rule = null;
    }
  });

  it("fails on gradients that are no numbers, and refuses options out of range", async () => {
    const fields = await fieldsOf(small.chain.model);
    const weights = fields.weights.map((w, i) => (i === 0 ? { ...w, data: w.data.map(() => 3e38) } : w));
    const broken = {
      ...fields,
      weights: weights.map((w) => ({ ...w, data: w.data.map((x) => (x > 1e38 ? NaN : x)) })),
    };
    expect(certify(broken, rowsOf(small.chain.model, 1)).holds).toBe(false);
    const rows = rowsOf(small.chain.model, 1);
    expect(() => certify(fields, rows, { seed: -1 })).toThrow(
      "seed is -1; it is a whole number from 0 to 4294967295",
    );
    expect(() => certify(fields, rows, { bound: 0 })).toThrow("bound is 0; it is a number above 0");
  });
});

describe("functions continued to complex numbers", () => {
  const h = 1e-30;
  const at = [-9, -3.1, -1.2, -0.2, -1e-3, 1e-9, 0.05, 0.4, 1.7, 2.4, 2.6, 6, 12];
  const positive = new Set(["sqrt", "log"]);
  const unary = [
    "neg",
    "abs",
    "sqrt",
    "exp",
    "log",
    "tanh",
    "sigmoid",
    "erf",
    "softplus",
    "gelu",
    "relu",
  ] as const;
  const zero = { re: 0, im: 0 };
  it.each(unary)("%s has the slope of a central difference, and its own value", (fn) => {
    const f = (x: number): number => complexFunctions[fn]({ re: x, im: 0 }, zero, zero, zero).re;
    for (const x of positive.has(fn) ? at.filter((a) => a > 0.01) : at) {
      const slope = complexFunctions[fn]({ re: x, im: h }, zero, zero, zero).im / h;
      const d = 1e-5 * Math.max(0.01, Math.abs(x));
      if (Math.abs(x) <= d) continue;
      const central = (f(x + d) - f(x - d)) / (2 * d);
      expect(Math.abs(slope - central), `${fn} at ${x}`).toBeLessThan(1e-7 * Math.max(0.1, Math.abs(slope)));
    }
  });
  it("multiplies, divides and takes roots and logarithms as complex numbers do", () => {
    const [a, b] = [
      { re: 3, im: 4 },
      { re: 1, im: -2 },
    ];
    expect(complexFunctions.mul(a, b, zero, zero)).toEqual({ re: 11, im: -2 });
    expect(complexFunctions.div(a, b, zero, zero)).toEqual({ re: -1, im: 2 });
    expect(complexFunctions.sqrt(a, b, zero, zero)).toEqual({ re: 2, im: 1 });
    const log = complexFunctions.log(a, b, zero, zero);
    expect(log.re).toBeCloseTo(Math.log(5), 14);
    expect(log.im).toBeCloseTo(Math.atan2(4, 3), 14);
    expect(complexFunctions.log({ re: -1, im: 0 }, b, zero, zero).im).toBeCloseTo(Math.PI, 14);
  });
});
