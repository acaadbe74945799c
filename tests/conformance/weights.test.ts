import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/build.ts";
import { bitsOf, inputsFor, outcome, relativeError } from "./harness.ts";

const extents = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 1, max: 40 }),
);

describe("sums of weights", () => {
  it("along taps, along channels and taps, and of products: equal bits, and the f64 meaning", async () => {
    await fc.assert(
      fc.asyncProperty(extents, fc.integer({ min: 1, max: 1e6 }), async (shape, seed) => {
        const b = new GraphBuilder();
        const w = b.input("w", "weight", shape);
        const norm = b.map("sqrt", b.sum(b.map("mul", w, w), ["c", "t"]));
        const graph = b.build({
          taps: b.map("add", b.sum(w, ["t"]), b.constant(1)),
          all: b.map("add", b.sum(w, ["c", "t"]), b.constant(1)),
          unit: b.map("div", w, norm),
        });
        const { wasm, reference, exact } = await outcome(graph, inputsFor(graph, 1, seed), 1);
        for (const name of Object.keys(graph.outputs)) {
          expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
          expect(relativeError(wasm[name], exact[name])).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 60 },
    );
  });
});
