import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodeWriter } from "../../src/compiler/code.ts";
import { compile } from "../../src/compiler/compile.ts";
import { fuseMultiplyAdd } from "../../src/compiler/fused.ts";
import { printCode } from "../../src/vector/vector.ts";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { backends, bitsOf, inputsFor, natives, outputs, relativeError, run } from "./harness.ts";

describe("fused numerics", () => {
  it("take a product into the one addition that reads it, and leave the others", () => {
    const code = new CodeWriter();
    const p = code.pointer();
    const [a, b, c] = [0, 64, 128].map((offset) => code.load(p, offset));
    const once = code.mul(a, b);
    const twice = code.mul(a, c);
    code.store(p, 192, code.add(c, once));
    code.store(p, 256, code.add(twice, twice));
    expect(printCode(fuseMultiplyAdd(code.finish()))).toBe(
      [
        "v0 = load p0+0",
        "v1 = load p0+64",
        "v2 = load p0+128",
        "v4 = mul v0, v2",
        "v5 = muladd v2, v0, v1",
        "store p0+192, v5",
        "v6 = add v4, v4",
        "store p0+256, v6",
      ].join("\n"),
    );
  });

  it("stay within 1e-6 of the f64 meaning, on either lane axis; AVX2 and AVX-512 give the same bits", async () => {
    const shapes = fc.record({
      channels: fc.constantFrom(1, 5, 16),
      filters: fc.constantFrom(1, 7, 33),
      taps: fc.integer({ min: 1, max: 5 }),
      extra: fc.integer({ min: 0, max: 14 }),
      rows: fc.integer({ min: 1, max: 4 }),
      lanes: fc.constantFrom("samples" as const, "channels" as const),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ channels, filters, taps, extra, rows, lanes, seed }) => {
        const b = new GraphBuilder();
        const w = b.input("w", "weight", [filters, channels, taps]);
        const y = b.input("y", "sample", [1, channels, taps + extra]);
        const options = { stride: 1, dilation: 1, padding: [1, 1], groups: 1 } as const;
        const map = convolveMap([1, channels, taps + extra], [filters, channels, taps], options);
        const out = b.map("tanh", b.convolve("output", w, y, map));
        const graph = b.build({ out, dw: b.convolve("filter", out, y, map) });
        const inputs = inputsFor(graph, rows, seed);
        const exact = evaluate(graph, inputs, rows);
        const bits: string[] = [];
        for (const backend of [...backends, ...natives]) {
          const { schedule } = backend;
          const program = compile({ main: graph }, { batch: rows, lanes, schedule, numerics: "fused" });
          const got = outputs(await run(backend, program, graph, inputs, rows), graph, rows);
          for (const name of ["out", "dw"]) expect(relativeError(got[name], exact[name])).toBeLessThan(1e-6);
          if (natives.includes(backend)) bits.push(bitsOf(got.out) + bitsOf(got.dw));
        }
        expect(new Set(bits).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 30 },
    );
  });
});
