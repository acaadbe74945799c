/** Pointwise passes and reductions as kernels, over rows and over weights. */
import type { Run } from "../../graph/mix.ts";
import type { NodeId } from "../../graph/ops.ts";
import type { CodeWriter } from "../code.ts";
import { size, type TensorType } from "../../numerics/tensor.ts";
import type { Buffer } from "../buffer.ts";
import { nest } from "./contraction.ts";
import { emitExpression } from "./expression.ts";
import type { PointwiseGroup, ReductionGroup } from "../fusion.ts";
import { axes, LANES, rowsOf, stepsOf, VECTOR_BYTES, vectorsOf } from "../../vector/layout.ts";
import { advance, blocks, byteOffset, read, type Offset, type Operand } from "./operand.ts";
import { sumTerms } from "./moves.ts";
import { emitReduction } from "./reduction.ts";
import { epilogue, Scope, zeroHalo, type Draft, type LowerContext } from "./scope.ts";
import type { Value } from "../../vector/vector.ts";

export function lowerMaps(context: LowerContext, group: PointwiseGroup): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const [, channels, positions] = group.type.shape;
  const end = epilogue(scope, group);
  const steps = stepsOf(positions, context.lanes);
  const leafOf = (id: NodeId): Operand => end.leaves.get(id) as Operand;
  nest(
    code,
    end.operands,
    [
      ["g", rowsOf(context.batch, context.lanes)],
      ["c", vectorsOf(channels, context.lanes)],
    ],
    () => {
      for (const write of end.writes) zeroHalo(code, write, {});
      for (const { first, count, shifts } of commonRuns(context, end.leaves.keys(), steps))
        blocks(code, end.operands, "t", count, context.schedule.together, (side, from) =>
          code.together(side, side, (i) => {
            const at = { t: first + from + i };
            const sums = shifts.map(([id, by]) => [id, sumOf(code, leafOf(id), at, by)] as const);
            end.emit(at, new Map(sums));
          }),
        );
    },
  );
  return scope.finish(`map ${channels}x${positions}`);
}

/** Places along positions at which every view along positions is the same sum of neighbours. */
interface CommonRun {
  readonly first: number;
  readonly count: number;
  readonly shifts: readonly (readonly [NodeId, Run["shifts"]])[];
}

function commonRuns({ home }: LowerContext, leaves: Iterable<NodeId>, steps: number): CommonRun[] {
  const views = [...leaves].flatMap((id) => {
    const { runs } = home(id);
    return runs ? [[id, runs] as const] : [];
  });
  const starts = new Set([0, ...views.flatMap(([, runs]) => runs.map(({ first }) => first))]);
  const ends = [...starts].sort((a, b) => a - b);
  return ends.map((first, i) => ({
    first,
    count: (ends[i + 1] ?? steps) - first,
    shifts: views.map(([id, runs]) => [id, runs.findLast((run) => run.first <= first)?.shifts ?? []]),
  }));
}

/** A sum of an operand's neighbours at a place. */
const sumOf = (code: CodeWriter, operand: Operand, at: Offset, shifts: Run["shifts"]): Value =>
  sumTerms(
    code,
    { ...operand, strides: { j: VECTOR_BYTES }, origin: byteOffset(operand, at) },
    shifts.map((position) => [position, 1]),
  );

export function lowerReduction(context: LowerContext, group: ReductionGroup): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { graph, fusion } = context;
  const [, channels, positions] = group.type.shape;
  const { op } = group;
  if (group.type.space === "weight") return lowerWeightSums(context, group);
  const over = { n: op.axes.includes("n"), c: op.axes.includes("c"), t: op.axes.includes("t") };
  const values = group.reduces.map((id) => fusion.source(graph.nodes[id].args[0]));
  const { isLeaf, reads } = fusion;
  const axis = axes[context.lanes];
  const byChannel = axis.channels.inLanes && over.c;
  const leaves = new Map<NodeId, Operand>();
  for (const id of new Set(values.flatMap(reads))) {
    const home = context.home(id);
    leaves.set(id, byChannel ? scope.placeOneChannel(home) : scope.place(home, "read"));
  }
  const writes = group.reduces.flatMap((id, result) =>
    context.targets(id).map((buffer) => ({ result, operand: scope.place(buffer, "write") })),
  );
  const mask = scope.eachRow(context.mask);
  const inLanes = scope.laneMask(over.c ? 1 : channels, over.t ? 1 : positions);
  const masked = (value: Value): Value => (inLanes ? code.and(value, inLanes.at({})) : value);
  // where positions are the lanes, those that do not count add +0
  const counted = axis.positions.inLanes ? scope.laneMask(channels, positions) : null;
  emitReduction(code, {
    fn: op.fn,
    lanes: context.lanes,
    rows: rowsOf(context.batch, context.lanes),
    channels,
    positions,
    over,
    operands: [
      ...leaves.values(),
      ...writes.map((w) => w.operand),
      mask,
      ...(inLanes?.operands ?? []),
      ...(counted?.operands ?? []),
    ],
    results: values.length,
    addends: (_, at) => {
      const known = new Map<NodeId, Value>();
      const leaf = (id: NodeId): Value | null => {
        const operand = leaves.get(id);
        return operand ? read(code, operand, at) : null;
      };
      return values.map((id) => {
        const value = emitExpression(graph, code, id, known, leaf, fusion.source);
        if (counted && !isLeaf(id)) return code.and(value, counted.at(at));
        return over.n && !isLeaf(id) ? code.and(value, read(code, mask, {})) : value;
      });
    },
    store: (_, result, value) => {
      for (const { operand } of writes.filter((w) => w.result === result)) {
        const at = byteOffset(operand, {});
        if (!over.n) code.store(operand.pointer, at, masked(code.and(value, read(code, mask, {}))));
        else if (operand.lanes === "vector") code.store(operand.pointer, at, masked(value));
        else code.store1(operand.pointer, at, value);
      }
    },
  });
  return scope.finish(`${op.fn} ${channels}x${positions} over ${op.axes.join("")}`);
}

/** Pointwise nodes over weights: 16 at a time where all operands are alike, else one at a time. */
export function lowerWeights(context: LowerContext, group: PointwiseGroup): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { graph, fusion } = context;
  const { shape } = group.type;
  const count = size(shape);
  const isScalar = (t: TensorType): boolean => size(t.shape) === 1;
  const leafIds = [...new Set(group.maps.flatMap((id) => fusion.leaves(id)))].filter(
    (id) => !group.maps.includes(id),
  );
  const flat =
    leafIds.every((id) => isScalar(graph.nodes[id].type) || size(graph.nodes[id].type.shape) === count) &&
    count > 1;
  const operand = (buffer: Buffer, use: "read" | "write"): Operand => {
    if (isScalar(buffer.type)) return scope.operand(buffer, use, "uniform", {});
    if (flat) return scope.operand(buffer, use, "vector", { t: VECTOR_BYTES });
    const [a, b, c] = buffer.type.shape;
    return scope.operand(buffer, use, "uniform", {
      k: a > 1 ? b * c * 4 : 0,
      c: b > 1 ? c * 4 : 0,
      t: c > 1 ? 4 : 0,
    });
  };
  const leaves = new Map(leafIds.map((id) => [id, operand(context.home(id), "read")]));
  const targets = group.maps.map((id) => ({
    id,
    writes: context.targets(id).map((b) => operand(b, "write")),
  }));
  const all = [...leaves.values(), ...targets.flatMap((t) => t.writes)];
  const emit = (at: Offset, store: (operand: Operand, value: Value) => void): void => {
    const known = new Map<NodeId, Value>();
    const leaf = (id: NodeId): Value | null => {
      const o = leaves.get(id);
      return o ? read(code, o, isScalarOperand(o) ? {} : at) : null;
    };
    for (const { id, writes } of targets) {
      const value = emitExpression(graph, code, id, known, leaf, fusion.source);
      known.set(id, value);
      for (const o of writes) store(o, value);
    }
  };
  const isScalarOperand = (o: Operand): boolean => Object.keys(o.strides).length === 0;
  if (flat) {
    const full = Math.floor(count / LANES);
    code.loop(full, advance(all, "t"), [], () => {
      emit({}, (o, value) => code.store(o.pointer, byteOffset(o, {}), value));
      return [];
    });
    const rest = count % LANES;
    if (rest > 0) {
      const at = { t: full };
      emit(at, (o, value) => code.store(o.pointer, byteOffset(o, at), code.and(value, code.lanes(rest))));
    }
  } else {
    nest(
      code,
      all,
      [
        ["k", shape[0]],
        ["c", shape[1]],
        ["t", shape[2]],
      ],
      () => emit({}, (o, value) => code.store1(o.pointer, byteOffset(o, {}), value)),
    );
  }
  return scope.finish(`weights ${shape.join("x")}`);
}

/**
 * Sums along the last axes of weights. A run of floats is read 16 at a time, so the partials are those of the contract:
 * position mod 16, then the tree.
 */
function lowerWeightSums(context: LowerContext, group: ReductionGroup): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { graph, fusion } = context;
  const [a, b, c] = group.type.shape;
  const { op } = group;
  if (op.fn !== "sum" || (op.axes.join("") === "c" && c > 1))
    throw new Error("over weights, only sums along the last axes have a kernel");
  const run = op.axes.includes("c") ? b * c : c;
  const full = Math.floor(run / LANES);
  const rest = run % LANES;
  const sums = group.reduces.map((id) => ({
    from: scope.operand(context.home(fusion.source(graph.nodes[id].args[0])), "read", "vector", {
      c: run * 4,
      t: VECTOR_BYTES,
    }),
    to: context.targets(id).map((buffer) => scope.operand(buffer, "write", "uniform", { c: 4 })),
  }));
  const all = sums.flatMap(({ from, to }) => [from, ...to]);
  nest(code, all, [["c", (a * b * c) / run]], () => {
    for (const { from, to } of sums) {
      let [sum] = code.loop(full, advance([from], "t"), [code.float(0)], ([partial]) => [
        code.add(partial, read(code, from, {})),
      ]);
      if (rest > 0) sum = code.add(sum, code.and(read(code, from, { t: full }), code.lanes(rest)));
      const total = code.tree(sum);
      for (const target of to) code.store1(target.pointer, byteOffset(target, {}), total);
    }
  });
  return scope.finish(`sum weights ${group.type.shape.join("x")} over ${op.axes.join("")}`);
}
