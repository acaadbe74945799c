/** What a run's model is: an architecture by its name, or layers that somebody wrote as JSON. */
import { hasClasses } from "../data/answers.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import type { ChainOptions } from "../layers/architectures/chain.ts";
import { outputsOf, type Task } from "../layers/architectures/task.ts";
import { ignorePadding } from "../layers/ignorePadding.ts";
import { checkModel, ModelError, resolve, type Model } from "../layers/model.ts";
import { INCEPTIONTIME, positionModels } from "./options/modelNames.ts";
import { architectureNames, ownModelRecipe, recipes, type Architecture, type Recipe } from "./recipes.ts";

/** What a model is for: the prepared rows of the data set of that name. */
export type NamedTask = Required<Task> & { readonly name: string };

export interface ModelChoice {
  /** What the model is called. */
  readonly title: string;
  /** The model for the prepared rows. Throws InputError or ModelError where it does not go with them. */
  readonly build: (task: NamedTask) => Model;
  /** How it is trained by default. */
  readonly recipe: Recipe;
}

/** The architecture of that name; null where it is none. Throws InputError for options of another. */
export function architectureOf(source: string, options: ChainOptions): ModelChoice | null {
  const name = architectureNames.find((n) => n === (source === INCEPTIONTIME ? "inception" : source));
  if (name !== "chain" && Object.values(options).some((o) => o !== undefined))
    throw new InputError(
      `--filters and --activation belong to --model chain, not to ${source}; write a model file for other shapes`,
    );
  if (name === undefined) return null;
  const { build, recipe }: Architecture = recipes[name];
  return {
    title: name,
    recipe,
    build: (task) => {
      try {
        return build(task, options);
      } catch (error) {
        throw error instanceof ModelError ? new InputError(`--model ${name}: ${error.message}`) : error;
      }
    },
  };
}

/** The model that somebody wrote, where it takes the rows; `source` is what errors call it. */
export const ownModel = (model: Model, source: string): ModelChoice => ({
  title: model.name,
  recipe: ownModelRecipe,
  build: (task) =>
    inFile(source, () => {
      requireFit(model, task);
      return model;
    }),
});

/** With `ignorePadding`, where it is asked for. */
export const builtFor = (
  { build }: ModelChoice,
  flags: { readonly ignorePadding?: true },
): ModelChoice["build"] => (flags.ignorePadding ? (task) => ignorePadding(build(task)) : build);

/** Layers from the JSON that `model()` returns; `source` is the file's name. Throws InputError. */
export function modelFromText(text: string, source: string): Model {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `${source}: it is no JSON (${reason}); a model file holds what model() returns; correct it`,
    );
  }
  const given = inFile(source, () => checkModel(json));
  const [, plain] = /([^/\\]*?)(?:\.json)?$/i.exec(source) ?? [];
  return given.name === "model" && plain ? { ...given, name: plain } : given;
}

/** Says of a ModelError which file it is about. */
function inFile(file: string, make: () => Model): Model {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const remedy = error.message.startsWith("not a model")
      ? "; give what JSON.stringify(model(...)) writes"
      : "";
    throw new InputError(`${file}: ${error.message}${remedy}`);
  }
}

/** Refuses (ModelError) a model that does not take the data's rows or does not answer with its classes or as many values. */
function requireFit(model: Model, data: NamedTask): void {
  const { channels, length } = model.input;
  if (channels !== data.channels || length !== data.length)
    throw new ModelError(
      `the model takes rows of ${channels} x ${length} (channels x length), but ${data.name} has ` +
        `${data.channels} x ${data.length}; set its input to that`,
    );
  const layers = resolve(model);
  const last = layers[layers.length - 1];
  const outputs = outputsOf(data);
  const { answers } = data;
  const positions = answers.kind === "positions" ? data.length : 1;
  if (answers.kind === "positions" && (last.output.channels !== outputs || last.output.length !== positions))
    throw new ModelError(
      `the last layer (${last.name}) gives ${last.output.channels} x ${last.output.length} values, but ${data.name} ` +
        `has ${outputs} classes at ${positions} positions; end with a conv1d of ${outputs} filters that keeps the length`,
    );
  if (last.output.channels !== outputs || last.output.length !== positions)
    throw new ModelError(
      `the last layer (${last.name}) gives ${last.output.channels} x ${last.output.length} values, but ${data.name} ` +
        `has ${outputs} ${hasClasses(answers.kind) ? "classes" : "targets a row"}; end with dense of ${outputs} units`,
    );
}

/** Refuses (InputError) a model that predicts a class of each position where rows have one label, and the other way round. */
export function requireAnswering(model: Model, { answers }: Dataset, title: string, source: string): void {
  const layers = resolve(model);
  const { length } = layers[layers.length - 1].output;
  switch (answers.kind) {
    case "classes":
    case "multiLabel":
    case "none":
      if (length > 1)
        throw new InputError(
          `the model ${title} predicts a class of each of ${length} positions, but rows of ${source} have one label each; ` +
            "give another --model, or train it from code (fit on fromArrays with labels a position)",
        );
      return;
    case "positions":
      if (length !== answers.positions)
        throw new InputError(
          `the model ${title} predicts a class of ${length === 1 ? "a row" : `each of ${length} positions`}, but rows of ${source} have one at each of ` +
            `${answers.positions} positions; give --model ${positionModels.join(", ")}, or a model file that ends with as many positions`,
        );
      return;
    case "values": // the outputs are counted later
  }
}
