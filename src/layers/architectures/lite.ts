/**
 * LITE of Ismail-Fawaz et al., "LITE: light inception with boosting techniques for time series classification" (2023):
 * one inception layer of three convolutions (40, 20, 10 taps) beside 17 fixed filters that find rises, falls and peaks,
 * then two separable convolutions with dilations 2 and 4. 9,814 parameters before the dense layer on one channel.
 */
import {
  batchNorm,
  concat,
  conv1d,
  dense,
  fixedConv1d,
  globalAveragePool,
  model,
  relu,
  separableConv1d,
  type Tensor,
} from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** As published, with the sizes of the authors' code. */
const liteHyperparameters = {
  filters: 32,
  kernelSizes: [40, 20, 10],
  fixedSizes: [2, 4, 8, 16, 32, 64],
  separable: [
    { kernelSize: 20, dilation: 2 },
    { kernelSize: 10, dilation: 4 },
  ],
} as const;

/** -1, 1, -1, 1, ... finds rises; its negative finds falls (Ismail-Fawaz et al. 2022). */
export const alternating = (size: number, first: 1 | -1): number[] =>
  Array.from({ length: size }, (_, i) => (i % 2 === 0 ? first : -first));

/** Squares that go down, up twice as far, and down, over 3/2 size taps: a peak. */
export function peak(size: number): number[] {
  const quarter = size / 4;
  const left = Array.from({ length: quarter }, (_, i) => ((i + 1) / quarter) * ((i + 1) / quarter));
  const hill = [...left, ...left.map((_, i) => left[quarter - 1 - i])];
  const times = (factor: number): number[] => hill.map((x) => factor * x);
  return [...times(-1), ...times(2), ...times(-1)];
}

/**
 * LITE (Ismail-Fawaz et al. 2023): one inception layer beside 17 fixed filters, then two separable convolutions.
 * `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a target.
 */
export function lite(task: Task): Model {
  const { filters, kernelSizes, fixedSizes, separable } = liteHyperparameters;
  const init = "glorotUniform";
  const fixed = [
    ...fixedSizes.map((size) => alternating(size, -1)),
    ...fixedSizes.map((size) => alternating(size, 1)),
    ...fixedSizes.slice(1).map(peak),
  ];
  return model(
    task,
    (x) => {
      const learned = kernelSizes.map((kernelSize) =>
        conv1d(x, { filters, kernelSize, padding: "same", bias: false, init }),
      );
      const given = fixed.map((taps) => fixedConv1d(x, { taps, padding: "same" }));
      const wide = relu(batchNorm(concat(...learned, relu(concat(...given)))));
      const top = separable.reduce(
        (y: Tensor, options) =>
          relu(batchNorm(separableConv1d(y, { filters, ...options, padding: "same", bias: false, init }))),
        wide,
      );
      return dense(globalAveragePool(top), { units: outputsOf(task), init });
    },
    "lite",
  );
}
