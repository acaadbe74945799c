/**
 * How each architecture is trained unless somebody says otherwise: one table, read by the command line and the
 * documentation. The numbers are choices, not mathematics; they may be tuned here and nowhere else.
 */
import {
  chain,
  fcn,
  inception,
  keyword,
  lite,
  m5,
  mnist1dCnn,
  resnet,
  tcn,
  unet1d,
  wavenet,
} from "../layers/architectures/index.ts";
import type { ChainOptions } from "../layers/architectures/chain.ts";
import type { Task } from "../layers/architectures/task.ts";
import type { Model } from "../layers/model.ts";
import type { losses } from "./losses.ts";
import type { optimizers } from "./optimizers.ts";
import type { Normalization } from "../models/preparation.ts";
import type { schedules } from "./schedules.ts";

/** How an architecture is trained where nothing else is asked for. */
export interface Recipe {
  /** How long: passes over the rows, or steps in all. */
  readonly length:
    | {
        /** Passes over the rows. */
        readonly epochs: number;
      }
    | {
        /** Steps in all. */
        readonly steps: number;
      };
  /** Rows of a step. */
  readonly batch: number;
  /** Its name. */
  readonly optimizer: keyof typeof optimizers;
  /** The rate that the schedule begins with. */
  readonly learningRate: number;
  /** Its name. */
  readonly schedule: keyof typeof schedules;
  /** Its name; of rows with other answers than classes another. */
  readonly loss: keyof typeof losses;
  /** How rows are scaled. */
  readonly normalize: Normalization;
}

/** A published network, by which a model is named. */
export interface Architecture {
  /** One line for help. */
  readonly about: string;
  /** The model for a task; only the chain takes options. Throws ModelError where it does not fit. */
  readonly build: (task: Task, options?: ChainOptions) => Model;
  /** How it is trained. */
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

/**
 * The architectures by name: what a form of them is made of, no part of the reference.
 *
 * @internal
 */
export const recipes = {
  fcn: {
    about: "three blocks of convolution, batch norm and relu, and a global average (Wang et al. 2017)",
    build: (task) => fcn(task),
    recipe: { ...common, length: { epochs: 300 } },
  },
  resnet: {
    about: "three residual blocks of three convolutions with batch norm (Wang et al. 2017)",
    build: (task) => resnet(task),
    recipe: { ...common, length: { epochs: 300 } },
  },
  inception: {
    about: "six modules of three long convolutions and a pool, two shortcuts (Fawaz et al. 2020)",
    build: (task) => inception(task),
    recipe: { ...common, length: { epochs: 300 } },
  },
  lite: {
    about:
      "one inception layer with fixed filters, then two separable convolutions (Ismail-Fawaz et al. 2023)",
    build: (task) => lite(task),
    recipe: { ...common, length: { epochs: 300 } },
  },
  keyword: {
    about:
      "spoken words: log-mel features, then separable convolutions (MatchboxNet, Majumdar and Ginsburg 2020)",
    build: (task) => keyword(task),
    recipe: { ...common, length: { epochs: 60 }, batch: 32, learningRate: 2e-3 },
  },
  tcn: {
    about:
      "causal convolutions with dilations 1, 2, 4, ... and weight norm; classes or forecasts (Bai et al. 2018)",
    build: (task) => tcn(task),
    recipe: { ...common, length: { epochs: 100 }, batch: 32, learningRate: 2e-3 },
  },
  m5: {
    about: "raw audio: 80 taps with stride 4, then three of 3 with maxima over 4 (Dai et al. 2017)",
    build: (task) => m5(task),
    recipe: { ...common, length: { epochs: 40 }, batch: 32 },
  },
  wavenet: {
    about: "a stack of gated causal convolutions with skips (van den Oord et al. 2016)",
    build: (task) => wavenet(task),
    recipe: { ...common, length: { epochs: 100 } },
  },
  unet1d: {
    about: "a label a position: down four times by two and up again (Ronneberger et al. 2015)",
    build: (task) => unet1d(task),
    recipe: { ...common, length: { epochs: 100 } },
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

/** A name of one, as --model has it. */
export type ArchitectureName = keyof typeof recipes;
export const architectureNames = Object.keys(recipes) as readonly ArchitectureName[];

/** For a model that somebody wrote themselves. */
export const ownModelRecipe: Recipe = { ...common, length: { epochs: 300 } };
