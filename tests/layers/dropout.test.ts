/** Dropout: rates, repeatable draws, prediction left alone, the same bits on all back ends. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/graph/evaluate.ts";
import * as L from "../../src/layers/functions.ts";
import { optimizers } from "../../src/training/optimizers.ts";
import { trainer } from "../../src/training/trainer.ts";
import type { Trainer } from "../../src/training/trainerApi.ts";
import { bumps } from "../training/shared.ts";
import { graphOf, run, type Build } from "./shared.ts";

/** Whole numbers as the float32 of the same bits. */
const word = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0];
const size = { channels: 10, length: 100 };
const ones = Array.from({ length: 1000 }, () => 1);
const draw = (build: Build, seed: number, step: number): number[] => {
  const { graph } = graphOf(build, "train", size);
  return [
    ...evaluate(graph, { x: ones, "random.seed": [word(seed)], "random.step": [word(step)] }, 1).output,
  ];
};

describe("dropout of 0.2", () => {
  const build: Build = (x) => L.dropout(x, { rate: 0.2 });
  it("takes about a fifth and divides the others by 0.8", () => {
    const y = draw(build, 1, 0);
    expect([...new Set(y)].sort((a, b) => a - b)).toEqual([0, Math.fround(1.25)]);
    const zeros = y.filter((v) => v === 0).length;
    expect(Math.abs(zeros - 200)).toBeLessThan(50); // 4 deviations
  });

  it("depends on the seed, the step and the layer alone", () => {
    expect(draw(build, 1, 0)).toEqual(draw(build, 1, 0));
    expect(draw(build, 2, 0)).not.toEqual(draw(build, 1, 0));
    expect(draw(build, 1, 1)).not.toEqual(draw(build, 1, 0));
    expect(draw((x) => L.dropout(L.identity(x), { rate: 0.2 }), 1, 0)).not.toEqual(draw(build, 1, 0));
  });

  it("leaves prediction alone", () => {
    const rows = ones.map((_, i) => i);
    expect(run(build, size, rows, {}, "predict")).toEqual(rows);
  });
});

it("channelDropout takes whole channels", () => {
  const y = draw((x) => L.channelDropout(x, { rate: 0.5 }), 3, 0);
  const channels = Array.from({ length: 10 }, (_, c) => y.slice(c * 100, (c + 1) * 100));
  expect(channels.every((c) => new Set(c).size === 1)).toBe(true);
  expect(new Set(y)).toEqual(new Set([0, 2]));
});

describe("in training", () => {
  const data = bumps({ rows: 5, length: 12, classes: 2 });
  const model = L.model(data, (x) =>
    L.dense(L.dropout(L.relu(L.channelDropout(L.conv1d(x, { filters: 6, kernelSize: 3 }), { rate: 0.3 }))), {
      units: 2,
    }),
  );
  const make = (backend: "wasm" | "reference", seed: number): Promise<Trainer> =>
    trainer(model, { batch: 5, seed, backend, optimizer: optimizers.sgd({ learningRate: 0.1 }) });

  it("three steps give the same weights on all back ends and again, and others from another seed", async () => {
    const hashes = await Promise.all(
      (
        [
          ["wasm", 1],
          ["reference", 1],
          ["wasm", 1],
          ["wasm", 2],
        ] as const
      ).map(async ([backend, seed]) => {
        const t = await make(backend, seed);
        for (let i = 0; i < 3; i++) t.step(data);
        return t.weightsSha256();
      }),
    );
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).toBe(hashes[0]);
    expect(hashes[3]).not.toBe(hashes[0]);
  });

  it("a step draws anew, gradients of one step again the same, prediction the same always", async () => {
    const t = await make("wasm", 4);
    const first = t.gradients(data).loss;
    expect(t.gradients(data).loss).toBe(first);
    const before = t.forward(data).slice();
    t.learningRate = 0;
    t.step(data);
    expect(t.gradients(data).loss).not.toBe(first);
    expect(t.forward(data)).toEqual(before);
  });
});
