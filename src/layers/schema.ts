/**
 * The JSON Schema (draft 2020-12) of a model, from the table of layer kinds: each kind is asked for its options by something
 * that writes down what it asks for. It says what a schema can: kinds, options, their types and ranges. That shapes fit, that
 * layers read earlier ones and that options go together is `checkModel`'s to say.
 */
import { kinds, type Kind } from "./kinds.ts";
import type { LayerKind } from "./layer.ts";
import { limits } from "./limits.ts";
import { LONGEST_SIDE, MODEL_FORMAT, MODEL_VERSION } from "./model.ts";
import type { OptionSource, Padding } from "./options.ts";

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [key: string]: unknown;
}

/** By name: bundlers keep the order of imports in different ways. */
const names = (Object.keys(kinds) as Kind[]).toSorted();

const wholeNumber = (minimum: number, maximum: number): JsonSchema => ({ type: "integer", minimum, maximum });

/** Writes down the options that a kind asks for. One that has to be given is NaN to it, and so is a default that follows it. */
class OptionSchema implements OptionSource {
  readonly properties: Record<string, JsonSchema> = {};
  readonly required: string[] = [];

  whole(name: string, least: number, fallback?: number): number {
    if (fallback === undefined) this.required.push(name);
    return this.#add(name, wholeNumber(least, limits.option.most), fallback ?? NaN);
  }

  real(name: string, fallback: number): number {
    return this.#add(name, { type: "number" }, fallback);
  }

  number(name: string, minimum: number, fallback?: number): number {
    if (fallback === undefined) this.required.push(name);
    return this.#add(name, { type: "number", minimum }, fallback ?? NaN);
  }

  positive(name: string, fallback: number): number {
    return this.#add(name, { type: "number", exclusiveMinimum: 0 }, fallback);
  }

  probability(name: string, fallback: number): number {
    return this.#add(name, { type: "number", minimum: 0, exclusiveMaximum: 1 }, fallback);
  }

  flag(name: string, fallback: boolean): boolean {
    return this.#add(name, { type: "boolean" }, fallback);
  }

  word<W extends string>(name: string, words: readonly W[], fallback: W): W {
    return this.#add(name, { enum: words }, fallback);
  }

  padding(name: string, fallback: Padding): Padding {
    const side = wholeNumber(0, limits.option.most);
    const sides = { type: "array", prefixItems: [side, side], items: false, minItems: 2 };
    return this.#add(name, { anyOf: [{ enum: ["valid", "same", "causal"] }, side, sides] }, fallback);
  }

  numbers(name: string): readonly number[] {
    this.required.push(name);
    return this.#add(name, { type: "array", items: { type: "number" }, minItems: 1 }, [NaN]);
  }

  #add<T>(name: string, rule: JsonSchema, fallback: T): T {
    const known = !(Array.isArray(fallback) ? fallback : [fallback]).some(Number.isNaN);
    this.properties[name] = known ? { ...rule, default: fallback } : rule;
    return fallback;
  }
}

function layerSchema(kind: Kind): JsonSchema {
  const { inputs, options } = kinds[kind] as unknown as LayerKind<unknown>;
  const asked = new OptionSchema();
  options(asked);
  const { properties, required } = asked;
  return {
    properties: {
      kind: { const: kind },
      from: inputs === "several" ? { minItems: 2 } : { minItems: inputs, maxItems: inputs },
      options: { type: "object", properties, required, additionalProperties: false },
    },
    required: required.length > 0 ? ["options"] : [],
  };
}

/** Of a row: channels and positions. */
export const signalSchema: JsonSchema = {
  type: "object",
  properties: {
    channels: { ...wholeNumber(1, LONGEST_SIDE), description: "values at one position" },
    length: { ...wholeNumber(1, LONGEST_SIDE), description: "positions" },
  },
  required: ["channels", "length"],
};

/** The schema of a model's JSON: what `model()` returns, `train --model FILE.json` takes, and model files hold. */
export const modelSchema = (): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:toeplitz:schema:model",
  title: "A model of toeplitz: layers as plain data",
  type: "object",
  properties: {
    format: { const: MODEL_FORMAT },
    version: { const: MODEL_VERSION },
    name: { type: "string", default: "model", description: "for people and file names" },
    input: { ...signalSchema, description: "a row, as it is after its preparation" },
    layers: {
      type: "array",
      minItems: 1,
      maxItems: limits.layers.most,
      description: "in an order in which each reads earlier ones alone; the last is the output",
      items: {
        type: "object",
        properties: {
          kind: { enum: names },
          from: {
            type: "array",
            items: wholeNumber(0, limits.layers.most - 1),
            description: "the layers that it reads: 0 is the input, i the i-th layer",
          },
          options: { type: "object", description: "what is left out has its default" },
        },
        required: ["kind", "from"],
        anyOf: names.map((kind) => ({ $ref: `#/$defs/${kind}` })),
      },
    },
  },
  required: ["format", "version", "input", "layers"],
  $defs: Object.fromEntries(names.map((kind) => [kind, layerSchema(kind)])),
});
