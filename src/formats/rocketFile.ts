/**
 * A model of the Rocket family in a model file: safetensors with `format` "toeplitz-minirocket" or
 * "toeplitz-multirocket-hydra". Tensors of both: `coefficients` [outputs, features] and `intercepts` [outputs], an output a
 * class or a value. Of MiniRocket `biases` [features], and, where there are several channels, `channels` [dilations x 84,
 * channels] of 0 and 1: which channels each kernel sums. Of MultiRocket-Hydra these two for the series, the same for its
 * differences (`differences.biases`, `differences.channels`), and `hydra.weights` [dilations, 2, 32, 8, 9], `hydra.means`,
 * `hydra.deviations` [dilations x 1024] and `hydra.channels` [dilations x 64, channels]. Metadata: input, plan (and
 * differencePlan, hydraDilations), classes, provenance and, where rows are prepared, preparation; where channels have names,
 * channelNames.
 *
 * Plans are written out, so that a later rule for dilations leaves old files as they are.
 */
import type { BiasedKernels } from "../models/rocket/biasedKernels.ts";
import { GROUP, GROUPS, HYDRA_FEATURES } from "../models/rocket/hydra.ts";
import { KERNELS, MOST_DILATIONS, MOST_FEATURES, TAPS, type FeaturePlan } from "../models/rocket/kernels.ts";
import { POOLS } from "../models/rocket/multirocket.ts";
import type { RocketFields } from "../models/rocket/rocket.ts";
import { countsOf, rocketNames, type RocketName, type RocketTransform } from "../models/rocket/transforms.ts";
import { quote } from "../data/quote.ts";
import { above } from "../layers/limits.ts";
import type { Signal } from "../layers/layer.ts";
import { rawChannels } from "../models/preparation.ts";
import { readChannelNames, writeChannelNames } from "./channelNamesFile.ts";
import { failOf, readJson, readProvenance, type Fail } from "./metadata.ts";
import { checkPreparation } from "./preparationFile.ts";
import type { Safetensors, Tensor } from "./safetensors.ts";

/** The `format` of each of the family. */
export const rocketFormats: Readonly<Record<RocketName, string>> = {
  minirocket: "toeplitz-minirocket",
  "multirocket-hydra": "toeplitz-multirocket-hydra",
};
/** Which of the family has that format; undefined for others. */
export const rocketOfFormat = (format: string | undefined): RocketName | undefined =>
  rocketNames.find((name) => rocketFormats[name] === format);

/** MiniRocket's tensors; `channels` where there are several. */
export const MINIROCKET_TENSORS = ["biases", "coefficients", "intercepts", "channels"] as const;
const DIFFERENCES = "differences.";

/** Its tensors and metadata. */
export function rocketParts(fields: RocketFields): Safetensors {
  const { model, channelNames, classes, preparation, transform, coefficients, intercepts, provenance } =
    fields;
  const { features } = countsOf(transform);
  const head: Tensor[] = [
    { name: "coefficients", shape: [intercepts.length, features], data: coefficients },
    { name: "intercepts", shape: [intercepts.length], data: intercepts },
  ];
  const { tensors, plans } = transformParts(transform, head);
  const metadata = {
    format: rocketFormats[model.name],
    input: JSON.stringify(model.input),
    ...Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, JSON.stringify(plan)])),
    classes: JSON.stringify(classes),
    provenance: JSON.stringify(provenance),
    ...writeChannelNames(channelNames),
    ...(Object.keys(preparation).length > 1 ? { preparation: JSON.stringify(preparation) } : {}),
  };
  return { tensors, metadata };
}

/** The transform's tensors around those of the map, in the order of files, and its plans by their names. */
function transformParts(
  transform: RocketTransform,
  head: readonly Tensor[],
): { readonly tensors: Tensor[]; readonly plans: Readonly<Record<string, unknown>> } {
  const biases = ({ biases: data }: BiasedKernels, name: string): Tensor => ({
    name,
    shape: [data.length],
    data,
  });
  const planOf = ({ plan: { dilations, counts } }: BiasedKernels): object => ({ dilations, counts });
  switch (transform.kind) {
    case "minirocket":
      return {
        tensors: [
          biases(transform, "biases"),
          ...head,
          ...masks(transform.combinations, transform.channels, "channels"),
        ],
        plans: { plan: planOf(transform) },
      };
    case "multirocket-hydra": {
      const { series, differences, hydra } = transform;
      const { dilations, weights, means, deviations, combinations } = hydra;
      const shape = [dilations.length, 2, GROUPS, GROUP, TAPS];
      return {
        tensors: [
          biases(series, "biases"),
          biases(differences, `${DIFFERENCES}biases`),
          { name: "hydra.weights", shape, data: weights },
          { name: "hydra.means", shape: [means.length], data: means },
          { name: "hydra.deviations", shape: [deviations.length], data: deviations },
          ...head,
          ...masks(series.combinations, series.channels, "channels"),
          ...masks(differences.combinations, series.channels, `${DIFFERENCES}channels`),
          ...masks(combinations, series.channels, "hydra.channels"),
        ],
        plans: { plan: planOf(series), differencePlan: planOf(differences), hydraDilations: dilations },
      };
    }
  }
}

/** Which of several channels each reads, as 0 and 1. */
function masks(combinations: BiasedKernels["combinations"], channels: number, name: string): Tensor[] {
  if (channels === 1) return [];
  const data = new Float32Array(combinations.length * channels);
  combinations.forEach((read, i) => read.forEach((channel) => (data[i * channels + channel] = 1)));
  return [{ name, shape: [combinations.length, channels], data }];
}

/** The fields of one of the family from its file; `fail` throws the InputError. Nothing in the file is trusted. */
export function decodeRocket(
  name: RocketName,
  { tensors, metadata }: Safetensors,
  file: string,
): RocketFields {
  const fail: Fail = failOf(file);
  const json = (key: string): unknown => readJson(metadata, key, fail);
  const { channels, length } = (json("input") ?? {}) as { channels?: unknown; length?: unknown };
  const least = LEAST_LENGTH[name];
  if (!isCount(channels) || !isCount(length) || length < least)
    return fail(`the metadata's input is no channels and length of at least ${least}`);
  const tooMany = above("rowValues", channels * length);
  if (tooMany !== null) return fail(`its rows have ${tooMany}`);
  const layout = layouts[name]({ channels, length }, json, fail);
  const classes = json("classes");
  if (!isNames(classes) || classes.length === 1 || new Set(classes).size < classes.length)
    return fail("the metadata's classes are no list of two or more different names, or of none");
  const outputs = classes.length || (tensors.find((t) => t.name === "intercepts")?.data.length ?? 1);
  const provenance = readProvenance(metadata, fail);
  const shapes: Shapes = {
    ...layout.shapes,
    coefficients: [outputs, layout.features],
    intercepts: [outputs],
  };
  const unknown = tensors.find((t) => !Object.hasOwn(shapes, t.name));
  if (unknown) fail(`tensor ${quote(unknown.name)} does not belong to a ${name}`);
  const tensor = (wantedName: string): Float32Array => {
    const found = tensors.find((t) => t.name === wantedName);
    const actual = found ? `[${found.shape.join(", ")}]` : "absent";
    const wanted = `[${shapes[wantedName].join(", ")}]`;
    if (!found || actual !== wanted)
      return fail(`tensor ${wantedName} is ${actual}; its plan wants ${wanted}`);
    if (!found.data.every(Number.isFinite)) fail(`tensor ${wantedName} holds values that are not finite`);
    return found.data;
  };
  const preparation =
    metadata.preparation === undefined
      ? ({ kind: "none" } as const)
      : checkPreparation(json("preparation"), { channels, length }, fail);
  return {
    kind: "rocket",
    model: { name, input: { channels, length } },
    ...readChannelNames(metadata, rawChannels(preparation, channels), fail),
    classes,
    preparation,
    transform: layout.build(tensor),
    coefficients: tensor("coefficients"),
    intercepts: tensor("intercepts"),
    provenance,
  };
}

const LEAST_LENGTH: Readonly<Record<RocketName, number>> = {
  minirocket: TAPS,
  "multirocket-hydra": TAPS + 1,
};

type Shapes = Readonly<Record<string, readonly number[]>>;

/** What a transform's file holds by its plans. */
interface Layout {
  readonly features: number;
  readonly shapes: Shapes;
  readonly build: (tensor: (name: string) => Float32Array) => RocketTransform;
}

const layouts: Readonly<
  Record<RocketName, (input: Signal, json: (key: string) => unknown, fail: Fail) => Layout>
> = {
  minirocket({ channels, length }, json, fail) {
    const kernels = kernelsLayout("plan", "", channels, length, json, fail);
    return {
      features: kernels.plan.features,
      shapes: kernels.shapes,
      build: (tensor) => ({ kind: "minirocket", ...kernels.build(tensor) }),
    };
  },
  "multirocket-hydra"({ channels, length }, json, fail) {
    const series = kernelsLayout("plan", "", channels, length, json, fail);
    const differences = kernelsLayout("differencePlan", DIFFERENCES, channels, length - 1, json, fail);
    const dilations = json("hydraDilations");
    if (!isDilations(dilations, length))
      return fail(`the metadata's hydraDilations are no ascending dilations from 1 to ${largest(length)}`);
    const count = dilations.length * HYDRA_FEATURES;
    const groups = dilations.length * 2 * GROUPS;
    return {
      features: POOLS * (series.plan.features + differences.plan.features) + count,
      shapes: {
        ...series.shapes,
        ...differences.shapes,
        "hydra.weights": [dilations.length, 2, GROUPS, GROUP, TAPS],
        "hydra.means": [count],
        "hydra.deviations": [count],
        ...(channels > 1 ? { "hydra.channels": [groups, channels] } : {}),
      },
      build: (tensor) => {
        const deviations = tensor("hydra.deviations");
        if (!deviations.every((d) => d > 0))
          fail("tensor hydra.deviations holds values that are not above 0");
        return {
          kind: "multirocket-hydra",
          series: series.build(tensor),
          differences: differences.build(tensor),
          hydra: {
            dilations,
            weights: tensor("hydra.weights"),
            combinations: combinations("hydra.channels", groups, channels, tensor, fail),
            means: tensor("hydra.means"),
            deviations,
          },
        };
      },
    };
  },
};

/** Biased kernels whose tensors' names begin with `prefix`. */
function kernelsLayout(
  key: string,
  prefix: string,
  channels: number,
  length: number,
  json: (key: string) => unknown,
  fail: Fail,
): {
  readonly plan: FeaturePlan;
  readonly shapes: Shapes;
  readonly build: (tensor: (name: string) => Float32Array) => BiasedKernels;
} {
  const plan = checkPlan(json(key), key, length, fail);
  const kernels = plan.dilations.length * KERNELS;
  return {
    plan,
    shapes: {
      [`${prefix}biases`]: [plan.features],
      ...(channels > 1 ? { [`${prefix}channels`]: [kernels, channels] } : {}),
    },
    build: (tensor) => ({
      plan,
      channels,
      combinations: combinations(`${prefix}channels`, kernels, channels, tensor, fail),
      biases: tensor(`${prefix}biases`),
    }),
  };
}

const largest = (length: number): number => Math.floor((length - 1) / (TAPS - 1));

const isDilations = (value: unknown, length: number): value is number[] =>
  isCounts(value) && value.every((d, i) => d > (value[i - 1] ?? 0) && d <= largest(length));

function checkPlan(value: unknown, key: string, length: number, fail: Fail): FeaturePlan {
  const { dilations, counts } = (value ?? {}) as { dilations?: unknown; counts?: unknown };
  if (!isDilations(dilations, length))
    return fail(`the metadata's ${key} has no ascending dilations from 1 to ${largest(length)}`);
  if (!isCounts(counts) || counts.length !== dilations.length)
    return fail(`the metadata's ${key} has no count of features for each dilation`);
  const features = KERNELS * counts.reduce((a, b) => a + b);
  if (dilations.length > MOST_DILATIONS || features > MOST_FEATURES)
    return fail(
      `the metadata's ${key} has ${dilations.length} dilations and ${features} features; the most are ${MOST_DILATIONS} and ${MOST_FEATURES}`,
    );
  return { length, dilations, counts, features };
}

/** Which channels each of `count` reads. */
function combinations(
  name: string,
  count: number,
  channels: number,
  tensor: (name: string) => Float32Array,
  fail: Fail,
): number[][] {
  if (channels === 1) return Array.from({ length: count }, () => [0]);
  const mask = tensor(name);
  return Array.from({ length: count }, (_, i) => {
    const row = mask.subarray(i * channels, (i + 1) * channels);
    const read: number[] = [];
    row.forEach((x, channel) => {
      if (x === 1) read.push(channel);
      else if (x !== 0) fail(`tensor ${name} holds values other than 0 and 1`);
    });
    return read.length ? read : fail(`tensor ${name} gives kernel ${i} no channel`);
  });
}

const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 1;
const isCounts = (x: unknown): x is number[] => Array.isArray(x) && x.length > 0 && x.every(isCount);
const isNames = (x: unknown): x is string[] =>
  Array.isArray(x) && x.every((name) => typeof name === "string");
