/**
 * Groups of nodes to kernels in sample lanes. Each kernel is a loop nest over 16-row groups, channels and positions;
 * what it reads and writes are operands (operand.ts), so convolutions, pointwise passes and reductions differ only in
 * their bodies.
 *
 * Invariant: padded lanes hold +0 in every stored tensor (the row mask is applied in the store), halos too (zeroed by
 * the kernel that writes the tensor).
 */
import { size, type Graph, type NodeId, type Op, type TensorType } from "../graph/ops.ts";
import { CodeWriter } from "./code.ts";
import { emitFilter, emitSignal, nest } from "./contraction.ts";
import { emitExpression } from "./expression.ts";
import type { Fusion, Group } from "./fusion.ts";
import { groupsOf, LANES, positionPhases, VECTOR_BYTES, type Layout, type PositionPhase } from "./layout.ts";
import { advance, byteOffset, read, type Offset, type Operand, type Strides } from "./operand.ts";
import { emitReduction } from "./reduction.ts";
import type { Schedule } from "./schedule.ts";
import type { Code, Value } from "./vector.ts";

/** A tensor with a place of its own; `offset` is known once memory is planned. */
export interface Buffer {
  readonly type: TensorType;
  readonly layout: Layout;
}

/** A kernel whose pointers are still buffers. */
export interface Draft {
  readonly name: string;
  readonly code: Code;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  readonly pointers: readonly Buffer[];
}

export interface LowerContext {
  readonly graph: Graph;
  readonly fusion: Fusion;
  readonly batch: number;
  readonly schedule: Schedule;
  /** Where a leaf is read. */
  readonly home: (id: NodeId) => Buffer;
  /** Where a stored node is written; none where only its own kernel reads it. */
  readonly targets: (id: NodeId) => readonly Buffer[];
  readonly mask: Buffer;
  readonly rows: Buffer;
}

type ConvolveOp = Extract<Op, { op: "convolve" }>;

/** One kernel in the making: its code and the buffers behind its pointers. */
class Scope {
  readonly code = new CodeWriter();
  readonly pointers: Buffer[] = [];
  readonly reads = new Set<Buffer>();
  readonly writes = new Set<Buffer>();
  readonly context: LowerContext;

  constructor(context: LowerContext) {
    this.context = context;
  }

  operand(
    buffer: Buffer,
    use: "read" | "write",
    lanes: Operand["lanes"],
    strides: Strides,
    origin = 0,
  ): Operand {
    (use === "read" ? this.reads : this.writes).add(buffer);
    this.pointers.push(buffer);
    return { pointer: this.code.pointer(), lanes, strides, origin };
  }

  /** An operand over the places of a sample-space result; `every` and `first` place a phase of its positions. */
  place(buffer: Buffer, use: "read" | "write", channelsPerGroup = 0, every = 1, first = 0): Operand {
    const { type, layout } = buffer;
    const [, channels, positions] = type.shape;
    const sample = type.space === "sample";
    const step = sample ? VECTOR_BYTES : 4;
    const t = positions > 1 ? step : 0;
    const c = channels > 1 ? (sample ? layout.pitch : positions) * step : 0;
    const g = sample ? channels * layout.pitch * step : 0;
    const strides = { g, k: channelsPerGroup * c, c, t: t * every };
    return this.operand(
      buffer,
      use,
      sample ? "vector" : "uniform",
      strides,
      layout.left * (sample ? step : 0) + first * t,
    );
  }

  mask(): Operand {
    return this.operand(this.context.mask, "read", "vector", { g: VECTOR_BYTES });
  }

  finish(name: string): Draft {
    const { pointers } = this;
    return { name, code: this.code.finish(), reads: [...this.reads], writes: [...this.writes], pointers };
  }
}

export function lowerGroup(context: LowerContext, group: Group): Draft[] {
  const { graph } = context;
  if (group.reduces.length > 0) return [lowerReduction(context, group)];
  if (group.anchor !== null) {
    const { op } = graph.nodes[group.anchor];
    if (op.op === "reshape") return [lowerCopy(context, group.anchor)];
    if (op.op === "convolve") {
      if (op.of === "filter") return [lowerFilter(context, group.anchor, op)];
      const { map, of } = op;
      return positionPhases(of, map).map((phase, i) => lowerSignal(context, group, op, phase, i === 0));
    }
  }
  return [group.type.space === "sample" ? lowerMaps(context, group) : lowerWeights(context, group)];
}

/** Operands and the body that turns values already known into stores of the group's pointwise nodes. */
interface Epilogue {
  readonly operands: readonly Operand[];
  readonly writes: readonly { readonly operand: Operand; readonly buffer: Buffer }[];
  readonly emit: (at: Offset, known: Map<NodeId, Value>) => void;
}

function epilogue(
  scope: Scope,
  group: Group,
  groups = 1,
  phase: { every: number; first: number } = { every: 1, first: 0 },
): Epilogue {
  const { context, code } = scope;
  const { graph, fusion } = context;
  const channels = group.type.shape[1] / groups;
  const made = group.anchor === null ? group.maps : [group.anchor, ...group.maps];
  const leafIds = new Set(group.maps.flatMap((id) => fusion.leaves(id)).filter((id) => !made.includes(id)));
  const leaves = new Map<NodeId, Operand>();
  for (const id of leafIds) {
    if (graph.nodes[id].op.op === "constant") continue;
    leaves.set(id, scope.place(context.home(id), "read", channels, phase.every, phase.first));
  }
  const targets = made.map((id) => ({
    id,
    writes: context.targets(id).map((buffer) => ({
      buffer,
      operand: scope.place(buffer, "write", channels, phase.every, phase.first),
    })),
  }));
  const mask = scope.mask();
  return {
    operands: [...leaves.values(), ...targets.flatMap((t) => t.writes.map((w) => w.operand)), mask],
    writes: targets.flatMap((t) => t.writes),
    emit: (at, known) => {
      const leaf = (id: NodeId): Value | null => {
        const operand = leaves.get(id);
        return operand ? read(code, operand, at) : null;
      };
      for (const { id, writes } of targets) {
        const value = emitExpression(graph, code, id, known, leaf, fusion.source);
        const masked = code.and(value, read(code, mask, {}));
        known.set(id, value);
        for (const { operand } of writes) code.store(operand.pointer, byteOffset(operand, at), masked);
      }
    },
  };
}

/** Zeros around a row of positions; what lies between the right halo and the pitch is never read. */
function zeroHalo(
  code: CodeWriter,
  { buffer, operand }: { buffer: Buffer; operand: Operand },
  at: Offset,
): void {
  const { left, pitch } = buffer.layout;
  const right = left + buffer.type.shape[2];
  const row = byteOffset({ ...operand, origin: 0 }, { ...at, t: 0 });
  const zero = code.float(0);
  const run = (from: number, count: number): void => {
    if (count <= 8) {
      for (let i = 0; i < count; i++) code.store(operand.pointer, row + (from + i) * VECTOR_BYTES, zero);
      return;
    }
    code.loop(count, [[operand.pointer, VECTOR_BYTES]], [], () => {
      code.store(operand.pointer, row + from * VECTOR_BYTES, zero);
      return [];
    });
  };
  run(0, left);
  run(right, pitch - right);
}

function lowerSignal(
  context: LowerContext,
  group: Group,
  op: ConvolveOp,
  phase: PositionPhase,
  halos: boolean,
): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { of, map: m } = op;
  const anchor = group.anchor as NodeId;
  const [a, b] = context.graph.nodes[anchor].args.map((x) => context.home(context.fusion.source(x)));
  const [signalHome, filterHome] = of === "output" ? [b, a] : [a, b];
  const perGroup = { channels: m.channels / m.groups, filters: m.filters / m.groups };
  const [results, summed] =
    of === "output" ? [perGroup.filters, perGroup.channels] : [perGroup.channels, perGroup.filters];
  const filterRow = perGroup.channels * m.taps * 4;
  const row = signalHome.layout.pitch * VECTOR_BYTES;
  const signal = scope.operand(
    signalHome,
    "read",
    "vector",
    {
      g: signalHome.type.shape[1] * row,
      k: summed * row,
      r: row,
      t: phase.step * VECTOR_BYTES,
      j: VECTOR_BYTES,
    },
    signalHome.layout.left * VECTOR_BYTES,
  );
  const filter = scope.operand(filterHome, "read", "uniform", {
    k: perGroup.filters * filterRow,
    c: of === "output" ? filterRow : m.taps * 4,
    t: phase.filterStep * 4,
    r: of === "output" ? m.taps * 4 : filterRow,
    j: 4,
  });
  const end = epilogue(scope, group, m.groups, phase);
  emitSignal(code, {
    rowGroups: groupsOf(context.batch),
    groups: m.groups,
    channels: results,
    summed,
    phase,
    signal,
    filter,
    others: end.operands,
    tile: context.schedule.signal(results, phase.count, phase.taps.length),
    prologue: (_, count, { c = 0 }) => {
      if (!halos) return;
      for (const write of end.writes) for (let i = 0; i < count; i++) zeroHalo(code, write, { c: c + i });
    },
    epilogue: (_, sum, at) => end.emit(at, new Map([[anchor, sum]])),
  });
  return scope.finish(
    `convolve.${of}${group.maps.length ? "+map" : ""} ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`,
  );
}

function lowerFilter(context: LowerContext, id: NodeId, { map: m }: ConvolveOp): Draft {
  const scope = new Scope(context);
  const [v, y] = context.graph.nodes[id].args.map((x) => context.home(context.fusion.source(x)));
  const perGroup = { channels: m.channels / m.groups, filters: m.filters / m.groups };
  const rowV = v.layout.pitch * VECTOR_BYTES;
  const rowY = y.layout.pitch * VECTOR_BYTES;
  const filterRow = perGroup.channels * m.taps * 4;
  emitFilter(scope.code, {
    rowGroups: groupsOf(context.batch),
    groups: m.groups,
    filters: perGroup.filters,
    channels: perGroup.channels,
    positions: m.outLength,
    taps: m.taps,
    v: scope.operand(
      v,
      "read",
      "vector",
      { g: m.filters * rowV, k: perGroup.filters * rowV, c: rowV, t: VECTOR_BYTES },
      v.layout.left * VECTOR_BYTES,
    ),
    y: scope.operand(
      y,
      "read",
      "vector",
      {
        g: m.channels * rowY,
        k: perGroup.channels * rowY,
        r: rowY,
        t: m.stride * VECTOR_BYTES,
        j: m.dilation * VECTOR_BYTES,
      },
      (y.layout.left - m.padding) * VECTOR_BYTES,
    ),
    results: context.targets(id).map((target) =>
      scope.operand(target, "write", "uniform", {
        k: perGroup.filters * filterRow,
        c: filterRow,
        r: m.taps * 4,
        j: 4,
      }),
    ),
    tile: context.schedule.filter(perGroup.filters, perGroup.channels, m.taps),
  });
  return scope.finish(
    `convolve.filter ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`,
  );
}

function lowerMaps(context: LowerContext, group: Group): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const [, channels, positions] = group.type.shape;
  const end = epilogue(scope, group);
  nest(
    code,
    end.operands,
    [
      ["g", groupsOf(context.batch)],
      ["c", channels],
    ],
    () => {
      for (const write of end.writes) zeroHalo(code, write, {});
      nest(code, end.operands, [["t", positions]], () => end.emit({}, new Map()));
    },
  );
  return scope.finish(`map ${channels}x${positions}`);
}

function lowerReduction(context: LowerContext, group: Group): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { graph, fusion } = context;
  const [, channels, positions] = group.type.shape;
  const { op } = graph.nodes[group.reduces[0]];
  if (op.op !== "reduce") throw new Error("a reduction's group holds reductions");
  if (group.type.space === "weight") throw new Error("a reduction in weight space has no kernel");
  const over = { n: op.axes.includes("n"), c: op.axes.includes("c"), t: op.axes.includes("t") };
  const values = group.reduces.map((id) => fusion.source(graph.nodes[id].args[0]));
  const isLeaf = (id: NodeId): boolean => fusion.stored.has(id) || graph.nodes[id].op.op === "input";
  const leaves = new Map<NodeId, Operand>();
  for (const id of new Set(values.flatMap((v) => (isLeaf(v) ? [v] : fusion.leaves(v))))) {
    if (graph.nodes[id].op.op !== "constant") leaves.set(id, scope.place(context.home(id), "read"));
  }
  const writes = group.reduces.flatMap((id, result) =>
    context.targets(id).map((buffer) => ({ result, operand: scope.place(buffer, "write") })),
  );
  const mask = scope.mask();
  emitReduction(code, {
    fn: op.fn,
    rowGroups: groupsOf(context.batch),
    channels,
    positions,
    over,
    operands: [...leaves.values(), ...writes.map((w) => w.operand), mask],
    results: values.length,
    addends: (_, at) => {
      const known = new Map<NodeId, Value>();
      const leaf = (id: NodeId): Value | null => {
        const operand = leaves.get(id);
        return operand ? read(code, operand, at) : null;
      };
      return values.map((id) => {
        const value = emitExpression(graph, code, id, known, leaf, fusion.source);
        return over.n && !isLeaf(id) ? code.and(value, read(code, mask, {})) : value;
      });
    },
    store: (_, result, value) => {
      for (const { operand } of writes.filter((w) => w.result === result)) {
        if (over.n) code.store1(operand.pointer, byteOffset(operand, {}), value);
        else code.store(operand.pointer, byteOffset(operand, {}), code.and(value, read(code, mask, {})));
      }
    },
  });
  return scope.finish(`${op.fn} ${channels}x${positions} over ${op.axes.join("")}`);
}

/** Flattening or its inverse, where the rows carry halos: one position at a time. */
function lowerCopy(context: LowerContext, id: NodeId): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const from = context.home(context.fusion.source(context.graph.nodes[id].args[0]));
  const flat = (b: Buffer, positions: number): Strides => ({
    g: b.type.shape[1] * b.layout.pitch * VECTOR_BYTES,
    c: positions * b.layout.pitch * VECTOR_BYTES,
    t: b.layout.pitch * VECTOR_BYTES,
  });
  const wide = [from, ...context.targets(id)].find((b) => b.type.shape[2] > 1) ?? from;
  const [, channels, positions] = wide.type.shape;
  const operand = (b: Buffer, use: "read" | "write"): Operand =>
    b.type.shape[2] > 1 || wide === b
      ? scope.place(b, use)
      : scope.operand(b, use, "vector", flat(b, positions), b.layout.left * VECTOR_BYTES);
  const source = operand(from, "read");
  const writes = context.targets(id).map((buffer) => ({ buffer, operand: operand(buffer, "write") }));
  const all = [source, ...writes.map((w) => w.operand)];
  nest(
    code,
    all,
    [
      ["g", groupsOf(context.batch)],
      ["c", channels],
    ],
    () => {
      for (const write of writes) if (write.buffer.type.shape[2] > 1) zeroHalo(code, write, {});
      nest(code, all, [["t", positions]], () => {
        const value = read(code, source, {});
        for (const write of writes) {
          const { buffer, operand: o } = write;
          if (buffer.type.shape[2] === 1 && buffer.layout.pitch > 1) zeroHalo(code, write, {});
          code.store(o.pointer, byteOffset(o, {}), value);
        }
      });
    },
  );
  return scope.finish(`copy ${channels}x${positions}`);
}

/** Pointwise nodes over weights: 16 at a time where all operands are alike, else one at a time. */
function lowerWeights(context: LowerContext, group: Group): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { graph, fusion } = context;
  const { shape } = group.type;
  const count = size(shape);
  const isScalar = (t: TensorType): boolean => size(t.shape) === 1;
  const leafIds = [...new Set(group.maps.flatMap((id) => fusion.leaves(id)))].filter(
    (id) => !group.maps.includes(id) && graph.nodes[id].op.op !== "constant",
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
