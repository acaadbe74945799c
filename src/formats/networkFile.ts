/** A network in a model file: safetensors with `format` "toeplitz". */
import { checkModel, wholeModel } from "../layers/model.ts";
import { quote } from "../data/quote.ts";
import type { NetworkFields } from "../models/network.ts";
import { rawChannels } from "../models/preparation.ts";
import { readChannelNames, writeChannelNames } from "./channelNamesFile.ts";
import { failOf, readJson, readProvenance, type Fail } from "./metadata.ts";
import { checkPreparation, checkTargets } from "./preparationFile.ts";
import { readTemperature, writeTemperature } from "./temperatureFile.ts";
import type { Safetensors } from "./safetensors.ts";

export const NETWORK_FORMAT = "toeplitz";

/** Its tensors and metadata. */
export function networkParts(fields: NetworkFields): Safetensors {
  const { model, classes, preparation, targets, weights, provenance } = fields;
  const metadata = {
    format: NETWORK_FORMAT,
    model: JSON.stringify(wholeModel(model)), // so that a later change of a default changes no file
    classes: JSON.stringify(classes),
    preparation: JSON.stringify(preparation),
    provenance: JSON.stringify(provenance),
    ...writeChannelNames(fields.channelNames),
    ...(fields.answers === "multiLabel" ? { answers: JSON.stringify(fields.answers) } : {}), // others follow from the model
    ...(targets ? { targets: JSON.stringify(targets) } : {}),
    ...writeTemperature(fields.temperature),
  };
  return { tensors: weights.map(({ name, shape, data }) => ({ name, shape, data })), metadata };
}

/** A network's fields from its file; throws InputError, and trusts nothing in the file. */
export function decodeNetwork({ tensors, metadata }: Safetensors, file: string): NetworkFields {
  const fail: Fail = failOf(file);
  if (metadata.format !== NETWORK_FORMAT) fail(`the metadata have no format ${NETWORK_FORMAT}`);
  const json = (key: string): unknown => readJson(metadata, key, fail);
  const description = json("model");
  let model: NetworkFields["model"];
  try {
    model = checkModel(description);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  const classes = json("classes");
  if (!Array.isArray(classes) || !classes.every((c) => typeof c === "string"))
    return fail("the metadata's classes are no list of names");
  if (new Set(classes).size !== classes.length) return fail("the metadata's classes name one twice");
  const provenance = readProvenance(metadata, fail);
  const answers = metadata.answers === undefined ? undefined : json("answers");
  if (answers !== undefined && answers !== "multiLabel") fail("the metadata's answers are not multiLabel");
  const preparation = checkPreparation(json("preparation"), model.input, fail);
  return {
    model,
    ...readChannelNames(metadata, rawChannels(preparation, model.input.channels), fail),
    classes,
    ...(answers === "multiLabel" ? { answers } : {}),
    preparation,
    ...(metadata.targets === undefined ? {} : { targets: checkTargets(json("targets"), fail) }),
    ...readTemperature(metadata, fail),
    provenance,
    weights: tensors.map(({ name, shape, data }) => {
      const tensor = `tensor ${quote(name)}`;
      if (shape.length !== 3) return fail(`${tensor} has ${shape.length} axes, not 3`);
      const wrong = data.findIndex((x) => !Number.isFinite(x));
      if (wrong >= 0) return fail(`${tensor} holds ${data[wrong]} (value ${wrong}), no finite number`);
      return { name, shape: [shape[0], shape[1], shape[2]], data };
    }),
  };
}
