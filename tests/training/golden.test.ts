/**
 * One seed, one result: SHA-256 of the weights after a few steps, the same on every engine that runs this file.
 *
 * A change of these numbers is a change of results for everybody: say so in the change log. To update them, run
 * `npx vitest run tests/training/golden.test.ts`, see that the reference agrees (the first test), and copy what was
 * received into the table. `npm run proof:bits` does the same at the benchmark's sizes, on several versions of Node.
 */
import { describe, expect, it } from "vitest";
import { architectures, fit, optimizers, type Dataset, type Model, type Optimizer } from "../../src/index.ts";
import { nativeBackend } from "../../src/backends/x64/native.ts";
import type { BackendChoice } from "../../src/backends/choose.ts";
import { bumps } from "./shared.ts";
import { hashAfter, places, sharingAll, smallWorkloads } from "./workloads.ts";

interface Case {
  readonly name: string;
  readonly data: Dataset;
  readonly build: (data: Dataset) => Model;
  readonly batch: number;
  readonly steps: number;
  readonly optimizer: Optimizer;
  readonly sha256: string;
}

const cases: readonly Case[] = [
  {
    name: "mnist1d-cnn, 20 steps of adam",
    data: bumps({ rows: 50, length: 40, classes: 10 }),
    build: architectures.mnist1dCnn,
    batch: 16,
    steps: 20,
    optimizer: optimizers.adam({ learningRate: 0.01 }),
    sha256: "6b4f2e8a9bcf0b0b1a677a8ac56f346f7ba5ff65fafd8042fe471e6f59cbfa67",
  },
  {
    name: "fcn, 5 steps of adamW",
    data: bumps({ rows: 10, length: 24, classes: 2 }),
    build: architectures.fcn,
    batch: 4,
    steps: 5,
    optimizer: optimizers.adamW(),
    sha256: "57df02f56f6faa24067b671e24680e562b194bc7208d673d5ee3d0b338a80aca",
  },
  {
    name: "chain of 9 activations, 20 steps of momentum",
    data: bumps({ rows: 21, length: 40, classes: 3 }),
    build: (data) =>
      architectures.chain(data, {
        filters: [3, 3, 3, 3, 3, 3, 3, 3, 3],
        activation: ["tanh", "relu", "leakyRelu", "elu", "gelu", "silu", "sigmoid", "softplus", "identity"],
      }),
    batch: 6,
    steps: 20,
    optimizer: optimizers.sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4 }),
    sha256: "a0a43757936399eeb27ddc1985a52c745aebbaf336aa7c53df9579d3a3051868",
  },
];

/** Machine code where this processor and installation can run it, with the reason where not. */
const natives = await Promise.all(
  (["avx512", "avx2"] as const).map(async (machine) => ({ machine, backend: await nativeBackend(machine) })),
);

describe.each(cases)("$name", ({ data, build, batch, steps, optimizer, sha256 }) => {
  const train = (backend: BackendChoice, count: number) =>
    fit(build(data), data, { batch, steps: count, optimizer, seed: 1, backend, normalize: "channel" });

  it("gives the same bits on wasm and the reference after 2 steps", async () => {
    const [a, b] = await Promise.all([train("wasm", 2), train("reference", 2)]);
    expect(a.weightsSha256).toBe(b.weightsSha256);
    expect(a.train).toEqual(b.train);
  });

  it("gives these bits", async () => {
    expect((await train("wasm", steps)).weightsSha256).toBe(sha256);
  });

  for (const { machine, backend } of natives) {
    const missing = typeof backend === "string";
    it.skipIf(missing)(
      `gives these bits as ${machine} code${missing ? ` (skipped: ${backend})` : ""}`,
      async () => {
        expect((await train(missing ? "wasm" : backend, steps)).weightsSha256).toBe(sha256);
      },
    );
  }
});

/** Steps of adam on the small workload's batch, and the hash after them. */
const golden: Readonly<Record<string, readonly [number, string]>> = {
  chain: [20, "c70998e228738377c5b0a5db5239bed712e7c7bc84906985bb3531ac8560f0c1"],
  "mnist1d-cnn": [20, "6fb853529b852d230b9e6b25ebc03b88b433903c2355c0e48acabe07a26bf6ab"],
  fcn: [5, "2bd2ca69df974153405046e99ce32afdbcf025cfbffddd2cad3e711b0cb25ae4"],
  "fcn-2": [5, "ca59b30dc4ba89ba9bdef5e163518f0903c4a82881c1582d290403abc795c4ab"],
  resnet: [4, "beefb25e0aaaa80607c7263e3f4c7525f3404122d36bc714fef949b24a205a41"],
  tcn: [8, "963f677f573702601f56f403e7421214b056409c8bc913237ff088fef378a4e0"],
  inception: [3, "c7198b7c1095bd569d296250244301fd348c1d720ff4ae7486d8bcc6706c8f06"],
  m5: [5, "697a01e2f952425b4f54e3755c1702bd2be1e81bf92f5445b30cf4e639704eed"],
};

const everywhere = await places();

describe.each(smallWorkloads)("the benchmark's $name, small", (workload) => {
  const [steps, sha256] = golden[workload.name];

  it("gives the same bits on wasm and the reference after a step", async () => {
    const [a, b] = await Promise.all(
      (["wasm", "reference"] as const).map((backend) => hashAfter(workload, 1, { backend })),
    );
    expect(a).toBe(b);
  });

  for (const { name, threads, backend } of everywhere) {
    const missing = typeof backend === "string";
    it.skipIf(missing)(
      `gives these bits on ${name}, threads: ${threads}${missing ? ` (skipped: ${backend})` : ""}`,
      async () => {
        const runtime = missing ? {} : { backend: sharingAll(backend, threads), threads };
        expect(await hashAfter(workload, steps, runtime)).toBe(sha256);
      },
    );
  }
});
