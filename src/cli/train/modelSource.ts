/** MODEL on `train`: the name of an architecture, or a JSON file that holds what `model()` returns. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { checkModel, ModelError, resolve, type Model } from "../../layers/model.ts";
import type { ChainOptions } from "../../layers/architectures/chain.ts";
import { outputsOf, type Task } from "../../layers/architectures/task.ts";
import { readBytes } from "../../node.ts";
import { hasClasses } from "../../data/answers.ts";
import { InputError } from "../../data/errors.ts";
import {
  architectureNames,
  ownModelRecipe,
  recipes,
  type Architecture,
  type Recipe,
} from "../../training/recipes.ts";
import { INCEPTIONTIME, modelNames } from "../options/modelNames.ts";
import { unknownWord } from "../../data/suggest.ts";

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

/** The model of that name or in that file. Throws InputError or ModelError. */
export async function chooseModel(source: string, options: ChainOptions): Promise<ModelChoice> {
  const name = architectureNames.find((n) => n === (source === INCEPTIONTIME ? "inception" : source));
  if (name !== "chain" && Object.values(options).some((o) => o !== undefined))
    throw new InputError(
      `--filters and --activation belong to --model chain, not to ${source}; write a model file for other shapes`,
    );
  if (name !== undefined) {
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
  if (!(await isFile(source)))
    throw new InputError(
      `${unknownWord("--model", source, [...modelNames, INCEPTIONTIME, "minirocket"])}, or a model file (.json)`,
    );
  const model = await readModel(source);
  return {
    title: model.name,
    recipe: ownModelRecipe,
    build: (task) =>
      inFile(source, () => {
        requireFit(model, task);
        return model;
      }),
  };
}

/** Something with a path's look, or that is there. */
async function isFile(source: string): Promise<boolean> {
  if (/[/\\]|\.json$/i.test(source)) return true;
  return stat(source).then(
    () => true,
    () => false,
  );
}

/** Layers from a JSON file; throws InputError. */
export async function readModel(file: string): Promise<Model> {
  const text = new TextDecoder().decode(await readBytes(file));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `${file}: it is no JSON (${reason}); a model file holds what model() returns; correct it`,
    );
  }
  const given = inFile(file, () => checkModel(json));
  return given.name === "model" ? { ...given, name: basename(file).replace(/\.json$/i, "") } : given;
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
