/** Spaces as data: what a point is, and what is refused, word for word. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultSpace } from "../../../src/training/sweep/defaultSpaces.ts";
import { checkOptions, checkTrials, flagsOf, recipeTrials } from "../../../src/training/sweep/recipeSpace.ts";
import { checkSpace, readSpace, valueAt, valuesAt, type Space } from "../../../src/training/sweep/space.ts";
import { architectureNames } from "../../../src/training/recipes.ts";
import { readRecipe } from "../../../src/training/recipeRun.ts";
import { InputError } from "../../../src/data/errors.ts";
import { samplerNames, samplers } from "../../../src/training/sweep/samplers.ts";
import { bumps } from "../shared.ts";

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("nothing was refused");
};

describe("a point's values", () => {
  it("are what a hand computes", () => {
    const log = { kind: "logUniform", low: 0.0001, high: 1 } as const;
    expect([0, 0.25, 0.5, 0.75].map((u) => valueAt(log, u))).toEqual([0.0001, 0.001, 0.01, 0.1]);
    const whole = { kind: "integer", low: 2, high: 4 } as const;
    expect([0, 0.3, 0.34, 0.67, 0.999].map((u) => valueAt(whole, u))).toEqual([2, 2, 3, 4, 4]);
    const choice = { kind: "choice", values: ["a", null, true] } as const;
    expect([0, 0.5, 0.9].map((u) => valueAt(choice, u))).toEqual(["a", null, true]);
    expect(valueAt({ kind: "uniform", low: 0, high: 1 }, 1 / 3)).toBe(0.3333);
    expect(valueAt({ kind: "logInteger", low: 1, high: 7 }, 0.5)).toBe(2);
  });

  it("stay within both ends", () => {
    const u = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const ends = fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }));
    fc.assert(
      fc.property(
        u,
        ends,
        fc.constantFrom("uniform", "logUniform", "integer", "logInteger"),
        (at, [low, more], kind) => {
          const value = Number(valueAt({ kind, low, high: low + more }, at));
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThanOrEqual(low + more);
          if (kind.endsWith("nteger")) expect(Number.isInteger(value)).toBe(true);
        },
      ),
    );
  });

  it("leave out what is null and what does not count", () => {
    const space: Space = {
      model: { kind: "choice", values: ["fcn", "chain"] },
      filters: { kind: "choice", values: ["9", "5"], when: { model: ["chain"] } },
      ema: { kind: "choice", values: [null, 0.9] },
    };
    expect(valuesAt(space, [0, 0.9, 0])).toEqual({ model: "fcn" });
    expect(valuesAt(space, [0.9, 0.9, 0.9])).toEqual({ model: "chain", filters: "5", ema: 0.9 });
  });
});

describe("a space is refused in one line", () => {
  const refused: readonly (readonly [what: string, space: unknown, message: RegExp])[] = [
    ["of none", {}, /^s\.json: it has no parameter; give one at least, such as \{"lr"/],
    [
      "bounds the wrong way round",
      { lr: { kind: "uniform", low: 2, high: 1 } },
      /^s\.json: lr: low is 2 and high 1; low is below high$/,
    ],
    [
      "the logarithm of 0",
      { lr: { kind: "logUniform", low: 0, high: 1 } },
      /^s\.json: lr: low is 0, which has no logarithm; logUniform wants numbers above 0$/,
    ],
    [
      "a kind that is none",
      { lr: { kind: "normal" } },
      /"lr"\.kind is "normal"; it is one of uniform, logUniform, integer, logInteger, choice/,
    ],
    [
      "an end that is missing",
      { lr: { kind: "uniform", low: 1 } },
      /"lr"\.high is missing; it is a finite number/,
    ],
    [
      "a whole number that is none",
      { batch: { kind: "integer", low: 1.5, high: 4 } },
      /"batch"\.low is 1\.5; it is a whole number/,
    ],
    [
      "no values",
      { ema: { kind: "choice", values: [] } },
      /ema: its values are none; a choice has one at least/,
    ],
    ["a value twice", { ema: { kind: "choice", values: [0.9, 0.9] } }, /ema: a value stands in it twice/],
    [
      "a when of nothing",
      { lr: { kind: "uniform", low: 0, high: 1, when: { model: ["fcn"] } } },
      /lr: when names "model"; it names another choice/,
    ],
    ["a list", [1], /is a list; it is an object/],
    [
      "a name of prototypes",
      JSON.parse('{"__proto__": {"kind": "uniform", "low": 0, "high": 1}}'),
      /reserved word/,
    ],
  ];
  it.each(refused)("%s", (_what, space, message) => {
    expect(messageOf(() => checkSpace(space, "s.json"))).toMatch(message);
  });

  it("whatever stands in it", () => {
    const kind = fc.constantFrom("uniform", "logUniform", "integer", "logInteger", "choice");
    const end = fc.oneof(fc.double(), fc.integer(), fc.jsonValue());
    const parameter = fc.record(
      { kind, low: end, high: end, values: fc.jsonValue(), when: fc.jsonValue() },
      { requiredKeys: ["kind"] },
    );
    const any = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), parameter));
    fc.assert(
      fc.property(any, (given) => {
        let space: Space;
        try {
          space = checkSpace(given);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          return;
        }
        // what is taken gives values, all finite, and samplers know what to do with it
        for (const name of samplerNames) {
          const point = samplers[name](space, 1, 3, { ranked: [], pending: [] });
          for (const value of Object.values(valuesAt(space, point)))
            expect(typeof value !== "number" || Number.isFinite(value)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("text that is no JSON", () => {
    expect(messageOf(() => readSpace("{", "s.json"))).toMatch(/^s\.json: is no JSON; a space is an object/);
  });

  const options: readonly (readonly [what: string, space: Space, message: RegExp])[] = [
    [
      "an option that does not exist, with the nearest",
      { batsh: { kind: "integer", low: 1, high: 2 } },
      /^s: parameter "batsh" is unknown \(did you mean batch\?\); it is one of/,
    ],
    [
      "one that all trials have alike",
      { seed: { kind: "integer", low: 1, high: 2 } },
      /^s: seed: every trial draws from the same; leave it out$/,
    ],
    [
      "a value that the option does not take",
      { lr: { kind: "uniform", low: -1, high: 1 } },
      /^s: lr: --lr is "-1"; it is a number above 0/,
    ],
    [
      "a range of what is whole",
      { batch: { kind: "uniform", low: 8, high: 16 } },
      /^s: batch: --batch is "10\.96"; it is a whole number/,
    ],
    ["a word that is none", { optimizer: { kind: "choice", values: ["adamm"] } }, /did you mean adam\?/],
    [
      "losses that cannot be compared",
      { loss: { kind: "choice", values: ["huber"] } },
      /^s: loss: trials with another one have losses that cannot be compared/,
    ],
    [
      "a flag with a number",
      { detrend: { kind: "choice", values: [3] } },
      /^s: detrend: 3 is none of its values; it is true, or null or false where it is not given$/,
    ],
  ];
  it.each(options)("%s", (_what, space, message) => {
    expect(messageOf(() => checkOptions(space, {}, "loss", "s"))).toMatch(message);
  });

  it("an option that the model does not take", () => {
    const data = bumps({ rows: 8, length: 16, classes: 2 });
    const space: Space = { filters: { kind: "choice", values: ["9"] } };
    const message = messageOf(() => checkTrials(space, recipeTrials(readRecipe({})), data, "s"));
    expect(message).toMatch(/^s: filters 9: --filters and --activation belong to --model chain, not to fcn/);
    const some: Space = {
      model: { kind: "choice", values: ["fcn", "chain"] },
      filters: { kind: "choice", values: ["9", "3"], when: { model: ["chain"] } },
    };
    expect(() => checkTrials(some, recipeTrials(readRecipe({})), data, "s")).not.toThrow();
  });

  it("epochs where steps win over them", () => {
    const space: Space = { epochs: { kind: "integer", low: 1, high: 9 } };
    expect(messageOf(() => checkOptions(space, { steps: 100 }, "loss", "s"))).toMatch(
      /^s: epochs: steps are given too/,
    );
  });
});

describe("options of a trial", () => {
  it("are what the command line reads, and only those that it has", () => {
    const base = readRecipe({ epochs: "7" });
    const flags = flagsOf(base, {
      lr: 0.01,
      augment: "jitter=0.05",
      detrend: true,
      filters: "9,5",
      ignorePadding: false,
    });
    expect(flags).toMatchObject({
      epochs: 7,
      lr: 0.01,
      detrend: true,
      filters: [9, 5],
      keep: "last",
      validation: 0,
    });
    expect(flags.augment).toEqual([{ kind: "jitter", sigma: 0.05 }]);
    expect(flags.ignorePadding).toBeUndefined();
  });
});

describe("default spaces", () => {
  it.each(architectureNames.filter((name) => name !== "unet1d"))("%s: every value makes a trial", (name) => {
    const data = bumps({ rows: 20, length: name === "keyword" || name === "m5" ? 8000 : 64, classes: 2 });
    const space = defaultSpace(name, data);
    expect(() => checkSpace(space)).not.toThrow();
    checkOptions(space, {}, "loss", name);
    const rated = name === "keyword" ? data.with({ rate: 8000 }) : data;
    expect(() => checkTrials(space, recipeTrials(readRecipe({ model: name })), rated, name)).not.toThrow();
  });
});
