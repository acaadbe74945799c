/** Who can take part wherever toeplitz is installed, in the order of a round. */
import type { Contender } from "./contender.ts";
import { onnxruntime } from "./onnxruntime.ts";
import { pytorch } from "./pytorch.ts";
import { cores, toeplitz, type Kind } from "./toeplitz.ts";

/** One thread and, where there are more cores, all of them. */
const threadCounts = cores > 1 ? [1, cores] : [1];

/** `ours` says which kinds of toeplitz take part; `script` is what a fresh process of it runs. */
export const contendersOf = (
  company: "alone" | "with peers",
  ours: (kind: Kind) => boolean,
  script?: URL,
): Contender[] => [
  ...(["x64", "wasm"] as const).flatMap((backend) =>
    (["strict", "fused"] as const).flatMap((numerics) =>
      threadCounts
        .map((threads) => ({ backend, numerics, threads }))
        .filter(ours)
        .map((kind) => toeplitz(kind, script)),
    ),
  ),
  ...(company === "alone" ? [] : [...threadCounts.map(pytorch), ...threadCounts.map(onnxruntime)]),
];
