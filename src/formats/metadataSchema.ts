/**
 * The JSON Schema (draft 2020-12) of a model file's metadata, from the tables that its readers check with. Each entry is
 * text, of most of them JSON, whose own schema stands under `contentSchema`. It says what a schema can; the readers beside it
 * say the rest.
 */
import { limits } from "../layers/limits.ts";
import { signalSchema, type JsonSchema } from "../layers/schema.ts";
import { fills, places } from "../models/lines.ts";
import { MOST_DILATIONS, MOST_FEATURES } from "../models/rocket/kernels.ts";
import { normalizations, pads } from "../models/preparation.ts";
import { TEMPERATURES } from "../models/temperature.ts";
import { ENSEMBLE_FORMAT } from "./ensembleFile.ts";
import { FILE_VERSION } from "./fileVersion.ts";
import { rocketFormats } from "./rocketFile.ts";
import { NETWORK_FORMAT } from "./networkFile.ts";
import { FITTED } from "./preparationFile.ts";

const whole = (minimum: number): JsonSchema => ({ type: "integer", minimum });
const names = (minItems: number): JsonSchema => ({
  type: "array",
  items: { type: "string" },
  uniqueItems: true,
  minItems,
});
const numbers = (above: number): JsonSchema => ({
  type: "array",
  items: above === -Infinity ? { type: "number" } : { type: "number", exclusiveMinimum: above },
  minItems: 1,
});

const steps: Readonly<Record<string, JsonSchema>> = {
  fill: { enum: fills },
  detrend: { const: "linear" },
  resample: whole(1),
  length: whole(1),
  pad: { enum: pads },
  at: { enum: places },
};

const preparation: JsonSchema = {
  oneOf: normalizations.map((kind) => {
    const fitted: readonly [string, number][] = Object.entries(FITTED[kind]);
    return {
      type: "object",
      properties: {
        kind: { const: kind },
        ...Object.fromEntries(fitted.map(([name, above]) => [name, numbers(above)])),
        ...steps,
      },
      required: ["kind", ...fitted.map(([name]) => name)],
      dependentRequired: { length: ["pad", "at"], pad: ["length"], at: ["length"] },
      not: { required: ["resample", "length"] },
      additionalProperties: false,
    };
  }),
};
const provenance: JsonSchema = { type: "object", additionalProperties: { type: "string" } };
const channelNames = names(1);
const temperature: JsonSchema = {
  type: "number",
  minimum: TEMPERATURES.least,
  maximum: TEMPERATURES.most,
  description: "probabilities are softmax(outputs * b), b the float32 nearest to 1 / temperature",
};

/** What a network's file and a member of an ensemble have as JSON, and whether it has to be there. */
const network = {
  required: {
    model: { $ref: "urn:toeplitz:schema:model" },
    classes: { ...names(0), description: "in the order of the outputs; empty where they are values" },
    preparation: { $ref: "#/$defs/preparation" },
    provenance,
  },
  optional: {
    channelNames,
    answers: { const: "multiLabel", description: "others follow from classes and outputs" },
    targets: {
      type: "object",
      properties: { mean: numbers(-Infinity), deviation: numbers(0) },
      required: ["mean", "deviation"],
      additionalProperties: false,
      description: "what targets were standardised by, a number an output",
    },
    temperature,
  },
} as const satisfies Fields;

const featurePlan = {
  type: "object",
  properties: {
    dilations: { type: "array", items: whole(1), minItems: 1, maxItems: MOST_DILATIONS },
    counts: { type: "array", items: whole(1), minItems: 1, maxItems: MOST_DILATIONS },
  },
  required: ["dilations", "counts"],
  description: `features of each dilation, times 84 kernels; at most ${MOST_FEATURES}`,
} as const;

const miniRocket = {
  required: {
    input: signalSchema,
    plan: featurePlan,
    classes: { ...names(0), description: "in the order of the outputs; of values none" },
    provenance,
  },
  optional: { channelNames, preparation: { $ref: "#/$defs/preparation" } },
} as const satisfies Fields;

const multiRocketHydra = {
  required: {
    ...miniRocket.required,
    differencePlan: featurePlan,
    hydraDilations: { type: "array", items: whole(1), minItems: 1 },
  },
  optional: miniRocket.optional,
} as const satisfies Fields;

interface Fields {
  readonly required: Readonly<Record<string, JsonSchema>>;
  readonly optional: Readonly<Record<string, JsonSchema>>;
}

const json = (contentSchema: JsonSchema): JsonSchema => ({
  type: "string",
  contentMediaType: "application/json",
  contentSchema,
});
const texts = (fields: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, json(schema)]));

const ofKind = (format: string, about: string, { required, optional }: Fields): JsonSchema => ({
  type: "object",
  description: about,
  properties: { format: { const: format }, ...texts(required), ...texts(optional) },
  required: ["format", ...Object.keys(required)],
});

// the temperature is the ensemble's own
const { temperature: _own, ...ofMember } = network.optional;
const member = { format: { const: NETWORK_FORMAT }, ...texts(network.required), ...texts(ofMember) };

/** The schema of the `__metadata__` of a model file, an object of strings, by its `format`. */
export const metadataSchema = (): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:toeplitz:schema:metadata",
  title: "The metadata of a model file of toeplitz",
  type: "object",
  properties: {
    version: {
      const: FILE_VERSION,
      description: "of the file's layout; files without one are of version 1, which leaves defaults out",
    },
  },
  additionalProperties: { type: "string" },
  oneOf: [
    ofKind(NETWORK_FORMAT, "a network", network),
    ofKind(rocketFormats.minirocket, "a MiniRocket with its linear map", miniRocket),
    ofKind(rocketFormats["multirocket-hydra"], "a MultiRocket-Hydra with its linear map", multiRocketHydra),
    {
      type: "object",
      description:
        "an ensemble: the metadata of member i are those of a network's own file with the prefix i/",
      properties: {
        format: { const: ENSEMBLE_FORMAT },
        members: {
          type: "string",
          pattern: "^[1-9][0-9]*$",
          description: `a count of at most ${limits.members.most}`,
        },
        temperature: json(temperature),
        provenance: json(provenance),
      },
      patternProperties: Object.fromEntries(
        Object.entries(member).map(([name, schema]) => [`^(0|[1-9][0-9]*)/${name}$`, schema]),
      ),
      required: [
        "format",
        "members",
        "provenance",
        "0/format",
        ...Object.keys(network.required).map((name) => `0/${name}`),
      ],
    },
  ],
  $defs: { preparation },
});
