/** A file that `encodeOnnx` wrote, back to the model it was: metadata as of a model file, tensors by their names. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { above } from "../../layers/limits.ts";
import { checkModel, resolve, type Model } from "../../layers/model.ts";
import { parametersOf, statesOf } from "../../models/graphs.ts";
import { sha256 } from "../../numerics/sha256.ts";
import { size } from "../../numerics/tensor.ts";
import { modelFields, type ModelFields } from "../modelFile.ts";
import { MINIROCKET_TENSORS, rocketFormats } from "../rocketFile.ts";
import type { Tensor } from "../safetensors.ts";
import { GRAPH_KEY, PREFIX } from "./metadata.ts";
import { lineOf } from "./node.ts";
import type { Parsed } from "./schema.ts";
import { product } from "./tensors.ts";

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
  if (metadata.format === rocketFormats.minirocket) {
    const own = MINIROCKET_TENSORS.flatMap((name): Tensor[] => {
      const tensor = byName.get(name);
      return tensor ? [{ name, shape: tensor.dims, data: floatsOf(tensor, product(tensor.dims), file) }] : [];
    });
    return modelFields({ tensors: own, metadata }, file);
  }
  const models = Object.keys(metadata).filter((key) => key === "model" || key.endsWith("/model"));
  const tooMany = above("members", models.length);
  if (tooMany !== null) throw new InputError(`${file}: it has ${tooMany}; export it again`);
  const own = models.flatMap((key): Tensor[] => {
    const prefix = key.slice(0, -"model".length);
    const layers = resolve(modelAt(metadata[key], file));
    return [...parametersOf(layers), ...statesOf(layers)].map(({ name, shape }): Tensor => {
      const data = floatsOf(byName.get(prefix + name) ?? null, size(shape), file, prefix + name);
      return { name: prefix + name, shape: [...shape], data };
    });
  });
  return modelFields({ tensors: own, metadata }, file);
}

function floatsOf(
  tensor: Parsed<"Tensor"> | null,
  count: number,
  file: string,
  name = tensor?.name ?? "",
): Float32Array {
  const raw = tensor?.raw;
  if (raw?.length !== 4 * count)
    throw new InputError(
      `${file}: it has no tensor ${quote(name)} of ${count} float32 values; export it again`,
    );
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
}

function modelAt(text: string, file: string): Model {
  const fail = (what: string): never => {
    throw new InputError(`${file}: the metadata's model ${what}; export it again`);
  };
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return fail("is no JSON");
  }
  try {
    return checkModel(given);
  } catch (error) {
    return fail(`is wrong: ${error instanceof Error ? lineOf(error) : String(error)}`);
  }
}
