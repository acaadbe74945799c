/**
 * A MiniRocket in a model file: safetensors with `format` "toeplitz-minirocket". Tensors: `biases` [features],
 * `coefficients` [outputs, features], `intercepts` [outputs], an output a class or a value, and, where there are several channels, `channels`
 * [dilations x 84, channels] of 0 and 1: which channels each kernel sums. Metadata: input, plan, classes, provenance and,
 * where rows are prepared, preparation; where channels have names, channelNames.
 *
 * The plan is written out, so that a later rule for dilations leaves old files as they are.
 */
import type { MiniRocketFields } from "../models/minirocket/minirocket.ts";
import {
  KERNELS,
  MOST_DILATIONS,
  MOST_FEATURES,
  TAPS,
  type FeaturePlan,
} from "../models/minirocket/kernels.ts";
import { quote } from "../data/quote.ts";
import { above } from "../layers/limits.ts";
import { rawChannels } from "../models/preparation.ts";
import { readChannelNames, writeChannelNames } from "./channelNamesFile.ts";
import { failOf, readJson, readProvenance, type Fail } from "./metadata.ts";
import { checkPreparation } from "./preparationFile.ts";
import type { Safetensors, Tensor } from "./safetensors.ts";

export const MINIROCKET_FORMAT = "toeplitz-minirocket";
/** Its tensors; `channels` where there are several. */
export const MINIROCKET_TENSORS = ["biases", "coefficients", "intercepts", "channels"] as const;

/** Its tensors and metadata. */
export function miniRocketParts(fields: MiniRocketFields): Safetensors {
  const { model, channelNames, classes, preparation, transform, coefficients, intercepts, provenance } =
    fields;
  const { plan, channels, combinations, biases } = transform;
  const { dilations, counts, features } = plan;
  const tensors: Tensor[] = [
    { name: "biases", shape: [features], data: biases },
    { name: "coefficients", shape: [intercepts.length, features], data: coefficients },
    { name: "intercepts", shape: [intercepts.length], data: intercepts },
  ];
  if (channels > 1) {
    const data = new Float32Array(combinations.length * channels);
    combinations.forEach((read, i) => read.forEach((channel) => (data[i * channels + channel] = 1)));
    tensors.push({ name: "channels", shape: [combinations.length, channels], data });
  }
  const metadata = {
    format: MINIROCKET_FORMAT,
    input: JSON.stringify(model.input),
    plan: JSON.stringify({ dilations, counts }),
    classes: JSON.stringify(classes),
    provenance: JSON.stringify(provenance),
    ...writeChannelNames(channelNames),
    ...(Object.keys(preparation).length > 1 ? { preparation: JSON.stringify(preparation) } : {}),
  };
  return { tensors, metadata };
}

/** A MiniRocket's fields from its file; `fail` throws the InputError. Nothing in the file is trusted. */
export function decodeMiniRocket({ tensors, metadata }: Safetensors, file: string): MiniRocketFields {
  const fail: Fail = failOf(file);
  const json = (key: string): unknown => readJson(metadata, key, fail);
  const { channels, length } = (json("input") ?? {}) as { channels?: unknown; length?: unknown };
  if (!isCount(channels) || !isCount(length) || length < TAPS)
    return fail(`the metadata's input is no channels and length of at least ${TAPS}`);
  const tooMany = above("rowValues", channels * length);
  if (tooMany !== null) return fail(`its rows have ${tooMany}`);
  const plan = checkPlan(json("plan"), length, fail);
  const classes = json("classes");
  if (!isNames(classes) || classes.length === 1 || new Set(classes).size < classes.length)
    return fail("the metadata's classes are no list of two or more different names, or of none");
  const outputs = classes.length || (tensors.find(({ name }) => name === "intercepts")?.data.length ?? 1);
  const provenance = readProvenance(metadata, fail);

  const kernels = plan.dilations.length * KERNELS;
  const shapes: Readonly<Record<string, readonly number[]>> = {
    biases: [plan.features],
    coefficients: [outputs, plan.features],
    intercepts: [outputs],
    ...(channels > 1 ? { channels: [kernels, channels] } : {}),
  };
  const unknown = tensors.find(({ name }) => !Object.hasOwn(shapes, name));
  if (unknown) fail(`tensor ${quote(unknown.name)} does not belong to a minirocket`);
  const tensor = (name: string): Float32Array => {
    const found = tensors.find((t) => t.name === name);
    const actual = found ? `[${found.shape.join(", ")}]` : "absent";
    const wanted = `[${shapes[name].join(", ")}]`;
    if (!found || actual !== wanted) return fail(`tensor ${name} is ${actual}; its plan wants ${wanted}`);
    if (!found.data.every(Number.isFinite)) fail(`tensor ${name} holds values that are not finite`);
    return found.data;
  };
  const preparation =
    metadata.preparation === undefined
      ? ({ kind: "none" } as const)
      : checkPreparation(json("preparation"), { channels, length }, fail);
  return {
    kind: "minirocket",
    model: { name: "minirocket", input: { channels, length } },
    ...readChannelNames(metadata, rawChannels(preparation, channels), fail),
    classes,
    preparation,
    transform: {
      plan,
      channels,
      combinations:
        channels > 1
          ? readCombinations(tensor("channels"), kernels, channels, fail)
          : Array.from({ length: kernels }, () => [0]),
      biases: tensor("biases"),
    },
    coefficients: tensor("coefficients"),
    intercepts: tensor("intercepts"),
    provenance,
  };
}

function checkPlan(value: unknown, length: number, fail: Fail): FeaturePlan {
  const { dilations, counts } = (value ?? {}) as { dilations?: unknown; counts?: unknown };
  const largest = Math.floor((length - 1) / (TAPS - 1));
  if (!isCounts(dilations) || !dilations.every((d, i) => d > (dilations[i - 1] ?? 0) && d <= largest))
    return fail(`the metadata's plan has no ascending dilations from 1 to ${largest}`);
  if (!isCounts(counts) || counts.length !== dilations.length)
    return fail("the metadata's plan has no count of features for each dilation");
  const features = KERNELS * counts.reduce((a, b) => a + b);
  if (dilations.length > MOST_DILATIONS || features > MOST_FEATURES)
    return fail(
      `the metadata's plan has ${dilations.length} dilations and ${features} features; the most are ${MOST_DILATIONS} and ${MOST_FEATURES}`,
    );
  return { length, dilations, counts, features };
}

function readCombinations(mask: Float32Array, kernels: number, channels: number, fail: Fail): number[][] {
  return Array.from({ length: kernels }, (_, i) => {
    const row = mask.subarray(i * channels, (i + 1) * channels);
    const read: number[] = [];
    row.forEach((x, channel) => {
      if (x === 1) read.push(channel);
      else if (x !== 0) fail("tensor channels holds values other than 0 and 1");
    });
    return read.length ? read : fail(`tensor channels gives kernel ${i} no channel`);
  });
}

const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 1;
const isCounts = (x: unknown): x is number[] => Array.isArray(x) && x.length > 0 && x.every(isCount);
const isNames = (x: unknown): x is string[] =>
  Array.isArray(x) && x.every((name) => typeof name === "string");
