import { describe, expect, it } from "vitest";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { partition, threadsFor, workOf, type Phase } from "../../src/vector/partition.ts";
import type { Instruction, Pointer } from "../../src/vector/vector.ts";
import * as architectures from "../../src/layers/architectures/index.ts";
import type { Model } from "../../src/layers/model.ts";
import { outOfOrder } from "../conformance/harness.ts";
import { models, trainingProgram, twoSteps } from "../compiler/programs.ts";

/** Calls `each` with every word that code touches, turn by turn. */
function walk(
  body: readonly Instruction[],
  pointers: number[],
  each: (word: number, kind: "read" | "write") => void,
): void {
  const words = (pointer: Pointer, offset: number, count: number, kind: "read" | "write"): void => {
    for (let w = 0; w < count; w++) each((pointers[pointer] + offset) / 4 + w, kind);
  };
  for (const i of body) {
    if (i.op === "load") words(i.pointer, i.offset, 16, "read");
    else if (i.op === "splat") words(i.pointer, i.offset, 1, "read");
    else if (i.op === "store") words(i.pointer, i.offset, 16, "write");
    else if (i.op === "store1") words(i.pointer, i.offset, 1, "write");
    else if (i.op === "loop") {
      for (let turn = 0; turn < i.count; turn++) {
        walk(i.body, pointers, each);
        for (const [p, bytes] of i.advance) pointers[p] += bytes;
      }
      for (const [p, bytes] of i.advance) pointers[p] -= bytes * i.count;
    }
  }
}

/** Throws if a thread touches a word in a phase that another thread writes in it. */
function requireNoRace(phase: Phase, arenaBytes: number): void {
  const NOBODY = -1;
  const SEVERAL = -2;
  const writer = new Int8Array(arenaBytes / 4).fill(NOBODY);
  const reader = new Int8Array(arenaBytes / 4).fill(NOBODY);
  phase.forEach((kernels, thread) => {
    for (const { name, code, pointers } of kernels) {
      walk(code.body, [...pointers], (word, kind) => {
        const others = [writer[word], kind === "write" ? reader[word] : NOBODY];
        if (others.some((t) => t !== NOBODY && t !== thread))
          throw new Error(`${name}: word ${word} of threads ${thread} and ${others.join()}`);
        if (kind === "write") writer[word] = thread;
        else reader[word] = reader[word] === NOBODY || reader[word] === thread ? thread : SEVERAL;
      });
    }
  });
}

describe("a program shared out among threads", () => {
  it.each(["chain", "mnist1d-cnn"])(
    "%s: no thread touches a word that another writes in the same phase",
    (name) => {
      const program = trainingProgram(models[name], 17);
      for (const phases of Object.values(partition(program, 3, 0).entries))
        for (const phase of phases) requireNoRace(phase, program.arenaBytes);
    },
  );

  it.each(Object.keys(models))("%s: threads in any order leave the same arena", async (name) => {
    const program = trainingProgram(models[name], 20);
    const alone = twoSteps(await wasm.load(program));
    expect(twoSteps(await wasm.load(outOfOrder(program, 3)))).toBe(alone);
  });

  it("two threads have half of FCN's work each, between 28 barriers", () => {
    const program = trainingProgram(architectures.fcn({ channels: 1, length: 150, classes: ["a", "b"] }), 16);
    const phases = partition(program, 2).entries.gradients;
    const work = (thread: number): number =>
      phases.flatMap((phase) => phase[thread]).reduce((sum, { code }) => sum + workOf(code.body), 0);
    expect(work(1) / work(0)).toBeGreaterThan(0.99);
    expect(phases.length).toBeLessThan(35);
    // the same code with other pointers: no more of it than for one thread
    const distinct = (list: Phase): number => new Set(list.flat().map((k) => JSON.stringify(k.code))).size;
    expect(distinct(phases.flat())).toBeLessThanOrEqual(distinct([program.entries.gradients]) + 5);
  });

  it("MNIST-1D's network and the chain feed one thread, FCN many", () => {
    const feeds = (
      build: (task: { channels: number; length: number; classes: string[] }) => Model,
      length: number,
      batch: number,
    ): number => threadsFor(trainingProgram(build({ channels: 1, length, classes: ["a", "b"] }), batch), 1);
    expect(feeds(architectures.mnist1dCnn, 40, 100)).toBe(1);
    expect(feeds(architectures.chain, 128, 64)).toBe(1);
    expect(feeds(architectures.fcn, 150, 16)).toBeGreaterThan(8);
  });

  it("one thread has the program as it is", () => {
    const program = trainingProgram(models.chain, 16);
    expect(partition(program, 1).entries.apply).toEqual([[program.entries.apply]]);
  });
});
