/** A file that `encodeOnnx` wrote, back to the model it was: metadata as of a model file, tensors by their names. */
import { InputError } from "../../data/errors.ts";
import { above } from "../../layers/limits.ts";
import { checkModel, resolve, type Model } from "../../layers/model.ts";
import { parametersOf, statesOf } from "../../models/graphs.ts";
import { sha256 } from "../../numerics/sha256.ts";
import { size } from "../../numerics/tensor.ts";
import { modelFields, type ModelFields } from "../modelFile.ts";
import type { Tensor } from "../safetensors.ts";
import { GRAPH_KEY, PREFIX } from "./metadata.ts";
import type { Parsed } from "./schema.ts";

/** What a file says of itself under our prefix; null where another program wrote it. */
export function ownMetadata({ metadata }: Parsed<"Model">): Readonly<Record<string, string>> | null {
  const own = metadata.flatMap(({ key = "", value = "" }): [string, string][] =>
    key.startsWith(PREFIX) && key !== GRAPH_KEY ? [[key.slice(PREFIX.length), value]] : [],
  );
  return own.length > 0 ? Object.fromEntries(own) : null;
}

/** Whether the graph is the one that was written: the metadata speak for no other. */
export function isUnchanged({ metadata, graph }: Parsed<"Model">): boolean {
  const written = metadata.find(({ key }) => key === GRAPH_KEY)?.value;
  return graph !== undefined && written === sha256(graph);
}

/** The model of our metadata and the graph's tensors; throws InputError, and trusts nothing in them. */
export function ownModel(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly Parsed<"Tensor">[],
  file: string,
): ModelFields {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const models = Object.keys(metadata).filter((key) => key === "model" || key.endsWith("/model"));
  const tooMany = above("members", models.length);
  if (tooMany !== null) throw new InputError(`${file}: it has ${tooMany}; export it again`);
  const own = models.flatMap((key): Tensor[] => {
    const prefix = key.slice(0, -"model".length);
    const layers = resolve(modelAt(metadata[key], file));
    return [...parametersOf(layers), ...statesOf(layers)].map(({ name, shape }): Tensor => {
      const raw = byName.get(prefix + name)?.raw;
      if (raw?.length !== 4 * size(shape))
        throw new InputError(
          `${file}: it has no tensor ${prefix}${name} of ${size(shape)} float32 values; export it again`,
        );
      const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
      const data = Float32Array.from({ length: size(shape) }, (_, i) => view.getFloat32(4 * i, true));
      return { name: prefix + name, shape: [...shape], data };
    });
  });
  return modelFields({ tensors: own, metadata }, file);
}

function modelAt(text: string, file: string): Model {
  try {
    return checkModel(JSON.parse(text));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file}: the metadata's model: ${said}; export it again`);
  }
}
