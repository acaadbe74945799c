/** A graph that wants sums over shards, cut, and run of two shards against the whole batch. */
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/build.ts";
import { checkGraph } from "../../src/graph/check.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph } from "../../src/graph/ops.ts";
import { cutAtShards } from "../../src/graph/shards.ts";

const CHANNELS = 2;
const LENGTH = 3;
const SIZE = CHANNELS * LENGTH;

/** The sum of squares of values less their mean over the batch, divided by their deviation, and its derivative. */
function graphOf(statistics: "ofGraph" | "ofShards"): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", "sample", [1, CHANNELS, LENGTH]);
  const w = b.input("w", "weight", [1, CHANNELS, 1]);
  const y = b.map("mul", x, w);
  const total = statistics === "ofGraph" ? b.sum(y, ["n", "t"]) : b.shards(b.sum(y, ["n", "t"]));
  const count = b.input("count", "weight", [1, 1, 1]);
  const centred = b.map("sub", y, b.map("div", total, count));
  const squares = b.sum(b.map("mul", centred, centred), ["n", "t"]);
  const variance = b.map("div", statistics === "ofGraph" ? squares : b.shards(squares), count);
  const z = b.map("div", centred, b.map("sqrt", b.map("add", variance, b.constant(0.5))));
  const loss = b.sum(b.sum(b.map("mul", z, b.map("mul", z, z)), ["c", "t"]), ["n"]);
  const { graph, gradients } = gradient(b.build({ loss }), loss, [w]);
  const [g] = gradients;
  if (g === null) throw new Error("the loss depends on w");
  return { nodes: graph.nodes, outputs: { loss, gradient: g } };
}

const values = Float64Array.from({ length: 5 * SIZE }, (_, i) => ((7 * i) % 11) / 4 - 1 + i / 50);
const w = Float64Array.of(0.8, -1.3);
const count = Float64Array.of(5 * LENGTH);

/** Results of two shards, of 2 and 3 rows, summed where the segments say. */
function inShards(graph: Graph): Record<string, number[]> {
  const shards = [
    { rows: 2, known: { x: values.slice(0, 2 * SIZE), w, count } as Record<string, Float64Array> },
    { rows: 3, known: { x: values.slice(2 * SIZE), w, count } as Record<string, Float64Array> },
  ];
  for (const segment of cutAtShards(graph)) {
    checkGraph(segment.graph);
    for (const shard of shards) Object.assign(shard.known, evaluate(segment.graph, shard.known, shard.rows));
    for (const name of segment.summed) {
      const [a, b] = shards.map(({ known }) => known[name]);
      for (const { known } of shards) known[name] = a.map((v, i) => v + b[i]);
    }
  }
  const [a, b] = shards.map(({ known }) => known);
  return Object.fromEntries(
    Object.keys(graph.outputs).map((name) => [name, Array.from(a[name], (v, i) => v + b[name][i])]),
  );
}

describe("a graph cut at its sums over shards", () => {
  it("has a segment more than there are sums one after another, forward and back", () => {
    const segments = cutAtShards(graphOf("ofShards"));
    // mean, variance; of the back pass the variance's cotangent, then the mean's
    expect(segments.map(({ summed }) => summed.length)).toEqual([1, 1, 1, 1, 0]);
    expect(cutAtShards(graphOf("ofGraph"))).toHaveLength(1);
  });

  it("gives in two shards what the whole batch gives, gradient included", () => {
    const whole = evaluate(graphOf("ofGraph"), { x: values, w, count }, 5);
    const both = inShards(graphOf("ofShards"));
    expect(both.loss[0]).toBeCloseTo(whole.loss[0], 12);
    both.gradient.forEach((g, i) => expect(g).toBeCloseTo(whole.gradient[i], 12));
    expect(Math.abs(whole.gradient[0])).toBeGreaterThan(1e-3);
  });

  it("is the graph itself for one shard", () => {
    const graph = graphOf("ofShards");
    const one = evaluate(graph, { x: values, w, count }, 5);
    expect([...one.gradient]).toEqual([...evaluate(graphOf("ofGraph"), { x: values, w, count }, 5).gradient]);
  });

  it("refuses a sum over shards of rows", () => {
    const b = new GraphBuilder();
    expect(() => b.shards(b.input("x", "sample", [1, 1, 1]))).toThrow("a sum over shards");
  });
});
