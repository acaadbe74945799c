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
import { convolutions } from "../../src/models/runtime.ts";
import type { BackendChoice } from "../../src/backends/choose.ts";
import { bumps } from "./shared.ts";
import {
  blocksWorkload,
  fuses,
  hashAfter,
  modes,
  places,
  sharingAll,
  smallWorkloads,
  UNFUSED,
} from "./workloads.ts";

interface Case {
  readonly name: string;
  readonly data: Dataset;
  readonly build: (data: Dataset) => Model;
  readonly batch: number;
  readonly steps: number;
  readonly optimizer: Optimizer;
  /** Of direct convolutions, and of fast ones where they differ. */
  readonly sha256: readonly [direct: string, fast?: string];
}

const cases: readonly Case[] = [
  {
    name: "mnist1d-cnn, 20 steps of adam",
    data: bumps({ rows: 50, length: 40, classes: 10 }),
    build: architectures.mnist1dCnn,
    batch: 16,
    steps: 20,
    optimizer: optimizers.adam({ learningRate: 0.01 }),
    sha256: ["6b4f2e8a9bcf0b0b1a677a8ac56f346f7ba5ff65fafd8042fe471e6f59cbfa67"],
  },
  {
    name: "fcn, 5 steps of adamW",
    data: bumps({ rows: 10, length: 24, classes: 2 }),
    build: architectures.fcn,
    batch: 4,
    steps: 5,
    optimizer: optimizers.adamW(),
    sha256: ["57df02f56f6faa24067b671e24680e562b194bc7208d673d5ee3d0b338a80aca"],
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
    sha256: ["a0a43757936399eeb27ddc1985a52c745aebbaf336aa7c53df9579d3a3051868"],
  },
];

/** Machine code where this processor and installation can run it, with the reason where not. */
const natives = await Promise.all(
  (["avx512", "avx2"] as const).map(async (machine) => ({ machine, backend: await nativeBackend(machine) })),
);

describe.each(cases.flatMap((c) => convolutions.map((convolution) => ({ ...c, convolution }))))(
  "$name, $convolution",
  ({ data, build, batch, steps, optimizer, sha256: [direct, fast = direct], convolution }) => {
    const sha256 = convolution === "fast" ? fast : direct;
    const train = (backend: BackendChoice, count: number) =>
      fit(build(data), data, {
        batch,
        steps: count,
        optimizer,
        seed: 1,
        backend,
        convolution,
        normalize: "channel",
      });

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
  },
);

/** Steps of adam on the small workload's batch, and the hashes after them by what has bits of its own. */
const golden: Readonly<Record<string, readonly [number, Partial<Record<string, string>>]>> = {
  chain: [
    20,
    {
      "strict direct": "c70998e228738377c5b0a5db5239bed712e7c7bc84906985bb3531ac8560f0c1",
      "fused direct": "1d631ef528a917f8c91bbd8472d82e59c3c3336cf471e4c404c0bb8c82d80622",
    },
  ],
  "mnist1d-cnn": [
    20,
    {
      "strict direct": "6fb853529b852d230b9e6b25ebc03b88b433903c2355c0e48acabe07a26bf6ab",
      "fused direct": "111580e9cf42c90923d6847ce53f2bea4a9c1792d85e822147ca2dfc6d148a17",
    },
  ],
  fcn: [
    5,
    {
      "strict direct": "2bd2ca69df974153405046e99ce32afdbcf025cfbffddd2cad3e711b0cb25ae4",
      "fused direct": "489e829c64b33ecdfeb6a31b23ecdd93a4feda25b00bbafac74fd1dd1509ef7f",
    },
  ],
  "fcn-2": [
    5,
    {
      "strict direct": "ca59b30dc4ba89ba9bdef5e163518f0903c4a82881c1582d290403abc795c4ab",
      "fused direct": "5c55ffb16a8ba98039885bb356f1fa5d0563f7673e73028c6cf55d0514c94754",
    },
  ],
  resnet: [
    4,
    {
      "strict direct": "beefb25e0aaaa80607c7263e3f4c7525f3404122d36bc714fef949b24a205a41",
      "fused direct": "bb3fc6792bac4070507d51718d43767f3e08c32e5676fa967f013f6061dabd30",
    },
  ],
  tcn: [
    8,
    {
      "strict direct": "963f677f573702601f56f403e7421214b056409c8bc913237ff088fef378a4e0",
      "fused direct": "ccfb4f75a64ef476b2c9a96d90a1d5daafe6b4f1b64884280c166bc48003b779",
    },
  ],
  inception: [
    3,
    {
      "strict direct": "c7198b7c1095bd569d296250244301fd348c1d720ff4ae7486d8bcc6706c8f06",
      "fused direct": "7c1f77899b1ca9a61316ec5da257fee06139f4b8be49d1323d5a9508fab1f1cb",
    },
  ],
  m5: [
    5,
    {
      "strict direct": "697a01e2f952425b4f54e3755c1702bd2be1e81bf92f5445b30cf4e639704eed",
      "fused direct": "84e1bc47367c715e5fa6e3eba7f95665655ce0420d4001c26fc8eb06e2ac68a0",
    },
  ],
  blocks: [
    3,
    {
      "strict direct": "0d7a3d7496c5185f5677c4492854709445851e22bc23e4685e7b1c29f7220ebf",
      "strict fast": "3943f33a980de7ad78189a6c1a2bb70c4eeec75c494314dfbb5402cfd34f6a30",
      "fused direct": "f0e0843a3a2a3f462d1cd20999317ac5c9f4e3130502bdc1941c36242feddf72",
      "fused fast": "34716227d0f7dceee1b3bb6c924bca71d8e3b82f5980ec288412572f6b40c218",
    },
  ],
};

const everywhere = await places();

const nameOf = ({ numerics, convolution }: (typeof modes)[number]): string => `${numerics} ${convolution}`;

/** At most of these sizes no convolution is worth blocks: fast and direct are the same kernels. */
describe.each(
  [...smallWorkloads, blocksWorkload].flatMap((workload) =>
    modes.filter((mode) => nameOf(mode) in golden[workload.name][1]).map((mode) => ({ ...workload, mode })),
  ),
)("the benchmark's $name, small, $mode.numerics $mode.convolution", ({ mode, ...workload }) => {
  const [steps, hashes] = golden[workload.name];
  const sha256 = hashes[nameOf(mode)];

  it("gives the same bits on wasm and the reference after a step", async () => {
    const [a, b] = await Promise.all(
      ([fuses(mode) ? "wasm" : "reference", "reference"] as const).map((backend) =>
        hashAfter(workload, 1, { backend, ...mode }),
      ),
    );
    expect(a).toBe(b);
  });

  for (const { name, threads, backend } of everywhere) {
    const missing = typeof backend === "string" ? backend : name === "wasm" && !fuses(mode) ? UNFUSED : null;
    it.skipIf(missing !== null)(
      `gives these bits on ${name}, threads: ${threads}${missing ? ` (skipped: ${missing})` : ""}`,
      async () => {
        const runtime = typeof backend === "string" ? {} : { backend: sharingAll(backend, threads), threads };
        expect(await hashAfter(workload, steps, { ...runtime, ...mode })).toBe(sha256);
      },
    );
  }
});
