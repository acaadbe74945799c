/** --init on `train`: a saved model to start from. */
import { checkModel, resolve, type Model } from "../../layers/model.ts";
import { outputsOf } from "../../layers/architectures/task.ts";
import { loadModel } from "../modelFile.ts";
import { InputError } from "../../data/errors.ts";
import type { Network } from "../../models/network.ts";
import type { ModelChoice, NamedTask } from "./modelSource.ts";
import { ownModelRecipe, recipes, type Architecture } from "../../training/recipes.ts";
import type { RuleFlags } from "../options/ruleOptions.ts";
import { checkFreeze, checkTransfer } from "../../training/transfer.ts";

export async function loadStart(file: string): Promise<Network> {
  const model = await loadModel(file);
  switch (model.kind) {
    case "network":
      return model;
    case "ensemble":
      throw new InputError(
        `--init ${file}: it is an ensemble, whose networks each have weights of their own; give a single network`,
      );
    case "minirocket":
      throw new InputError(
        `--init ${file}: it is a minirocket model, which has no layers to start from; give a network`,
      );
  }
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
