/** Models as JSON by the grammar of models, for what has to end well with any of them. */
import { kinds } from "../../src/layers/kinds.ts";
import { mutated, nasty, NUMBERS, type Random } from "./random.ts";

/** Options by kind that make sense, to be mixed with those that do not. */
const OPTIONS: Readonly<Record<string, (r: Random) => Record<string, unknown>>> = {
  conv1d: (r) => ({
    filters: 1 + r.int(4),
    kernelSize: 1 + r.int(5),
    stride: 1 + r.int(2),
    dilation: 1 + r.int(3),
    padding: r.pick(["valid", "same", "causal", 1, [2, 0]]),
    paddingMode: r.pick(["zeros", "reflect", "replicate", "circular"]),
    weightNorm: r.chance(0.3),
  }),
  dense: (r) => ({ units: 1 + r.int(5) }),
  convTranspose1d: (r) => ({ filters: 1 + r.int(3), kernelSize: 1 + r.int(4), stride: 1 + r.int(3) }),
  logMel: (r) => ({
    rate: 10 + r.int(1000),
    size: 2 + r.int(40),
    hop: 1 + r.int(4),
    bands: 1 + r.int(4),
    low: 0,
  }),
  fixedConv1d: (r) => ({ taps: Array.from({ length: 1 + r.int(4) }, () => r.int(5) - 2), padding: "same" }),
  maxPool: (r) => ({ size: 1 + r.int(6), stride: 1 + r.int(3), dilation: 1 + r.int(2) }),
  averagePool: (r) => ({ size: 1 + r.int(6), stride: 1 + r.int(3), padding: r.pick(["valid", "same"]) }),
  adaptiveMaxPool: (r) => ({ length: 1 + r.int(9) }),
  adaptiveAveragePool: (r) => ({ length: 1 + r.int(9) }),
  upsample: (r) => ({ scale: 1 + r.int(3), mode: r.pick(["nearest", "linear"]) }),
  pad: (r) => ({
    left: r.int(4),
    right: r.int(4),
    mode: r.pick(["zeros", "reflect", "replicate", "circular"]),
  }),
  crop: (r) => ({ left: r.int(2), right: r.int(2) }),
  slice: (r) => ({ first: r.int(2), count: 1 + r.int(2) }),
  groupNorm: () => ({ groups: 1 }),
  dropout: (r) => ({ rate: r.next() * 0.9 }),
};
const OPTION_NAMES = [
  "filters",
  "kernelSize",
  "stride",
  "dilation",
  "padding",
  "groups",
  "size",
  "length",
  "scale",
  "left",
  "right",
  "first",
  "count",
  "rate",
  "units",
  "epsilon",
  "momentum",
  "taps",
  "mode",
  "ignore",
] as const;

/** A model by the grammar of models: layers that mostly fit, with some options, inputs and sizes that do not. */
export function modelOf(r: Random): unknown {
  const names = Object.keys(kinds);
  const count = r.pick([1, 2, 3, 5, 8, 13, 40]);
  const layers = Array.from({ length: count }, (_, i) => {
    const kind = r.chance(0.4) ? r.pick(Object.keys(OPTIONS)) : r.pick(names);
    const options = OPTIONS[kind]?.(r) ?? {};
    if (r.chance(0.05)) options[r.pick(OPTION_NAMES)] = r.chance(0.7) ? r.pick(NUMBERS) : nasty(r);
    const two = ["add", "multiply", "concat"].includes(kind);
    const near = (): number => (r.chance(0.85) ? i : r.int(i + 1));
    return { kind, from: two ? [i, r.chance(0.5) ? i : near()] : [near()], options };
  });
  const side = (usual: number): number => (r.chance(0.03) ? r.pick(NUMBERS) : 1 + r.int(usual));
  const model = {
    format: "toeplitz-model",
    version: 1,
    name: "m",
    input: { channels: side(4), length: r.chance(0.02) ? r.pick([1e5, 1e6, 2 ** 24]) : side(40) },
    layers,
  };
  return r.chance(0.15) ? mutated(r, model) : model;
}
