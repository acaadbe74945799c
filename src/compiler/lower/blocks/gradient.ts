/**
 * A filter's derivative with fewer products: v through A, y through B, their products summed over blocks and rows by the
 * emitter of `contraction.ts`, and the sums back through G. The order is the direct one's, with blocks for positions.
 */
import { rowStride, type Buffer } from "../../buffer.ts";
import { plainPhases, type BlockOp } from "../../fast.ts";
import type { AnchorGroup } from "../../fusion.ts";
import type { Matrix } from "../../../operators/index.ts";
import { rowsOf, VECTOR_BYTES } from "../../../vector/layout.ts";
import { emitFilter, nest } from "../contraction.ts";
import { Scope, type Draft, type LowerContext } from "../scope.ts";
import { filterKernel, transformedBuffer, transformedStrides } from "./filter.ts";
import { emitProduct } from "./product.ts";
import { plainly, scratch, sizesOf, type Sizes } from "./sizes.ts";

/** v through A, y through B, their products summed over blocks and rows, and the sums back through G. */
export function lowerBlockFilter(context: LowerContext, group: AnchorGroup, op: BlockOp): Draft[] {
  const plain = plainly(plainPhases("filter", op.map)[0]);
  const s = sizesOf(context, op, plain);
  const { form, map: m, packed } = s;
  const [v, y] = context.graph.nodes[group.anchor].args.map((x) => context.home(context.fusion.source(x)));
  const blocks = plain.classes * s.blocks;
  const places = blocks + s.chunks - 1;
  const sides = {
    v: scratch(form.t * s.all * blocks, context.lanes),
    y: scratch(plain.phases * form.t * s.signals * places, context.lanes),
  };
  const products = transformedBuffer(s);
  const scope = new Scope(context);
  const rowV = blocks * VECTOR_BYTES;
  const rowY = places * VECTOR_BYTES;
  const filters = s.results;
  emitFilter(scope.code, {
    rows: rowsOf(context.batch, context.lanes),
    groups: form.t * m.groups,
    filters,
    channels: s.summed,
    positions: blocks,
    taps: s.parts,
    v: scope.operand(sides.v, "read", "vector", {
      g: rowStride(sides.v),
      k: filters * rowV,
      c: rowV,
      t: VECTOR_BYTES,
    }),
    y: scope.operand(sides.y, "read", packed ? "uniform" : "vector", {
      g: rowStride(sides.y),
      k: (s.signals / m.groups) * rowY,
      r: rowY,
      q: packed ? 4 : rowY,
      t: VECTOR_BYTES,
      j: plain.phases > 1 ? form.t * s.signals * rowY : VECTOR_BYTES,
    }),
    results: [scope.operand(products, "write", packed ? "vector" : "uniform", transformedStrides(s))],
    tile: packed
      ? context.schedule.blockFilter(filters, s.summed.channels, s.parts)
      : context.schedule.filter(filters, s.summed.channels, s.parts),
  });
  const name = `F(${form.m}, ${form.r}) ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`;
  return [
    blocksKernel(context, s, {
      from: v,
      to: sides.v,
      matrix: form.A,
      channels: s.all,
      blocks: s.blocks,
      step: 1,
      starts: [0],
    }),
    blocksKernel(context, s, {
      from: y,
      to: sides.y,
      matrix: form.B,
      channels: s.signals,
      blocks: s.blocks + s.chunks - 1,
      step: plain.phase.step,
      starts: Array.from({ length: plain.phases }, (_, p) => plain.start(p)),
    }),
    scope.finish(`convolve.filter ${name}`),
    filterKernel(context, op, s, {
      natural: context.targets(group.anchor),
      transformed: products,
      to: "taps",
    }),
  ];
}

interface Through {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly matrix: Matrix;
  readonly channels: number;
  /** Blocks of a class of results. */
  readonly blocks: number;
  /** Positions from one result to the next, and where the first of each tap phase stands. */
  readonly step: number;
  readonly starts: readonly number[];
}

/** All blocks of a signal through a matrix, `[phase][product][channel][class][block]`. */
function blocksKernel(context: LowerContext, s: Sizes, given: Through): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { from, to, matrix, channels, blocks, step, starts } = given;
  const { plain, form } = s;
  const row = plain.classes * blocks * VECTOR_BYTES;
  const read = scope.operand(
    from,
    "read",
    "vector",
    {
      g: rowStride(from),
      c: from.layout.pitch * VECTOR_BYTES,
      r: step * VECTOR_BYTES,
      t: plain.apart * form.m * step * VECTOR_BYTES,
    },
    from.layout.left * VECTOR_BYTES,
  );
  const write = scope.operand(to, "write", "vector", {
    g: rowStride(to),
    c: row,
    r: blocks * VECTOR_BYTES,
    t: VECTOR_BYTES,
  });
  const product = channels * row;
  const apart = plain.apart * step * VECTOR_BYTES;
  nest(
    code,
    [read, write],
    [
      ["g", rowsOf(context.batch, context.lanes)],
      ["c", channels],
      ["r", plain.classes],
      ["t", blocks],
    ],
    () =>
      starts.forEach((start, p) => {
        const first = read.origin + start * VECTOR_BYTES;
        const values = Array.from({ length: matrix[0].length }, (_, u) =>
          code.load(read.pointer, first + u * apart),
        );
        emitProduct(code, matrix, values).forEach((x, k) =>
          code.store(write.pointer, (p * form.t + k) * product, x),
        );
      }),
  );
  return scope.finish(`blocks of ${channels}x${plain.phase.count} for F(${form.m}, ${form.r})`);
}
