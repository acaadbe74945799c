/**
 * The model file: safetensors whose metadata hold the architecture, classes, preparation and provenance. This one file
 * is all that evaluate and predict need. The metadata's `format` says which kind of model it is.
 */
import type { Ensemble, EnsembleFields } from "../models/ensemble.ts";
import { InputError } from "../data/errors.ts";
import type { Network, NetworkFields } from "../models/network.ts";
import type { Rocket, RocketFields } from "../models/rocket/rocket.ts";
import { FILE_VERSION, requireReadable } from "./fileVersion.ts";
import { decodeEnsemble, ensembleParts, ENSEMBLE_FORMAT } from "./ensembleFile.ts";
import { decodeRocket, rocketOfFormat, rocketParts } from "./rocketFile.ts";
import { decodeNetwork, networkParts } from "./networkFile.ts";
import { CHECKPOINT_FORMAT, STATE_DICT_FORMAT } from "./notAModel.ts";
import { encodeSafetensors, type Safetensors } from "./safetensors.ts";

/** What a model file can hold; `kind` is which of them, and fields without one are a network's. */
export type ModelFields = NetworkFields | RocketFields | EnsembleFields;
/** What `load` gives: a network, an ensemble or one of the Rocket family, with the same methods. `kind` is which. */
export type AnyModel = Network | Rocket | Ensemble;

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
    case "rocket":
      return rocketParts(fields);
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
  const rocket = rocketOfFormat(format);
  if (rocket) return decodeRocket(rocket, parts, file);
  return format === ENSEMBLE_FORMAT ? decodeEnsemble(parts, file) : decodeNetwork(parts, file);
}
