/**
 * Explains one row: what each layer makes of it, and the gradient of each filter three ways that have to agree: the
 * product C(v) y of the operators, the compiled program in float32, and a central difference of the f64 loss.
 */
import { resolve } from "../layers/model.ts";
import type { Signal } from "../layers/layer.ts";
import { convolveFilter, correlate } from "../operators/index.ts";
import { labelled } from "../data/answers.ts";
import { InputError } from "../data/errors.ts";
import type { NetworkFields } from "../models/network.ts";
import { prepare } from "../models/preparation.ts";
import { requireRows, takesOf } from "../models/takes.ts";
import { trainer } from "../training/trainer.ts";
import { blockOf, shareOf } from "../compiler/fast.ts";
import type { Block, ConvolveMap } from "../graph/ops.ts";
import { cornerOfA, indexMapOf, isSimple, receptiveFields } from "./geometry.ts";
import { extentOf } from "../models/masks.ts";
import { tracer, type Convolution, type Tracer } from "./trace.ts";

export interface Explanation {
  /** The class that the loss is measured against. */
  readonly target: string;
  /** Cross-entropy of this row, in f64. */
  readonly loss: number;
  /** Whether batch norm was at work: its statistics are then those of this row alone. */
  readonly batchStatistics: boolean;
  /** The model's channels, where they have names; masks of missing values come after them in `input`. */
  readonly channelNames?: readonly string[];
  /** The prepared row, `[channels, length]`. */
  readonly input: readonly number[];
  readonly layers: readonly LayerExplanation[];
}

export interface LayerExplanation {
  readonly name: string;
  readonly kind: string;
  readonly input: Signal;
  readonly output: Signal;
  readonly parameters: number;
  /** Positions of the input that one output position can see. */
  readonly receptiveField: number;
  /** The first channel of the output. */
  readonly signal: readonly number[];
  /** What only a convolution has (conv1d, dense). */
  readonly convolution: ConvolutionExplanation | null;
}

export interface ConvolutionExplanation {
  /** The top-left corner of A(w) of the first filter and channel; null where nothing stands. */
  readonly corner: readonly (readonly (number | null)[])[];
  /** Euclidean norms of the input y, the output z and the back-signal v = d(loss)/dz. */
  readonly norms: { readonly y: number; readonly z: number; readonly v: number };
  /**
   * The block by which `convolution: "fast"` computes z, with m + r - 1 products a pair of channels for m outputs, and its share of
   * the direct form's operations, transforms counted; null where direct is as good.
   */
  readonly block: (Block & { readonly products: number; readonly share: number }) | null;
  readonly gradient: FilterGradient;
}

export interface FilterGradient {
  /** `C(v) y`, or dT/dw under the layer's index map. */
  readonly by: "C(v) y" | "dT/dw";
  readonly taps: number;
  readonly norm: number;
  /** The first few taps, of the compiled ones too. */
  readonly operators: readonly number[];
  /** The compiled program's, |compiled - operators| / |operators| over all taps; null where w is no parameter itself. */
  readonly compiled: { readonly values: readonly number[]; readonly difference: number } | null;
  /** Central differences at some taps: their indices, values, and relative difference to the operators there. */
  readonly central: {
    readonly at: readonly number[];
    readonly values: readonly number[];
    readonly difference: number;
  } | null;
}

const CORNER = { rows: 6, columns: 9 } as const;
const FIRST = 9;
/** Multiplications that central differences may cost in all: a few seconds. */
const BUDGET = 4e8;
const MOST_TAPS = 64;

/** Explains one row in raw units `[channels, length]` whose class is `target`; throws InputError for an unknown class. */
export async function explain(
  fields: NetworkFields,
  series: Float64Array,
  target: string,
): Promise<Explanation> {
  const { model, channelNames, classes, preparation, weights } = fields;
  const label = classes.indexOf(target);
  if (label < 0)
    throw new InputError(
      `class ${JSON.stringify(target)} is none of the model's; they are ${classes.join(", ")}`,
    );
  const layers = resolve(model);
  const rows = { series, rows: 1 };
  requireRows(rows, takesOf(preparation, model.input));
  const input = Float64Array.from(prepare(preparation, rows, model.input));
  const extent = extentOf(preparation, rows, model.input);
  const trace = tracer(model, layers, weights, input, label, extent);
  const traced = trace.trace();

  const t = await trainer(model, { batch: 1, preparation });
  t.setWeights(weights);
  const batch = { ...rows, answers: labelled(classes, Int32Array.of(label)) };
  const compiled = new Map(t.gradients(batch).gradients.map((g) => [g.name, g.data]));

  const fieldsSeen = receptiveFields(layers, trace.maps, model.input);
  const taps = tapBudget(trace.maps);
  return {
    target,
    loss: traced.loss,
    batchStatistics: layers.some((l) => l.kind === "batchNorm"),
    ...(channelNames && { channelNames }),
    input: [...input],
    layers: layers.map((layer, l) => ({
      name: layer.name,
      kind: layer.kind,
      input: layer.inputs[0],
      output: layer.output,
      parameters: layer.parameters.reduce((sum, { shape }) => sum + shape[0] * shape[1] * shape[2], 0),
      receptiveField: fieldsSeen[l],
      signal: [...traced.outputs[l].subarray(0, layer.output.length)],
      convolution: explainConvolution({
        found: traced.convolutions[l],
        z: traced.outputs[l],
        v: traced.backSignals[l],
        trace,
        compiled,
        taps,
      }),
    })),
  };
}

interface Site {
  readonly found: Convolution | null;
  readonly z: Float64Array;
  readonly v: Float64Array;
  readonly trace: Tracer;
  readonly compiled: ReadonlyMap<string, Float32Array>;
  readonly taps: number;
}

function explainConvolution(site: Site): ConvolutionExplanation | null {
  const { found, z, v } = site;
  if (found === null) return null;
  const { map, w, y } = found;
  return {
    corner: cornerOfA(w.subarray(0, map.taps), map, CORNER),
    norms: { y: norm(y), z: norm(z), v: norm(v) },
    block: explainBlock(map),
    gradient: filterGradient(site, found),
  };
}

function explainBlock(map: ConvolveMap): ConvolutionExplanation["block"] {
  const block = blockOf("output", map);
  return block && { ...block, products: block.m + block.r - 1, share: shareOf({ of: "output", map, block }) };
}

function filterGradient(
  { v, trace, compiled, taps }: Site,
  { map, w, y, filter }: Convolution,
): FilterGradient {
  const simple = isSimple(map);
  const operators = simple ? correlate(v, y) : convolveFilter(v, y, indexMapOf(map));
  const shared = {
    by: simple ? ("C(v) y" as const) : ("dT/dw" as const),
    taps: w.length,
    norm: norm(operators),
    operators: [...operators.subarray(0, FIRST)],
  };
  const byProgram = filter === null ? undefined : compiled.get(filter);
  if (filter === null || byProgram === undefined) return { ...shared, compiled: null, central: null };
  const at = tapsToTry(w.length, Math.min(taps, w.length));
  const values = at.map((i) => centralDifference(trace, filter, w, i));
  const there = at.map((i) => operators[i]);
  return {
    ...shared,
    compiled: { values: [...byProgram.subarray(0, FIRST)], difference: relative(byProgram, operators) },
    central: { at, values, difference: relative(values, there) },
  };
}

/** (loss(w + h) - loss(w - h)) / 2h at one tap. */
function centralDifference(trace: Tracer, name: string, filter: Float64Array, tap: number): number {
  const h = 1e-5 * Math.max(1, Math.abs(filter[tap]));
  const moved = Float64Array.from(filter);
  const lossAt = (value: number): number => {
    moved[tap] = value;
    return trace.lossWith(name, moved);
  };
  return (lossAt(filter[tap] + h) - lossAt(filter[tap] - h)) / (2 * h);
}

/** `count` of `taps` taps: the first few, which are shown, and the rest spread evenly over what follows. */
function tapsToTry(taps: number, count: number): number[] {
  const first = Math.min(FIRST, Math.ceil(count / 2));
  const step = (taps - first) / (count - first);
  return Array.from({ length: count }, (_, i) =>
    i < first ? i : first + Math.floor((i - first + 0.5) * step),
  );
}

/** Taps a layer for central differences: as many as the budget allows, at least two. */
function tapBudget(maps: readonly (ConvolveMap | null)[]): number {
  const convolutions = maps.filter((m) => m !== null);
  const products = convolutions.reduce(
    (sum, m) => sum + m.filters * m.outLength * (m.channels / m.groups) * m.taps,
    1,
  );
  return Math.max(2, Math.min(MOST_TAPS, Math.floor(BUDGET / (2 * convolutions.length * products))));
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
