/** Maps, broadcasts, reductions, copies: the same bits on wasm and the reference, and near the f64 meaning. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { arity, type Axis, type Fn, type Graph, type NodeId } from "../../src/graph/ops.ts";
import { size, type Shape, type Space } from "../../src/numerics/tensor.ts";
import { bitsOf, inputsFor, outcome, relativeError, requireClose } from "./harness.ts";

const fns = Object.keys(arity) as Fn[];
const rowCounts = fc.constantFrom(1, 2, 5, 16, 17, 33);
const seeds = fc.integer({ min: 1, max: 1e6 });
const extents = fc.record({
  channels: fc.integer({ min: 1, max: 5 }),
  positions: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 30, max: 40 })),
});

/** Runs plain and hostile inputs through both back ends; plain ones are near `evaluate`. */
async function conforms(graph: Graph, rows: number, seed: number, relative: number | null): Promise<void> {
  for (const hostile of [false, true]) {
    const inputs = inputsFor(graph, rows, seed, hostile);
    const { reference, wasm, exact } = await outcome(graph, inputs, rows);
    for (const name of Object.keys(graph.outputs)) {
      expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
      if (!hostile && relative !== null) requireClose(reference[name], exact[name], relative);
    }
  }
}

/** Fewer rows than were compiled for give the same bits as a batch of exactly those rows. */
async function shortBatch(graph: Graph, rows: number, spare: number, seed: number): Promise<void> {
  const inputs = inputsFor(graph, rows, seed, true);
  const full = await outcome(graph, inputs, rows);
  const short = await outcome(graph, inputs, rows, rows + spare);
  for (const name of Object.keys(graph.outputs)) {
    expect(bitsOf(short.reference[name])).toBe(bitsOf(full.reference[name]));
    expect(bitsOf(short.wasm[name])).toBe(bitsOf(full.wasm[name]));
  }
}

/** What an operand beside `[1, C, T]` in sample space may look like. */
const operandKinds = (c: number, t: number): (readonly [Space, Shape])[] => [
  ["sample", [1, c, t]],
  ["sample", [1, c, 1]],
  ["sample", [1, 1, 1]],
  ["sample", [1, 1, t]],
  ["weight", [1, c, t]],
  ["weight", [1, c, 1]],
  ["weight", [1, 1, 1]],
  ["weight", [1, 1, t]],
];

describe.each(fns)("map %s", (fn) => {
  // two ulp for the primitives; 1 + erf loses digits where it is small
  const relative = fn === "gelu" ? 1e-5 : fn === "softplus" ? 1e-6 : 4e-7;

  it("in sample space, over every kind of broadcast", async () => {
    const kinds = fc.array(fc.nat(7), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        extents,
        kinds,
        rowCounts,
        seeds,
        async ({ channels: c, positions: t }, k, rows, seed) => {
          const b = new GraphBuilder();
          const args = Array.from({ length: arity[fn] }, (_, i) =>
            b.input(`x${i}`, ...operandKinds(c, t)[i === 0 ? 0 : k[i]]),
          );
          await conforms(b.build({ out: b.map(fn, ...args) }), rows, seed, relative);
        },
      ),
      { numRuns: 8 },
    );
  });

  it("in weight space, alike or broadcasting", async () => {
    const shapes = fc.record({
      a: fc.nat(3),
      b: fc.nat(4),
      c: fc.nat(20),
      alike: fc.boolean(),
      bits: fc.nat(511),
    });
    await fc.assert(
      fc.asyncProperty(shapes, seeds, async (s, seed) => {
        const full: Shape = [s.a + 1, s.b + 1, s.c + 1];
        const part = (i: number): Shape =>
          s.alike || i === 0
            ? full
            : (full.map((n, axis) => ((s.bits >> (axis + 3 * i)) & 1 ? n : 1)) as unknown as Shape);
        const b = new GraphBuilder();
        const args = Array.from({ length: arity[fn] }, (_, i) => b.input(`x${i}`, "weight", part(i)));
        await conforms(b.build({ out: b.map(fn, ...args) }), 3, seed, relative);
      }),
      { numRuns: 8 },
    );
  });
});

/** A random expression over given nodes; each step may use any node made before, so that many have several users. */
const programs = fc.array(
  fc.record({ fn: fc.constantFrom(...fns), args: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }) }),
  {
    minLength: 2,
    maxLength: 12,
  },
);
type Steps = readonly { readonly fn: Fn; readonly args: readonly number[] }[];

function expression(b: GraphBuilder, leaves: readonly NodeId[], steps: Steps): NodeId[] {
  const nodes = [...leaves];
  for (const { fn, args } of steps)
    nodes.push(b.map(fn, ...args.slice(0, arity[fn]).map((a) => nodes[a % nodes.length])));
  return nodes;
}

describe("fused expressions", () => {
  it("of 2 to 12 maps with several users and several outputs", async () => {
    await fc.assert(
      fc.asyncProperty(
        extents,
        programs,
        rowCounts,
        seeds,
        async ({ channels, positions }, steps, rows, seed) => {
          const b = new GraphBuilder();
          const kinds = operandKinds(channels, positions);
          const leaves = [0, 1, 3, 5, 6].map((k) => b.input(`x${k}`, ...kinds[k]));
          const nodes = expression(b, [...leaves, b.constant(0.5), b.rows()], steps);
          const made = nodes.slice(leaves.length + 2).filter((id) => b.node(id).op.op === "map");
          if (made.length === 0) return;
          const outputs = { last: made[made.length - 1], middle: made[made.length >> 1] };
          await conforms(b.build(outputs), rows, seed, null);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("in weight space too, with a tail that 16 does not divide", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), programs, seeds, async (count, steps, seed) => {
        const b = new GraphBuilder();
        const x = b.input("x", "weight", [1, 1, count]);
        const y = b.input("y", "weight", [1, 1, count]);
        const nodes = expression(b, [x, y, b.input("s", "weight", [1, 1, 1]), b.constant(-1)], steps);
        const made = nodes.slice(4).filter((id) => b.node(id).op.op === "map");
        if (made.length === 0) return;
        await conforms(b.build({ last: made[made.length - 1], first: made[0] }), 1, seed, null);
      }),
      { numRuns: 40 },
    );
  });

  it("that a convolution, a sum and an output all read", async () => {
    await fc.assert(
      fc.asyncProperty(
        extents,
        programs,
        rowCounts,
        seeds,
        async ({ channels, positions }, steps, rows, seed) => {
          const b = new GraphBuilder();
          const x = b.input("x", "sample", [1, channels, positions]);
          const nodes = expression(b, [x, b.constant(0.5)], steps);
          const y = b.map("tanh", b.map("add", x, nodes[nodes.length - 1]));
          const w = b.input("w", "weight", [2, channels, 3]);
          const map = convolveMap([1, channels, positions], [2, channels, 3], { padding: [2, 1] });
          const z = b.map("relu", b.convolve("output", w, y, map));
          await conforms(
            b.build({ y, z, sum: b.sum(y, ["n", "t"]), row: b.sum(z, ["c", "t"]) }),
            rows,
            seed,
            null,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it("give the same bits for fewer rows than the batch they were compiled for", async () => {
    await fc.assert(
      fc.asyncProperty(
        extents,
        programs,
        rowCounts,
        fc.nat(20),
        seeds,
        async (e, steps, rows, spare, seed) => {
          const b = new GraphBuilder();
          const x = b.input("x", "sample", [1, e.channels, e.positions]);
          const w = b.input("w", "weight", [1, e.channels, 1]);
          const nodes = expression(b, [b.map("add", x, w), b.rows(), b.constant(2)], steps);
          const y = b.map("mul", x, nodes[nodes.length - 1]);
          const total = b.sum(y, ["n", "c", "t"]);
          await shortBatch(b.build({ y, total, mean: b.map("div", total, b.rows()) }), rows, spare, seed);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("reductions", () => {
  const within: readonly (readonly Axis[])[] = [["t"], ["c"], ["c", "t"]];
  const across: readonly (readonly Axis[])[] = [["n"], ["n", "t"], ["n", "c", "t"], ["n", "c"]];

  it.each(Array.from({ length: 40 }, (_, i) => i + 1))("over %i positions", async (length) => {
    for (const channels of [1, 3]) {
      const b = new GraphBuilder();
      const x = b.input("x", "sample", [1, channels, length]);
      const turned = b.input("turned", "sample", [1, length, channels]);
      const outputs: Record<string, NodeId> = {};
      for (const axes of within) {
        for (const fn of ["sum", "max"] as const) {
          for (const [name, a] of [
            ["x", x],
            ["turned", turned],
          ] as const) {
            const node = b[fn](a, axes);
            if (node !== a) outputs[`${fn} ${name} ${axes.join("")}`] = node;
          }
        }
      }
      if (Object.keys(outputs).length === 0) continue;
      const graph = b.build(outputs);
      const rows = [1, 2, 5, 16, 17, 33][length % 6];
      await conforms(graph, rows, length, null);
      const { reference, exact } = await outcome(graph, inputsFor(graph, rows, length + 99), rows);
      for (const name of Object.keys(outputs)) {
        if (name.startsWith("max")) requireClose(reference[name], exact[name], 0);
        else expect(relativeError(reference[name], exact[name])).toBeLessThan(1e-6);
      }
    }
  });

  it("across rows: several sums share one pass, and short batches change no bit", async () => {
    await fc.assert(
      fc.asyncProperty(
        extents,
        fc.constantFrom(...across),
        rowCounts,
        fc.nat(20),
        seeds,
        async (e, axes, rows, spare, seed) => {
          const b = new GraphBuilder();
          const x = b.input("x", "sample", [1, e.channels, e.positions]);
          const y = b.input("y", "sample", [1, e.channels, 1]);
          const terms = {
            plain: x,
            square: b.map("mul", x, x),
            product: b.map("mul", b.map("exp", x), b.map("add", y, x)),
          };
          const names = Object.keys(terms) as (keyof typeof terms)[];
          const sums = (of: (term: NodeId) => NodeId): Graph =>
            b.build(Object.fromEntries(names.map((name) => [name, b.sum(of(terms[name]), axes)])));
          const graph = sums((term) => term);
          await conforms(graph, rows, seed, null);
          await shortBatch(graph, rows, spare, seed);
          const { reference, exact, program } = await outcome(graph, inputsFor(graph, rows, seed), rows);
          expect(program.entries.main.length).toBe(1);
          // terms may cancel: what rounding can do goes by the sum of their magnitudes
          const magnitudes = evaluate(
            sums((term) => b.map("abs", term)),
            inputsFor(graph, rows, seed),
            rows,
          );
          for (const name of names) {
            const lost = Math.hypot(...exact[name].map((value, i) => reference[name][i] - value));
            expect(lost).toBeLessThan(1e-6 * Math.hypot(...magnitudes[name]));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("sum the numbers 1 to 20 of each of 3 rows to 210, over all to 630", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 4, 5]);
    const graph = b.build({
      row: b.sum(x, ["c", "t"]),
      all: b.sum(x, ["n", "c", "t"]),
      top: b.max(x, ["c"]),
    });
    const values = Float32Array.from({ length: 60 }, (_, i) => (i % 20) + 1);
    const { wasm } = await outcome(graph, { x: values }, 3);
    expect([...wasm.row]).toEqual([210, 210, 210]);
    expect([...wasm.all]).toEqual([630]);
    expect(Array.from(wasm.top).slice(0, 5)).toEqual([16, 17, 18, 19, 20]);
  });

  it("feed what broadcasts them back: softmax and a centred signal", async () => {
    await fc.assert(
      fc.asyncProperty(extents, rowCounts, seeds, async ({ channels, positions }, rows, seed) => {
        const b = new GraphBuilder();
        const x = b.input("x", "sample", [1, channels, positions]);
        const e = b.map("exp", b.map("sub", x, b.max(x, ["c"])));
        const softmax = b.map("div", e, b.sum(e, ["c"]));
        const count = b.map("mul", b.rows(), b.constant(positions));
        const mean = b.map("div", b.sum(x, ["n", "t"]), count);
        const centred = b.map("sub", x, b.detach(mean));
        await conforms(
          b.build({ softmax, centred: b.map("add", centred, b.constant(0.25)) }),
          rows,
          seed,
          null,
        );
        const graph = b.build({ softmax });
        const { reference, exact } = await outcome(graph, inputsFor(graph, rows, seed), rows);
        requireClose(reference.softmax, exact.softmax, 1e-6);
      }),
      { numRuns: 20 },
    );
  });
});

describe("reshape", () => {
  it("flattens and comes back, with halos on either side", async () => {
    const padding = fc.nat(3);
    await fc.assert(
      fc.asyncProperty(extents, padding, padding, rowCounts, seeds, async (e, left, right, rows, seed) => {
        const { channels, positions } = e;
        const count = channels * positions;
        const b = new GraphBuilder();
        const x = b.map("tanh", b.input("x", "sample", [1, channels, positions]));
        const flat = b.reshape(x, [1, count, 1]);
        const back = b.reshape(b.map("mul", flat, b.constant(3)), [1, channels, positions]);
        // readers that pad: the copies carry halos, and temporaries start dirty
        const read = (y: NodeId, [, c, t]: Shape): NodeId => {
          const map = convolveMap([1, c, t], [1, c, 1 + left + right], { padding: [left, right] });
          return b.convolve("output", b.input(`w${c}x${t}`, "weight", [1, c, 1 + left + right]), y, map);
        };
        const outputs = {
          flat: read(flat, [1, count, 1]),
          back: read(back, [1, channels, positions]),
        };
        const named = Object.values(outputs).every((id) => b.node(id).op.op === "convolve");
        expect(named).toBe(true);
        await conforms(b.build(outputs), rows, seed, null);
        const graph = b.build(outputs);
        const { reference, exact } = await outcome(graph, inputsFor(graph, rows, seed), rows);
        for (const name of Object.keys(outputs))
          expect(relativeError(reference[name], exact[name])).toBeLessThan(1e-5);
      }),
      { numRuns: 30 },
    );
  });

  it("between any two shapes of as many values: [4, 6] to [3, 8]", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 4, 6]);
    const graph = b.build({ out: b.reshape(x, [1, 3, 8]) });
    const { wasm, exact } = await outcome(graph, inputsFor(graph, 3, 7), 3);
    expect([...wasm.out]).toEqual([...exact.out]);
  });

  it("of a weight moves its values to another axis: [1, 6, 1] read as [1, 1, 6]", async () => {
    const b = new GraphBuilder();
    const w = b.reshape(b.input("w", "weight", [1, 6, 1]), [1, 1, 6]);
    const x = b.input("x", "sample", [1, 2, 6]);
    const graph = b.build({
      out: b.map("add", x, w),
      wide: b.map("mul", w, b.input("u", "weight", [1, 3, 1])),
    });
    const { wasm, exact } = await outcome(graph, inputsFor(graph, 3, 7), 3);
    for (const name of ["out", "wide"]) requireClose(wasm[name], exact[name], 1e-6);
  });

  it("of a sum is an output of its own: sum over n and t of 4 channels as [4, 1, 1]", async () => {
    const b = new GraphBuilder();
    const sum = b.sum(b.input("x", "sample", [1, 4, 3]), ["n", "t"]);
    const graph = b.build({ out: b.reshape(sum, [4, 1, 1]) });
    const { wasm } = await outcome(graph, { x: Float32Array.from({ length: 12 }, (_, i) => i) }, 1);
    expect([...wasm.out]).toEqual([3, 12, 21, 30]);
  });
});

describe("detach and broadcast", () => {
  it("are values like any other", async () => {
    await fc.assert(
      fc.asyncProperty(extents, rowCounts, seeds, async ({ channels, positions }, rows, seed) => {
        const b = new GraphBuilder();
        const full = { space: "sample", shape: [1, channels, positions] } as const;
        const x = b.input("x", "sample", full.shape);
        const outputs = Object.fromEntries(
          operandKinds(channels, positions).flatMap(([space, shape], i) => {
            const wide = b.broadcast(b.input(`y${i}`, space, shape), full);
            return b.node(wide).op.op === "broadcast"
              ? [
                  [`y${i}`.toUpperCase(), wide],
                  [`d${i}`, b.detach(b.map("add", b.detach(x), wide))],
                  [`s${i}`, b.sum(b.map("abs", wide), ["n", "c", "t"])],
                ]
              : [];
          }),
        );
        if (Object.keys(outputs).length > 0) await conforms(b.build(outputs), rows, seed, 1e-5);
      }),
      { numRuns: 25 },
    );
  });

  it("spread a scalar of a weight over [2, 3, 5] weights", async () => {
    const b = new GraphBuilder();
    const s = b.input("s", "weight", [1, 1, 1]);
    const out = b.broadcast(s, { space: "weight", shape: [2, 3, 5] });
    const { wasm } = await outcome(b.build({ out }), { s: Float32Array.of(7) }, 1);
    expect([...wasm.out]).toEqual(Array(size([2, 3, 5])).fill(7));
  });
});
