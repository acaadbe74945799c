import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodeWriter } from "../../src/compiler/code.ts";
import { compile } from "../../src/compiler/compile.ts";
import { fuseMultiplyAdd } from "../../src/compiler/fused.ts";
import { printCode } from "../../src/vector/vector.ts";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import type { Graph, NodeId } from "../../src/graph/ops.ts";
import { inBlocks } from "../../src/compiler/fast.ts";
import { fusesMultiplyAdd } from "../../src/backends/wasm/fusing.ts";
import { UnableError } from "../../src/backends/backend.ts";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { backends, bitsOf, type Inputs, inputsFor, natives, outputs, run } from "./harness.ts";

/** Back ends that can fuse here: WebAssembly only where its engine's multiply-add rounds once (Node 22 and newer). */
const fusing = [...backends.filter((b) => b !== wasm || fusesMultiplyAdd()), ...natives];

/** A convolution, a map of it, and the filter gradient of that: the two sums that fused code takes with one rounding a term. */
function tanhAndFilterGradient(
  filters: number,
  channels: number,
  taps: number,
  positions: number,
  map: (b: GraphBuilder, sum: NodeId) => NodeId,
): Graph {
  const b = new GraphBuilder();
  const w = b.input("w", "weight", [filters, channels, taps]);
  const y = b.input("y", "sample", [1, channels, positions]);
  const options = { stride: 1, dilation: 1, padding: [1, 1], groups: 1 } as const;
  const terms = convolveMap([1, channels, positions], [filters, channels, taps], options);
  const out = map(b, b.convolve("output", w, y, terms));
  return b.build({ out, dw: b.convolve("filter", out, y, terms) });
}

const absolute = (inputs: Inputs): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, values.map(Math.abs)]));

const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));

const normOfDifference = (got: ArrayLike<number>, exact: ArrayLike<number>): number =>
  norm(Array.from(exact, (value, i) => got[i] - value));

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

  it("stay within 1e-6 of their terms' magnitude of the f64 meaning, on either lane axis, direct and in blocks, with the same bits on every back end", async () => {
    const shapes = fc.record({
      channels: fc.constantFrom(1, 5, 16, 40),
      filters: fc.constantFrom(1, 7, 33),
      blocks: fc.boolean(),
      taps: fc.integer({ min: 1, max: 5 }),
      extra: fc.integer({ min: 0, max: 14 }),
      rows: fc.integer({ min: 1, max: 4 }),
      lanes: fc.constantFrom("samples" as const, "channels" as const),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ channels, filters, taps, extra, rows, lanes, seed, blocks }) => {
        const plain = tanhAndFilterGradient(filters, channels, taps, taps + extra, (b, sum) =>
          b.map("tanh", sum),
        );
        const graph = blocks ? inBlocks(plain) : plain;
        const inputs = inputsFor(graph, rows, seed);
        const exact = evaluate(graph, inputs, rows);
        // |tanh'| <= 1, so the same sums over absolute values bound what rounding can do where terms cancel.
        const linear = tanhAndFilterGradient(filters, channels, taps, taps + extra, (_, sum) => sum);
        const magnitude = evaluate(linear, absolute(inputs), rows);
        const bits: string[] = [];
        for (const backend of fusing) {
          const { schedule } = backend;
          const program = compile({ main: graph }, { batch: rows, lanes, schedule, numerics: "fused" });
          const got = outputs(await run(backend, program, graph, inputs, rows), graph, rows);
          for (const name of ["out", "dw"]) {
            expect(normOfDifference(got[name], exact[name])).toBeLessThan(3e-6 * norm(magnitude[name]));
          }
          bits.push(bitsOf(got.out) + bitsOf(got.dw));
        }
        expect(new Set(bits).size).toBe(1);
      }),
      { numRuns: 30 },
    );
  });

  it.runIf(!fusesMultiplyAdd())("are refused by name where the WebAssembly engine cannot fuse", async () => {
    const graph = tanhAndFilterGradient(2, 2, 2, 5, (_, sum) => sum);
    const program = compile({ main: graph }, { batch: 1, numerics: "fused" });
    const refused = wasm.load(program);
    await expect(refused).rejects.toThrow(UnableError);
    await expect(refused).rejects.toThrow(
      "this WebAssembly engine has no multiply-add that rounds once, which numerics fused takes; use numerics strict, or backend reference",
    );
  });
});
