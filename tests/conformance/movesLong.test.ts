/** Sparse maps along positions, concat, slice and random numbers: bits, f64 meaning and gradients. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { rowsOf, segmentsOf, transposedRows, type Rows } from "../../src/graph/mix.ts";
import type { Graph, NodeId } from "../../src/graph/ops.ts";
import { randomBits } from "../../src/numerics/threefry.ts";
import { gradientError, valuesFor } from "../graph/numeric.ts";
import { bitsOf, inputsFor, outcome, relativeError } from "./harness.ts";

const rowCounts = fc.constantFrom(1, 2, 5, 16, 17, 33);
const seeds = fc.integer({ min: 1, max: 1e6 });
const weight = fc.constantFrom(1, -1, 0.5, 0.1, 2);

/** Rows of a map from `positions`: any terms, or the same terms moved on. */
const mixes = fc.integer({ min: 1, max: 20 }).chain((positions) => {
  const term = fc.tuple(fc.nat(positions - 1), weight);
  const any = fc.array(fc.array(term, { maxLength: 4 }), { minLength: 1, maxLength: 20 });
  const sliding = fc
    .record({
      size: fc.integer({ min: 1, max: positions }),
      stride: fc.integer({ min: 1, max: 3 }),
      repeat: fc.integer({ min: 1, max: 4 }),
      w: weight,
    })
    .map(({ size, stride, repeat, w }) =>
      Array.from({ length: Math.floor((positions - size) / stride) + 1 }, (_, i) =>
        Array.from({ length: size }, (__, j) => [i * stride + j, w] as const),
      ).flatMap((row) => Array<typeof row>(repeat).fill(row)),
    );
  return fc.oneof(any, sliding).map((rows) => ({ positions, rows: rows as Rows }));
});

async function conforms(graph: Graph, rows: number, seed: number, spare: number): Promise<void> {
  for (const hostile of [false, true]) {
    const inputs = inputsFor(graph, rows, seed, hostile);
    const { reference, wasm, exact } = await outcome(graph, inputs, rows);
    const short = await outcome(graph, inputs, rows, rows + spare);
    for (const name of Object.keys(graph.outputs)) {
      expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
      expect(bitsOf(short.wasm[name])).toBe(bitsOf(reference[name]));
      if (!hostile) expect(relativeError(reference[name], exact[name])).toBeLessThan(2e-6);
    }
  }
}

/** A convolution that pads, so that what it reads carries a halo. */
function padded(b: GraphBuilder, a: NodeId): NodeId {
  const [, channels, length] = b.type(a).shape;
  const map = convolveMap([1, channels, length], [2, channels, 3], { padding: [2, 1] });
  return b.convolve("output", b.input(`w${a}`, "weight", [2, channels, 3]), a, map);
}

describe("mix", () => {
  it("segments hold the rows that they were made of, and the adjoint's adjoint is the map", () => {
    fc.assert(
      fc.property(mixes, ({ positions, rows }) => {
        expect(rowsOf(segmentsOf(rows))).toEqual(rows);
        const twice = transposedRows(transposedRows(rows, positions), rows.length);
        const sorted = (r: Rows) => r.map((terms) => [...terms].sort((p, q) => p[0] - q[0] || p[1] - q[1]));
        expect(sorted(twice)).toEqual(sorted(rows));
      }),
    );
  });

  it("gives the same bits on both back ends, near the f64 meaning", async () => {
    await fc.assert(
      fc.asyncProperty(
        mixes,
        fc.integer({ min: 1, max: 3 }),
        rowCounts,
        fc.nat(20),
        seeds,
        async (m, channels, rows, spare, seed) => {
          const b = new GraphBuilder();
          const x = b.input("x", "sample", [1, channels, m.positions]);
          const y = b.mix(x, m.rows);
          await conforms(b.build({ y, read: padded(b, b.mix(b.map("tanh", x), m.rows)) }), rows, seed, spare);
        },
      ),
      { numRuns: 40 * 12 },
    );
  });

  it("has the gradient of central differences", () => {
    fc.assert(
      fc.property(mixes, seeds, (m, seed) => {
        const b = new GraphBuilder();
        const y = b.mix(b.map("tanh", b.input("x", "sample", [1, 2, m.positions])), m.rows);
        const out = b.map("mul", y, y);
        const graph = b.build({ out });
        expect(gradientError(graph, out, valuesFor(graph, 2, seed), 2)).toBeLessThan(1e-7);
      }),
      { numRuns: 25 * 12, seed: 20260101 },
    );
  });

  it("(1, 2, 3, 4) upsampled by 2 is (1, 1, 2, 2, 3, 3, 4, 4), its mean of pairs (1.5, 3.5)", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 1, 4]);
    const up = b.mix(
      x,
      Array.from({ length: 8 }, (_, i) => [[i >> 1, 1]] as const),
    );
    const pool = b.mix(
      x,
      [0, 2].map(
        (i) =>
          [
            [i, 0.5],
            [i + 1, 0.5],
          ] as const,
      ),
    );
    const { wasm } = await outcome(b.build({ up, pool }), { x: Float32Array.of(1, 2, 3, 4) }, 1);
    expect([...wasm.up]).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect([...wasm.pool]).toEqual([1.5, 3.5]);
  });
});

describe("concat and slice", () => {
  const parts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 });

  it("of 1 to 4 channels each, with halos around the result and its parts", async () => {
    await fc.assert(
      fc.asyncProperty(
        parts,
        fc.integer({ min: 1, max: 40 }),
        rowCounts,
        fc.nat(20),
        seeds,
        async (channels, length, rows, spare, seed) => {
          const b = new GraphBuilder();
          const signals = channels.map((c, i) => b.map("tanh", b.input(`x${i}`, "sample", [1, c, length])));
          const all = b.concat(signals);
          const total = channels.reduce((p, q) => p + q);
          const first = seed % total;
          const part = b.slice(all, first, 1 + (seed % (total - first)));
          const outputs = {
            all,
            part: b.map("exp", part),
            back: b.slice(all, 0, channels[0]),
            read: padded(b, all),
            piece: padded(b, part),
            end: padded(b, signals[1]),
          };
          await conforms(b.build(outputs), rows, seed, spare);
        },
      ),
      { numRuns: 40 * 12 },
    );
  });

  it("of inputs as they are, and of one signal twice", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 5]);
    const y = b.input("y", "sample", [1, 1, 5]);
    await conforms(
      b.build({ xyx: b.concat([x, y, x]), read: padded(b, b.concat([y, x])), cut: b.slice(x, 1, 1) }),
      17,
      3,
      4,
    );
  });

  it("have the gradient of central differences", () => {
    const b = new GraphBuilder();
    const [x, y] = [2, 3].map((c) => b.input(`x${c}`, "sample", [1, c, 4]));
    const all = b.concat([b.map("tanh", x), y, x]);
    const out = b.map("mul", b.slice(all, 1, 5), b.slice(all, 2, 5));
    const graph = b.build({ out });
    expect(gradientError(graph, out, valuesFor(graph, 3, 5), 3)).toBeLessThan(1e-7);
  });
});

describe("random", () => {
  /** A float that has these bits. */
  const float = (bits: number): Float32Array => new Float32Array(Uint32Array.of(bits).buffer);

  it.each([
    [1, 0, 7],
    [17, 5, 123456],
    [33, 1000000, 0x3f800000],
  ])("of %i rows at step %i with seed %i is Threefry's word of the flat index", async (rows, step, seed) => {
    const b = new GraphBuilder();
    const [s, t] = ["seed", "step"].map((n) => b.input(n, "weight", [1, 1, 1]));
    const u = b.random([1, 3, 5], 9, s, t);
    const graph = b.build({ u, read: padded(b, u) });
    const inputs = { ...inputsFor(graph, rows, 1), seed: float(seed), step: float(step) };
    const { reference, wasm, exact } = await outcome(graph, inputs, rows);
    const short = await outcome(graph, inputs, rows, rows + 20);
    const want = Float32Array.from(
      { length: rows * 15 },
      (_, i) => (randomBits(seed, 9, step, i) >>> 8) / 2 ** 24,
    );
    for (const got of [reference, wasm, short.wasm]) expect([...got.u]).toEqual([...want]);
    expect([...exact.u]).toEqual([...want]);
    expect(bitsOf(wasm.read)).toBe(bitsOf(reference.read));
  });
});
