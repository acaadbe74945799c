/** What the compiler puts into one kernel, and where it puts what kernels pass on. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeModule } from "../../src/backends/wasm/module.ts";
import { whole } from "../../src/vector/partition.ts";
import { compile } from "../../src/compiler/compile.ts";
import { planMemory } from "../../src/compiler/memory.ts";
import type { Program } from "../../src/vector/program.ts";
import { printCode } from "../../src/vector/vector.ts";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph, NodeId } from "../../src/graph/ops.ts";
import { bitsOf, inputsFor, outcome, relativeError } from "./harness.ts";

const names = (program: Program, entry = "main"): string[] => program.entries[entry].map((k) => k.name);

/** tanh(w * x + b) with 1 channel and 3 taps on `length` positions. */
function convolution(b: GraphBuilder, x: NodeId, name: string): NodeId {
  const [, channels, length] = b.type(x).shape;
  const map = convolveMap([1, channels, length], [1, channels, 3]);
  const z = b.convolve("output", b.input(`${name}.w`, "weight", [1, channels, 3]), x, map);
  return b.map("tanh", b.map("add", z, b.input(`${name}.b`, "weight", [1, 1, 1])));
}

async function conforms(graph: Graph, rows = 5): Promise<Program> {
  const { program, reference, wasm, exact } = await outcome(graph, inputsFor(graph, rows, 11), rows);
  for (const name of Object.keys(graph.outputs)) {
    expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
    expect(relativeError(wasm[name], exact[name])).toBeLessThan(1e-5);
  }
  return program;
}

describe("fusion", () => {
  it("makes convolution, bias and activation 1 kernel", async () => {
    const b = new GraphBuilder();
    const program = await conforms(b.build({ y: convolution(b, b.input("x", "sample", [1, 1, 8]), "l") }));
    expect(names(program)).toEqual(["convolve.output+map 1x8 -> 1x6 taps 3"]);
  });

  it("prints a convolution of 3 taps with bias and relu over 1 position", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 1, 3]);
    const map = convolveMap([1, 1, 3], [1, 1, 3]);
    const z = b.convolve("output", b.input("w", "weight", [1, 1, 3]), x, map);
    const y = b.map("relu", b.map("add", z, b.input("b", "weight", [1, 1, 1])));
    const [{ code }] = compile({ main: b.build({ y }) }, { batch: 16 }).entries.main;
    expect(printCode(code)).toMatchInlineSnapshot(`
      "v0 = const 0x0
      v1 = load p0+0
      v2 = splat p1+0
      v3 = mul v1, v2
      v4 = add v0, v3
      v5 = load p0+64
      v6 = splat p1+4
      v7 = mul v5, v6
      v8 = add v4, v7
      v9 = load p0+128
      v10 = splat p1+8
      v11 = mul v9, v10
      v12 = add v8, v11
      v13 = splat p2+0
      v16 = add v12, v13
      v18 = max v16, v0
      v19 = load p4+0
      v20 = and v18, v19
      store p3+0, v20"
    `);
  });

  it("makes a chain of 3 convolutions 3 kernels", async () => {
    const b = new GraphBuilder();
    let y = b.input("x", "sample", [1, 1, 12]);
    for (const l of ["1", "2", "3"]) y = convolution(b, y, l);
    expect((await conforms(b.build({ y }))).entries.main.length).toBe(3);
  });

  it("puts the activation's derivative into the back-signal's kernel", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 1, 12]);
    const y2 = convolution(b, convolution(b, x, "1"), "2");
    const by = ["1.w", "1.b", "2.w", "2.b"].map((n) =>
      b.input(n, "weight", n.endsWith("w") ? [1, 1, 3] : [1, 1, 1]),
    );
    const loss = b.sum(b.sum(y2, ["c", "t"]), ["n"]);
    const { graph, gradients } = gradient(b.build({ loss }), loss, by);
    const outputs = { loss, ...Object.fromEntries(gradients.map((g, i) => [`d${i}`, g as NodeId])) };
    const program = await conforms({ nodes: graph.nodes, outputs }, 17);
    expect(names(program)).toEqual([
      "convolve.output+map 1x12 -> 1x10 taps 3",
      "convolve.output+map 1x10 -> 1x8 taps 3",
      "sum 1x8 over t",
      "sum 1x1 over n",
      "sum 1x8 over nt",
      "convolve.filter 1x10 -> 1x8 taps 3",
      "convolve.input+map 1x10 -> 1x8 taps 3",
      "sum 1x10 over nt",
      "convolve.filter 1x12 -> 1x10 taps 3",
    ]);
  });

  it("reads a pool's shifts where they lie: a maximum of 3 is 1 kernel, its derivative 2", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 9]);
    const w = b.input("w", "weight", [2, 2, 1]);
    const z = b.convolve("output", w, x, convolveMap([1, 2, 9], [2, 2, 1]));
    const at = (first: number) =>
      b.mix(
        z,
        Array.from({ length: 9 }, (_, t) => [[clamp(t + first), 1]]),
      );
    const y = b.map("max", b.map("max", at(-1), z), at(1));
    const loss = b.sum(b.sum(b.map("tanh", y), ["c", "t"]), ["n"]);
    const { graph, gradients } = gradient(b.build({ loss }), loss, [w]);
    const outputs = { loss, dw: gradients[0] as NodeId };
    const program = await conforms({ nodes: graph.nodes, outputs }, 17);
    expect(names(program).filter((name) => name.startsWith("mix"))).toEqual([]);
    expect(names(program).filter((name) => name.startsWith("map")).length).toBe(3);
    function clamp(t: number): number {
      return Math.max(0, Math.min(8, t));
    }
  });

  it("writes 2 outputs of one expression in 1 pass", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 3, 5]);
    const e = b.map("exp", x);
    const program = await conforms(b.build({ e, f: b.map("mul", e, x) }));
    expect(names(program)).toEqual(["map 3x5"]);
  });

  it("writes one node under two names", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 3, 5]);
    const y = b.map("tanh", x);
    const sum = b.sum(y, ["n"]);
    const program = await conforms(b.build({ a: y, b: y, detached: b.detach(y), s1: sum, s2: sum }));
    expect(program.entries.main.length).toBe(2);
    expect(new Set(["a", "b", "detached"].map((n) => program.tensors[n].offset)).size).toBe(3);
  });

  it("writes one filter's gradient under two names, as two equal layers on one input have it", async () => {
    const b = new GraphBuilder();
    const map = convolveMap([1, 2, 7], [3, 2, 3]);
    const v = b.input("v", "sample", [1, 3, 5]);
    const dw = b.convolve("filter", v, b.input("y", "sample", [1, 2, 7]), map);
    await conforms(b.build({ a: dw, b: dw }));
  });

  it("runs an optimizer step over the whole parameter vector in 1 kernel", async () => {
    const b = new GraphBuilder();
    const at = (name: string): NodeId => b.input(name, "weight", [1, 1, 37]);
    const u = b.map("add", b.map("mul", b.constant(0.9), at("u")), at("g"));
    const w = b.map("sub", at("w"), b.map("mul", b.input("rate", "weight", [1, 1, 1]), u));
    const graph = b.build({ u, w });
    const inputs = inputsFor(graph, 1, 3);
    const { program, wasm, exact } = await outcome(graph, inputs, 1);
    expect(names(program)).toEqual(["weights 1x1x37"]);
    expect(program.entries.main.length).toBe(1);
    for (const name of ["u", "w"]) expect(relativeError(wasm[name], exact[name])).toBeLessThan(1e-6);
  });
});

describe("an output that has an input's name", () => {
  it("replaces it: x becomes 2 x + 1", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 3]);
    const graph = b.build({ x: b.map("add", b.map("mul", x, b.constant(2)), b.constant(1)) });
    const { wasm } = await outcome(graph, { x: Float32Array.of(0, 1, 2, 3, 4, 5) }, 1);
    expect([...wasm.x]).toEqual([1, 3, 5, 7, 9, 11]);
  });

  it.each([
    ["weight", 20],
    ["sample", 3],
  ] as const)("is read by all others before: a and b of %s space trade places", async (space, count) => {
    const b = new GraphBuilder();
    const [p, q] = ["a", "b"].map((n) => b.input(n, space, [1, 1, count]));
    const graph = b.build({ a: b.map("neg", q), b: b.map("neg", p) });
    await conforms(graph, 2);
  });

  it("is read before it is replaced, by a later kernel too", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 6]);
    const doubled = b.map("mul", x, b.constant(2));
    const sum = b.sum(b.map("tanh", b.map("add", x, b.sum(doubled, ["n", "t"]))), ["n", "c", "t"]);
    await conforms(b.build({ x: doubled, sum }), 3);
  });

  it("may be the convolution of what it replaces", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 9]);
    const map = convolveMap([1, 2, 9], [2, 2, 3], { padding: [1, 1] });
    await conforms(b.build({ x: b.convolve("output", b.input("w", "weight", [2, 2, 3]), x, map) }), 3);
  });

  it("is read by a node of its own kernel that comes after it", async () => {
    const b = new GraphBuilder();
    const [m, u] = ["m", "u"].map((n) => b.input(n, "weight", [1, 1, 20]));
    const tanh = b.map("tanh", u);
    await conforms(b.build({ m: tanh, sum: b.map("add", m, tanh) }));
  });
});

describe("outputs in place, any of them", () => {
  it("are read by every other node as they were before the step", async () => {
    const fns = ["neg", "tanh", "add", "sub", "mul"] as const;
    const step = fc.record({ kind: fc.nat(7), a: fc.nat(), b: fc.nat() });
    const names = ["a", "b", "c", "u"] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 10 }),
        fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
        fc.constantFrom(1, 5, 17),
        fc.integer({ min: 1, max: 1e6 }),
        async (steps, picks, rows, seed) => {
          const b = new GraphBuilder();
          const nodes: NodeId[] = names.map((n) => b.input(n, "sample", n === "u" ? [1, 2, 1] : [1, 2, 6]));
          const w = b.input("w", "weight", [2, 2, 3]);
          const m = b.input("m", "weight", [1, 2, 1]);
          nodes.push(m);
          const map = convolveMap([1, 2, 6], [2, 2, 3], { padding: [1, 1] });
          for (const s of steps) {
            const p = nodes[s.a % nodes.length];
            const q = nodes[s.b % nodes.length];
            const wide = b.type(p).shape[2] === 6;
            if (s.kind < fns.length)
              nodes.push(s.kind < 2 ? b.map(fns[s.kind], p) : b.map(fns[s.kind], p, q));
            else if (s.kind === 5 && wide) nodes.push(b.convolve("output", w, p, map));
            else if (s.kind === 6 && wide) nodes.push(b.map("tanh", b.sum(p, ["n", "t"])));
            else if (wide) nodes.push(b.sum(p, ["t"]));
          }
          // every input may become any computed node of its type
          const made = nodes.filter((id) => b.node(id).op.op !== "input");
          const outputs: Record<string, NodeId> = {};
          [...names, "m" as const].forEach((name, i) => {
            const type = b.type(
              b.input(name, name === "m" ? "weight" : "sample", /[um]/.test(name) ? [1, 2, 1] : [1, 2, 6]),
            );
            const fits = made.filter((id) => JSON.stringify(b.type(id)) === JSON.stringify(type));
            if (fits.length > 0) outputs[name] = fits[picks[i] % fits.length];
          });
          outputs.extra = b.map("tanh", nodes[picks[5] % nodes.length]);
          const graph = b.build(outputs);
          const { reference, wasm, exact } = await outcome(graph, inputsFor(graph, rows, seed), rows);
          for (const name of Object.keys(outputs)) {
            expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
            expect(relativeError(wasm[name], exact[name])).toBeLessThan(1e-4);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("memory", () => {
  const lives = fc.array(
    fc
      .record({ bytes: fc.integer({ min: 1, max: 40 }), from: fc.nat(12), length: fc.nat(6) })
      .map(({ bytes, from, length }) => ({ bytes: bytes * 64, from, to: from + length })),
    { maxLength: 25 },
  );

  it("never gives two lives that meet the same byte", () => {
    fc.assert(
      fc.property(lives, (all) => {
        const { offsets, bytes } = planMemory(all);
        for (const [i, a] of all.entries()) {
          const at = offsets.get(a) as number;
          expect(at % 64).toBe(0);
          expect(at >= 0 && at + a.bytes <= bytes).toBe(true);
          for (const b of all.slice(i + 1)) {
            if (a.from > b.to || b.from > a.to) continue;
            const other = offsets.get(b) as number;
            expect(at + a.bytes <= other || other + b.bytes <= at).toBe(true);
          }
        }
      }),
    );
  });

  it("gives the bytes of the dead to the next: lives 0-1, 1-2, 2-3 of 64 bytes take 128", () => {
    const life = (from: number) => ({ bytes: 64, from, to: from + 1 });
    expect(planMemory([life(0), life(1), life(2)]).bytes).toBe(128);
  });

  it("keeps 8 hidden signals of a chain in the bytes of 2", () => {
    const b = new GraphBuilder();
    let y = b.input("x", "sample", [1, 1, 40]);
    for (let l = 0; l < 9; l++) y = convolution(b, y, `${l}`);
    const program = compile({ main: b.build({ y }) }, { batch: 16 });
    const named = Math.max(...Object.values(program.tensors).map((t) => t.offset + t.bytes));
    // signals of 38 and 36 positions of 16 floats at a pitch of 39 and 37, the longest two that live together
    // and at most a vector beside them, where their sum would be 38 + 36 + ... + 24 = 248
    expect(program.arenaBytes - named).toBeLessThanOrEqual((39 + 37 + 1) * 64);
  });
});

describe("a wasm module", () => {
  /** The number of functions in the function section (id 3); counts below 128 take one byte. */
  function functions(bytes: Uint8Array): number {
    let at = 8;
    for (;;) {
      const id = bytes[at++];
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        length |= (byte & 127) << shift;
        if (byte < 128) break;
      }
      if (id === 3) return bytes[at];
      at += length;
    }
  }

  it("has 1 function for 4 equal kernels, and 1 an entry", () => {
    const b = new GraphBuilder();
    const make = (i: number): NodeId => b.map("tanh", b.input(`x${i}`, "sample", [1, 2, 5]));
    const different = b.map("tanh", b.input("z", "sample", [1, 2, 6]));
    const one = b.build({ y0: make(0) });
    const all = b.build({ y0: make(0), y1: make(1), y2: make(2), y3: make(3) });
    const more = b.build({ y0: make(0), z1: different });
    expect(functions(encodeModule(whole(compile({ main: one }, { batch: 16 })), 1, 0))).toBe(1 + 1);
    expect(functions(encodeModule(whole(compile({ main: all }, { batch: 16 })), 1, 0))).toBe(1 + 1);
    expect(functions(encodeModule(whole(compile({ main: more }, { batch: 16 })), 1, 0))).toBe(2 + 1);
    expect(functions(encodeModule(whole(compile({ main: one, other: all }, { batch: 16 })), 1, 0))).toBe(
      1 + 2,
    );
  });
});
