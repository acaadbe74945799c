/** Kernels that move values along positions and channels: mixes, reshapes, copies. */
import { commonDivisor } from "../../numerics/commonDivisor.ts";
import { size } from "../../numerics/tensor.ts";
import { bufferBytes, rowStride, viewOf, type Buffer } from "../buffer.ts";
import { nest } from "./contraction.ts";
import type { AnchorGroup } from "../fusion.ts";
import type { OpOf } from "../ops.ts";
import { axes, LANES, rowsOf, stepsOf, VECTOR_BYTES, vectorsOf, type LaneAxis } from "../../vector/layout.ts";
import { advance, byteOffset, read, type Operand } from "./operand.ts";
import type { Term } from "../../graph/ops.ts";
import type { CodeWriter } from "../code.ts";
import { epilogue, Scope, zeroHalo, type Draft, type LowerContext } from "./scope.ts";
import type { Value } from "../../vector/vector.ts";

/** A sparse map along positions, with its epilogue: one loop a segment. */
export function lowerMix(context: LowerContext, group: AnchorGroup, op: OpOf<"mix">): readonly Draft[] {
  const scope = new Scope(context);
  const { code } = scope;
  const { anchor } = group;
  const from = context.home(context.fusion.source(context.graph.nodes[anchor].args[0]));
  const source = scope.operand(
    from,
    "read",
    "vector",
    { g: rowStride(from), c: from.layout.pitch * VECTOR_BYTES, j: VECTOR_BYTES },
    from.layout.left * VECTOR_BYTES,
  );
  const end = epilogue(scope, group);
  const all = [source, ...end.operands];
  nest(
    code,
    all,
    [
      ["g", rowsOf(context.batch, context.lanes)],
      ["c", vectorsOf(group.type.shape[1], context.lanes)],
    ],
    () => {
      for (const write of end.writes) zeroHalo(code, write, {});
      for (const { first, turns, step, pattern } of op.segments) {
        const moves = [
          [source.pointer, step * VECTOR_BYTES] as const,
          ...advance(end.operands, "t", pattern.length),
        ];
        code.loop(turns, moves, [], () => {
          pattern.forEach((terms, i) => {
            end.emit({ t: first + i }, new Map([[anchor, sumTerms(code, source, terms)]]));
          });
          return [];
        });
      }
    },
  );
  return [scope.finish(`mix ${group.type.shape[1]}x${from.type.shape[2]} -> ${op.length}`)];
}

/** Neighbours of one weight in a sum that are worth a loop, and how many a turn takes. */
const RUN = 32;
const TURN = 8;

/** A sum of terms in their order: long runs of neighbours with one weight, such as the window of a pool, in a loop. */
export function sumTerms(code: CodeWriter, source: Operand, terms: readonly Term[]): Value {
  const term = (position: number, weight: number): Value => {
    const x = read(code, source, { j: position });
    return weight === 1 ? x : code.mul(x, code.float(weight));
  };
  if (terms.length === 0) return code.float(0);
  let sum = term(...terms[0]);
  for (let at = 1; at < terms.length;) {
    const [position, weight] = terms[at];
    let end = at + 1;
    while (end < terms.length && terms[end][0] === position + end - at && terms[end][1] === weight) end++;
    const turns = end - at >= RUN ? Math.floor((end - at) / TURN) : 0;
    const step = [[source.pointer, TURN * (source.strides.j ?? 0)] as const];
    [sum] = code.loop(turns, step, [sum], ([sofar]) => {
      let now = sofar;
      for (let k = 0; k < TURN; k++) now = code.add(now, term(position + k, weight));
      return [now];
    });
    for (at += turns * TURN; at < end; at++) sum = code.add(sum, term(...terms[at]));
  }
  return sum;
}

/** The same values in row-major order under another shape. */
export function lowerReshape(context: LowerContext, { anchor, type }: AnchorGroup): readonly Draft[] {
  const { graph, fusion, home, targets } = context;
  const from = home(fusion.source(graph.nodes[anchor].args[0]));
  const copy = type.space === "weight" ? copyBuffer : copyRows;
  return targets(anchor).map((to) => copy(context, from, to));
}

/** A slice that is an output: some channels of a whole. */
export function lowerSlice(
  context: LowerContext,
  { anchor, type }: AnchorGroup,
  { first }: OpOf<"slice">,
): readonly Draft[] {
  const { graph, fusion, home, targets } = context;
  const from = viewOf(home(fusion.source(graph.nodes[anchor].args[0])), first, type);
  return targets(anchor).map((to) => copyRows(context, from, to));
}

/** The parts of a concat that have no place inside it yet; a part that stands in it twice has its first. */
export function lowerConcat(context: LowerContext, { anchor }: AnchorGroup): readonly Draft[] {
  const { graph, fusion, targets, home } = context;
  let first = 0;
  return graph.nodes[anchor].args.flatMap((arg) => {
    const from = home(fusion.source(arg));
    const at = first;
    first += from.type.shape[1];
    return targets(anchor).flatMap((whole) => {
      if (from.view?.of === whole && from.view.first === at) return [];
      return [copyRows(context, from, viewOf(whole, at, from.type))];
    });
  });
}

/** A part into a whole, which is written where it lies. */
export function lowerPut(
  context: LowerContext,
  { anchor }: AnchorGroup,
  { first }: OpOf<"put">,
): readonly Draft[] {
  const { graph, fusion, home } = context;
  const [whole, part] = graph.nodes[anchor].args.map((arg) => home(fusion.source(arg)));
  const scope = new Scope(context);
  const operand = (x: Buffer, use: "read" | "write", origin: number): Operand =>
    scope.operand(
      x,
      use,
      "vector",
      { g: rowStride(x), c: x.layout.pitch * VECTOR_BYTES, t: VECTOR_BYTES },
      x.layout.left * VECTOR_BYTES + origin,
    );
  const { positions } = axes[context.lanes];
  const [, channels, length] = part.type.shape;
  const from = operand(part, "read", 0);
  const to = operand(whole, "write", 4 * positions.floats(1, LANES) * first);
  /** Positions of a last vector that is not full: what stands behind them in the whole stays. */
  const rest = positions.inLanes ? length % LANES : 0;
  const steps = stepsOf(length - rest, context.lanes);
  const { code } = scope;
  nest(
    code,
    [from, to],
    [
      ["g", rowsOf(context.batch, context.lanes)],
      ["c", vectorsOf(channels, context.lanes)],
    ],
    () => {
      nest(code, [from, to], [["t", steps]], () =>
        code.store(to.pointer, byteOffset(to, {}), read(code, from, {})),
      );
      for (let i = 0; i < rest; i++) {
        const at = steps * VECTOR_BYTES + 4 * i;
        code.store1(to.pointer, byteOffset(to, {}) + at, code.splat(from.pointer, byteOffset(from, {}) + at));
      }
    },
  );
  return [scope.finish(`put ${part.type.shape.slice(1).join("x")}`)];
}

/** A row's values in order, where channels stay as they are and where they do not. */
const copies: {
  readonly [A in LaneAxis]: { readonly [W in "same" | "other"]: typeof copyRuns };
} = {
  samples: { same: copyRuns, other: copyRuns },
  channels: { same: copyRuns, other: copyFlat },
  positions: { same: copyBuffer, other: copyFloats },
};

function copyRows(context: LowerContext, from: Buffer, to: Buffer): Draft {
  const channels = from.type.shape[1] === to.type.shape[1] ? "same" : "other";
  return copies[context.lanes][channels](context, from, to);
}

/** Positions in runs that are contiguous on both sides; a run is the greatest common part of both lengths. */
function copyRuns(context: LowerContext, from: Buffer, to: Buffer): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const [a, b] = [from.type.shape[2], to.type.shape[2]];
  const run = commonDivisor(a, b);
  const channels = vectorsOf(to.type.shape[1], context.lanes);
  const runs = (channels * b) / run;
  const row = (x: Buffer): number => x.layout.pitch * VECTOR_BYTES;
  // c walks rows of the longer side, k the runs in one; where neither length divides the other, runs go one by one
  const [outer, inner] =
    run === a || run === b ? [(channels * b) / Math.max(a, b), Math.max(a, b) / run] : [1, 1];
  const strides = (x: Buffer, positions: number) => ({
    g: rowStride(x),
    c: (Math.max(a, b) / positions) * row(x),
    k: positions === run ? row(x) : run * VECTOR_BYTES,
    t: VECTOR_BYTES,
  });
  const source = scope.operand(from, "read", "vector", strides(from, a), from.layout.left * VECTOR_BYTES);
  const target = scope.operand(to, "write", "vector", strides(to, b), to.layout.left * VECTOR_BYTES);
  const all = [source, target];
  const place = (x: Operand, buffer: Buffer, positions: number, r: number): number => {
    const at = r * run;
    return byteOffset(x, {}) + Math.floor(at / positions) * row(buffer) + (at % positions) * VECTOR_BYTES;
  };
  nest(code, all, [["g", rowsOf(context.batch, context.lanes)]], () => {
    const halo = { buffer: to, operand: { ...target, strides: { c: row(to) } } };
    code.loop(channels, [[target.pointer, row(to)]], [], () => {
      zeroHalo(code, halo, {});
      return [];
    });
    if (outer * inner === runs) {
      nest(
        code,
        all,
        [
          ["c", outer],
          ["k", inner],
          ["t", run],
        ],
        () => code.store(target.pointer, byteOffset(target, {}), read(code, source, {})),
      );
    } else {
      for (let r = 0; r < runs; r++)
        nest(code, all, [["t", run]], () =>
          code.store(
            target.pointer,
            place(target, to, b, r),
            code.load(source.pointer, place(source, from, a, r)),
          ),
        );
    }
  });
  return scope.finish(`copy ${from.type.shape.slice(1).join("x")} -> ${to.type.shape.slice(1).join("x")}`);
}

/**
 * In channel lanes, a row's values in order under another shape, one float at a time. A side of one position has its
 * values side by side, any other has 16 channels side by side: two such sides make loops, else every float is written
 * out. Lanes without a channel get +0.
 */
function copyFlat(context: LowerContext, from: Buffer, to: Buffer): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const isFlat = ({ type, layout }: Buffer): boolean => type.shape[2] === 1 && layout.pitch === 1;
  const [, channels, positions] = (isFlat(to) ? from : to).type.shape;
  const operand = (x: Buffer, use: "read" | "write"): Operand => {
    const { left, pitch } = x.layout;
    const strides = isFlat(x)
      ? { r: LANES * positions * 4, q: positions * 4, t: 4 }
      : { r: pitch * VECTOR_BYTES, q: 4, t: VECTOR_BYTES };
    return scope.operand(x, use, "uniform", { g: rowStride(x), ...strides }, left * VECTOR_BYTES);
  };
  const source = operand(from, "read");
  const target = operand(to, "write");
  const all = [source, target];
  const copy = (count: number, r: number): void =>
    nest(
      code,
      all,
      [
        ["q", count],
        ["t", positions],
      ],
      () =>
        code.store1(
          target.pointer,
          byteOffset(target, { r }),
          code.splat(source.pointer, byteOffset(source, { r })),
        ),
    );
  /** Where a row's value i lies. */
  const place = ({ type, layout }: Buffer, i: number): number => {
    const [c, t] = [Math.floor(i / type.shape[2]), i % type.shape[2]];
    return (Math.floor(c / LANES) * layout.pitch + layout.left + t) * VECTOR_BYTES + (c % LANES) * 4;
  };
  nest(code, all, [["g", rowsOf(context.batch, "channels")]], () => {
    const row = { ...target, strides: { c: to.layout.pitch * VECTOR_BYTES, j: VECTOR_BYTES } };
    const vectors = vectorsOf(to.type.shape[1], "channels");
    for (let c = 0; c < vectors; c++) zeroHalo(code, { buffer: to, operand: row }, { c });
    if (isFlat(from) || isFlat(to)) {
      const blocks = Math.floor(channels / LANES);
      nest(code, all, [["r", blocks]], () => copy(LANES, 0));
      copy(channels % LANES, blocks);
    } else {
      for (let i = 0; i < channels * positions; i++)
        code.store1(target.pointer, place(to, i), code.splat(source.pointer, place(from, i)));
    }
    const last = byteOffset(row, { c: vectors - 1 });
    for (let lane = to.type.shape[1] % LANES; lane > 0 && lane < LANES; lane++)
      nest(code, [row], [["j", to.type.shape[2]]], () =>
        code.store1(row.pointer, last + 4 * lane, code.float(0)),
      );
  });
  return scope.finish(`copy ${from.type.shape.slice(1).join("x")} -> ${to.type.shape.slice(1).join("x")}`);
}

/** In position lanes, a row's values in order under another shape, every float written out over zeros. */
function copyFloats(context: LowerContext, from: Buffer, to: Buffer): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const operand = (x: Buffer, use: "read" | "write"): Operand =>
    scope.operand(x, use, "vector", { g: rowStride(x), t: VECTOR_BYTES });
  const [source, target] = [operand(from, "read"), operand(to, "write")];
  const place = ({ type, layout }: Buffer, i: number): number => {
    const [c, t] = [Math.floor(i / type.shape[2]), i % type.shape[2]];
    return (c * layout.pitch + layout.left) * VECTOR_BYTES + 4 * t;
  };
  const zero = code.float(0);
  nest(code, [source, target], [["g", rowsOf(context.batch, "positions")]], () => {
    nest(code, [target], [["t", rowStride(to) / VECTOR_BYTES]], () => code.store(target.pointer, 0, zero));
    for (let i = 0; i < size(to.type.shape); i++)
      code.store1(target.pointer, place(to, i), code.splat(source.pointer, place(from, i)));
  });
  return scope.finish(`copy ${from.type.shape.slice(1).join("x")} -> ${to.type.shape.slice(1).join("x")}`);
}

/** All bytes of a buffer into another of the same layout. */
export function copyBuffer(context: LowerContext, from: Buffer, to: Buffer): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const source = scope.operand(from, "read", "vector", { t: VECTOR_BYTES });
  const target = scope.operand(to, "write", "vector", { t: VECTOR_BYTES });
  nest(code, [source, target], [["t", bufferBytes(to, context.batch) / VECTOR_BYTES]], () =>
    code.store(target.pointer, 0, read(code, source, {})),
  );
  return scope.finish("copy");
}
