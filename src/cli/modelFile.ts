/** MODEL on the command line: a model file, or the folder of a run, which holds one. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../data/errors.ts";
import type { AnyModel } from "../formats/modelFile.ts";
import { loadFile } from "../node.ts";
import { CHECKPOINT, LOG, MODEL } from "./train/runFolder.ts";

/** The path of the model file: of a folder that of its run. Throws InputError for a folder without one. */
export async function modelPath(given: string): Promise<string> {
  const found = await stat(given).catch(() => null);
  if (!found?.isDirectory()) return given;
  const names = await readdir(given).catch((): string[] => []);
  if (names.includes(MODEL)) return join(given, MODEL);
  throw new InputError(`${given}: the folder holds no ${MODEL}; ${await remedy(given, names)}`);
}

/** A model by its file or its run's folder. */
export const loadModel = async (given: string): Promise<AnyModel> => loadFile(await modelPath(given));

async function remedy(folder: string, names: readonly string[]): Promise<string> {
  for (const name of [...names].sort()) {
    const inside = await stat(join(folder, name, MODEL)).catch(() => null);
    if (inside?.isFile()) return `its folders do, one a run; give one, such as ${join(folder, name)}`;
  }
  if (names.includes(CHECKPOINT))
    return "its run has not ended: go on with it by train --resume, or give a model file";
  return names.includes(LOG)
    ? "its run ended before a model was saved; give a model file"
    : "give a model file or the folder of a run";
}
