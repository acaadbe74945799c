/** Layers that are one convolve: conv1d, and dense as the case whose filter covers the whole input. */
import { convolveMap } from "../graph/build.ts";
import type { NodeId, Shape } from "../graph/ops.ts";
import { filterInits, type FilterInit, type Init } from "./initialise.ts";
import {
  LayerError,
  OptionReader,
  show,
  type LayerKind,
  type OptionValue,
  type Parameter,
  type Site,
} from "./layer.ts";

export type Padding = "valid" | "same" | "causal" | number | readonly [number, number];

export interface Conv1dOptions {
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Padding;
  readonly groups: number;
  readonly bias: boolean;
  readonly init: FilterInit;
}

/** y = w * x + b: filters `[filters, channels / groups, kernelSize]`, a bias a filter. */
export const conv1d: LayerKind<Conv1dOptions> = {
  inputs: 1,
  options: (given) => {
    const o = new OptionReader(given);
    return o.done({
      filters: o.whole("filters", 1),
      kernelSize: o.whole("kernelSize", 1),
      stride: o.whole("stride", 1, 1),
      dilation: o.whole("dilation", 1, 1),
      padding: padding(o.any("padding", "valid")),
      groups: o.whole("groups", 1, 1),
      bias: o.flag("bias", true),
      init: o.word("init", filterInits, "torch"),
    });
  },
  shape: ([x], o) => {
    if (x.channels % o.groups !== 0 || o.filters % o.groups !== 0)
      throw new LayerError(
        `groups ${o.groups} does not divide ${x.channels} channels and ${o.filters} filters`,
      );
    const sides = paddingSides(o);
    const padded = x.length + sides[0] + sides[1];
    const span = o.dilation * (o.kernelSize - 1) + 1;
    if (span > padded) {
      const what =
        o.dilation > 1
          ? `kernelSize ${o.kernelSize} with dilation ${o.dilation}`
          : `kernelSize ${o.kernelSize}`;
      throw new LayerError(
        `${what} does not fit ${padded} positions; shorten the kernel or use padding "same"`,
      );
    }
    return { channels: o.filters, length: Math.floor((padded - span) / o.stride) + 1 };
  },
  parameters: ([x], o) => {
    const shape: Shape = [o.filters, x.channels / o.groups, o.kernelSize];
    return filterParameters(shape, o, (o.filters / o.groups) * o.kernelSize);
  },
  nodes: (site) => {
    const { options: o, shapes, parameter } = site;
    const w = site.b.type(parameter("filter")).shape;
    const options = { stride: o.stride, dilation: o.dilation, padding: paddingSides(o), groups: o.groups };
    return convolveAndBias(site, convolveMap([1, shapes[0].channels, shapes[0].length], w, options));
  },
};

export interface DenseOptions {
  readonly units: number;
  readonly bias: boolean;
  readonly init: FilterInit;
}

/** Every output sees the whole input: filters `[units, channels, length]`, result `[units, 1]`. */
export const dense: LayerKind<DenseOptions> = {
  inputs: 1,
  options: (given) => {
    const o = new OptionReader(given);
    return o.done({
      units: o.whole("units", 1),
      bias: o.flag("bias", true),
      init: o.word("init", filterInits, "torch"),
    });
  },
  shape: (_, o) => ({ channels: o.units, length: 1 }),
  parameters: ([x], o) => filterParameters([o.units, x.channels, x.length], o, o.units),
  nodes: (site) => {
    const [{ channels, length }] = site.shapes;
    const w = site.b.type(site.parameter("filter")).shape;
    return convolveAndBias(site, convolveMap([1, channels, length], w));
  },
};

function filterParameters(shape: Shape, o: { bias: boolean; init: FilterInit }, fanOut: number): Parameter[] {
  const init: Init = { kind: o.init, fanIn: shape[1] * shape[2], fanOut };
  const bias: Init = o.init === "torch" ? init : { kind: "constant", value: 0 };
  return [
    { name: "filter", shape, init },
    ...(o.bias ? [{ name: "bias", shape: [1, shape[0], 1] as const, init: bias }] : []),
  ];
}

function convolveAndBias(
  { b, inputs, options, parameter }: Site<{ readonly bias: boolean }>,
  map: ReturnType<typeof convolveMap>,
): NodeId {
  const z = b.convolve("output", parameter("filter"), inputs[0], map);
  return options.bias ? b.map("add", z, parameter("bias")) : z;
}

function padding(value: OptionValue): Padding {
  const whole = (n: unknown): boolean => typeof n === "number" && Number.isInteger(n) && n >= 0;
  if (value === "valid" || value === "same" || value === "causal" || whole(value)) return value as Padding;
  if (Array.isArray(value) && value.length === 2 && value.every(whole)) return [value[0], value[1]];
  throw new LayerError(
    `padding is ${show(value)}; it is "valid", "same", "causal", a whole number or [left, right]`,
  );
}

/** Zeros on either side. With an even span "same" puts the extra zero on the right, as PyTorch and Keras do. */
export function paddingSides(o: {
  padding: Padding;
  kernelSize: number;
  dilation: number;
  stride: number;
}): [number, number] {
  const extra = o.dilation * (o.kernelSize - 1);
  if (o.padding === "valid") return [0, 0];
  if (o.padding === "causal") return [extra, 0];
  if (o.padding === "same") {
    if (o.stride > 1)
      throw new LayerError(`padding "same" goes with stride 1, not ${o.stride}; give [left, right]`);
    const left = Math.floor(extra / 2);
    return [left, extra - left];
  }
  return typeof o.padding === "number" ? [o.padding, o.padding] : [o.padding[0], o.padding[1]];
}
