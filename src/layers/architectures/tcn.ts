/**
 * The temporal convolutional network of Bai, Kolter and Koltun, "An empirical evaluation of generic convolutional and
 * recurrent networks for sequence modeling" (2018): residual blocks of two causal convolutions, weight-normalised, each
 * with relu and dropout; the dilation doubles from block to block. A dense layer reads the last position: classes, or
 * the values of a forecast; of a class a position, a convolution of size 1 reads each. With 25 channels, 8 levels and kernels of 7 on one channel and 10 classes (the paper's
 * sequential MNIST) 66,910 parameters, which the paper rounds to 70K.
 */
import { add, conv1d, crop, dense, dropout, model, relu, type Tensor } from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** The options of `tcn`. */
export interface TcnOptions {
  /** Filters of every convolution. Default: 25. */
  readonly channels?: number;
  /** Taps of every filter. Default: 7. */
  readonly kernelSize?: number;
  /**
   * Blocks, the dilation doubling from each to the next. Default: as many as it takes to see the whole series, at most
   * 8.
   */
  readonly levels?: number;
  /** The probability of a zero after each convolution, from 0 to below 1. Default: 0.05. */
  readonly dropout?: number;
}

/** The paper's for sequential MNIST. */
const tcnHyperparameters = { channels: 25, kernelSize: 7, levels: 8, dropout: 0.05 } as const;

/** Positions that the last output sees: each block of dilation d adds 2 (kernelSize - 1) d. */
export const tcnReach = (kernelSize: number, levels: number): number =>
  1 + 2 * (kernelSize - 1) * (2 ** levels - 1);

/**
 * The temporal convolutional network of Bai, Kolter and Koltun (2018): residual blocks of two causal,
 * weight-normalised convolutions with dilations 1, 2, 4, ...; a dense layer reads the last position.
 * `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a target; of a class a position `[classes,
 * length]`. Throws ModelError for options out of
 * range.
 */
export function tcn(task: Task, options: TcnOptions = {}): Model {
  const { channels, kernelSize, dropout: rate } = { ...tcnHyperparameters, ...options };
  const levels = options.levels ?? levelsFor(task.length, kernelSize);
  const block = (x: Tensor, dilation: number): Tensor => {
    const conv = (y: Tensor): Tensor =>
      dropout(
        relu(conv1d(y, { filters: channels, kernelSize, dilation, padding: "causal", weightNorm: true })),
        { rate },
      );
    const y = conv(conv(x));
    return relu(add(y, x.channels === channels ? x : conv1d(x, { filters: channels, kernelSize: 1 })));
  };
  return model(
    task,
    (x) => {
      let y = x;
      for (let level = 0; level < levels; level++) y = block(y, 2 ** level);
      if (task.answers?.kind === "positions") return conv1d(y, { filters: outputsOf(task), kernelSize: 1 });
      const last = y.length > 1 ? crop(y, { left: y.length - 1 }) : y;
      return dense(last, { units: outputsOf(task) });
    },
    "tcn",
  );
}

function levelsFor(length: number, kernelSize: number): number {
  let levels = 1;
  while (levels < tcnHyperparameters.levels && tcnReach(kernelSize, levels) < length) levels++;
  return levels;
}
