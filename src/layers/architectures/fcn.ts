/**
 * The fully convolutional network of Wang, Yan and Oates, "Time series classification from scratch with deep neural
 * networks: a strong baseline" (2017): three blocks of convolution, batch norm and relu with 128, 256, 128 filters of
 * sizes 8, 5, 3, a global average pool and a dense layer. Glorot initialisation, as the authors' Keras had it.
 */
import { batchNorm, conv1d, dense, globalAveragePool, model, relu, type Tensor } from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

const blocks = [
  { filters: 128, kernelSize: 8 },
  { filters: 256, kernelSize: 5 },
  { filters: 128, kernelSize: 3 },
] as const;

/**
 * The fully convolutional network of Wang, Yan and Oates (2017): three blocks of convolution, batch norm and relu, a
 * global average and a dense layer. `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a target.
 */
export function fcn(task: Task): Model {
  const block = (x: Tensor, options: (typeof blocks)[number]): Tensor =>
    relu(batchNorm(conv1d(x, { ...options, padding: "same", init: "glorotUniform" })));
  return model(
    task,
    (x) =>
      dense(globalAveragePool(blocks.reduce(block, x)), { units: outputsOf(task), init: "glorotUniform" }),
    "fcn",
  );
}
