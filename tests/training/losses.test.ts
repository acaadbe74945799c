/** Every loss by literal numbers (PyTorch 1.13's), by gradients in f64, and in equal bits on both back ends. */
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph } from "../../src/graph/ops.ts";
import { losses, type Loss } from "../../src/index.ts";
import { lossInputs, lossNode } from "../../src/training/losses.ts";
import { bitsOf, outcome } from "../conformance/harness.ts";

const logits = [1, 2, -1, 0.5, -0.5, 0, 3, 1, -2, 0, 0.25, 4];
const oneHot = [1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1];
const several = [1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0];

/** The loss and its derivative by the output, of rows of [channels, positions]. */
function lossGraph(loss: Loss, channels: number, positions: number): Graph {
  const b = new GraphBuilder();
  const output = b.input("output", "sample", [1, channels, positions]);
  const value = lossNode(b, loss, output, b.input("target", "sample", [1, channels, positions]));
  const { graph, gradients } = gradient(b.build({ loss: value }), value, [output]);
  return { nodes: graph.nodes, outputs: { loss: value, slope: gradients[0] ?? -1 } };
}

const weights = [1, 2, 0.5];
const cases: readonly (readonly [string, Loss, readonly number[], number, readonly number[]])[] = [
  ["crossEntropy", losses.crossEntropy(), oneHot, 1.17577719688, [-0.185125887, 0.176346138, 0.008779758]],
  [
    "class weights",
    losses.crossEntropy({ classWeights: weights }),
    oneHot,
    1.55633211136,
    [-0.185125887, 0.176346138, 0.008779758],
  ],
  [
    // of the logits plus what is added: PyTorch's cross_entropy(logits + offsets, target)
    "logit adjustment",
    losses.crossEntropy({ logitAdjustment: [-0.5, -1, -2] }),
    oneHot,
    1.5020839847,
    [-0.156678764, 0.153860707, 0.002818057],
  ],
  [
    "label smoothing",
    losses.crossEntropy({ labelSmoothing: 0.1 }),
    oneHot,
    1.2570271492,
    [-0.168459207, 0.168012798, 0.000446424],
  ],
  [
    "class weights and label smoothing",
    losses.crossEntropy({ classWeights: weights, labelSmoothing: 0.1 }),
    oneHot,
    1.62537288666,
    [-0.167377979, 0.162618577, 0.004759419],
  ],
  [
    "binaryCrossEntropy",
    losses.binaryCrossEntropy(),
    several,
    0.97256398201,
    [-0.022411784, 0.073399752, -0.06092155],
  ],
  [
    "posWeight",
    losses.binaryCrossEntropy({ posWeight: [1, 3, 0.5] }),
    several,
    1.03716373444,
    [-0.022411784, 0.073399752, -0.030460775],
  ],
  ["meanSquaredError", losses.meanSquaredError(), several, 2.83854174614, [0, 4 / 12, -4 / 12]],
  ["meanAbsoluteError", losses.meanAbsoluteError(), several, 1.22916662693, [0, 1 / 12, -1 / 12]],
  ["huber", losses.huber({ delta: 0.75 }), several, 0.71614581347, [0, 0.0625, -0.0625]],
];

describe.each(cases)("%s", (_, loss, target, value, slope) => {
  const graph = lossGraph(loss, 3, 1);
  const inputs = { output: logits, target, ...lossInputs(loss, 3) };

  it("is PyTorch's, and so is its gradient", () => {
    const got = evaluate(graph, inputs, 4);
    expect(got.loss[0]).toBeCloseTo(value, 6);
    slope.forEach((g, i) => expect(got.slope[i]).toBeCloseTo(g, 7));
  });

  it("has the slope of central differences in f64", () => {
    const at = (i: number, by: number): number => {
      const output = logits.map((x, j) => (j === i ? x + by : x));
      return evaluate(graph, { ...inputs, output }, 4).loss[0];
    };
    const { slope: got } = evaluate(graph, inputs, 4);
    // the fourth row's logit 0 and target 0 meet where |d| has no derivative
    for (let i = 0; i < 9; i++) {
      if (logits[i] === target[i]) continue;
      expect(got[i]).toBeCloseTo((at(i, 1e-5) - at(i, -1e-5)) / 2e-5, 8);
    }
  });

  it("has equal bits on wasm and the reference, near the f64 value", async () => {
    const f32 = Object.fromEntries(Object.entries(inputs).map(([n, x]) => [n, Float32Array.from(x)]));
    const { wasm, reference } = await outcome(graph, f32, 4);
    for (const name of ["loss", "slope"]) expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
    expect(wasm.loss[0]).toBeCloseTo(value, 5);
  });
});

describe("losses", () => {
  it("cross-entropy takes classes by position: 2 rows of 2 classes at 3 positions", () => {
    const output = [1, 0, 2, 0, 1, -1, 0.5, 0.5, 0, 0, -0.5, 3];
    const target = [1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1];
    const value = (loss: Loss): number =>
      evaluate(lossGraph(loss, 2, 3), { output, target, ...lossInputs(loss, 2) }, 2).loss[0];
    expect(value(losses.crossEntropy())).toBeCloseTo(0.33517277, 7);
    const weighted = losses.crossEntropy({ classWeights: [1, 3], labelSmoothing: 0.2 });
    expect(value(weighted)).toBeCloseTo(0.5333938, 6);
  });

  it("binary cross-entropy of logits 1000 and -1000 is 0 or 1000, in f32 as well", async () => {
    const graph = lossGraph(losses.binaryCrossEntropy(), 1, 1);
    for (const [logit, target, want] of [
      [1000, 1, 0],
      [1000, 0, 1000],
      [-1000, 0, 0],
      [-1000, 1, 1000],
    ]) {
      const { wasm } = await outcome(
        graph,
        { output: Float32Array.of(logit), target: Float32Array.of(target) },
        1,
      );
      expect(wasm.loss[0]).toBe(want);
    }
  });

  it.each([
    [losses.huber({ delta: 0 }), "delta is 0; Huber's loss wants a number above 0"],
    [
      losses.crossEntropy({ logitAdjustment: 1 }),
      "logitAdjustment as a number wants rows with classes, which fit has; give what is added, a number a class",
    ],
    [
      losses.crossEntropy({ logitAdjustment: [1] }),
      "logitAdjustment has 1 values; the model has 3 outputs, each with one",
    ],
    [
      losses.crossEntropy({ logitAdjustment: [1, Infinity, 0] }),
      "logitAdjustment has Infinity; each is a finite number",
    ],
    [losses.crossEntropy({ labelSmoothing: 1 }), "labelSmoothing is 1; it is at least 0 and below 1"],
    [
      losses.crossEntropy({ classWeights: [1, 2] }),
      "classWeights has 2 values; the model has 3 outputs, each with one",
    ],
    [losses.binaryCrossEntropy({ posWeight: -1 }), "posWeight has -1; each is a number of at least 0"],
  ])("refuses options that do not fit: %o", (loss, message) => {
    expect(() => lossInputs(loss, 3)).toThrow(message);
  });
});
