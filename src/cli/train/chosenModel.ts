/** From --model, --init and the data to the model that a run trains. */
import type { ChainOptions } from "../../layers/architectures/chain.ts";
import type { Model } from "../../layers/model.ts";
import type { Network } from "../../models/network.ts";
import { prepareSteps, preparedTask, type PrepareOptions } from "../../models/preparation.ts";
import type { Recipe } from "../../training/recipes.ts";
import { membersOf } from "./ensembleRun.ts";
import { loadStart, modelOf, requireStart } from "./initModel.ts";
import { chooseModel } from "./modelSource.ts";
import { prepareOf, stepsFor } from "../options/prepareOptions.ts";
import type { Job } from "./protocol.ts";
import { defaultModel } from "../sources.ts";

export interface ChosenModel {
  readonly model: Model;
  readonly title: string;
  /** How many networks of it are trained as one. */
  readonly members: number;
  readonly recipe: Recipe;
  /** What is done to rows beside normalisation. */
  readonly prepare: PrepareOptions;
  /** Whose weights to start from. */
  readonly init: Network | null;
}

/** Throws InputError or ModelError for a model that the data or the options do not go with. */
export async function chosenModel({
  source,
  data,
  flags,
}: Pick<Job, "source" | "data" | "flags">): Promise<ChosenModel> {
  const chainOptions = { filters: flags.filters, activation: flags.activation } as ChainOptions;
  const name = flags.model ?? defaultModel(source);
  const start = flags.init === undefined ? null : { network: await loadStart(flags.init), file: flags.init };
  const prepare =
    start && prepareOf(flags) === null && flags.normalize === undefined
      ? prepareSteps(start.network.preparation)
      : stepsFor(data, flags);
  const task = { ...preparedTask(data.train, prepare), name: data.train.name };
  const { model, recipe } =
    start && flags.model === undefined
      ? modelOf(start.network, start.file, task)
      : await chooseModel(name, task, chainOptions);
  const members = membersOf(name, flags);
  requireStart(model, start, flags);
  const title = members > 1 ? name : model.name;
  return { model, title, members, recipe, prepare, init: start?.network ?? null };
}
