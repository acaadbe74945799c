/** What `load` makes of a file that is not a single network's: one of the Rocket family, an ensemble, or an error that says what it is. */
import { ensemble } from "../models/ensemble.ts";
import { rocketModel } from "../models/rocket/rocket.ts";
import { network, type Network } from "../models/network.ts";
import type { Runtime } from "../models/runtime.ts";
import { modelFields, type AnyModel } from "./modelFile.ts";
import type { Safetensors } from "./safetensors.ts";

/** The model of a file's tensors and metadata; throws InputError where they are none. */
export async function otherModel(parts: Safetensors, file: string, runtime: Runtime): Promise<AnyModel> {
  const fields = modelFields(parts, file);
  switch (fields.kind) {
    case "rocket":
      return rocketModel(fields);
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
