import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convolveGraph } from "./convolveGraph.ts";
import { bitsOf, inputsFor, outcome, relativeError } from "./harness.ts";

const shapes = fc
  .record({
    groups: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 4 }),
    filters: fc.integer({ min: 1, max: 6 }),
    taps: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 16, max: 21 })),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    left: fc.integer({ min: 0, max: 5 }),
    right: fc.integer({ min: 0, max: 5 }),
    extra: fc.integer({ min: 0, max: 12 }),
    rows: fc.oneof(fc.integer({ min: 1, max: 17 }), fc.constantFrom(16, 32, 33)),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map((s) => {
    const span = s.dilation * (s.taps - 1) + 1;
    return { ...s, length: Math.max(1, span - s.left - s.right) + s.extra };
  });
describe.each(["output", "input", "filter"] as const)("convolve of %s", (of) => {
  it("gives the same bits on wasm as on the reference, and the f64 meaning within 1e-6 of the norm", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (s) => {
        const graph = convolveGraph(of, s);
        const { reference, wasm, exact } = await outcome(graph, inputsFor(graph, s.rows, s.seed), s.rows);
        expect(bitsOf(wasm.out)).toBe(bitsOf(reference.out));
        expect(relativeError(wasm.out, exact.out)).toBeLessThan(1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it("gives the same bits for NaN, infinities, signed zeros and denormals", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (s) => {
        const graph = convolveGraph(of, s);
        const { reference, wasm } = await outcome(graph, inputsFor(graph, s.rows, s.seed, true), s.rows);
        expect(bitsOf(wasm.out)).toBe(bitsOf(reference.out));
      }),
      { numRuns: 40 },
    );
  });

  it("gives the same bits for fewer rows than the batch it was compiled for", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 0, max: 20 }), async (s, spare) => {
        const graph = convolveGraph(of, s);
        const inputs = inputsFor(graph, s.rows, s.seed);
        const full = await outcome(graph, inputs, s.rows);
        const short = await outcome(graph, inputs, s.rows, s.rows + spare);
        expect(bitsOf(short.wasm.out)).toBe(bitsOf(full.wasm.out));
      }),
      { numRuns: 25 },
    );
  });
});
