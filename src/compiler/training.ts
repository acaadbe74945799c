/** Kernels that graphs of training alone have, in a place that nothing which only predicts imports. */
import { lowerFilterGradient } from "./lower/filterGradient.ts";
import { randomSource } from "./lower/random.ts";
import type { TrainingKernels } from "./lower/scope.ts";

export const trainingKernels: TrainingKernels = {
  filterGradient: lowerFilterGradient,
  random: randomSource,
};
