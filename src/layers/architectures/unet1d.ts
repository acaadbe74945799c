/**
 * A U-Net along time, for a label a position (Ronneberger, Fischer and Brox 2015; in one dimension as U-Time, Perslev
 * et al. 2019): pairs of convolutions on the way down, each level with twice the filters and half the positions, and on
 * the way up a transposed convolution of size 2 beside what the same level had. Convolutions are padded, with batch
 * norm; where halving drops a position, the way up repeats the last. Result: `[classes, length]`.
 */
import {
  batchNorm,
  concat,
  conv1d,
  convTranspose1d,
  maxPool,
  model,
  pad,
  relu,
  type Tensor,
} from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** The options of `unet1d`. */
export interface Unet1dOptions {
  /** Filters of the first level, doubled at each (the paper has 64). Default: 16. */
  readonly filters?: number;
  /** Halvings of the length. Default: the paper's 4; fewer where the series is short. */
  readonly depth?: number;
  /** Taps of every filter. Default: 3. */
  readonly kernelSize?: number;
}

const unet1dHyperparameters = { filters: 16, depth: 4, kernelSize: 3 } as const;

/**
 * A U-Net along time, for a class a position (Ronneberger et al. 2015; U-Time, Perslev et al. 2019):
 * `[channels, length]` to `[classes, length]`. Throws ModelError for options out of range.
 */
export function unet1d(task: Task, options: Unet1dOptions = {}): Model {
  const { filters, kernelSize } = { ...unet1dHyperparameters, ...options };
  const depth = options.depth ?? Math.min(unet1dHyperparameters.depth, halvings(task.length));
  const conv = (x: Tensor, n: number): Tensor =>
    relu(batchNorm(conv1d(x, { filters: n, kernelSize, padding: "same", bias: false, init: "heNormal" })));
  const pair = (x: Tensor, n: number): Tensor => conv(conv(x, n), n);
  const level = (x: Tensor, n: number, below: number): Tensor => {
    const here = pair(x, n);
    if (below === 0) return here;
    const inner = level(maxPool(here, { size: 2 }), 2 * n, below - 1);
    const up = convTranspose1d(inner, { filters: n, kernelSize: 2, stride: 2 });
    const right = here.length - up.length;
    return pair(concat(here, right > 0 ? pad(up, { right, mode: "replicate" }) : up), n);
  };
  return model(
    task,
    (x) => conv1d(level(x, filters, depth), { filters: outputsOf(task), kernelSize: 1 }),
    "unet1d",
  );
}

/** How often a length can be halved before one position is left. */
const halvings = (length: number): number => (length > 1 ? 1 + halvings(Math.floor(length / 2)) : 0);
