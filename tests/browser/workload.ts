/** 200 steps of the MNIST-1D network from seed 0: the same code in Node and in a browser's worker. */
import { architectures, fit, mnist1d, optimizers } from "../../src/index.ts";

export interface Outcome {
  readonly weightsSha256: string;
  readonly steps: number;
  readonly backend: string;
}

export async function train200(): Promise<Outcome> {
  const { train } = mnist1d();
  const run = await fit(architectures.mnist1dCnn(train), train, {
    steps: 200,
    batch: 100,
    seed: 0,
    optimizer: optimizers.adam({ learningRate: 0.01 }),
  });
  return { weightsSha256: run.weightsSha256, steps: run.steps, backend: run.backend };
}
