/** The JSON Schema (draft 2020-12) of a space, from the tables that its reader checks with. The reader says the rest. */
import type { JsonSchema } from "../../layers/schema.ts";
import { sweptOptions } from "./recipeSpace.ts";
import { MOST_PARAMETERS, MOST_VALUES, parameterKinds } from "./space.ts";

const values: JsonSchema = {
  type: "array",
  items: { type: ["number", "string", "boolean", "null"] },
  minItems: 1,
  maxItems: MOST_VALUES,
  uniqueItems: true,
};
const common: Readonly<Record<string, JsonSchema>> = {
  when: {
    type: "object",
    additionalProperties: values,
    description: "choices, and which of their values this parameter goes with; elsewhere it is not given",
  },
  of: {
    const: "model",
    description: "in code: for what builds the model, in place of an option of training",
  },
};

function parameter(kind: (typeof parameterKinds)[number]): JsonSchema {
  const isWhole = kind === "integer" || kind === "logInteger";
  const end: JsonSchema = {
    type: isWhole ? "integer" : "number",
    ...(kind.startsWith("log") ? { exclusiveMinimum: 0 } : {}),
  };
  const own: Readonly<Record<string, JsonSchema>> =
    kind === "choice"
      ? { values: { ...values, description: "null: the option is not given" } }
      : { low: end, high: { ...end, description: "above low; both belong to it" } };
  return {
    properties: { kind: { const: kind }, ...own, ...common },
    required: ["kind", ...Object.keys(own)],
    additionalProperties: false,
  };
}

/** The schema of what `sweep --space FILE.json` takes. */
export const spaceSchema = (): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:toeplitz:schema:space",
  title: "The space of a sweep of toeplitz: parameters by name",
  type: "object",
  minProperties: 1,
  maxProperties: MOST_PARAMETERS,
  propertyNames: { enum: sweptOptions },
  additionalProperties: {
    type: "object",
    oneOf: parameterKinds.map(parameter),
  },
});
