/**
 * A run by its recipe: what `toeplitz train` gives `fit` for a data set and options that are typed, so that a page trains
 * to the same bits. Everything is checked here, before the first step.
 */
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { unknownWord } from "../data/suggest.ts";
import type { ChainOptions } from "../layers/architectures/chain.ts";
import type { Model } from "../layers/model.ts";
import type { RocketOptions } from "./rocket.ts";
import { architectureOf, builtFor, modelFromText, ownModel, requireAnswering } from "./modelChoice.ts";
import type { RocketName } from "../models/rocket/transforms.ts";
import {
  allModelNames,
  DEFAULT_MEMBERS,
  defaultModel,
  INCEPTIONTIME,
  rocketNamed,
} from "./options/modelNames.ts";
import { takesValue, type ModelKind, type Rows } from "./options/option.ts";
import { askedOf } from "./options/prepareOptions.ts";
import { recipeRows, type RecipeFlags } from "./options/recipeRows.ts";
import { planRows, unitsOf } from "./plan.ts";
import type { Recipe } from "./recipes.ts";
import type { FitOptions } from "./run.ts";
import { settingsOf } from "./settings.ts";

/** A run as its recipe says it. */
export type RecipeRun =
  | {
      /** One network, which `fit` trains, or several, which `fitEnsemble` trains. */
      readonly kind: "network" | "ensemble";
      /** What the model is called. */
      readonly title: string;
      /** How many networks it is. */
      readonly members: number;
      /** For the rows as they are prepared. */
      readonly model: Model;
      /** The rows that `fit` holds back by these options. */
      /** Rows held back; null without. */
      readonly held: Dataset | null;
      /** What `fit` (of an ensemble `fitEnsemble`) is given beside model and data. */
      readonly options: FitOptions;
      /** What holds where no option says otherwise. */
      readonly recipe: Recipe;
    }
  | {
      /** Fixed features and a linear map, which `miniRocket` or `multiRocketHydra` fits. */
      readonly kind: "rocket";
      /** What the model is called, and which of the two it is. */
      readonly title: RocketName;
      /** The rows to learn from, and those held back. */
      readonly train: Dataset;
      /** Rows held back; null without. */
      readonly held: Dataset | null;
      /** What `miniRocket` or `multiRocketHydra` is given beside the rows. */
      readonly options: RocketOptions;
      /** What a model file records of it. */
      readonly recorded: object;
    };

/** What a run by its recipe is given beside the data and the options. */
export interface RecipeRunGiven {
  /** The rows to test on: where they alone miss values, these are filled. They change nothing else. Default: none. */
  readonly test?: Dataset | null;
  /** Layers as `model()` returns them, as JSON text, and what errors call them: in place of `options.model`. */
  readonly own?: {
    /** JSON. */
    readonly text: string;
    /** What messages call it. */
    readonly file: string;
  };
}

/** What a model of that name is: one network, several, or none. */
export const modelKindOf = (name: string): ModelKind =>
  name === INCEPTIONTIME ? "ensemble" : rocketNamed(name) ? "rocket" : "network";

/**
 * Options from texts by name (`{ epochs: "20", lr: "0.01" }`, flags with any text), with the defaults of those that have one.
 *
 * @throws InputError for a name that is unknown, and for a text that is none of its values
 */
export function readRecipe(texts: Readonly<Record<string, string>>): RecipeFlags {
  const rows: Rows = recipeRows;
  const unknown = Object.keys(texts).find((name) => !Object.hasOwn(rows, name));
  if (unknown !== undefined) throw new InputError(unknownWord("option", unknown, Object.keys(rows)));
  const values = Object.entries(rows).flatMap(([name, row]) => {
    const { parse, fallback } = row;
    const text = texts[name];
    if (text === undefined) return fallback === undefined ? [] : [[name, fallback]];
    if (!takesValue(row)) return [[name, true]];
    return [[name, parse ? parse(text) : text]];
  });
  return Object.fromEntries(values) as RecipeFlags;
}

/**
 * The run that the command line makes of these options, on these rows.
 *
 * @throws InputError or ModelError for options that do not go together, with the rows or with the model
 */
export function recipeRun(
  data: Dataset,
  flags: RecipeFlags,
  { test = null, own }: RecipeRunGiven = {},
): RecipeRun {
  const name = flags.model ?? defaultModel(data.name, data.answers.kind);
  const prepare = askedOf(flags, test);
  const rocket = rocketNamed(name);
  if (!own && rocket) return rocketRun(rocket, data, flags, prepare);
  const options = { filters: flags.filters, activation: flags.activation } as ChainOptions;
  const choice = own ? ownModel(modelFromText(own.text, own.file), own.file) : architectureOf(name, options);
  if (!choice) throw new InputError(unknownWord("model", name, allModelNames));
  const wanted = settingsOf(choice.recipe, flags, data);
  const rows = planRows(data, { ...wanted, prepare });
  const model = builtFor(choice, flags)({ ...rows.task, name: data.name });
  requireAnswering(model, data, choice.title, data.name);
  const kind = !own && name === INCEPTIONTIME ? "ensemble" : "network";
  return {
    kind,
    title: kind === "ensemble" ? name : choice.title,
    members: kind === "ensemble" ? DEFAULT_MEMBERS : 1,
    model,
    recipe: choice.recipe,
    held: rows.held,
    options: {
      ...wanted,
      targets: unitsOf(model, rows, { loss: wanted.loss, targets: flags.targets }),
      prepare: rows.prepare,
      batch: Math.min(wanted.batch, rows.train.rows),
    },
  };
}

function rocketRun(
  title: RocketName,
  data: Dataset,
  flags: RecipeFlags,
  asked: RocketOptions["prepare"],
): RecipeRun {
  if (data.answers.kind !== "classes" && data.answers.kind !== "values")
    throw new InputError(
      `${data.name}: the model ${title} predicts one class a row, or values, which its rows do not have; give another model`,
    );
  const { seed, validation } = flags;
  const split = { by: flags.split, gap: flags.gap };
  const { train, held, prepare } = planRows(data, { validation, seed, split, prepare: asked });
  return {
    kind: "rocket",
    title,
    train,
    held,
    options: { seed, prepare },
    recorded: { fit: { seed, validation, split, prepare } },
  };
}
