/** Checks before training begins. */
import { resolve, type Model } from "../layers/model.ts";
import { answersEach, type Answers } from "../data/answers.ts";
import { checkAugmentations, type Augmentation } from "./augment.ts";
import { ignoringLayers } from "../layers/ignorePadding.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import type { FitOptions } from "./run.ts";
import { checkMonitor } from "./monitor.ts";
import { normalizations, preparedTask, type PrepareOptions } from "../models/preparation.ts";

/** Throws InputError for options that are out of range, and data that nothing can be learned from. */
export function checkOptions(data: Dataset, o: FitOptions): void {
  const refuse = (what: string): never => {
    throw new InputError(what);
  };
  const whole = (name: "epochs" | "steps" | "batch" | "patience", value: number | undefined): void => {
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      refuse(`${name} is ${value}; it is a whole number of at least 1`);
  };
  whole("epochs", o.epochs);
  whole("steps", o.steps);
  whole("batch", o.batch);
  const { validation, optimizer, normalize, seed = 0 } = o;
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    refuse(`seed is ${seed}; it is a whole number from 0 to 4294967295`);
  if (typeof validation === "number" && !(validation >= 0 && validation < 1))
    refuse(`validation is ${validation}; it is a fraction of the rows, at least 0 and below 1`);
  if (optimizer && !(optimizer.learningRate > 0 && optimizer.learningRate < Infinity))
    refuse(`the learning rate is ${optimizer.learningRate}; it is a number above 0`);
  if (normalize && !normalizations.includes(normalize))
    refuse(`normalize is ${JSON.stringify(normalize)}; it is one of ${normalizations.join(", ")}`);
  whole("patience", o.patience);
  if (o.minDelta !== undefined && !(o.minDelta >= 0)) refuse(`minDelta is ${o.minDelta}; it is at least 0`);
  const every = o.checkpoint?.everySeconds ?? 0;
  if (!(every >= 0)) refuse(`checkpoint: everySeconds is ${every}; it is a number of seconds, at least 0`);
  if (data.rowWeights?.every((w) => w === 0))
    refuse(`${data.name}: all row weights are 0, so that nothing is learned; at least one is above 0`);
  if (data.rows === 0) refuse(`${data.name} has no rows; training needs at least one`);
  if (optimizer) checkNumbers(`optimizer ${optimizer.kind}`, optimizer, optimizerRanges);
  if (optimizer?.kind === "sgd" && optimizer.nesterov && !(optimizer.momentum > 0))
    refuse("optimizer sgd: nesterov wants momentum above 0");
  if (o.schedule) checkNumbers(`schedule ${o.schedule.kind}`, o.schedule, scheduleRanges);
  checkMonitor(o.monitor ?? "loss", data, validation !== undefined && validation !== 0);
  checkAugmentations(o.augment ?? [], data.answers.kind === "positions");
  if (o.reinit?.length && !o.init)
    refuse("reinit is given without init; it names layers that init leaves out");
}

/**
 * Refuses (InputError) a preparation that moves the positions of shorter rows away from their labels: what is padded in
 * front or resampled.
 */
export function checkLabelledPositions({ name, answers, lengths }: Dataset, prepare: PrepareOptions): void {
  if (answers.kind !== "positions" || lengths === undefined) return;
  const moved = prepare.resample !== undefined ? "resample" : (prepare.at ?? "end") !== "end" ? "at" : null;
  if (moved !== null)
    throw new InputError(
      `${name} has rows of unequal length with a class a position, and prepare: ${moved} moves positions away from their classes; leave it out`,
    );
}

/** Refuses (InputError) to move values into the padding that a layer leaves out. */
export function checkPaddedAugment(
  model: Model,
  list: readonly Augmentation[],
  { length }: PrepareOptions,
): void {
  if (length === undefined) return;
  const [layer] = ignoringLayers(resolve(model));
  const moving = list.find(({ kind }) => kind !== "jitter" && kind !== "scaling");
  if (layer === undefined || moving === undefined) return;
  throw new InputError(
    `augmentation ${moving.kind} moves values into the padding, which ${layer} leaves out; take jitter and scaling, or let padding count`,
  );
}

/** What each option is, in words and as a test. */
type Ranges = Readonly<Record<string, readonly [rule: string, holds: (x: number) => boolean]>>;
const rate = ["at least 0 and below 1", (x: number) => x >= 0 && x < 1] as const;
const atLeast0 = ["a number of at least 0", (x: number) => x >= 0 && x < Infinity] as const;
const above0 = ["a number above 0", (x: number) => x > 0 && x < Infinity] as const;
const optimizerRanges: Ranges = {
  momentum: atLeast0,
  weightDecay: atLeast0,
  epsilon: atLeast0,
  beta1: rate,
  beta2: rate,
  alpha: rate,
};
const scheduleRanges: Ranges = {
  warmup: rate,
  floor: rate,
  rise: ["above 0 and below 1", (x) => x > 0 && x < 1],
  div: above0,
  finalDiv: above0,
  factor: above0,
  every: ["a whole number of at least 1", (x) => Number.isInteger(x) && x >= 1],
  patience: ["a whole number of at least 0", (x) => Number.isInteger(x) && x >= 0],
  minimum: atLeast0,
  threshold: rate,
};

function checkNumbers(what: string, options: object, ranges: Ranges): void {
  for (const [name, value] of Object.entries(options) as [string, number | undefined][]) {
    const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined;
    if (range && value !== undefined && !(typeof value === "number" && range[1](value)))
      throw new InputError(`${what}: ${name} is ${value}; it is ${range[0]}`);
  }
}

/** The model is for what the preparation makes of the rows. */
export function checkInput({ input, name }: Model, data: Dataset, prepare: PrepareOptions): void {
  const { channels, length } = preparedTask(data, prepare);
  if (input.channels === channels && input.length === length) return;
  const changed = channels !== data.channels || length !== data.length;
  throw new InputError(
    `${data.name} has rows of ${data.channels} x ${data.length} (channels x length)` +
      (changed ? `, prepared to ${channels} x ${length}` : "") +
      `; the model ${name} takes ${input.channels} x ${input.length}` +
      (changed ? "; build it for preparedTask(data, prepare)" : ""),
  );
}

/** One output a class, or a value a target. */
export function checkOutputs(model: Model, data: Dataset): void {
  const layers = resolve(model);
  const { channels, length } = layers[layers.length - 1].output;
  const { answers } = data;
  const { want, what } = outputsFor(answers);
  if (channels * length !== want)
    throw new InputError(
      `the model ${model.name} has ${channels * length} outputs; ${data.name} has ${want} ${what}`,
    );
  if (answers.kind === "positions" && length !== answers.positions)
    throw new InputError(
      `the model ${model.name} gives ${channels} x ${length} outputs; ${data.name} has ${data.classes.length} classes at ${answers.positions} positions`,
    );
}

/** How many outputs a row's answers want, and what they are in words. */
function outputsFor(answers: Answers): { readonly want: number; readonly what: string } {
  switch (answers.kind) {
    case "classes":
    case "multiLabel":
      return { want: answers.classes.length, what: "classes" };
    case "positions": {
      const { classes, positions } = answers;
      return { want: classes.length * positions, what: `(classes at ${positions} positions)` };
    }
    case "values":
    case "none":
      return { want: answersEach(answers), what: "targets a row" };
  }
}
