/**
 * An ensemble in a model file: safetensors with `format` "toeplitz-ensemble". Metadata: `members`, a count, `provenance` and,
 * of a calibrated one, `temperature`. The tensors and metadata of member i are those of a network's own file with the prefix `i/`.
 */
import type { EnsembleFields } from "../models/ensemble.ts";
import { quote } from "../data/quote.ts";
import { limits } from "../layers/limits.ts";
import { failOf, readProvenance, type Fail } from "./metadata.ts";
import { decodeNetwork, networkParts } from "./networkFile.ts";
import type { Safetensors, Tensor } from "./safetensors.ts";
import { readTemperature, writeTemperature } from "./temperatureFile.ts";

export const ENSEMBLE_FORMAT = "toeplitz-ensemble";

/** Its tensors and metadata. */
export function ensembleParts({ members, temperature, provenance }: EnsembleFields): Safetensors {
  const parts = members.map(networkParts);
  const tensors = parts.flatMap((part, i) => part.tensors.map((t) => ({ ...t, name: `${i}/${t.name}` })));
  const own = parts.flatMap(({ metadata }, i) =>
    Object.entries(metadata).map(([key, text]): [string, string] => [`${i}/${key}`, text]),
  );
  const metadata = {
    format: ENSEMBLE_FORMAT,
    members: String(members.length),
    ...writeTemperature(temperature),
    provenance: JSON.stringify(provenance),
    ...Object.fromEntries(own),
  };
  return { tensors, metadata };
}

/** An ensemble's fields from its file; throws InputError, and trusts nothing in the file. */
export function decodeEnsemble({ tensors, metadata }: Safetensors, file: string): EnsembleFields {
  const fail: Fail = failOf(file);
  const { format: _format, version: _version, members, temperature: _t, provenance: _p, ...own } = metadata;
  // no more parts are made than the file has metadata for, whatever count it claims
  const parts = new Map<string, { tensors: Tensor[]; metadata: Record<string, string> }>();
  const split = (name: string): [member: string, rest: string] => {
    const [, member, rest] =
      /^(0|[1-9]\d*)\/(.+)$/s.exec(name) ?? fail(`${quote(name)} belongs to no member`);
    return [member, rest];
  };
  for (const [key, text] of Object.entries(own)) {
    const [member, rest] = split(key);
    const part = parts.get(member) ?? { tensors: [], metadata: {} };
    if (parts.size > limits.members.most) fail(`it has more than ${limits.members.most} members`);
    parts.set(member, part);
    part.metadata[rest] = text;
  }
  for (const tensor of tensors) {
    const [member, name] = split(tensor.name);
    (parts.get(member) ?? fail(`tensor ${quote(tensor.name)} belongs to no member`)).tensors.push({
      ...tensor,
      name,
    });
  }
  if (members !== String(parts.size) || parts.size === 0)
    fail(`the metadata's members are ${quote(members ?? "absent")}, but it holds ${parts.size}`);
  return {
    kind: "ensemble",
    members: Array.from({ length: parts.size }, (_, i) =>
      decodeNetwork(parts.get(String(i)) ?? fail(`it has no member ${i}`), `${file}, member ${i}`),
    ),
    ...readTemperature(metadata, fail),
    provenance: readProvenance(metadata, fail),
  };
}
