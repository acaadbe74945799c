/**
 * How each layer kind streams: position by position, over a window of its input that moves along, or not at all. A table
 * over all kinds, so that a new one does not compile until it says which.
 */
import { conv1d, convolveAndBias } from "../../layers/convolution.ts";
import { logMel } from "../../layers/features.ts";
import { fixedConv1d } from "../../layers/fixed.ts";
import type { Kind } from "../../layers/kinds.ts";
import type { LayerKind, Site } from "../../layers/layer.ts";
import { kindOf, type Resolved } from "../../layers/model.ts";
import { crop, pad, paddingSides, type PaddingMode } from "../../layers/padding.ts";
import { averagePool, maxPool } from "../../layers/pooling.ts";
import { layerNorm } from "../../layers/rowNorms.ts";
import type { NodeId } from "../../graph/ops.ts";

/** What a windowed layer reads: for output i the input's positions from `stride i + low` to `stride i + high`, both included. */
export interface Reach {
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  /** Positions that the layer adds after its input; of a crop below 0, those that it takes away. */
  readonly after: number;
  /** What stands beside the input; null where nothing there is read. */
  readonly beyond: Beyond | null;
}

/** What stands outside of a signal: a sum of products is not changed by -0, nor a maximum by -Infinity. */
export type Beyond = 0 | "-0" | "-Infinity";

/** Some outputs of a windowed layer, from a signal in which the first one's window begins at `offset`. */
export type Windowed = (site: Site<unknown>, offset: number, count: number) => NodeId;

export type Streaming =
  | { readonly kind: "pointwise" }
  | {
      readonly kind: "windowed";
      readonly reach: Reach;
      readonly nodes: Windowed;
      /** The layer's options with its padding on one side alone. */
      readonly atEnd: (side: "left" | "right") => object;
    }
  /** Why not, and the remedy. */
  | { readonly kind: "whole"; readonly why: string };

type Rule = (layer: Resolved) => Streaming;

const pointwise: Rule = () => ({ kind: "pointwise" });
const whole =
  (why: string): Rule =>
  () => ({ kind: "whole", why });
const optionsOf = <O>(_: LayerKind<O>, layer: Resolved): O => layer.options as O;

/** The layer itself over no more than it reads, without padding. */
const unpadded =
  (layer: Resolved, options: object, span: number, stride: number): Windowed =>
  (site, offset, count) => {
    const [x] = site.inputs;
    const { channels } = site.shapes[0];
    const length = (count - 1) * stride + span;
    const read = site.b.stretch(x, offset, length);
    const { nodes } = kindOf(layer.kind);
    return nodes({ ...site, inputs: [read], shapes: [{ channels, length }], options });
  };

const seesEnds = (mode: PaddingMode): Streaming => ({
  kind: "whole",
  why: `its padding is ${mode}, which is made of the ends of a row; train with zeros`,
});

/** Options whose padding stands on one side alone. */
const paddedAt =
  (options: object, [left, right]: readonly [number, number]) =>
  (side: "left" | "right"): object => ({ ...options, padding: side === "left" ? [left, 0] : [0, right] });

/** Options of which `left` and `right` are positions; those of the other side are 0. */
const movedAt =
  (options: object) =>
  (side: "left" | "right"): object => ({ ...options, [side === "left" ? "right" : "left"]: 0 });

const beyondOf = (sides: readonly number[], beyond: Beyond): Beyond | null =>
  sides.some((n) => n > 0) ? beyond : null;

const convolution: Rule = (layer) => {
  const o = optionsOf(conv1d, layer);
  const sides = paddingSides(o);
  if (o.paddingMode !== "zeros" && sides[0] + sides[1] > 0) return seesEnds(o.paddingMode);
  const span = o.dilation * (o.kernelSize - 1) + 1;
  const { stride, dilation, groups, kernelSize: taps, filters } = o;
  return {
    kind: "windowed",
    reach: {
      stride,
      low: -sides[0],
      high: span - 1 - sides[0],
      after: sides[1],
      beyond: beyondOf(sides, 0),
    },
    atEnd: paddedAt(o, sides),
    nodes: (site, offset, outLength) => {
      const [{ channels, length }] = site.shapes;
      return convolveAndBias(site as Site<typeof o>, {
        channels,
        length,
        filters,
        outLength,
        taps,
        stride,
        dilation,
        padding: -offset,
        groups,
      });
    },
  };
};

const maximum: Rule = (layer) => {
  const o = optionsOf(maxPool, layer);
  const sides = paddingSides({ ...o, kernelSize: o.size });
  const span = o.dilation * (o.size - 1) + 1;
  return {
    kind: "windowed",
    reach: {
      stride: o.stride,
      low: -sides[0],
      high: span - 1 - sides[0],
      after: sides[1],
      beyond: beyondOf(sides, "-Infinity"),
    },
    atEnd: paddedAt(o, sides),
    nodes: unpadded(layer, { ...o, padding: "valid" }, span, o.stride),
  };
};

const average: Rule = (layer) => {
  const o = optionsOf(averagePool, layer);
  const sides = paddingSides({ ...o, kernelSize: o.size, dilation: 1 });
  if (!o.countPadding && sides[0] + sides[1] > 0)
    return {
      kind: "whole",
      why: "countPadding is false, so that its windows at the ends are means of fewer values; train with true",
    };
  return {
    kind: "windowed",
    reach: {
      stride: o.stride,
      low: -sides[0],
      high: o.size - 1 - sides[0],
      after: sides[1],
      beyond: beyondOf(sides, "-0"),
    },
    atEnd: paddedAt(o, sides),
    nodes: unpadded(layer, { ...o, padding: "valid" }, o.size, o.stride),
  };
};

const fixed: Rule = (layer) => {
  const o = optionsOf(fixedConv1d, layer);
  const [left, right] = paddingSides({
    padding: o.padding,
    kernelSize: o.taps.length,
    dilation: 1,
    stride: 1,
  });
  if (left + right > 0)
    return { kind: "whole", why: 'it leaves taps beside the signal out; train with padding "valid"' };
  return {
    kind: "windowed",
    reach: { stride: 1, low: 0, high: o.taps.length - 1, after: 0, beyond: null },
    atEnd: paddedAt(o, [0, 0]),
    nodes: unpadded(layer, { ...o, padding: "valid" }, o.taps.length, 1),
  };
};

const spectra: Rule = (layer) => {
  const o = optionsOf(logMel, layer);
  return {
    kind: "windowed",
    reach: { stride: o.hop, low: 0, high: o.size - 1, after: 0, beyond: null },
    atEnd: () => o,
    nodes: unpadded(layer, o, o.size, o.hop),
  };
};

/** The positions themselves, moved. */
const moved: Windowed = ({ b, inputs: [x] }, offset, count) => b.stretch(x, offset, count);

const padding: Rule = (layer) => {
  const o = optionsOf(pad, layer);
  const { left, right, mode } = o;
  if (mode !== "zeros" && left + right > 0) return seesEnds(mode);
  const reach: Reach = {
    stride: 1,
    low: -left,
    high: -left,
    after: right,
    beyond: beyondOf([left, right], 0),
  };
  return { kind: "windowed", reach, nodes: moved, atEnd: movedAt(o) };
};

const cropping: Rule = (layer) => {
  const o = optionsOf(crop, layer);
  const { left, right } = o;
  const reach: Reach = { stride: 1, low: left, high: left, after: -right, beyond: null };
  return { kind: "windowed", reach, nodes: moved, atEnd: movedAt(o) };
};

const overChannels: Rule = (layer) =>
  optionsOf(layerNorm, layer).over === "channels"
    ? { kind: "pointwise" }
    : { kind: "whole", why: "it takes the mean of the whole row; over channels it streams" };

const WHOLE_ROW = "it reads the whole row";
const ROW_MEAN = "it takes means over the whole row; batchNorm and layerNorm over channels stream";
const UP =
  "it makes several positions of one; a network that streams keeps or lowers the number of positions";

const rules: { readonly [K in Kind]: Rule } = {
  conv1d: convolution,
  fixedConv1d: fixed,
  logMel: spectra,
  maxPool: maximum,
  averagePool: average,
  pad: padding,
  crop: cropping,
  layerNorm: overChannels,
  instanceNorm: whole(ROW_MEAN),
  groupNorm: whole(ROW_MEAN),
  dense: whole(WHOLE_ROW),
  flatten: whole(WHOLE_ROW),
  globalAveragePool: whole(WHOLE_ROW),
  globalMaxPool: whole(WHOLE_ROW),
  adaptiveAveragePool: whole(WHOLE_ROW),
  adaptiveMaxPool: whole(WHOLE_ROW),
  convTranspose1d: whole(UP),
  upsample: whole(UP),
  batchNorm: pointwise,
  dropout: pointwise,
  channelDropout: pointwise,
  relu: pointwise,
  tanh: pointwise,
  sigmoid: pointwise,
  gelu: pointwise,
  silu: pointwise,
  softplus: pointwise,
  leakyRelu: pointwise,
  elu: pointwise,
  celu: pointwise,
  selu: pointwise,
  mish: pointwise,
  softsign: pointwise,
  logSigmoid: pointwise,
  tanhshrink: pointwise,
  relu6: pointwise,
  hardsigmoid: pointwise,
  hardswish: pointwise,
  hardtanh: pointwise,
  softshrink: pointwise,
  hardshrink: pointwise,
  threshold: pointwise,
  prelu: pointwise,
  softmax: pointwise,
  logSoftmax: pointwise,
  identity: pointwise,
  add: pointwise,
  concat: pointwise,
  multiply: pointwise,
  slice: pointwise,
  glu: pointwise,
};

/** How a layer streams. */
export const streamingOf = (layer: Resolved): Streaming => rules[layer.kind](layer);
