/** Histories: parts put into wholes, and programs whose tensors slide along longer ones, on every back end and lane axis. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, slidEntry } from "../../src/compiler/compile.ts";
import { fits } from "../../src/compiler/lanes.ts";
import { GraphBuilder } from "../../src/graph/build.ts";
import type { Graph } from "../../src/graph/ops.ts";
import { samplesAt, weightView, writeRows } from "../../src/vector/arena.ts";
import { backends, bitsOf, inputsFor, natives, outcome, requireClose } from "./harness.ts";

const FIXED = 20_260;

/** A filter over the last positions of a history that ends with new ones. */
function filterOf(c: {
  channels: number;
  filters: number;
  taps: number;
  dilation: number;
  count: number;
  past: number;
}): Graph {
  const b = new GraphBuilder();
  const length = c.past + c.count;
  const x = b.map("relu", b.input("x", "sample", [1, c.channels, c.count]));
  const past = b.put(b.input("past", "sample", [1, c.channels, length + 2]), x, c.past);
  const span = c.dilation * (c.taps - 1);
  const y = b.convolve("output", b.input("w", "weight", [c.filters, c.channels, c.taps]), past, {
    channels: c.channels,
    length: length + 2,
    filters: c.filters,
    outLength: c.count,
    taps: c.taps,
    stride: 1,
    dilation: c.dilation,
    padding: span - c.past,
    groups: 1,
  });
  return b.build({ past, y: b.map("tanh", y) });
}

const shapes = fc
  .record({
    channels: fc.integer({ min: 1, max: 20 }),
    filters: fc.integer({ min: 1, max: 20 }),
    taps: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 1, max: 20 }),
    more: fc.integer({ min: 0, max: 5 }),
  })
  .map((c) => ({ ...c, past: c.dilation * (c.taps - 1) + c.more }));

describe("put", () => {
  it("has the bits of the reference and the meaning in f64", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 1, max: 17 }), fc.nat(), async (shape, rows, seed) => {
        const graph = filterOf(shape);
        const { reference, exact } = await outcome(graph, inputsFor(graph, rows, seed), rows);
        expect([...reference.past]).toEqual([...exact.past]);
        requireClose(reference.y, exact.y, 1e-3);
      }),
      { numRuns: 25, seed: FIXED },
    );
  });

  it("makes windows out of parts, one after another", async () => {
    const b = new GraphBuilder();
    const window = b.input("window", "sample", [1, 3, 9]);
    const [head, tail] = ["head", "tail"].map((name) => b.input(name, "sample", [1, 3, 2]));
    const middle = b.map("neg", b.input("middle", "sample", [1, 3, 5]));
    const graph = b.build({ window: b.put(b.put(b.put(window, middle, 2), head, 0), tail, 7) });
    const inputs = inputsFor(graph, 2, 7);
    const { reference, exact } = await outcome(graph, inputs, 2);
    expect([...reference.window]).toEqual([...exact.window]);
  });
});

describe("sliding tensors", () => {
  it("give the bits of one long history, on every back end and lane axis", async () => {
    const shape = { channels: 3, filters: 5, taps: 3, dilation: 2, count: 1, past: 4 };
    const graph = filterOf(shape);
    const steps = [0, 1, 2, 3, 4, 5];
    const inputs = inputsFor(graph, 1, 5);
    const x = Float32Array.from({ length: 3 * steps.length }, (_, i) => Math.sin(i) * 2);
    const told: string[] = [];
    for (const lanes of ["samples", "channels", "positions"] as const)
      for (const backend of [...backends, ...natives]) {
        if (!fits(graph, lanes)) continue;
        const slides = { by: { past: 1 }, at: { main: steps } };
        const program = compile({ main: graph }, { batch: 1, lanes, schedule: backend.schedule, slides });
        const { floats, bits, run, dispose } = await backend.load(program);
        writeRows(floats, bits, program, 1);
        weightView(floats, program.tensors.w).set(inputs.w);
        samplesAt(floats, program.tensors.past, 1).write(inputs.past.fill(0), 1);
        const outputs = steps.map((step) => {
          const samples = x.subarray(3 * step, 3 * step + 3);
          samplesAt(floats, program.tensors.x, 1).write(samples, 1);
          run(slidEntry("main", step));
          return samplesAt(floats, program.tensors.y, 1).read(1);
        });
        dispose();
        told.push(bitsOf(Float32Array.from(outputs.flatMap((y) => [...y]))));
        // the last answer by hand: the filter over samples 1, 3 and 5
        const dot = (o: number): number =>
          [0, 1, 2].reduce(
            (sum, c) =>
              sum +
              [1, 3, 5].reduce((s, t, j) => s + inputs.w[(o * 3 + c) * 3 + j] * Math.max(0, x[3 * t + c]), 0),
            0,
          );
        requireClose(
          outputs[5],
          [0, 1, 2, 3, 4].map((o) => Math.tanh(dot(o))),
          1e-5,
        );
      }
    expect(new Set(told).size).toBe(1);
  });
});
