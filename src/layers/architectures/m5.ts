/**
 * M5 of Dai et al., "Very deep convolutional neural networks for raw waveforms" (2017): a convolution of 80 taps with
 * stride 4, then three of 3 taps, with 128, 128, 256, 512 filters, each with batch norm, relu and a maximum over 4; a
 * global average and one dense layer. 559,114 parameters for 10 classes (the paper says 0.5M). He's initialisation;
 * positions at the ends are padded so that short recordings pass.
 */
import {
  batchNorm,
  conv1d,
  dense,
  globalAveragePool,
  maxPool,
  model,
  relu,
  type Tensor,
} from "../functions.ts";
import { ModelError, type Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** The options of `m5`. */
export interface M5Options {
  /** Filters of the first convolution; the others have 1, 2 and 4 times as many. Default: 128. */
  readonly filters?: number;
}

/** As published. */
const m5Hyperparameters = {
  filters: 128,
  kernelSize: 80,
  stride: 4,
  pool: 4,
  widths: [1, 2, 4],
} as const;
const SHORTEST = 1021;

/**
 * M5 for raw audio (Dai et al. 2017): 80 taps with stride 4, then three convolutions of 3 taps, each with batch norm,
 * relu and a maximum over 4. `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a target. Throws
 * ModelError below 1021 positions.
 */
export function m5(task: Task, options: M5Options = {}): Model {
  const { filters, kernelSize, stride, pool, widths } = { ...m5Hyperparameters, ...options };
  if (task.length < SHORTEST)
    throw new ModelError(
      `m5 divides positions by 1024 in all and takes ${SHORTEST} or more, not ${task.length}; use another model, or longer pieces`,
    );
  const finish = (x: Tensor): Tensor => maxPool(relu(batchNorm(x)), { size: pool });
  return model(
    task,
    (x) => {
      const half = kernelSize / 2;
      const first = conv1d(x, { filters, kernelSize, stride, padding: [half, half - 1], init: "heNormal" });
      const top = widths.reduce(
        (y, width) =>
          finish(conv1d(y, { filters: filters * width, kernelSize: 3, padding: "same", init: "heNormal" })),
        finish(first),
      );
      return dense(globalAveragePool(top), { units: outputsOf(task) });
    },
    "m5",
  );
}
