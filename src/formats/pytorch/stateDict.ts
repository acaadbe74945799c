/** Weights of a model as a PyTorch state dict, and its two forms: safetensors and `.pt`. */
import type { NetworkFields } from "../../models/network.ts";
import { encodeRaw, floatBytes, type RawTensor } from "../safetensors.ts";
import { networkParts } from "../networkFile.ts";
import { STATE_DICT_FORMAT } from "../notAModel.ts";
import { COUNT, torchModules } from "./names.ts";
import { encodePt } from "./encodePt.ts";

/**
 * The tensors of `state_dict()` in its order. Running statistics have a count of batches there, which is 0 here.
 *
 * @throws InputError for a layer that PyTorch has no module of
 */
export function stateDict({ model, weights }: Pick<NetworkFields, "model" | "weights">): RawTensor[] {
  const data = new Map(weights.map((tensor) => [tensor.name, tensor.data]));
  return torchModules(model).flatMap(({ name, tensors, counts }) => [
    ...tensors.map(({ leaf, shape, own }): RawTensor => {
      const values = data.get(own);
      if (!values) throw new Error(`the weights have no ${own}`);
      return { name: `${name}.${leaf}`, dtype: "F32", shape, bytes: floatBytes(values) };
    }),
    ...(counts
      ? [{ name: `${name}.${COUNT}`, dtype: "I64", shape: [], bytes: new Uint8Array(8) } as const]
      : []),
  ]);
}

/**
 * A state dict as safetensors. The metadata have what a model file has but its provenance, so that the weights come back
 * without asking what they are of.
 */
export function encodeStateDict(fields: NetworkFields): Uint8Array {
  const { format: _format, provenance: _provenance, ...metadata } = networkParts(fields).metadata;
  // readers take 8-byte values where they are aligned: those of 8 bytes come first
  const tensors = stateDict(fields).toSorted((a, b) => Number(b.dtype === "I64") - Number(a.dtype === "I64"));
  return encodeRaw(tensors, { format: STATE_DICT_FORMAT, ...metadata });
}

/** A state dict as `torch.save` writes it. */
export const encodeTorch = (fields: NetworkFields): Uint8Array => encodePt(stateDict(fields));
