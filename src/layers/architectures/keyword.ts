/**
 * MatchboxNet of Majumdar and Ginsburg, "MatchboxNet: 1D time-channel separable convolutional neural network architecture for
 * speech commands recognition" (2020), as 3 x 1 x 64, on log-mel features that are layers of the model: a separable
 * convolution of 11 taps, three residual ones of 13, 15 and 17, one of 29 with dilation 2, one of 1 tap, and a global average.
 */
import {
  add,
  batchNorm,
  conv1d,
  dense,
  dropout,
  globalAveragePool,
  logMel,
  model,
  relu,
  separableConv1d,
  type Tensor,
} from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** The options of `keyword`. */
export interface KeywordOptions {
  /** Positions a second. Default: the length of a row, which is then a second, or 8000 where that is less. */
  readonly rate?: number;
  /** Bands of the log-mel features. Default: 40. */
  readonly bands?: number;
  /** Channels of the convolutions; the last ones have twice as many. Default: 64. */
  readonly channels?: number;
  /** The probability of a zero after each convolution, from 0 to below 1. Default: 0.1. */
  readonly dropout?: number;
}

/** As published. */
const keywordHyperparameters = { bands: 40, channels: 64, dropout: 0.1, kernels: [13, 15, 17] } as const;

/**
 * Spoken words (MatchboxNet, Majumdar and Ginsburg 2020) from raw audio: log-mel features, then separable
 * convolutions with residuals. `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a target. Throws ModelError for
 * rows shorter than a window of 25 ms.
 */
export function keyword(task: Task, options: KeywordOptions = {}): Model {
  const { bands, channels, dropout: rate, kernels } = { ...keywordHyperparameters, ...options };
  const init = "heNormal";
  const bare = { padding: "same", bias: false, init } as const;
  const end = (x: Tensor): Tensor => dropout(relu(x), { rate });
  const separable = (x: Tensor, filters: number, kernelSize: number, dilation = 1): Tensor =>
    batchNorm(separableConv1d(x, { filters, kernelSize, dilation, ...bare }));
  const point = (x: Tensor, filters: number): Tensor =>
    batchNorm(conv1d(x, { filters, kernelSize: 1, ...bare }));
  return model(
    task,
    (x) => {
      const features = batchNorm(logMel(x, { rate: options.rate ?? Math.max(8000, task.length), bands }));
      const top = kernels.reduce(
        (y: Tensor, kernelSize) => end(add(separable(y, channels, kernelSize), point(y, channels))),
        end(separable(features, channels, 11)),
      );
      const wide = end(point(end(separable(top, 2 * channels, 29, 2)), 2 * channels));
      return dense(globalAveragePool(wide), { units: outputsOf(task) });
    },
    "keyword",
  );
}
