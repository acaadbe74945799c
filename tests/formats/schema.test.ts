/** The published JSON Schemas against the code, by a validator that is not ours. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { schemaFiles } from "../../scripts/schemaFiles.ts";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { kinds } from "../../src/layers/kinds.ts";
import { checkModel, ModelError, wholeModel } from "../../src/layers/model.ts";
import { architectureNames, recipes } from "../../src/training/recipes.ts";
import { modelOf } from "../hostile/models.ts";
import { random } from "../hostile/random.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (name: string): object => JSON.parse(readFileSync(`${root}schema/${name}`, "utf8")) as object;
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
ajv.addSchema(read("model.json"));
const model = ajv.getSchema("urn:toeplitz:schema:model") as ValidateFunction;
const metadata = ajv.compile(read("metadata.json"));

const files = await schemaFiles();
const base = { format: "toeplitz-model", version: 1, input: { channels: 4, length: 16 } };
const withLayer = (kind: string, options?: object, from: readonly number[] = [0]): object => ({
  ...base,
  layers: [{ kind, from, ...(options && { options }) }],
});

describe("schema/model.json", () => {
  it.each(Object.entries(files))("%s is up to date (npm run docs:tables)", (name, text) => {
    expect(readFileSync(`${root}schema/${name}`, "utf8")).toBe(text);
  });

  it.each(architectureNames)("takes %s, also written out", (name) => {
    const task = { channels: 1, length: 1024, classes: ["a", "b", "c"] };
    const made = recipes[name].build(task, {});
    expect([model(made), model.errors]).toEqual([true, null]);
    expect([model(wholeModel(made)), model.errors]).toEqual([true, null]);
  });

  it("has each kind of layer with its options", () => {
    const { $defs } = read("model.json") as { $defs: Record<string, object> };
    expect(Object.keys($defs)).toEqual(Object.keys(kinds).toSorted());
    expect($defs.maxPool).toEqual({
      properties: {
        kind: { const: "maxPool" },
        from: { minItems: 1, maxItems: 1 },
        options: {
          type: "object",
          properties: {
            size: { type: "integer", minimum: 1, maximum: 16777216 },
            stride: { type: "integer", minimum: 1, maximum: 16777216 }, // by default the size: no constant
            padding: {
              anyOf: [
                { enum: ["valid", "same", "causal"] },
                { type: "integer", minimum: 0, maximum: 16777216 },
                {
                  type: "array",
                  prefixItems: [
                    { type: "integer", minimum: 0, maximum: 16777216 },
                    { type: "integer", minimum: 0, maximum: 16777216 },
                  ],
                  items: false,
                  minItems: 2,
                },
              ],
              default: "valid",
            },
            dilation: { type: "integer", minimum: 1, maximum: 16777216, default: 1 },
          },
          required: ["size"],
          additionalProperties: false,
        },
      },
      required: ["options"],
    });
  });

  it.each([
    ["an unknown kind", withLayer("conv2d")],
    ["an option too many", withLayer("relu", { slope: 1 })],
    ["an option missing", withLayer("conv1d", { filters: 2 })],
    ["no options where some have to be given", withLayer("dense")],
    ["a word for a number", withLayer("dense", { units: "2" })],
    ["half a filter", withLayer("dense", { units: 2.5 })],
    ["no filter", withLayer("dense", { units: 0 })],
    ["too many filters", withLayer("dense", { units: 2 ** 24 + 1 })],
    ["an unknown word", withLayer("gelu", { approximate: "erf" })],
    ["padding of three numbers", withLayer("conv1d", { filters: 1, kernelSize: 1, padding: [1, 1, 1] })],
    ["a rate of 1", withLayer("dropout", { rate: 1 })],
    ["an alpha of 0", withLayer("celu", { alpha: 0 })],
    ["no taps", withLayer("fixedConv1d", { taps: [] })],
    ["one input of two", withLayer("add", {}, [0])],
    ["three inputs of two", withLayer("add", {}, [0, 0, 0])],
    ["an input below the first", withLayer("relu", {}, [-1])],
    ["no layers", { ...base, layers: [] }],
    ["no input", { ...base, input: undefined, layers: [{ kind: "relu", from: [0] }] }],
    ["a version to come", { ...withLayer("relu"), version: 2 }],
    ["a name that is no text", { ...withLayer("relu"), name: 7 }],
  ])("refuses %s, as checkModel does", (_, value) => {
    const json = JSON.parse(JSON.stringify(value)) as unknown;
    expect(() => checkModel(json)).toThrow(ModelError);
    expect(model(json)).toBe(false);
  });

  // what no schema can say: which layers there are, and whether shapes and options fit each other
  const BEYOND =
    /reads layer|nothing reads it|band \d+ lies between|is no range|are no range|weights; take less|does not fit|cannot |leaves |values a row|more than|do not fit|does not divide|is not below|padding of|padding "same" goes|holds padding alone|the most is|have no halves|channels \d+ to|the model has|last layer|up to it|no positions/;

  it("of 3,000 random models, right and wrong, takes those that checkModel takes, and refuses the others where it can", () => {
    const counts = { taken: 0, refused: 0, beyond: 0 };
    for (let index = 0; index < 3000; index++) {
      const json = JSON.parse(JSON.stringify(modelOf(random(21, index))) ?? "null") as unknown;
      let fault: string | null = null;
      try {
        checkModel(json);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        fault = error.message;
      }
      const valid = model(json);
      if (fault === null) {
        counts.taken++;
        expect([valid, model.errors, json], JSON.stringify(json)).toEqual([true, null, json]);
      } else if (valid) {
        counts.beyond++;
        expect(fault).toMatch(BEYOND);
      } else counts.refused++;
    }
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
  });
});

describe("schema/metadata.json", () => {
  const folder = `${root}tests/formats/versions/`;
  const files = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  const metadataOf = (file: string): Record<string, string> => ({
    ...decodeSafetensors(readFileSync(folder + file), file).metadata,
  });

  it.each(files)("takes %s, and each of its texts as JSON", (file) => {
    const own = metadataOf(file);
    expect([metadata(own), metadata.errors]).toEqual([true, null]);
    // the entries' own schemas, which validators only note
    const { oneOf, $defs } = read("metadata.json") as {
      oneOf: { properties: Record<string, Content>; patternProperties?: Record<string, Content> }[];
      $defs: object;
    };
    const kind = oneOf.find(({ properties }) => properties.format.const === own.format);
    let checked = 0;
    for (const [key, text] of Object.entries(own)) {
      const pattern = Object.entries(kind?.patternProperties ?? {}).find(([p]) => new RegExp(p).test(key));
      const content = (kind?.properties[key] ?? pattern?.[1])?.contentSchema;
      if (!content) continue;
      const check = ajv.compile({ ...content, $defs });
      expect([key, check(JSON.parse(text)), check.errors]).toEqual([key, true, null]);
      checked++;
    }
    expect(checked).toBeGreaterThanOrEqual(4);
  });

  it.each(files)("refuses %s with an entry missing, of another version, or no text", (file) => {
    const own = metadataOf(file);
    for (const key of ["format", "provenance"]) {
      const { [key]: _, ...rest } = own;
      expect(metadata(rest)).toBe(false);
    }
    expect(metadata({ ...own, version: "3" })).toBe(false);
    expect(metadata({ ...own, provenance: {} })).toBe(false);
    expect(metadata({ ...own, format: "pytorch" })).toBe(false);
  });
});

interface Content {
  readonly const?: string;
  readonly contentSchema?: object;
}
