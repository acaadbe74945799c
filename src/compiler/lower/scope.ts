/**
 * A kernel in the making: its code, the buffers behind its pointers, and the epilogue that stores a group's pointwise
 * nodes.
 *
 * Invariant: padded lanes hold +0 in every stored tensor (the masks of rows and of channels are applied in the store),
 * halos too (zeroed by the kernel that writes the tensor).
 */
import type { Graph, NodeId } from "../../graph/ops.ts";
import { rowStride, type Buffer } from "../buffer.ts";
import { CodeWriter } from "../code.ts";
import { emitExpression } from "./expression.ts";
import type { OpOf } from "../ops.ts";
import { madeBy, type AnchorGroup, type Fusion, type PointwiseGroup } from "../fusion.ts";
import { axes, LANES, stepsOf, VECTOR_BYTES, type LaneAxis } from "../../vector/layout.ts";
import { byteOffset, read, type Offset, type Operand, type Strides } from "./operand.ts";
import type { Schedule } from "../../vector/schedule.ts";
import type { Code, Value } from "../../vector/vector.ts";

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
  readonly lanes: LaneAxis;
  readonly schedule: Schedule;
  /** Where a leaf is read. */
  readonly home: (id: NodeId) => Buffer;
  /** Where a stored node is written; none where only its own kernel reads it. */
  readonly targets: (id: NodeId) => readonly Buffer[];
  readonly mask: Buffer;
  readonly rows: Buffer;
  /** Filters that are packed once and for all, and their kernels; null: each run packs what it needs. */
  readonly once: { readonly packed: Map<string, Buffer>; readonly drafts: Draft[] } | null;
  /** What graphs of training alone have; null: those of predictions. */
  readonly training: TrainingKernels | null;
  /** Words that never change, placed in the arena once for each key. */
  readonly constant: (key: string, type: Buffer["type"], words: () => Int32Array) => Buffer;
}

/** Given by who compiles, so that a page that predicts holds none of them (`training.ts`). */
export interface TrainingKernels {
  /** The kernels of a filter's gradient. */
  readonly filterGradient: (
    context: LowerContext,
    group: AnchorGroup,
    op: OpOf<"convolve">,
  ) => readonly Draft[];
  /** The random numbers of a group. */
  readonly random: (scope: Scope, group: AnchorGroup | PointwiseGroup) => RandomSource;
}

/** Operands and, of a node that is random, its value at a place; null of other nodes. */
export interface RandomSource {
  readonly operands: readonly Operand[];
  readonly value: (id: NodeId, at: Offset, leaf: (id: NodeId) => Value | null) => Value | null;
}

/** Those of a graph of training. */
export function trainingOf({ training }: LowerContext): TrainingKernels {
  if (!training) throw new Error("fault in the compiler: training in a prediction");
  return training;
}

const NOT_RANDOM: RandomSource = { operands: [], value: () => null };

interface LaneMask {
  readonly operands: readonly Operand[];
  readonly at: (at: Offset) => Value;
}

/** One kernel in the making: its code and the buffers behind its pointers. */
export class Scope {
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

  /**
   * An operand over the places of a sample-space result: a vector where it varies along the lanes, else read into every
   * lane. `every` and `first` place a phase of its positions.
   */
  place(buffer: Buffer, use: "read" | "write", channelsPerGroup = 0, every = 1, first = 0): Operand {
    const { type, layout } = buffer;
    const [, channels, positions] = type.shape;
    const sample = type.space === "sample";
    const axis = axes[this.context.lanes];
    if (!sample && axis.channels.inLanes && channels > 1 && positions > 1)
      throw new Error("channel lanes take no weight that varies along channels and positions");
    // a row of positions in the arena; of weights, 16 places along the lanes follow one another in natural order
    const row = sample ? layout.pitch * VECTOR_BYTES : axis.channels.inLanes ? VECTOR_BYTES : positions * 4;
    const step = sample || axis.positions.inLanes ? VECTOR_BYTES : 4;
    const c = channels > 1 ? row : 0;
    const t = positions > 1 ? step : 0;
    const varies = axis.rows.inLanes ? sample : (axis.channels.inLanes ? channels : positions) > 1;
    return this.operand(
      buffer,
      use,
      varies || (sample && use === "write") ? "vector" : "uniform",
      { g: sample ? rowStride(buffer) : 0, k: channelsPerGroup * c, c, t: t * every },
      (sample ? layout.left * VECTOR_BYTES : 0) + first * t,
    );
  }

  /** In channel lanes: an operand that gives one channel (c of block r) to every lane. */
  placeOneChannel(buffer: Buffer): Operand {
    const { type, layout } = buffer;
    const [, channels, positions] = type.shape;
    const sample = type.space === "sample";
    const strides = {
      g: sample ? rowStride(buffer) : 0,
      r: channels > 1 ? (sample ? layout.pitch * VECTOR_BYTES : VECTOR_BYTES) : 0,
      c: channels > 1 ? 4 : 0,
      t: positions > 1 ? (sample ? VECTOR_BYTES : 4) : 0,
    };
    return this.operand(buffer, "read", "uniform", strides, sample ? layout.left * VECTOR_BYTES : 0);
  }

  /** An operand of one word a row. */
  eachRow(words: Buffer): Operand {
    return axes[this.context.lanes].rows.inLanes
      ? this.operand(words, "read", "vector", { g: VECTOR_BYTES })
      : this.operand(words, "read", "uniform", { g: 4 });
  }

  /** All ones in the lanes that hold a channel, or a position, where these are the lanes; null where all do. */
  laneMask(channels: number, positions: number): LaneMask | null {
    const axis = axes[this.context.lanes];
    const [along, count] = axis.channels.inLanes ? (["c", channels] as const) : (["t", positions] as const);
    if (axis.rows.inLanes || count % LANES === 0) return null;
    if (count < LANES) return { operands: [], at: () => this.code.lanes(count) };
    const floats = Math.ceil(count / LANES) * LANES;
    const words = this.context.constant(`lanes ${count}`, { space: "weight", shape: [1, floats, 1] }, () =>
      Int32Array.from({ length: floats }, (_, i) => (i < count ? -1 : 0)),
    );
    const operand = this.operand(words, "read", "vector", { [along]: VECTOR_BYTES });
    return { operands: [operand], at: (at) => read(this.code, operand, { [along]: at[along] ?? 0 }) };
  }

  finish(name: string): Draft {
    const { pointers } = this;
    return { name, code: this.code.finish(), reads: [...this.reads], writes: [...this.writes], pointers };
  }
}

/** Operands and the body that turns values already known into stores of the group's pointwise nodes. */
export interface Epilogue {
  readonly operands: readonly Operand[];
  /** What it reads where it lies, unless its value is known. */
  readonly leaves: ReadonlyMap<NodeId, Operand>;
  readonly writes: readonly { readonly operand: Operand; readonly buffer: Buffer }[];
  readonly emit: (at: Offset, known: Map<NodeId, Value>) => void;
}

export function epilogue(
  scope: Scope,
  group: AnchorGroup | PointwiseGroup,
  groups = 1,
  phase: { every: number; first: number } = { every: 1, first: 0 },
): Epilogue {
  const { context, code } = scope;
  const { graph, fusion } = context;
  const channels = group.type.shape[1] / groups;
  const made = madeBy(group);
  const leafIds = new Set(group.maps.flatMap((id) => fusion.leaves(id)).filter((id) => !made.includes(id)));
  const leaves = new Map<NodeId, Operand>();
  for (const id of leafIds)
    leaves.set(id, scope.place(context.home(id), "read", channels, phase.every, phase.first));
  const draws = group.maps.some((id) => graph.nodes[id].op.op === "random");
  const random = draws ? trainingOf(context).random(scope, group) : NOT_RANDOM;
  const targets = made.map((id) => ({
    id,
    writes: context.targets(id).map((buffer) => ({
      buffer,
      operand: scope.place(buffer, "write", channels, phase.every, phase.first),
    })),
  }));
  const mask = scope.eachRow(context.mask);
  const inLanes = scope.laneMask(channels, group.type.shape[2]);
  return {
    operands: [
      ...(inLanes?.operands ?? []),
      ...leaves.values(),
      ...random.operands,
      ...targets.flatMap((t) => t.writes.map((w) => w.operand)),
      mask,
    ],
    leaves,
    writes: targets.flatMap((t) => t.writes),
    emit: (at, known) => {
      const leaf = (id: NodeId): Value | null => {
        const operand = leaves.get(id);
        return operand ? read(code, operand, at) : random.value(id, at, leaf);
      };
      // everything is read before anything is written: an output may stand where an input stood
      for (const id of leaves.keys()) known.set(id, known.get(id) ?? leaf(id) ?? 0);
      for (const { id, writes } of targets) {
        const value = emitExpression(graph, code, id, known, leaf, fusion.source);
        const inRows = code.and(value, read(code, mask, {}));
        const masked = inLanes ? code.and(inRows, inLanes.at(at)) : inRows;
        known.set(id, value);
        for (const { operand } of writes) code.store(operand.pointer, byteOffset(operand, at), masked);
      }
    },
  };
}

/** Zeros around a row of positions; what lies between the right halo and the pitch is never read. */
export function zeroHalo(
  code: CodeWriter,
  { buffer, operand }: { buffer: Buffer; operand: Operand },
  at: Offset,
): void {
  const { left, pitch } = buffer.layout;
  const right = left + stepsOf(buffer.type.shape[2], buffer.layout.lanes);
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
