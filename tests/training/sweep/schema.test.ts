/** The published schema of spaces against the reader, by a validator that is not ours. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { defaultSpace } from "../../../src/training/sweep/defaultSpaces.ts";
import { checkOptions } from "../../../src/training/sweep/recipeSpace.ts";
import { checkSpace } from "../../../src/training/sweep/space.ts";
import { architectureNames } from "../../../src/training/recipes.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../../schema/space.json", import.meta.url), "utf8"),
) as object;
const valid = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);

describe("schema/space.json", () => {
  it.each(architectureNames)("takes the default space of %s", (name) => {
    const space = defaultSpace(name, { rows: 100, answers: { kind: "classes" } });
    expect([valid(space), valid.errors]).toEqual([true, null]);
  });

  const lr = { kind: "uniform", low: 0.1, high: 1 };
  it.each([
    {},
    { lrr: lr },
    { seed: { kind: "integer", low: 1, high: 2 } },
    { lr: { kind: "normal", low: 0, high: 1 } },
    { lr: { kind: "uniform", low: 0 } },
    { lr: { ...lr, step: 0.1 } },
    { batch: { kind: "integer", low: 1.5, high: 3 } },
    { lr: { kind: "logUniform", low: 0, high: 1 } },
    { ema: { kind: "choice", values: [] } },
    { ema: { kind: "choice", values: [0.9, 0.9] } },
    { ema: { kind: "choice", values: [[0.9]] } },
  ])("refuses %j, as the reader does", (space) => {
    expect(valid(space)).toBe(false);
    expect(() => checkOptions(checkSpace(space), {}, "loss", "space")).toThrow();
  });
});
