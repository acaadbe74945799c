/** What `load` makes of a file that is not a single network's: a MiniRocket, an ensemble, or an error that says what it is. */
import { ensemble } from "../models/ensemble.ts";
import { miniRocketModel } from "../models/minirocket/minirocket.ts";
import { network, type Network } from "../models/network.ts";
import type { Runtime } from "../models/runtime.ts";
import { modelFields, type AnyModel } from "./modelFile.ts";
import type { Safetensors } from "./safetensors.ts";

/** The model of a file's tensors and metadata; throws InputError where they are none. */
export async function otherModel(parts: Safetensors, file: string, runtime: Runtime): Promise<AnyModel> {
  const fields = modelFields(parts, file);
  switch (fields.kind) {
    case "minirocket":
      return miniRocketModel(fields);
    case "ensemble": {
      const networks: Network[] = [];
      for (const member of fields.members) networks.push(await network(member, runtime));
      return ensemble(networks, fields.provenance, fields.temperature);
    }
    case "network":
    case undefined:
      return network(fields, runtime);
  }
}
