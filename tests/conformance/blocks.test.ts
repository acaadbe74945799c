/** Convolutions in Toom-Cook blocks: the same bits on every back end and lane axis, and the f64 meaning. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inBlocks, takesBlock } from "../../src/compiler/fast.ts";
import type { Block, ConvolveOf, Graph } from "../../src/graph/ops.ts";
import { convolveGraph } from "./convolveGraph.ts";
import { bitsOf, inputsFor, outcome, relativeError } from "./harness.ts";

const shapes = fc
  .record({
    groups: fc.constantFrom(1, 1, 2, 3),
    channels: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 15, max: 34 })),
    filters: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 15, max: 34 })),
    taps: fc.integer({ min: 2, max: 18 }),
    stride: fc.constantFrom(1, 1, 2, 3),
    dilation: fc.constantFrom(1, 1, 2, 3, 6),
    left: fc.integer({ min: 0, max: 5 }),
    right: fc.integer({ min: 0, max: 5 }),
    extra: fc.integer({ min: 0, max: 40 }),
    m: fc.integer({ min: 1, max: 4 }),
    r: fc.integer({ min: 2, max: 5 }),
    whole: fc.boolean(),
    bias: fc.boolean(),
    rows: fc.oneof(fc.integer({ min: 1, max: 17 }), fc.constantFrom(16, 32, 33)),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map((s) => {
    const r = s.whole ? s.r : s.m + 1;
    const block: Block = { m: s.whole ? s.m : r, r };
    const taps = s.whole ? Math.min(s.taps, r) : s.taps;
    const span = s.dilation * (taps - 1) + 1;
    return { ...s, taps, block, length: Math.max(1, span - s.left - s.right) + s.extra };
  });
type Case = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

/** A convolution with bias and activation behind it, by blocks; null where no block can compute it. */
function blockGraph(of: ConvolveOf, s: Case): Graph | null {
  const plain = convolveGraph(of, s, (b, out) => {
    const channels = b.type(out).shape[1];
    return of === "filter" || !s.bias
      ? out
      : b.map("relu", b.map("add", out, b.input("b", "weight", [1, channels, 1])));
  });
  let takes = true;
  const graph = inBlocks(plain, (form, map) => {
    takes = takesBlock(form, map, s.block);
    return s.block;
  });
  return takes ? graph : null;
}

describe.each(["output", "input", "filter"] as const)("convolve of %s in blocks", (of) => {
  it("gives the same bits on every back end, and the f64 meaning within 1e-5 of the norm", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(shapes, async (s) => {
        const graph = blockGraph(of, s);
        if (!graph) return;
        taken++;
        const { reference, wasm, exact } = await outcome(graph, inputsFor(graph, s.rows, s.seed), s.rows);
        expect(bitsOf(wasm.out)).toBe(bitsOf(reference.out));
        expect(relativeError(wasm.out, exact.out)).toBeLessThan(1e-5);
      }),
      { numRuns: 80 },
    );
    expect(taken).toBeGreaterThan(30);
  });

  it("gives the same bits for NaN, infinities, signed zeros and denormals", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (s) => {
        const graph = blockGraph(of, s);
        if (!graph) return;
        const { reference, wasm } = await outcome(graph, inputsFor(graph, s.rows, s.seed, true), s.rows);
        expect(bitsOf(wasm.out)).toBe(bitsOf(reference.out));
      }),
      { numRuns: 40 },
    );
  });
});

it("takes more classes of a dilated filter than are computed side by side", async () => {
  const [shape] = fc.sample(shapes, { numRuns: 1, seed: 1 });
  const sizes = { groups: 1, channels: 20, filters: 17, taps: 3, stride: 1, left: 0, right: 0 } as const;
  const dilation = 26 as Case["dilation"]; // two runs of classes: 20 and 6 of 26
  const s: Case = { ...shape, ...sizes, dilation, length: 83, rows: 17, block: { m: 4, r: 3 } };
  const graph = blockGraph("output", s) as Graph;
  const { reference, wasm, exact } = await outcome(graph, inputsFor(graph, s.rows, s.seed), s.rows);
  expect(bitsOf(wasm.out)).toBe(bitsOf(reference.out));
  expect(relativeError(wasm.out, exact.out)).toBeLessThan(1e-5);
});
