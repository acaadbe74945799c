/** A preparation in a model file: the JSON of its fields. Those of none, sample and channel alone are as they always were. */
import { quote } from "../data/quote.ts";
import type { Signal } from "../layers/layer.ts";
import { fills, places } from "../models/lines.ts";
import type { TargetScales } from "../models/targets.ts";
import { normalizations, pads, rawChannels, type Preparation } from "../models/preparation.ts";

/** What is fitted, by kind: a number a channel of each, above the least one. */
export const FITTED = {
  none: {},
  sample: {},
  channel: { mean: -Infinity, deviation: 0 },
  minmax: { low: -Infinity, range: 0 },
} as const satisfies Record<Preparation["kind"], Readonly<Record<string, number>>>;

/** The preparation of a model with that input, for it and for nothing else; `fail` throws. Nothing in it is trusted. */
export function checkPreparation(value: unknown, input: Signal, fail: (what: string) => never): Preparation {
  const given = Object.entries(typeof value === "object" && value !== null ? value : {});
  const p = Object.fromEntries(given) as Partial<Record<string, unknown>>;
  const kind = normalizations.find((k) => k === p.kind);
  if (kind === undefined) return fail(`the metadata's preparation is none of ${normalizations.join(", ")}`);
  const wrong = (name: string): never => fail(`the metadata's preparation has a wrong ${name}`);
  const oneOf = (name: string, words: readonly unknown[]): void => {
    if (p[name] !== undefined && !words.includes(p[name])) wrong(name);
  };
  oneOf("fill", fills);
  oneOf("detrend", ["linear"]);
  oneOf("resample", [input.length]);
  oneOf("length", p.resample === undefined ? [input.length] : []);
  const padded = p.length !== undefined;
  if (padded ? !pads.some((pad) => pad === p.pad) : p.pad !== undefined) wrong("pad");
  if (padded ? !places.some((at) => at === p.at) : p.at !== undefined) wrong("at");
  if (p.fill === "zero" && input.channels % 2 > 0) wrong("fill");
  const channels = rawChannels(p, input.channels);
  const fitted: Readonly<Record<string, number>> = FITTED[kind];
  for (const [name, least] of Object.entries(fitted)) {
    const numbers = p[name];
    if (!Array.isArray(numbers) || numbers.length !== channels) return wrong(name);
    if (!numbers.every((x: unknown) => typeof x === "number" && Number.isFinite(x) && x > least)) wrong(name);
  }
  const known = ["kind", "fill", "detrend", "resample", "length", "pad", "at", ...Object.keys(fitted)];
  const unknown = given.find(([name]) => !known.includes(name));
  if (unknown) fail(`the metadata's preparation has a step ${quote(unknown[0])}, which there is not`);
  return p as unknown as Preparation;
}

/** What targets were standardised by; `fail` throws. That there is one an output is for `network` to say. */
export function checkTargets(value: unknown, fail: (what: string) => never): TargetScales {
  const given = typeof value === "object" && value !== null ? value : {};
  const { mean, deviation, ...others } = given as Partial<Record<string, unknown>>;
  const numbers = (list: unknown, least: number): boolean =>
    Array.isArray(list) &&
    list.length > 0 &&
    list.every((x: unknown) => typeof x === "number" && Number.isFinite(x) && x > least);
  const right = numbers(mean, -Infinity) && numbers(deviation, 0) && Object.keys(others).length === 0;
  const scales = given as TargetScales;
  return right && scales.mean.length === scales.deviation.length
    ? scales
    : fail("the metadata's targets are no mean and deviation of each output");
}
