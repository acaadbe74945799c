/** Networks of every architecture and kind of answer, with random weights and every kind of preparation: what exports are tried on. */
import * as architectures from "../../src/layers/architectures/index.ts";
import type { Task } from "../../src/layers/architectures/task.ts";
import { initialValues } from "../../src/layers/initialise.ts";
import { resolve, type Model } from "../../src/layers/model.ts";
import { parametersOf, statesOf } from "../../src/models/graphs.ts";
import type { NetworkFields } from "../../src/models/network.ts";
import type { Preparation } from "../../src/models/preparation.ts";
import type { Weights } from "../../src/models/weights.ts";
import { takesOf } from "../../src/models/takes.ts";
import type { RawRows } from "../../src/data/dataset.ts";
import { mulberry } from "./random.ts";

const task = (channels: number, length: number, classes: number, kind = "classes"): Required<Task> =>
  ({
    channels,
    length,
    classes: Array.from({ length: classes }, (_, k) => `class ${k}`),
    answers: { kind },
  }) as Required<Task>;

/** Weights as training starts with them, and running statistics that are not those of the start. */
export function randomWeights(model: Model, seed: number): Weights {
  const random = mulberry(seed);
  const layers = resolve(model);
  const parameters = parametersOf(layers).map(({ name, shape, init }, i) => ({
    name,
    shape,
    data: initialValues(shape, init, seed, i).map((x) => x + (random() - 0.5) * 0.1),
  }));
  const states = statesOf(layers).map(({ name, shape, value }) => ({
    name,
    shape,
    // what nothing changes stays as it is
    data:
      typeof value === "function"
        ? value()
        : Float32Array.from(
            { length: shape[0] * shape[1] * shape[2] },
            () => (name.endsWith("variance") ? 0.5 : -0.5) + random(),
          ),
  }));
  return [...parameters, ...states];
}

/** A network of a model with random weights. */
export function fieldsOf(
  model: Model,
  preparation: Preparation,
  seed = 1,
  rest: Partial<NetworkFields> = {},
): NetworkFields {
  const output = resolve(model).at(-1)?.output;
  const classes = Array.from({ length: output?.channels ?? 0 }, (_, k) => `class ${k}`);
  return { model, preparation, classes, weights: randomWeights(model, seed), provenance: {}, ...rest };
}

const of = (channels: number): { mean: number[]; deviation: number[] } => ({
  mean: Array.from({ length: channels }, (_, c) => 0.3 - c * 1.7),
  deviation: Array.from({ length: channels }, (_, c) => 1.3 + c),
});
const minmax = (channels: number): { low: number[]; range: number[] } => ({
  low: Array.from({ length: channels }, (_, c) => -2.1 - c),
  range: Array.from({ length: channels }, (_, c) => 4.7 + c),
});

/** Small networks of every architecture, each with another preparation. */
export const everyArchitecture: Readonly<Record<keyof typeof architectures, () => NetworkFields>> = {
  chain: () => fieldsOf(architectures.chain(task(1, 64, 3)), { kind: "channel", ...of(1) }),
  fcn: () =>
    fieldsOf(architectures.fcn(task(2, 60, 3)), {
      kind: "channel",
      ...of(2),
      length: 60,
      pad: "zero",
      at: "end",
    }),
  inception: () =>
    fieldsOf(architectures.inception(task(1, 48, 2)), { kind: "sample", fill: "linear", detrend: "linear" }),
  keyword: () =>
    fieldsOf(architectures.keyword(task(1, 700, 3), { rate: 4000, bands: 8, channels: 4 }), {
      kind: "channel",
      ...of(1),
    }),
  lite: () => fieldsOf(architectures.lite(task(2, 50, 3)), { kind: "channel", ...of(1), fill: "zero" }),
  m5: () => fieldsOf(architectures.m5(task(1, 1100, 4)), { kind: "minmax", ...minmax(1) }),
  mnist1dCnn: () => fieldsOf(architectures.mnist1dCnn(task(1, 40, 10)), { kind: "channel", ...of(1) }),
  resnet: () =>
    fieldsOf(architectures.resnet(task(1, 40, 2)), { kind: "sample", length: 40, pad: "mean", at: "centre" }),
  tcn: () =>
    fieldsOf(architectures.tcn(task(2, 40, 2), { levels: 2 }), {
      kind: "minmax",
      ...minmax(2),
      resample: 40,
    }),
  unet1d: () =>
    fieldsOf(
      architectures.unet1d(task(1, 40, 3), { filters: 4, depth: 2 }),
      { kind: "none", length: 40, pad: "edge", at: "start", fill: "forward" },
      1,
      { answers: "positions" },
    ),
  wavenet: () =>
    fieldsOf(architectures.wavenet(task(1, 50, 3), { residual: 4, skip: 8, layers: 2 }), { kind: "none" }),
};

/** One random row that a network takes: of another length or with missing values where it may be. */
export function randomRow({ model, preparation }: NetworkFields, seed: number): RawRows {
  const random = mulberry(seed);
  const takes = takesOf(preparation, model.input);
  const length =
    takes.lengths === "one" ? takes.length : Math.max(1, Math.floor(takes.length * (0.3 + random())));
  const size = 10 ** Math.floor(random() * 3);
  const series = Float64Array.from({ length: takes.channels * length }, () =>
    takes.missing === "filled" && random() < 0.1 ? NaN : (random() - 0.5) * size,
  );
  return { series, rows: 1 };
}
