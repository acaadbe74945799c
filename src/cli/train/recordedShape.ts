/**
 * What `train` records, as checks (data/schema.ts): the settings in a model file's provenance, the notes in a checkpoint,
 * result.json and log.jsonl. A file that a stranger sent holds any of them.
 */
import { convolutions } from "../../models/runtime.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import {
  dictionary,
  either,
  flag,
  list,
  Misfit,
  nullable,
  number,
  oneOf,
  part,
  real,
  record,
  text,
  whole,
  type Check,
  type Checked,
} from "../../data/schema.ts";
import { MOST_THREADS } from "../../backends/choose.ts";
import { limits } from "../../layers/limits.ts";
import {
  fitRules,
  hash,
  lossOf,
  optimizerOf,
  orNaN,
  prepareOf,
  scheduleOf,
  scoredOf,
  seedOf,
  splitOf,
} from "../../training/schemas.ts";
import { losses } from "../../training/losses.ts";
import { optimizers } from "../../training/optimizers.ts";
import { schedules } from "../../training/schedules.ts";
import { normalizations } from "../../models/preparation.ts";
import type { Epoch } from "../../training/history.ts";
import { takesValue } from "../../training/options/option.ts";
import type { Rows } from "../options/option.ts";
import { dataRows, type DataFlags } from "../options/dataOptions.ts";
import { trainRows, type TrainFlags } from "../options/trainRows.ts";

const names = list(text(), 100_000);
const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] =>
  Object.keys(table) as K[];

const fitRequired = {
  batch: whole(1),
  optimizer: optimizerOf,
  schedule: scheduleOf,
  loss: lossOf,
  keep: oneOf(["last", "best"]),
  seed: seedOf,
  numerics: oneOf(["strict", "fused"]),
} as const;
const fitOptional = {
  ...fitRules,
  convolution: oneOf(convolutions),
  epochs: whole(1, 2 ** 52),
  steps: whole(1, 2 ** 52),
  validation: real(0, 1),
  threads: whole(1, MOST_THREADS),
  reinit: names,
} as const;
const fitFields = record(fitRequired, fitOptional);
type FitFields = Checked<typeof fitFields>;

/** Has a length: epochs or steps. */
const fitShape: Check<FitFields & Pick<Required<FitFields>, "convolution">> = (value, path = "") => {
  const fit = fitFields(value, path);
  if (fit.epochs === undefined && fit.steps === undefined)
    throw new Misfit(path, "has neither epochs nor steps");
  // before there was a choice, all convolutions were direct
  return { ...fit, convolution: fit.convolution ?? "direct" };
};

export const initShape = record({ file: text(), weightsSha256: hash });

/** Values of options as they were typed, by the options' own readers. */
function flagsShape(rows: Rows): Check<Readonly<Record<string, unknown>>> {
  return (value, path = "") => {
    const given = dictionary((x: unknown) => x, 1000)(value, path);
    for (const [name, own] of Object.entries(given)) {
      const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
      if (!row) throw new Misfit(`${path}.${quote(name)}`, "is no option of this toeplitz");
      if (!takesValue(row)) flag(own, `${path}.${name}`);
      else if (!isRead(row.parse ?? ((typed) => typed), own))
        throw new Misfit(`${path}.${name}`, `is nothing that ${row.flags} takes`);
    }
    return given;
  };
}

/** Whether a value is what its reader makes of some text. */
function isRead(parse: (text: string) => unknown, value: unknown): boolean {
  const typed = typedAs(value);
  try {
    return typed !== null && JSON.stringify(parse(typed)) === JSON.stringify(value);
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

const isTyped = (x: unknown): boolean => typeof x === "string" || typeof x === "number";

/** As it would be typed: 2, x,y,z, jitter=0.05 or up=2,down=0.5; null where nothing is typed so. */
function typedAs(value: unknown): string | null {
  if (isTyped(value)) return String(value);
  if (typeof value !== "object" || value === null) return null;
  const parts = Array.isArray(value)
    ? value.map((item: unknown): unknown[] => (isTyped(item) ? [item] : Object.values(item ?? [null])))
    : Object.entries(value);
  return parts.every((words) => words.every(isTyped))
    ? parts.map((words) => words.join("=")).join(",")
    : null;
}

export const dataFlagsShape = flagsShape(dataRows) as Check<DataFlags>;
export const trainFlagsShape = flagsShape(trainRows) as Check<TrainFlags>;

/** The provenance's `settings`. */
export const recordedShape = record(
  { fit: fitShape, members: whole(1, limits.members.most) },
  { init: initShape, data: dataFlagsShape, calibrate: flag, interruptedAt: whole(0, 2 ** 52) },
);

/** The same of one of the Rocket family. */
export const closedFormShape = record(
  { fit: record({ seed: seedOf, validation: real(0, 0.999999) }, { split: splitOf, prepare: prepareOf }) },
  { data: dataFlagsShape },
);

/** What is read of either, to read DATA again. */
export const readingShape = part({}, { data: dataFlagsShape });

const recipeShape = record({
  length: either(record({ epochs: whole(1) }), record({ steps: whole(1) })),
  batch: whole(1),
  optimizer: oneOf(keysOf(optimizers)),
  learningRate: real(0),
  schedule: oneOf(keysOf(schedules)),
  loss: oneOf(keysOf(losses)),
  normalize: oneOf(normalizations),
});

/** The note `run` of a checkpoint. */
export const notesShape = record(
  {
    line: text(1_000_000),
    flags: trainFlagsShape,
    title: text(),
    count: whole(1, limits.members.most),
    recipe: recipeShape,
    // where it ran is no part of what it is
    settings: record(fitRequired, { ...fitOptional, backend: (value: unknown) => value }),
  },
  { init: initShape, classes: names },
);

/** result.json, as far as others read it. */
export const resultShape = part(
  {
    schema: oneOf([1]),
    model: text(),
    parameters: whole(),
    epochs: whole(),
    steps: whole(),
    seconds: real(0),
    backend: text(),
    train: scoredOf,
    validation: nullable(scoredOf),
    test: nullable(scoredOf),
  },
  {},
);

/** A line of log.jsonl. */
export const epochShape: Check<Epoch> = part(
  { epoch: whole(), steps: whole(), loss: orNaN, accuracy: nullable(number) },
  {
    validation: nullable(part({ loss: orNaN, accuracy: nullable(number) }, { rmse: orNaN })),
    learningRate: orNaN,
    seconds: orNaN,
    backSignals: dictionary(orNaN, 100_000),
    member: whole(1, limits.members.most),
  },
) as Check<Epoch>;
