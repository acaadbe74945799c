/** The derivation of one convolution by a pair of channels, with a row's numbers. */
import * as operators from "../operators/index.ts";
import {
  convolveFilter,
  convolveInput,
  convolveOutput,
  correlate,
  type Activation,
} from "../operators/index.ts";
import type { Resolved } from "../layers/model.ts";
import type { ConvolveMap } from "../graph/ops.ts";
import { explainBlock, type BlockExplanation } from "./blocks.ts";
import { indexMapOf, isSimple } from "./geometry.ts";
import type { LossGraph } from "./lossGraph.ts";
import { columnProduct, matricesOf, type MatrixView } from "./matrices.ts";
import { lossWith, type Convolution, type Trace } from "./trace.ts";

/** A convolution z = A(w) y + b 1 and its reverse pass, by one output channel o and one input channel c. */
export interface ConvolutionExplanation {
  /** The index map: output i, tap j and position k meet where k - 1 = stride (i - 1) + dilation (j - 1) - padding. */
  readonly map: {
    /** Channels of y. */
    readonly channels: number;
    /** n_{l-1}, positions of y. */
    readonly length: number;
    /** Channels of z. */
    readonly filters: number;
    /** n_l, positions of z. */
    readonly outLength: number;
    /** f, taps of a filter. */
    readonly taps: number;
    /** s */
    readonly stride: number;
    /** d */
    readonly dilation: number;
    /** p, zeros before the first position. */
    readonly padding: number;
    /** Groups of channels. */
    readonly groups: number;
  };
  /** The pair of channels that is told, from 0. */
  readonly channel: {
    /** o */
    readonly output: number;
    /** c, of all input channels. */
    readonly input: number;
  };
  /** The elementwise layers behind it, y_l = s(z_l), by name; none where it is read as it is. */
  readonly activation: readonly string[];
  /** The vectors of the pair. */
  readonly vectors: PairNumbers;
  /** A(w), H(y), C(v), D and the Jacobians D A(w), D H(y). */
  readonly matrices: readonly MatrixView[];
  /** Euclidean norms of the whole input y, output z and back-signal v = d(loss)/dz. */
  readonly norms: {
    /** |y| */
    readonly y: number;
    /** |z| */
    readonly z: number;
    /** |v| */
    readonly v: number;
  };
  /** The gradient of the filters three ways. */
  readonly gradient: FilterGradient;
  /** db = v 1 of the output channel, and the compiled program's; null where the layer has no bias. */
  readonly bias: {
    /** v 1 in f64. */
    readonly operators: number;
    /** The compiled program's, in float32. */
    readonly compiled: number;
  } | null;
  /** The two readings of the transpose: the row product v A(w) and the column product A(w)^T v^T. */
  readonly transpose: TransposeReadings;
  /** The three ways to have s'(z). */
  readonly slopes: readonly SlopeWay[];
  /** What it costs and what is stored, of the whole layer and this one row. */
  readonly costs: {
    /** Multiply-adds of each of the three products A(w) y, v A(w) and C(v) y. */
    readonly multiplyAdds: number;
    /** Numbers that are stored: y, z, v and w. */
    readonly stored: {
      /** The input. */
      readonly y: number;
      /** The output before s. */
      readonly z: number;
      /** The back-signal. */
      readonly v: number;
      /** The filters. */
      readonly w: number;
    };
    /** Numbers that A(w) would have if it were formed. */
    readonly matrix: number;
  };
  /** The block by which `convolution: "fast"` computes z; null where direct sums are as good. */
  readonly block: BlockExplanation | null;
}

/** The vectors of a pair of channels; those of the output channel sum over all input channels. */
export interface PairNumbers {
  /** The input channel. */
  readonly y: readonly number[];
  /** The taps of the filter between the two. */
  readonly w: readonly number[];
  /** The bias of the output channel; null where there is none. */
  readonly b: number | null;
  /** A(w) y of the pair: of one input channel, z without the bias. */
  readonly Ay: readonly number[];
  /** z of the output channel. */
  readonly z: readonly number[];
  /** s'(z) */
  readonly slope: readonly number[];
  /** s(z), what follows reads. */
  readonly out: readonly number[];
  /** g = d(loss)/ds(z) */
  readonly g: readonly number[];
  /** v = g D, the back-signal at z. */
  readonly v: readonly number[];
  /** v A(w) of the pair: what goes back from this output channel to this input channel. */
  readonly vA: readonly number[];
  /** What goes back to the input channel from all output channels. */
  readonly back: readonly number[];
  /** C(v) y of the pair: the gradient of its taps. */
  readonly dw: readonly number[];
}

/** The gradient of a layer's filters three ways. */
export interface FilterGradient {
  /** `C(v) y`, or dT/dw under the layer's index map. */
  readonly by: "C(v) y" | "dT/dw";
  /** Taps of all filters. */
  readonly taps: number;
  /** The Euclidean norm over them. */
  readonly norm: number;
  /** The first few taps of the pair, by the operators. */
  readonly operators: readonly number[];
  /** The compiled program's there, and |compiled - operators| / |operators| over all taps; null where w is no parameter itself. */
  readonly compiled: {
    /** At the taps of `operators`. */
    readonly values: readonly number[];
    /** Relative, over all taps. */
    readonly difference: number;
  } | null;
  /** Central differences at some taps: their numbers in the tensor, values, and relative difference to the operators there. */
  readonly central: {
    /** Numbers of the taps in the tensor. */
    readonly at: readonly number[];
    /** The differences there. */
    readonly values: readonly number[];
    /** Relative, over these taps. */
    readonly difference: number;
  } | null;
  /** The number of the pair's first tap in the tensor. */
  readonly first: number;
}

/** v A(w) and A(w)^T v^T of the pair, side by side. */
export interface TransposeReadings {
  /** Each v_i w_j added where it lands: the filter as it is. */
  readonly row: readonly number[];
  /** Each position sums down its column of A(w). */
  readonly column: readonly number[];
  /** The largest difference. */
  readonly difference: number;
  /** Products of either: v_i w_j, once each. */
  readonly products: number;
  /** Bytes in f64 of what the row product reads, v and w, and of A(w) and v if the matrix were formed. */
  readonly bytes: {
    /** Of v and w. */
    readonly matrixFree: number;
    /** Of A(w) and v. */
    readonly formed: number;
  };
}

/** One way to have s'(z). */
export interface SlopeWay {
  /** From the z that was kept, from y = s(z), or from a z that is computed again. */
  readonly from: "z" | "y" | "recompute";
  /** The formula; null where y does not give s', or where it is the graph's own of several layers. */
  readonly formula: string | null;
  /** s'(z) of the output channel; null where this way is not open. */
  readonly values: readonly number[] | null;
  /** Numbers kept for it beside y, of the whole layer. */
  readonly stored: number;
  /** Bytes of them in float32. */
  readonly bytes: number;
  /** Multiply-adds more than the reverse pass has anyway. */
  readonly multiplyAdds: number;
}

const FIRST = 9;

export interface Site {
  readonly built: LossGraph;
  readonly layers: readonly Resolved[];
  readonly trace: Trace;
  readonly compiled: ReadonlyMap<string, Float32Array>;
  /** The layer's number. */
  readonly at: number;
  readonly channel?: readonly [output: number, input: number];
  /** Taps for central differences. */
  readonly taps: number;
}

export function explainConvolution(site: Site): ConvolutionExplanation | null {
  const { trace, layers, at, compiled } = site;
  const found = trace.convolutions[at];
  if (found === null) return null;
  const { map, w, y } = found;
  const [z, v] = [trace.outputs[at], trace.backSignals[at]];
  const [output, input] = site.channel ?? firstAlive(map, v);
  const numbers = pairNumbers(site, found, output, input);
  const bias = site.built.inputs[`${layers[at].name}.bias`];
  const compiledBias = compiled.get(`${layers[at].name}.bias`);
  const row = operators.convolveInput(numbers.v, numbers.w, indexMapOf(pairMap(map)));
  const column = columnProduct(map, numbers.w, numbers.v);
  const products = numbers.v.length * map.taps;
  const { channels, length, filters, outLength, taps, stride, dilation, padding, groups } = map;
  return {
    map: { channels, length, filters, outLength, taps, stride, dilation, padding, groups },
    channel: { output, input },
    activation: found.stage.map((l) => layers[l].name),
    vectors: numbers,
    matrices: matricesOf(map, numbers),
    norms: { y: norm(y), z: norm(z), v: norm(v) },
    gradient: filterGradient(site, found, firstTap(map, output, input)),
    bias:
      bias === undefined
        ? null
        : { operators: numbers.v.reduce((a, b) => a + b, 0), compiled: compiledBias?.[output] ?? 0 },
    transpose: {
      row: [...row],
      column: [...column],
      difference: row.reduce((most, x, k) => Math.max(most, Math.abs(x - column[k])), 0),
      products,
      bytes: {
        matrixFree: 8 * (outLength + taps),
        formed: 8 * (outLength * length + outLength),
      },
    },
    slopes: slopeWays(site, found, output, numbers),
    costs: {
      multiplyAdds: filters * outLength * (channels / groups) * taps,
      stored: { y: y.length, z: z.length, v: v.length, w: w.length },
      matrix: filters * outLength * channels * length,
    },
    block: explainBlock(map, numbers),
  };
}

/** The first output channel that a back-signal reaches, of none the first of all, with the first input channel that it reads. */
function firstAlive(
  { channels, filters, outLength, groups }: ConvolveMap,
  v: Float64Array,
): [number, number] {
  const at = v.findIndex((x) => x !== 0);
  const output = at < 0 ? 0 : Math.floor(at / outLength);
  return [output, Math.floor(output / (filters / groups)) * (channels / groups)];
}

/** The map of one output and one input channel. */
const pairMap = (m: ConvolveMap): ConvolveMap => ({ ...m, channels: 1, filters: 1, groups: 1 });

/** Where the taps of a pair begin in `[filters, channels / groups, taps]`. */
function firstTap(m: ConvolveMap, output: number, input: number): number {
  const each = m.channels / m.groups;
  return (output * each + (input % each)) * m.taps;
}

function pairNumbers(
  { trace, layers, built, at }: Site,
  { map, w, y, stage, slope }: Convolution,
  output: number,
  input: number,
): PairNumbers {
  const n = map.outLength;
  const own = (all: ArrayLike<number>, channel: number, length: number): number[] =>
    Array.from({ length }, (_, i) => all[channel * length + i]);
  const last = stage.at(-1) ?? at;
  const pair = indexMapOf(pairMap(map));
  const taps = Array.from(w.subarray(firstTap(map, output, input)).subarray(0, map.taps));
  const yc = own(y, input, map.length);
  const vo = own(trace.backSignals[at], output, n);
  const bias = built.inputs[`${layers[at].name}.bias`];
  return {
    y: yc,
    w: taps,
    b: bias === undefined ? null : bias[output],
    Ay: [...convolveOutput(taps, yc, pair)],
    z: own(trace.outputs[at], output, n),
    slope: own(slope, output, n),
    out: own(trace.outputs[last], output, n),
    g: own(trace.backSignals[last], output, n),
    v: vo,
    vA: [...convolveInput(vo, taps, pair)],
    back: own(convolveInput(trace.backSignals[at], w, indexMapOf(map)), input, map.length),
    dw: [...(isSimple(map) ? correlate(vo, yc) : convolveFilter(vo, yc, pair))],
  };
}

function filterGradient(
  { built, trace, compiled, taps, at: layer }: Site,
  { map, w, y, filter }: Convolution,
  first: number,
): FilterGradient {
  const v = trace.backSignals[layer];
  const simple = isSimple(map);
  const all = simple ? correlate(v, y) : convolveFilter(v, y, indexMapOf(map));
  const shown = (values: Float32Array | Float64Array): number[] => [
    ...values.subarray(first, first + Math.min(FIRST, map.taps)),
  ];
  const shared = {
    by: simple ? ("C(v) y" as const) : ("dT/dw" as const),
    taps: w.length,
    norm: norm(all),
    operators: shown(all),
    first,
  };
  const byProgram = filter === null ? undefined : compiled.get(filter);
  if (filter === null || byProgram === undefined) return { ...shared, compiled: null, central: null };
  const at = tapsToTry(w.length, Math.min(taps, w.length), first, map.taps);
  const values = at.map((i) => centralDifference(built, filter, w, i));
  return {
    ...shared,
    compiled: { values: shown(byProgram), difference: relative(byProgram, all) },
    central: {
      at,
      values,
      difference: relative(
        values,
        at.map((i) => all[i]),
      ),
    },
  };
}

/** (loss(w + h) - loss(w - h)) / 2h at one tap. */
function centralDifference(built: LossGraph, name: string, filter: Float64Array, tap: number): number {
  const h = 1e-5 * Math.max(1, Math.abs(filter[tap]));
  const moved = Float64Array.from(filter);
  const lossAt = (value: number): number => {
    moved[tap] = value;
    return lossWith(built, name, moved);
  };
  return (lossAt(filter[tap] + h) - lossAt(filter[tap] - h)) / (2 * h);
}

/** `count` of `taps` taps: the first few of the pair's, which are shown, and others spread evenly over the tensor. */
function tapsToTry(taps: number, count: number, first: number, each: number): number[] {
  const own = Math.min(FIRST, each, Math.ceil(count / 2));
  const chosen = new Set(Array.from({ length: own }, (_, i) => first + i));
  const rest = count - own;
  for (let i = 0; i < rest; i++)
    chosen.add((first + own + Math.floor(((i + 0.5) * (taps - own)) / rest)) % taps);
  return [...chosen];
}

/** What the operators have, by the kind of the layer: s(z) with s'(z) from z and, where it is given, from y. */
const activations: Readonly<
  Record<string, (options: Readonly<Record<string, unknown>>) => Activation | null>
> = {
  tanh: () => operators.tanh,
  sigmoid: () => operators.sigmoid,
  relu: () => operators.relu,
  leakyRelu: ({ slope }) => operators.leakyRelu(Number(slope)),
  elu: ({ alpha }) => operators.elu(Number(alpha)),
  gelu: ({ approximate }) => (approximate === "none" ? operators.gelu : null),
  silu: () => operators.silu,
  softplus: () => operators.softplus,
};

/** s'(z) in words, from z and from y. */
const formulas: Readonly<Record<string, readonly [fromZ: string, fromY: string | null]>> = {
  identity: ["1", "1"],
  tanh: ["1 / cosh(z)^2", "1 - y^2"],
  sigmoid: ["s(z) s(-z)", "y (1 - y)"],
  relu: ["1 where z > 0, else 0", "1 where y > 0, else 0"],
  leakyRelu: ["1 where z > 0, else the slope", "1 where y > 0, else the slope"],
  elu: ["1 where z > 0, else alpha e^z", "1 where y > 0, else y + alpha"],
  gelu: ["Phi(z) + z phi(z)", null],
  silu: ["s(z) (1 + z s(-z)), s the sigmoid", null],
  softplus: ["1 / (1 + e^-z)", "1 - e^-y"],
};

function slopeWays(
  { layers, trace, at, built }: Site,
  { map, w, y, stage, slope }: Convolution,
  output: number,
  numbers: PairNumbers,
): SlopeWay[] {
  const z = trace.outputs[at];
  const [only] = stage;
  const kind = stage.length === 0 ? "identity" : stage.length === 1 ? layers[only].kind : null;
  const known =
    kind === "identity"
      ? operators.identity
      : kind !== null && Object.hasOwn(activations, kind)
        ? activations[kind](layers[only].options as Readonly<Record<string, unknown>>)
        : null;
  const [fromZ, fromY] = known && kind !== null ? formulas[kind] : [null, null];
  const own = (all: ArrayLike<number>): number[] =>
    Array.from({ length: map.outLength }, (_, i) => all[output * map.outLength + i]);
  const bias = built.inputs[`${layers[at].name}.bias`];
  const again = own(convolveOutput(w, y, indexMapOf(map))).map((x) => x + (bias?.[output] ?? 0));
  const multiplyAdds = map.filters * map.outLength * (map.channels / map.groups) * map.taps;
  const free = { stored: 0, bytes: 0, multiplyAdds: 0 };
  return [
    {
      from: "z",
      formula: fromZ,
      values: known ? numbers.z.map((x) => known.derivative(x)) : own(slope),
      ...free,
      stored: z.length,
      bytes: 4 * z.length,
    },
    {
      from: "y",
      formula: fromY,
      values: known?.derivativeFromOutput
        ? numbers.out.map((x) => known.derivativeFromOutput?.(x) ?? NaN)
        : null,
      ...free,
    },
    {
      from: "recompute",
      formula: fromZ,
      values: known ? again.map((x) => known.derivative(x)) : null,
      ...free,
      multiplyAdds,
    },
  ];
}

function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}

/** |a - b| / |b|; 0 where both are nothing. */
function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const difference = norm(Array.from({ length: b.length }, (_, i) => a[i] - b[i]));
  return difference === 0 ? 0 : difference / norm(b);
}
