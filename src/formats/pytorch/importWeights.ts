/** A network of weights from PyTorch: what a state dict holds, as the weights of a model that is given. */
import { InputError } from "../../data/errors.ts";
import { resolve } from "../../layers/model.ts";
import type { NetworkFields } from "../../models/network.ts";
import { parametersOf, statesOf } from "../../models/graphs.ts";
import { hashParameters } from "../../models/weights.ts";
import { VERSION } from "../../models/version.ts";
import { decodeNetwork, NETWORK_FORMAT } from "../networkFile.ts";
import { STATE_DICT_FORMAT } from "../notAModel.ts";
import { matchTensors, type NameMap } from "./match.ts";
import { torchModules } from "./names.ts";
import { readPt } from "./readPt.ts";
import { readStateDict } from "./readStateDict.ts";
import type { GivenTensor } from "./given.ts";

/** A model without weights, or a network whose own are replaced. */
export type ImportTarget = Pick<NetworkFields, "model"> &
  Partial<Omit<NetworkFields, "weights" | "provenance">>;

/** What weights are of, and how their names go together. */
export interface TorchImport {
  /** Absent: what the file says, which safetensors of `encodeStateDict` do. */
  readonly target?: ImportTarget;
  readonly names?: NameMap;
  /** What errors call the file. */
  readonly file: string;
}

/** A network's fields, and what a person should know of how they came about, a line each. */
export interface ImportedNetwork {
  readonly fields: NetworkFields;
  readonly notes: readonly string[];
}

/** From the bytes of a state dict in safetensors, or of a `.pt` file. Throws InputError, and trusts nothing in the file. */
export function importTorch(
  bytes: Uint8Array,
  form: "safetensors" | "pt",
  { target: given, names, file }: TorchImport,
): ImportedNetwork {
  const { tensors, metadata } =
    form === "pt" ? { tensors: readPt(bytes, file), metadata: {} } : readStateDict(bytes, file);
  const target = given ?? targetOf(metadata, file);
  const { model } = target;
  const matched = matchTensors(torchModules(model), tensors, { file, ordered: form === "pt", names });
  const layers = resolve(model);
  const weights = [...parametersOf(layers), ...statesOf(layers)].map(({ name, shape }) => {
    const tensor = matched.tensors.get(name);
    if (!tensor) throw new InputError(`${file}: there is nothing for ${name}`);
    return { name, shape, data: tensor.read() };
  });
  const { classes = [], preparation = { kind: "none" } } = target;
  const provenance = {
    toeplitz: VERSION,
    from: "PyTorch",
    weightsSha256: hashParameters(weights, parametersOf(layers).length),
  };
  return {
    fields: { ...target, classes, preparation, weights, provenance },
    notes: [
      ...matched.notes,
      ...conversions([...matched.tensors.values()]),
      ...(preparation.kind === "none" && Object.keys(preparation).length === 1
        ? [
            "rows go in as they are: a preparation is no part of PyTorch's weights; what was done to them there has to be done first",
          ]
        : []),
    ],
  };
}

/** What the metadata of exported weights say that they are of. */
function targetOf(metadata: Readonly<Record<string, string>>, file: string): ImportTarget {
  if (metadata.format === STATE_DICT_FORMAT && "model" in metadata) {
    const {
      weights: _weights,
      provenance: _provenance,
      ...target
    } = decodeNetwork(
      { tensors: [], metadata: { ...metadata, format: NETWORK_FORMAT, provenance: "{}" } },
      file,
    );
    return target;
  }
  throw new InputError(
    `${file}: weights alone do not say what computes with them; give the layers by --model, a name, a JSON file or a model that toeplitz saved`,
  );
}

/** Says which values are not float32 in the file. */
function conversions(tensors: readonly GivenTensor[]): string[] {
  const others = new Set(tensors.map(({ dtype }) => dtype).filter((dtype) => dtype !== "F32"));
  return [...others].map((dtype) => {
    const count = tensors.filter((tensor) => tensor.dtype === dtype).length;
    return `${count} of ${tensors.length} tensors are ${dtype} there: ${dtype === "F64" ? "rounded to float32" : "exact as float32"}`;
  });
}

/** A list of names from JSON, theirs to ours; throws InputError. */
export function nameMap(json: string, file: string): NameMap {
  let value: unknown = null;
  try {
    value = JSON.parse(json);
  } catch {
    // said below
  }
  const entries =
    typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
  if (
    !entries ||
    !entries.every(
      (entry): entry is [string, string | null] => entry[1] === null || typeof entry[1] === "string",
    )
  )
    throw new InputError(
      `${file}: it is no JSON object of names, theirs to ours, such as {"features.0": "conv1d_1", "extra.weight": null}`,
    );
  return new Map(entries);
}
