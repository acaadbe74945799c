/** --init on `train`: a saved model to start from. */
import { hasClasses } from "../../data/answers.ts";
import { alignClasses } from "../../data/classes.ts";
import { quote } from "../../data/quote.ts";
import { checkModel, resolve, type Model } from "../../layers/model.ts";
import { outputsOf } from "../../layers/architectures/task.ts";
import { loadModel } from "../modelFile.ts";
import { InputError } from "../../data/errors.ts";
import type { Network } from "../../models/network.ts";
import type { ModelChoice, NamedTask } from "../../training/modelChoice.ts";
import { ownModelRecipe, recipes, type Architecture } from "../../training/recipes.ts";
import type { RuleFlags } from "../../training/options/ruleOptions.ts";
import { checkFreeze, checkTransfer, headOf } from "../../training/transfer.ts";
import type { TrainingData } from "../sources.ts";

export async function loadStart(file: string): Promise<Network> {
  const model = await loadModel(file);
  switch (model.kind) {
    case "network":
      return model;
    case "ensemble":
      throw new InputError(
        `--init ${file}: it is an ensemble, whose networks each have weights of their own; give a single network`,
      );
    case "rocket":
      throw new InputError(
        `--init ${file}: it is a ${model.model.name} model, which has no layers to start from; give a network`,
      );
  }
}

/** What the classes of the rows mean for the head of the model that training starts from. */
export interface Met {
  /** The rows, whose classes are the model's where it has all of theirs. */
  readonly data: TrainingData;
  /** The model's classes, where its head goes on with them; absent where the data's are its own in their order. */
  readonly classes?: readonly string[];
  /** Layers to start anew: the head, where rows have a class that the model does not have. */
  readonly reinit: readonly string[];
  /** What is to be said of it. */
  readonly note: string | null;
}

/** Classes meet by name: those of some rows are numbered as the model's, or its head starts anew. */
export function meetStart(data: TrainingData, { model, classes, answers }: Network, file: string): Met {
  const { answers: given, classes: found } = data.train;
  if (!hasClasses(given.kind) || given.kind !== answers) return { data, reinit: [], note: null };
  const known = new Set(classes);
  const unknown = found.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const head = headOf(resolve(model))?.name ?? "head";
    const names =
      unknown
        .slice(0, 3)
        .map((name) => quote(name))
        .join(", ") + (unknown.length > 3 ? ", ..." : "");
    const what = `${names}, which ${file} does not have: its head, ${head}, starts anew`;
    return {
      data,
      reinit: [head],
      note: `the rows have ${unknown.length > 1 ? "classes" : "class"} ${what}`,
    };
  }
  if (found.length === classes.length && found.every((name, k) => name === classes[k]))
    return { data, reinit: [], note: null };
  const own = { name: file, classes };
  const aligned = {
    ...data,
    train: alignClasses(own, data.train),
    test: data.test && alignClasses(own, data.test),
  };
  const fewer = `the rows have ${found.length} of the ${classes.length} classes of ${file}, whose head goes on with all of them`;
  return { data: aligned, classes, reinit: [], note: found.length < classes.length ? fewer : null };
}

/** The saved model's own layers, the last one with an output for each of the data's classes, or targets. */
export function choiceOf({ model }: Network, file: string): ModelChoice {
  const known: Readonly<Record<string, Architecture>> = recipes;
  const recipe = Object.hasOwn(known, model.name) ? known[model.name].recipe : ownModelRecipe;
  return { title: model.name, recipe, build: (task) => withHead(model, file, task) };
}

function withHead(model: Model, file: string, data: NamedTask): Model {
  const { channels, length } = model.input;
  if (channels !== data.channels || length !== data.length)
    throw new InputError(
      `--init ${file}: the model takes rows of ${channels} x ${length} (channels x length), but ${data.name} has ` +
        `${data.channels} x ${data.length}; give rows of that shape, or --model with layers that take them`,
    );
  const last = model.layers[model.layers.length - 1];
  const outputs = resolve(model)[model.layers.length - 1].output.channels;
  if (outputs === outputsOf(data)) return model;
  if (last.kind !== "dense")
    throw new InputError(
      `--init ${file}: the model has ${outputs} outputs and ends with ${last.kind}, but ${data.name} wants ` +
        `${outputsOf(data)}; give --model with that many outputs`,
    );
  const head = { ...last, options: { ...last.options, units: outputsOf(data) } };
  return checkModel({ ...model, layers: [...model.layers.slice(0, -1), head] });
}

/** Refuses weights that the model cannot start from, and prefixes that name nothing, before anything is written. */
export function requireStart(
  model: Model,
  start: { network: Network; file: string } | null,
  { freeze = [], reinit = [] }: RuleFlags,
): void {
  const layers = resolve(model);
  checkFreeze(layers, freeze);
  if (reinit.length > 0 && !start)
    throw new InputError("--reinit is given without --init; it names layers that --init leaves out");
  try {
    if (start) checkTransfer(layers, start.network.weights, reinit);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`--init ${start?.file}: ${error.message}`) : error;
  }
}
