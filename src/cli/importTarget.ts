/** `--model` of `toeplitz import`: what weights that come alone are of. */
import { extname } from "node:path";
import { stat } from "node:fs/promises";
import { InputError } from "../data/errors.ts";
import type { ImportTarget } from "../formats/pytorch/importWeights.ts";
import { resolve } from "../layers/model.ts";
import { architectureNames } from "../training/recipes.ts";
import { loadModel } from "./modelFile.ts";
import { chooseModel, readModel } from "./train/modelSource.ts";

/** What says it. */
export interface TargetFlags {
  /** The layers: an architecture, a JSON file or a saved model. */
  readonly model?: string;
  /** Class names in the order of the outputs. */
  readonly classes?: readonly string[];
  /** Values of a row, of a model without classes. */
  readonly outputs?: number;
  readonly channels?: number;
  /** Positions of a row. */
  readonly length?: number;
}

/** The layers, and what goes with them; undefined where nothing is asked for. Throws InputError. */
export async function importTarget({
  model: source,
  ...shape
}: TargetFlags): Promise<ImportTarget | undefined> {
  if (source === undefined) {
    const asked = Object.entries(shape).find(([, value]) => value !== undefined);
    if (asked) throw new InputError(`--${asked[0]} goes with --model; give both`);
    return undefined;
  }
  return (await isSaved(source)) ? savedTarget(source, shape) : newTarget(source, shape);
}

async function isSaved(source: string): Promise<boolean> {
  if (architectureNames.some((name) => name === source)) return false;
  if (extname(source).toLowerCase() === ".safetensors") return true;
  return stat(source).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

type Shape = Omit<TargetFlags, "model">;

/** A saved network, whose weights are to be others. */
async function savedTarget(source: string, shape: Shape): Promise<ImportTarget> {
  const asked = Object.entries(shape).find(([, value]) => value !== undefined);
  if (asked) throw new InputError(`--${asked[0]} is what ${source} says already; leave it out`);
  const saved = await loadModel(source);
  if (saved.kind !== "network")
    throw new InputError(
      `${source}: weights go into one network, not ${saved.kind === "ensemble" ? "an ensemble" : `a ${saved.kind}`}`,
    );
  const { model, channelNames, classes, answers, preparation, targets } = saved;
  return {
    model,
    classes,
    preparation,
    ...(channelNames && { channelNames }),
    ...(answers === "multiLabel" && { answers }),
    ...(targets && { targets }),
  };
}

/** An architecture for rows of a shape, or layers from a JSON file, which say it themselves. */
async function newTarget(
  source: string,
  { classes = [], outputs, channels, length }: Shape,
): Promise<ImportTarget> {
  if (outputs !== undefined && classes.length > 0)
    throw new InputError("--outputs is of values and --classes of classes; give one of them");
  const isFile = /[/\\]|\.json$/i.test(source);
  if (isFile) {
    const other = Object.entries({ outputs, channels, length }).find(([, value]) => value !== undefined);
    if (other) throw new InputError(`--${other[0]} is what ${source} says already; leave it out`);
    const model = await readModel(source);
    const layers = resolve(model);
    const last = layers[layers.length - 1].output;
    if (
      classes.length > 0 &&
      classes.length !== last.channels &&
      classes.length !== last.channels * last.length
    )
      throw new InputError(
        `--classes names ${classes.length}, but ${source} has ${last.channels * last.length} outputs; each has a name`,
      );
    return { model, classes };
  }
  const choice = await chooseModel(source, {});
  if (length === undefined || (outputs === undefined && classes.length === 0))
    throw new InputError(
      `--model ${source} is made for rows of a shape; give --length and --classes (or --outputs, of values), and --channels where there are several`,
    );
  const answers =
    outputs === undefined ? ({ kind: "classes" } as const) : ({ kind: "values", outputs } as const);
  const model = choice.build({
    name: "the options",
    channels: channels ?? 1,
    length,
    classes,
    answers: source === "unet1d" ? { kind: "positions" } : answers,
  });
  return { model, classes };
}
