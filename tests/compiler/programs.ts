/** Training programs of the architectures, small enough to run in a test. */
import { createHash } from "node:crypto";
import { writeRows } from "../../src/vector/arena.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Program } from "../../src/vector/program.ts";
import type { Schedule } from "../../src/vector/schedule.ts";
import type { Executable } from "../../src/backends/backend.ts";
import * as architectures from "../../src/layers/architectures/index.ts";
import { resolve, tensorName, type Model } from "../../src/layers/model.ts";
import { trainingGraphs } from "../../src/training/graphs.ts";
import { losses } from "../../src/training/losses.ts";
import { optimizers } from "../../src/training/optimizers.ts";

const task = (length: number, channels = 1): { channels: number; length: number; classes: string[] } => ({
  channels,
  length,
  classes: ["a", "b", "c"],
});

export const models: Readonly<Record<string, Model>> = {
  chain: architectures.chain(task(64)),
  "mnist1d-cnn": architectures.mnist1dCnn(task(40)),
  fcn: architectures.fcn(task(21)),
  resnet: architectures.resnet(task(12, 2)),
  inception: architectures.inception(task(11)),
  tcn: architectures.tcn(task(19)),
  unet1d: architectures.unet1d(task(32)),
};

export function trainingProgram(model: Model, batch: number, schedule?: Schedule): Program {
  const layers = resolve(model);
  const parameters = layers.flatMap((l) => l.parameters.map((p) => tensorName(l, p)));
  return compile(trainingGraphs(layers, losses.crossEntropy(), optimizers.adam(), {}), {
    batch,
    schedule,
    packs: {
      parameters: parameters.map((p) => `parameters/${p}`),
      gradient: parameters.map((p) => `gradient/${p}`),
    },
  });
}

/** Fills the arena with small numbers and takes two steps; returns the hash of all of its bits. */
export function twoSteps({ program, floats, bits, run }: Executable): string {
  for (const { offset, bytes } of Object.values(program.tensors))
    for (let i = offset / 4; i < (offset + bytes) / 4; i++) floats[i] = ((i * 37) % 101) / 700 + 0.01;
  writeRows(floats, bits, program, program.batch);
  for (let step = 0; step < 2; step++) {
    run("gradients");
    run("apply");
  }
  return createHash("sha256")
    .update(bits.subarray(0, program.arenaBytes / 4))
    .digest("hex");
}
