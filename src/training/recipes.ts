/**
 * How each architecture is trained unless somebody says otherwise: one table, read by the command line and the
 * documentation. The numbers are choices, not mathematics; they may be tuned here and nowhere else.
 */
import { chain, fcn, mnist1dCnn } from "../layers/architectures/index.ts";
import type { ChainOptions } from "../layers/architectures/chain.ts";
import type { Task } from "../layers/architectures/task.ts";
import type { Model } from "../layers/model.ts";
import type { losses } from "./losses.ts";
import type { optimizers } from "./optimizers.ts";
import type { Normalization } from "./preparation.ts";
import type { schedules } from "./schedules.ts";

export interface Recipe {
  /** How long: passes over the rows, or steps in all. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  readonly batch: number;
  readonly optimizer: keyof typeof optimizers;
  readonly learningRate: number;
  readonly schedule: keyof typeof schedules;
  readonly loss: keyof typeof losses;
  readonly normalize: Normalization;
}

export interface Architecture {
  /** One line for help. */
  readonly about: string;
  /** The model for a task; only the chain takes options. Throws ModelError where it does not fit. */
  readonly build: (task: Task, options?: ChainOptions) => Model;
  readonly recipe: Recipe;
}

const common = {
  batch: 16,
  optimizer: "adam",
  learningRate: 1e-3,
  schedule: "cosine",
  loss: "crossEntropy",
  normalize: "channel",
} as const;

/** The architectures by name. */
export const recipes = {
  fcn: {
    about: "three blocks of convolution, batch norm and relu, and a global average (Wang et al. 2017)",
    build: (task) => fcn(task),
    recipe: { ...common, length: { epochs: 300 } },
  },
  "mnist1d-cnn": {
    about: "three strided convolutions of 25 filters (Greydanus and Kobak 2020)",
    build: (task) => mnist1dCnn(task),
    recipe: { ...common, length: { steps: 6000 }, batch: 100, learningRate: 0.02 },
  },
  chain: {
    about: "a chain of single-channel convolutions with a dense head; one channel only",
    build: (task, options) => chain(task, options),
    recipe: { ...common, length: { epochs: 300 }, learningRate: 0.01 },
  },
} as const satisfies Readonly<Record<string, Architecture>>;

export type ArchitectureName = keyof typeof recipes;
export const architectureNames = Object.keys(recipes) as readonly ArchitectureName[];

/** For a model that somebody wrote themselves. */
export const ownModelRecipe: Recipe = { ...common, length: { epochs: 300 } };
