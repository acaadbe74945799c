/** Shape rules, illegal graphs and the printed form. */
import { describe, expect, it } from "vitest";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { checkGraph, typeOf } from "../../src/graph/check.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import type { Graph, Node } from "../../src/graph/ops.ts";
import type { TensorType } from "../../src/numerics/tensor.ts";
import { printGraph } from "../../src/graph/print.ts";

const sample = (c: number, t: number): TensorType => ({ space: "sample", shape: [1, c, t] });
const weight = (...shape: [number, number, number]): TensorType => ({ space: "weight", shape });
const input = (name: string, type: TensorType): Node => ({ op: { op: "input", name }, args: [], type });
const graphOf = (...nodes: Node[]): Graph => ({ nodes, outputs: {} });

describe("shape rules", () => {
  it("broadcast along whole axes, a weight to a sample", () => {
    expect(typeOf({ op: "map", fn: "add" }, [sample(3, 1), weight(1, 1, 4)])).toEqual(sample(3, 4));
    expect(typeOf({ op: "map", fn: "add" }, [weight(2, 3, 1), weight(1, 1, 4)])).toEqual(weight(2, 3, 4));
    expect(
      typeOf({ op: "map", fn: "selectLt" }, [weight(1, 1, 1), sample(1, 4), weight(1, 3, 1), sample(1, 1)]),
    ).toEqual(sample(3, 4));
  });

  it("refuse what does not broadcast", () => {
    const add = { op: "map", fn: "add" } as const;
    expect(() => typeOf(add, [sample(3, 4), sample(2, 4)])).toThrow(
      "add: n [3, 4] and n [2, 4] do not broadcast",
    );
    expect(() => typeOf(add, [sample(3, 4), weight(2, 3, 4)])).toThrow(
      "add: n [3, 4] and [2, 3, 4] do not broadcast",
    );
    expect(() => typeOf(add, [sample(3, 4)])).toThrow("add takes 2 operands, got 1");
  });

  it("give a convolution of 10 positions with 3 taps, stride 2 and padding 1 + 1 its 5 results", () => {
    const map = convolveMap([1, 4, 10], [6, 2, 3], { stride: 2, padding: [1, 1], groups: 2 });
    expect(map.outLength).toBe(5);
    expect(typeOf({ op: "convolve", of: "output", map }, [weight(6, 2, 3), sample(4, 10)])).toEqual(
      sample(6, 5),
    );
    expect(typeOf({ op: "convolve", of: "input", map }, [sample(6, 5), weight(6, 2, 3)])).toEqual(
      sample(4, 10),
    );
    expect(typeOf({ op: "convolve", of: "filter", map }, [sample(6, 5), sample(4, 10)])).toEqual(
      weight(6, 2, 3),
    );
    expect(() => typeOf({ op: "convolve", of: "output", map }, [weight(6, 4, 3), sample(4, 10)])).toThrow(
      "convolve of output: operand 0 is [6, 4, 3], not [6, 2, 3]",
    );
  });

  it("refuse a filter that does not fit", () => {
    expect(() => convolveMap([1, 1, 4], [1, 1, 3], { dilation: 3 })).toThrow(
      "a filter that spans 7 positions does not fit 4 positions",
    );
  });

  it("give a reduction over rows weight space", () => {
    expect(typeOf({ op: "reduce", fn: "sum", axes: ["n", "t"] }, [sample(3, 4)])).toEqual(weight(1, 3, 1));
    expect(typeOf({ op: "reduce", fn: "max", axes: ["c"] }, [sample(3, 4)])).toEqual(sample(1, 4));
  });
});

describe("the check", () => {
  const x = input("x", sample(2, 3));

  it.each<[string, Graph, string]>([
    [
      "a later node",
      graphOf({ op: { op: "detach" }, args: [0], type: sample(2, 3) }),
      "node 0 (detach) uses a later node",
    ],
    [
      "a wrong type",
      graphOf(x, { op: { op: "detach" }, args: [0], type: sample(3, 2) }),
      "node 1 (detach) is n [3, 2]",
    ],
    [
      "a lost value",
      graphOf(x, { op: { op: "reshape" }, args: [0], type: sample(5, 1) }),
      "node 1 (reshape) changes the number of values",
    ],
    [
      "a lost row",
      graphOf(x, { op: { op: "reshape" }, args: [0], type: weight(1, 2, 3) }),
      "node 1 (reshape) changes the space",
    ],
    [
      "a broadcast back",
      graphOf(x, { op: { op: "broadcast" }, args: [0], type: sample(1, 3) }),
      "node 1 (broadcast) does not spread to its type",
    ],
    [
      "two batches",
      graphOf(input("x", { space: "sample", shape: [2, 1, 1] })),
      "node 0 (input) has two batch axes",
    ],
    ["no output", { nodes: [x], outputs: { y: 1 } }, "output y does not exist"],
    [
      "an output of another shape than the input it replaces",
      { nodes: [x, input("y", sample(3, 2))], outputs: { x: 1 } },
      "output x is n [3, 2], not n [2, 3]",
    ],
  ])("refuses %s", (_, graph, message) => {
    expect(() => checkGraph(graph)).toThrow(message);
  });

  it("passes what the builder makes", () => {
    const b = new GraphBuilder();
    const y = b.map("relu", b.input("x", "sample", [1, 2, 3]));
    expect(() => checkGraph(b.build({ x: y, sum: b.sum(y, ["n"]) }))).not.toThrow();
  });
});

describe("the builder", () => {
  it("makes equal nodes one node", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 1, 4]);
    expect(b.map("tanh", x)).toBe(b.map("tanh", x));
    expect(b.constant(0.1)).toBe(b.constant(Math.fround(0.1)));
  });

  it("folds x 1, x + 0 and - - x", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 1, 4]);
    expect(b.map("mul", b.constant(1), x)).toBe(x);
    expect(b.map("mul", x, b.constant(1))).toBe(x);
    expect(b.map("add", x, b.constant(0))).toBe(x);
    expect(b.map("neg", b.map("neg", x))).toBe(x);
    expect(b.sum(b.input("y", "sample", [1, 1, 1]), ["t"])).toBe(b.input("y", "sample", [1, 1, 1]));
  });

  it("makes a broadcast of a broadcast one broadcast", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "weight", [1, 1, 1]);
    const two = b.broadcast(b.broadcast(x, sample(1, 1)), sample(2, 3));
    expect(b.node(two).args).toEqual([x]);
  });

  it("refuses inputs of another size when it is evaluated", () => {
    const b = new GraphBuilder();
    const graph = b.build({ y: b.map("neg", b.input("x", "sample", [1, 2, 3])) });
    expect(() => evaluate(graph, { x: [1, 2, 3] }, 2)).toThrow("input x has 3 values, not 12");
  });
});

describe("the printed form", () => {
  it("has a line a node", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 9]);
    const map = convolveMap([1, 2, 9], [4, 1, 3], { stride: 2, dilation: 2, padding: [1, 1], groups: 2 });
    const z = b.convolve("output", b.input("w", "weight", [4, 1, 3]), x, map);
    const y = b.map("selectLt", b.constant(0.5), z, z, b.broadcast(b.rows(), b.type(z)));
    expect(printGraph(b.build({ y, top: b.max(y, ["c", "t"]) }))).toMatchInlineSnapshot(`
      "%0 n [2, 9] = input x
      %1 [4, 1, 3] = input w
      %2 n [4, 4] = convolve.output 2x9 -> 4x4 taps 3 stride 2 dilation 2 padding 1 groups 2 %1 %0
      %3 [1, 1, 1] = constant 0.5
      %4 [1, 1, 1] = rows
      %5 n [4, 4] = broadcast %4
      %6 n [4, 4] = selectLt %3 %2 %2 %4
      %7 n [1, 1] = max over ct %6
      y = %6
      top = %7"
    `);
  });
});
