import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { rowsOf, runsOf, segmentsOf, transposedRows } from "../../src/graph/mix.ts";
import type { Graph, NodeId, Term } from "../../src/graph/ops.ts";
import { bitsOf, inputsFor, outcome, relativeError } from "./harness.ts";

const seeds = fc.integer({ min: 1, max: 1e6 });
const rowCounts = fc.constantFrom(1, 2, 5, 16, 17);

/** Equal bits on both back ends, the f64 meaning, for the graph and for its gradient by every input. */
async function conforms(
  b: GraphBuilder,
  outputs: Record<string, NodeId>,
  rows: number,
  seed: number,
): Promise<void> {
  const graph = b.build(outputs);
  const inputs = graph.nodes.flatMap(({ op }, id) =>
    op.op === "input" && op.name !== "seed" && op.name !== "step" ? [id] : [],
  );
  const more = new GraphBuilder(graph);
  const loss = Object.values(outputs)
    .map((id) => more.sum(more.map("mul", id, id), ["n", "c", "t"]))
    .reduce((x, y) => more.map("add", x, y));
  const { graph: whole, gradients } = gradient(more.build(outputs), loss, inputs);
  const named = Object.fromEntries(gradients.flatMap((g, i) => (g === null ? [] : [[`d${i}`, g]])));
  await same({ nodes: whole.nodes, outputs: { ...outputs, ...named } }, rows, seed);
}

async function same(graph: Graph, rows: number, seed: number): Promise<void> {
  const { wasm, reference, exact } = await outcome(graph, inputsFor(graph, rows, seed), rows);
  for (const name of Object.keys(graph.outputs)) {
    expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
    expect(relativeError(wasm[name], exact[name])).toBeLessThan(1e-5);
  }
}

describe("mix", () => {
  it("keeps rows that repeat with a shift as one segment: [0..5] reflected by 2 is three", () => {
    const rows = [2, 1, 0, 1, 2, 3, 4, 5, 4, 3].map((position): Term[] => [[position, 1]]);
    expect(segmentsOf(rows).map(({ first, turns, step }) => [first, turns, step])).toEqual([
      [0, 3, -1],
      [3, 5, 1],
      [8, 2, -1],
    ]);
  });

  it("finds the pattern of nearest upsampling by 2: one segment", () => {
    const rows = Array.from({ length: 20 }, (_, t): Term[] => [[t >> 1, 1]]);
    expect(segmentsOf(rows)).toEqual([{ first: 0, turns: 10, step: 1, pattern: [[[0, 1]], [[0, 1]]] }]);
  });

  it("comes back from its segments, and its adjoint's adjoint is itself", () => {
    const rows = fc.array(fc.array(fc.tuple(fc.nat(8), fc.constantFrom(1, 0.5)), { maxLength: 3 }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(rows, (given) => {
        const sorted = given.map((terms) => [...terms].sort((a, b) => a[0] - b[0]));
        expect(rowsOf(segmentsOf(sorted))).toEqual(sorted);
        expect(transposedRows(transposedRows(sorted, 9), sorted.length)).toEqual(sorted);
      }),
    );
  });

  it("is runs of sums of neighbours where few shifts say it all: a window's first position, clamped", () => {
    const first = Array.from({ length: 9 }, (_, t): Term[] => [[Math.max(0, t - 1), 1]]);
    expect(runsOf(segmentsOf(first))).toEqual([
      { first: 0, count: 1, shifts: [0] },
      { first: 1, count: 8, shifts: [-1] },
    ]);
    expect(runsOf(segmentsOf(transposedRows(first, 9)))).toEqual([
      { first: 0, count: 1, shifts: [0, 1] },
      { first: 1, count: 7, shifts: [1] },
      { first: 8, count: 1, shifts: [] },
    ]);
    expect(runsOf(segmentsOf([[[0, 0.5]]]))).toBe(null);
    expect(runsOf(segmentsOf(Array.from({ length: 20 }, (_, t) => [[2 * t, 1]])))).toBe(null);
  });

  it("runs alike everywhere, between convolutions that pad, forward and back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.array(fc.tuple(fc.nat(11), fc.constantFrom(1, 0.25, -2)), { maxLength: 3 }), {
          minLength: 1,
          maxLength: 14,
        }),
        rowCounts,
        seeds,
        async (length, rows, n, seed) => {
          const b = new GraphBuilder();
          const x = b.map("tanh", b.input("x", "sample", [1, 2, length]));
          const mixed = b.mix(
            x,
            rows.map((terms) => terms.map(([p, w]): Term => [p % length, w])),
          );
          const map = convolveMap([1, 2, rows.length], [3, 2, 3], { padding: [1, 1] });
          const y = b.convolve(
            "output",
            b.input("w", "weight", [3, 2, 3]),
            b.map("add", mixed, b.constant(0.5)),
            map,
          );
          await conforms(b, { y }, n, seed);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("concat and slice", () => {
  it("are one buffer for convolutions side by side, with halos, forward and back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        rowCounts,
        seeds,
        async (channels, length, n, seed) => {
          const b = new GraphBuilder();
          const x = b.input("x", "sample", [1, 2, length]);
          const branch = (filters: number, i: number): NodeId => {
            const map = convolveMap([1, 2, length], [filters, 2, 3], { padding: [1, 1] });
            return b.map("relu", b.convolve("output", b.input(`w${i}`, "weight", [filters, 2, 3]), x, map));
          };
          const all = b.concat([...channels.map(branch), x]);
          const total = channels.reduce((p, q) => p + q) + 2;
          const map = convolveMap([1, total, length], [2, total, 5], { padding: [2, 2] });
          const y = b.convolve("output", b.input("u", "weight", [2, total, 5]), all, map);
          const part = b.map("mul", b.slice(all, 1, total - 1), b.constant(3));
          await conforms(
            b,
            { y, part, tail: b.slice(all, total - 2, 2), both: b.concat([y, x, y]) },
            n,
            seed,
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("random", () => {
  it("is Threefry by flat index, the same on every back end, whatever the batch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 20 }),
        rowCounts,
        seeds,
        async (c, t, n, seed) => {
          const b = new GraphBuilder();
          const key = ["seed", "step"].map((name) => b.input(name, "weight", [1, 1, 1]));
          const u = b.random([1, c, t], 7, key[0], key[1]);
          const x = b.input("x", "sample", [1, c, t]);
          const dropped = b.map(
            "selectLt",
            u,
            b.constant(0.5),
            b.constant(0),
            b.map("mul", x, b.constant(2)),
          );
          const graph = b.build({ u, dropped });
          const inputs = inputsFor(graph, n, seed);
          inputs.seed = new Float32Array(Int32Array.of(seed).buffer);
          inputs.step = new Float32Array(Int32Array.of(3).buffer);
          const { wasm, reference, exact } = await outcome(graph, inputs, n);
          const wider = await outcome(graph, inputs, n, n + 9);
          for (const name of ["u", "dropped"]) {
            expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
            expect(bitsOf(wider.wasm[name])).toBe(bitsOf(wasm[name]));
            expect([...wasm[name]]).toEqual([...exact[name]]);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
