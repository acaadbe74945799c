/**
 * The residual network of Wang, Yan and Oates, "Time series classification from scratch with deep neural networks: a
 * strong baseline" (2017): three blocks of 64, 128, 128 filters, each of three convolutions of sizes 8, 5, 3 with batch
 * norm, beside a shortcut; a global average and a dense layer. 504,000 parameters before the dense layer on one channel.
 */
import { add, batchNorm, conv1d, dense, globalAveragePool, model, relu, type Tensor } from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** As published; initialisation as in the authors' Keras. */
const resnetHyperparameters = { filters: [64, 128, 128], kernelSizes: [8, 5, 3] } as const;

/**
 * The residual network of Wang, Yan and Oates (2017): three blocks of three convolutions with batch norm beside a
 * shortcut, a global average and a dense layer. `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a
 * target.
 */
export function resnet(task: Task): Model {
  const { filters, kernelSizes } = resnetHyperparameters;
  const conv = (x: Tensor, n: number, kernelSize: number): Tensor =>
    batchNorm(conv1d(x, { filters: n, kernelSize, padding: "same", init: "glorotUniform" }));
  const block = (x: Tensor, n: number): Tensor => {
    const [first, second, third] = kernelSizes;
    const y = conv(relu(conv(relu(conv(x, n, first)), n, second)), n, third);
    // where the channels stay the shortcut is batch norm alone
    return relu(add(y, x.channels === n ? batchNorm(x) : conv(x, n, 1)));
  };
  return model(
    task,
    (x) =>
      dense(globalAveragePool(filters.reduce(block, x)), { units: outputsOf(task), init: "glorotUniform" }),
    "resnet",
  );
}
