/** A run that diverges shows it: no activation turns NaN into a number, as none of PyTorch's does. */
import { describe, expect, it } from "vitest";
import { outcome } from "../conformance/harness.ts";
import * as L from "../../src/layers/functions.ts";
import { activations } from "./family.ts";
import { graphOf, type Build } from "./shared.ts";

const plain = { relu: L.relu, silu: L.silu, tanh: L.tanh, sigmoid: L.sigmoid, softplus: L.softplus } as const;
const cases: readonly (readonly [string, Build])[] = [
  ...Object.entries(plain),
  ["elu", (x) => L.elu(x)],
  ["leakyRelu", (x) => L.leakyRelu(x)],
  ["gelu", (x) => L.gelu(x)],
  ...activations.map(({ name, build }) => [name, build] as const),
];

describe("NaN stays NaN in", () => {
  it.each(cases)("%s", async (_, build) => {
    const { graph } = graphOf(build, "train", { channels: 2, length: 3 });
    const inputs: Record<string, Float32Array> = { x: Float32Array.of(1, NaN, -1, 0.5, 2, -8) };
    for (const { op, type } of graph.nodes)
      if (op.op === "input" && op.name !== "x") inputs[op.name] = new Float32Array(type.shape[1]).fill(0.5);
    const { wasm, exact } = await outcome(graph, inputs, 1);
    expect(wasm.output[1]).toBeNaN();
    expect(exact.output[1]).toBeNaN();
    expect([0, 2].some((i) => Number.isNaN(wasm.output[i]))).toBe(false);
  });
});
