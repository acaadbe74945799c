/** A part put into a whole, which is changed where it lies: what it means, and which graphs are none. */
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/build.ts";
import { checkGraph } from "../../src/graph/check.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { printGraph } from "../../src/graph/print.ts";

/** Three new positions behind two old ones, of two channels. */
function graph() {
  const b = new GraphBuilder();
  const whole = b.input("past", "sample", [1, 2, 6]);
  const part = b.input("x", "sample", [1, 2, 3]);
  const past = b.put(whole, part, 2);
  return { b, whole, part, past };
}

describe("put", () => {
  it("keeps what stands before and behind", () => {
    const { b, past } = graph();
    const built = b.build({ past });
    checkGraph(built);
    const inputs = { past: [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60], x: [-1, -2, -3, -4, -5, -6] };
    expect([...evaluate(built, inputs, 1).past]).toEqual([1, 2, -1, -2, -3, 6, 10, 20, -4, -5, -6, 60]);
    expect(printGraph(built)).toContain("put from 2 on %0 %1");
  });

  it("is linear: each cotangent goes to who gave the value", () => {
    const { b, whole, part, past } = graph();
    const seed = b.input("seed", "sample", [1, 2, 6]);
    const { graph: g, gradients } = gradient(b.build({}), past, [whole, part], seed);
    const [dWhole, dPart] = gradients as [number, number];
    const values = evaluate(
      { nodes: g.nodes, outputs: { dWhole, dPart } },
      { past: Array(12).fill(0), x: Array(6).fill(0), seed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
      1,
    );
    expect([...values.dWhole]).toEqual([1, 2, 0, 0, 0, 6, 7, 8, 0, 0, 0, 12]);
    expect([...values.dPart]).toEqual([3, 4, 5, 9, 10, 11]);
  });

  it("is refused where it does not fit, where something else reads the whole, or where it stays unsaid", () => {
    const { b, whole, part, past } = graph();
    expect(() => b.put(past, part, 4)).toThrow("put of n [2, 3] into n [2, 6] from 4 on");
    expect(() => checkGraph(b.build({ other: past }))).toThrow(
      "is not the output that replaces what it changes",
    );
    const double = b.map("add", whole, whole);
    expect(() => checkGraph(b.build({ past, double }))).toThrow(
      "what a put changes is read by something else",
    );
    const computed = new GraphBuilder();
    const x = computed.input("x", "sample", [1, 1, 2]);
    const y = computed.put(computed.map("neg", x), x, 0);
    expect(() => checkGraph(computed.build({ x: y }))).toThrow("(put) changes no input");
  });
});
