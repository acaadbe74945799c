/**
 * The model file: safetensors whose metadata hold the architecture, classes, preparation and provenance. This one file
 * is all that evaluate and predict need. The metadata's `format` says which kind of model it is.
 */
import type { Runtime } from "../models/runtime.ts";
import { ensemble, type Ensemble, type EnsembleFields } from "../models/ensemble.ts";
import { InputError } from "../data/errors.ts";
import { ModelError } from "../layers/model.ts";
import { network, type Network, type NetworkFields } from "../models/network.ts";
import { miniRocketModel, type MiniRocket, type MiniRocketFields } from "../models/minirocket/minirocket.ts";
import { FILE_VERSION, requireReadable } from "./fileVersion.ts";
import { decodeEnsemble, ensembleParts, ENSEMBLE_FORMAT } from "./ensembleFile.ts";
import { decodeMiniRocket, miniRocketParts, MINIROCKET_FORMAT } from "./minirocketFile.ts";
import { decodeNetwork, networkParts } from "./networkFile.ts";
import { CHECKPOINT_FORMAT, modelBytes, STATE_DICT_FORMAT } from "./notAModel.ts";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "./safetensors.ts";

/** What a model file can hold; `kind` is which of them, and fields without one are a network's. */
export type ModelFields = NetworkFields | MiniRocketFields | EnsembleFields;
/** What `load` gives: a network, an ensemble or a MiniRocket, with the same methods. The latter two have a `kind`. */
export type AnyModel = Network | MiniRocket | Ensemble;

/** The tensors and metadata of a model file. */
export function modelParts(fields: ModelFields): Safetensors {
  const { tensors, metadata } = partsOf(fields);
  const { format, ...rest } = metadata;
  return { tensors, metadata: { format, version: FILE_VERSION, ...rest } };
}

function partsOf(fields: ModelFields): Safetensors {
  switch (fields.kind) {
    case "ensemble":
      return ensembleParts(fields);
    case "minirocket":
      return miniRocketParts(fields);
    case "network":
    case undefined:
      return networkParts(fields);
  }
}

/** The bytes of a model file (safetensors), which `load` reads. */
export function encodeModel(fields: ModelFields): Uint8Array {
  const { tensors, metadata } = modelParts(fields);
  return encodeSafetensors(tensors, metadata);
}

/** A model's fields from the tensors and metadata of its file; throws InputError, and trusts nothing in them. */
export function modelFields(parts: Safetensors, file: string): ModelFields {
  const { format } = parts.metadata;
  if (format === CHECKPOINT_FORMAT)
    throw new InputError(
      `${file}: it is a checkpoint, the state of a run, not a model; go on with it (train --resume, fit's resume), or give model.safetensors`,
    );
  if (format === STATE_DICT_FORMAT)
    throw new InputError(
      `${file}: it is a state dict of PyTorch, weights without layers; toeplitz import makes a model file of it`,
    );
  requireReadable(parts.metadata, file);
  switch (format) {
    case MINIROCKET_FORMAT:
      return decodeMiniRocket(parts, file);
    case ENSEMBLE_FORMAT:
      return decodeEnsemble(parts, file);
    default:
      return decodeNetwork(parts, file);
  }
}

/** The options of `load`. */
export interface LoadOptions extends Runtime {
  /** What errors call the file. Default: "the model file". */
  readonly file?: string;
}

/**
 * A model from its file's bytes, ready for prediction: a network, compiled, an ensemble of them, or what `miniRocket`
 * fitted (`kind` is which of them). The bytes are a `Uint8Array` or an `ArrayBuffer`, as `response.arrayBuffer()`
 * gives.
 *
 * @throws InputError where the bytes are no model file
 */
export async function load(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Promise<AnyModel> {
  const { file = "the model file", ...runtime } = options;
  const fields = modelFields(decodeSafetensors(modelBytes(bytes, file), file), file);
  if (fields.kind === "minirocket") return miniRocketModel(fields);
  try {
    if (fields.kind !== "ensemble") return await network(fields, runtime);
    const networks: Network[] = [];
    for (const member of fields.members) networks.push(await network(member, runtime));
    return ensemble(networks, fields.provenance, fields.temperature);
  } catch (error) {
    const said = error instanceof InputError || error instanceof ModelError;
    const named = said && !error.message.startsWith(file);
    throw named ? new InputError(`${file}: ${error.message}`) : error;
  }
}
