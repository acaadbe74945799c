/** MODEL on `train`: the name of an architecture, or a JSON file that holds what `model()` returns. */
import { stat } from "node:fs/promises";
import type { ChainOptions } from "../../layers/architectures/chain.ts";
import type { Model } from "../../layers/model.ts";
import { readBytes } from "../../node.ts";
import { InputError } from "../../data/errors.ts";
import { architectureOf, modelFromText, ownModel, type ModelChoice } from "../../training/modelChoice.ts";
import { allModelNames } from "../../training/options/modelNames.ts";
import { AUTO } from "../options/trainRows.ts";
import { unknownWord } from "../../data/suggest.ts";

/** The model of that name or in that file. Throws InputError or ModelError. */
export async function chooseModel(source: string, options: ChainOptions): Promise<ModelChoice> {
  const named = architectureOf(source, options);
  if (named) return named;
  if (!(await isFile(source)))
    throw new InputError(
      `${unknownWord("--model", source, [...allModelNames, AUTO])}, or a model file (.json)`,
    );
  return ownModel(await readModel(source), source);
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
  return modelFromText(new TextDecoder().decode(await readBytes(file)), file);
}
