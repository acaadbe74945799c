/**
 * The inception network of Fawaz et al., "InceptionTime: finding AlexNet for time series classification" (2020): six
 * modules, each of three convolutions of sizes 40, 20, 10 behind a bottleneck of 32 and one of size 1 behind a pool of
 * 3, with a shortcut over every third. InceptionTime is the mean of five such networks. 420,192 parameters before the
 * dense layer on one channel.
 */
import {
  add,
  batchNorm,
  concat,
  conv1d,
  dense,
  globalAveragePool,
  maxPool,
  model,
  relu,
  type Tensor,
} from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** Those of the authors' code, whose kernel size 41 - 1 is halved from branch to branch. */
const inceptionHyperparameters = {
  modules: 6,
  bottleneck: 32,
  filters: 32,
  kernelSizes: [40, 20, 10],
  pool: 3,
  residualEvery: 3,
} as const;

/**
 * One inception network of InceptionTime (Fawaz et al. 2020): six modules of three long convolutions and a pool, with
 * two shortcuts. `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a target. `fitEnsemble` of five
 * is InceptionTime.
 */
export function inception(task: Task): Model {
  const { modules, bottleneck, filters, kernelSizes, pool, residualEvery } = inceptionHyperparameters;
  const conv = (x: Tensor, n: number, kernelSize: number): Tensor =>
    conv1d(x, { filters: n, kernelSize, padding: "same", bias: false, init: "glorotUniform" });
  const module = (x: Tensor): Tensor => {
    const narrow = x.channels > 1 ? conv(x, bottleneck, 1) : x;
    const branches = kernelSizes.map((kernelSize) => conv(narrow, filters, kernelSize));
    const pooled = conv(maxPool(x, { size: pool, stride: 1, padding: "same" }), filters, 1);
    return relu(batchNorm(concat(...branches, pooled)));
  };
  return model(
    task,
    (input) => {
      let x = input;
      let from = input;
      for (let m = 1; m <= modules; m++) {
        x = module(x);
        if (m % residualEvery !== 0) continue;
        x = relu(add(x, batchNorm(conv(from, x.channels, 1))));
        from = x;
      }
      return dense(globalAveragePool(x), { units: outputsOf(task), init: "glorotUniform" });
    },
    "inception",
  );
}
