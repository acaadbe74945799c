/** What the kernels of a convolution in blocks have in common: sizes, places for what is transformed. */
import type { ConvolveMap } from "../../../graph/ops.ts";
import type { Matrix, ToomCook } from "../../../operators/index.ts";
import { layoutOf, VECTOR_BYTES, vectorsOf } from "../../../vector/layout.ts";
import type { Buffer } from "../../buffer.ts";
import { formOf, type BlockOp, type Plain } from "../../fast.ts";
import type { Summed } from "../contraction.ts";
import { packsFilters, summedOf } from "../pack.ts";
import type { LowerContext } from "../scope.ts";

/** All that the kernels of one plain form have in common. */
export interface Sizes {
  readonly map: ConvolveMap;
  readonly plain: Plain;
  readonly form: ToomCook;
  readonly chunks: number;
  /** Chunks of all tap phases: the taps of the middle. */
  readonly parts: number;
  /** Blocks of the largest class of results. */
  readonly blocks: number;
  /** A convolution group's result channels, as vectors, and the channels that are summed over. */
  readonly results: number;
  readonly summed: Summed & { readonly channels: number };
  /** Vectors of all channels of the signal, and of all results. */
  readonly signals: number;
  readonly all: number;
  /** Bytes of a filter value: 4, or 16 of them side by side. */
  readonly unit: number;
  readonly packed: boolean;
}

export function sizesOf(context: LowerContext, op: BlockOp, plain: Plain): Sizes {
  const { map, block, of } = op;
  const form = formOf(block);
  const packed = packsFilters(context);
  const [results, summed] = of === "input" ? [map.channels, map.filters] : [map.filters, map.channels];
  const chunks = plain.chunks(block);
  const perGroup = summed / map.groups;
  return {
    map,
    plain,
    form,
    chunks,
    parts: chunks * plain.phases,
    blocks: Math.ceil(plain.count(0) / form.m),
    results: vectorsOf(results / map.groups, context.lanes),
    summed: { ...summedOf(context, perGroup), channels: perGroup },
    signals: vectorsOf(summed, context.lanes),
    all: vectorsOf(results, context.lanes),
    unit: packed ? VECTOR_BYTES : 4,
    packed,
  };
}

/** A place for transformed vectors, so many a row. */
export function scratch(count: number, lanes: LowerContext["lanes"]): Buffer {
  const type = { space: "sample", shape: [1, 1, count] } as const;
  return { type, layout: layoutOf(type, lanes) };
}

export const transposedOf = (matrix: Matrix): Matrix =>
  Array.from(matrix[0], (_, i) => Float64Array.from(matrix, (row) => row[i]));

/** A plain form where there is one: whoever chose blocks has looked. */
export function plainly(plain: Plain | null): Plain {
  if (!plain)
    throw new Error("fault in the compiler: a convolution in blocks whose taps are not evenly spaced");
  return plain;
}
