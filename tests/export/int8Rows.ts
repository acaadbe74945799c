/** Random rows that networks of tests are calibrated on, with what they say themselves as answers: the float accuracy is 1. */
import { Dataset } from "../../src/data/dataset.ts";
import * as f from "../../src/layers/functions.ts";
import type { Model } from "../../src/layers/model.ts";
import { network, type NetworkFields } from "../../src/models/network.ts";
import { takesOf } from "../../src/models/takes.ts";
import { mulberry } from "./random.ts";

/** `count` rows of full length, in the units that goldenRow has too. */
export async function labelledRows(fields: NetworkFields, count: number, seed = 7): Promise<Dataset> {
  const takes = takesOf(fields.preparation, fields.model.input);
  const random = mulberry(seed);
  const series = Float64Array.from(
    { length: count * takes.channels * takes.length },
    () => (random() - 0.5) * 8,
  );
  const model = await network(fields, { threads: 1 });
  const shape = { name: "random rows", series, channels: takes.channels, length: takes.length };
  if (model.answers === "values")
    return new Dataset({
      ...shape,
      answers: {
        kind: "values",
        targets: Float64Array.from(model.outputs({ series, rows: count })),
        outputs: model.outputs({ series, rows: count }).length / count,
      },
    });
  const said = model.predictRows({ series, rows: count });
  if (model.answers === "multiLabel")
    return new Dataset({
      ...shape,
      answers: {
        kind: "multiLabel",
        classes: fields.classes,
        targets: Float64Array.from(
          said.flatMap(({ probabilities }) => probabilities.map((p) => Number(p >= 0.5))),
        ),
      },
    });
  const names = [...fields.classes];
  const labels = said.flatMap(({ label, labels: each }) =>
    (each ?? [label]).map((name) => names.indexOf(name)),
  );
  const positions = labels.length / count;
  return new Dataset({
    ...shape,
    answers:
      positions > 1
        ? { kind: "positions", classes: names, labels: Int32Array.from(labels), positions }
        : { kind: "classes", classes: names, labels: Int32Array.from(labels) },
  });
}

const signal = { channels: 4, length: 24 };
const model = (build: (x: f.Tensor) => f.Tensor): Model =>
  f.model(signal, (x) => f.dense(build(x), { units: 3 }), "other");
const wide = (x: f.Tensor): f.Tensor => f.conv1d(x, { filters: 6, kernelSize: 3, padding: "same" });

/** Models of the layers and options that no architecture has. */
export const otherLayers: Readonly<Record<string, Model>> = {
  paddings: model((x) =>
    (["reflect", "replicate", "circular"] as const).reduce(
      (y: f.Tensor, paddingMode) =>
        f.relu(
          f.conv1d(y, { filters: 4, kernelSize: 4, padding: [3, 2], paddingMode, groups: 2, dilation: 2 }),
        ),
      x,
    ),
  ),
  pads: model((x) =>
    f.add(
      f.pad(f.crop(x, { left: 3, right: 4 }), { left: 4, right: 3, mode: "reflect" }),
      f.pad(f.crop(x, { right: 8 }), { left: 2, right: 6 }),
    ),
  ),
  strides: model((x) =>
    f.conv1d(f.relu6(f.conv1d(x, { filters: 5, kernelSize: 5, stride: 3, padding: 4, bias: false })), {
      filters: 8,
      kernelSize: 3,
      dilation: 2,
      weightNorm: true,
    }),
  ),
  pools: model((x) =>
    f.concat(
      f.maxPool(wide(x), { size: 5, stride: 2, padding: 2, dilation: 1 }),
      f.averagePool(wide(x), { size: 4, stride: 2, padding: [1, 1] }),
      f.averagePool(wide(x), { size: 4, stride: 2, padding: [1, 1], countPadding: false }),
      f.adaptiveMaxPool(x, { length: 12 }),
    ),
  ),
  globals: model((x) => f.multiply(f.globalMaxPool(wide(x)), f.sigmoid(f.globalAveragePool(wide(x))))),
  gates: model((x) => {
    const y = wide(x);
    return f.dropout(f.relu(f.multiply(y, f.hardsigmoid(f.slice(y, { first: 2, count: 1 })))));
  }),
  norms: model((x) => f.gelu(f.layerNorm(wide(f.instanceNorm(x))))),
  upsampled: model((x) =>
    f.upsample(
      f.convTranspose1d(f.upsample(f.elu(x), { scale: 2 }), { filters: 2, kernelSize: 3, stride: 2 }),
      {
        scale: 2,
        mode: "linear",
      },
    ),
  ),
  flat: model((x) => f.glu(f.flatten(f.batchNorm(f.tanh(f.identity(x)))))),
  twice: model((x) => f.relu(f.add(f.channelDropout(x), x))),
};

/** Models whose output is no linear layer. */
export const otherEnds: Readonly<Record<string, Model>> = {
  softmax: f.model(signal, (x) => f.softmax(f.relu(f.dense(x, { units: 3 }))), "softmax"),
  pool: f.model({ channels: 3, length: 24 }, (x) => f.globalAveragePool(x), "pool"),
  relu: f.model(signal, (x) => f.relu(f.dense(f.logSoftmax(x), { units: 3 })), "relu"),
  norm: f.model(signal, (x) => f.batchNorm(f.dense(x, { units: 3 })), "norm"),
};
