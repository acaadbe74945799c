/** `load`: a model from its file's bytes. Alone in its file, since it is all that a page that predicts takes in. */
import type { Runtime } from "../models/runtime.ts";
import { InputError } from "../data/errors.ts";
import { ModelError } from "../layers/model.ts";
import { network } from "../models/network.ts";
import { requireReadable } from "./fileVersion.ts";
import type { AnyModel } from "./modelFile.ts";
import { decodeNetwork, NETWORK_FORMAT } from "./networkFile.ts";
import { modelBytes } from "./notAModel.ts";
import { decodeSafetensors } from "./safetensors.ts";

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
  const parts = decodeSafetensors(modelBytes(bytes, file), file);
  try {
    if (parts.metadata.format === NETWORK_FORMAT) {
      requireReadable(parts.metadata, file);
      return await network(decodeNetwork(parts, file), runtime);
    }
    // apart, so that pages whose models are networks fetch none of it
    const { otherModel } = await import("./otherModel.ts");
    return await otherModel(parts, file, runtime);
  } catch (error) {
    const said = error instanceof InputError || error instanceof ModelError;
    const named = said && !error.message.startsWith(file);
    throw named ? new InputError(`${file}: ${error.message}`) : error;
  }
}
