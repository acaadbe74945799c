/**
 * What the compiler knows of every op, a row each: its role in a kernel, whether it has a kernel along each lane axis, and
 * what it costs there. How ops become code stands above this table, since lowering reads what fusion made: a row in
 * `lower/group.ts` for each anchor, in `lower/expression.ts` for each pointwise op. An op that misses in any of the three
 * does not compile.
 */
import type { Axis, Fn, Node, Op } from "../graph/ops.ts";
import { size, type TensorType } from "../numerics/tensor.ts";
import { LANES, rowsOf, stepsOf, vectorsOf, type Halo, type LaneAxis } from "../vector/layout.ts";
import { blockHalo, shareOf } from "./fast.ts";
import { haloOf } from "./lower/phases.ts";

export type OpName = Op["op"];
export type OpOf<K extends OpName> = Extract<Op, { readonly op: K }>;

/** A node as a rule sees it. */
export interface Site<K extends OpName> {
  readonly op: OpOf<K>;
  readonly type: TensorType;
  /** The operands' types. */
  readonly args: readonly TensorType[];
}

/** What a node is for: how many rows at once, along which axis, with filters packed before or not. */
export interface Run {
  readonly batch: number;
  readonly lanes: LaneAxis;
  readonly packed: boolean;
}

/** The parts that ops play in kernels. */
type Role<K extends OpName> =
  /** Made by no kernel: read where it lies; a literal stands in the code itself, a scalar costs nothing to read again. */
  | { readonly role: "leaf"; readonly holds: "tensor" | "scalar" | "literal" }
  /** Its operand's value under another number. */
  | { readonly role: "alias" }
  /** Computed where it is read, again and again where that is cheap, or stored: always, or where fusion says so. */
  | {
      readonly role: "pointwise";
      readonly operations: (op: OpOf<K>) => number;
      readonly stored: "always" | "where needed";
    }
  /** Shares a pass with others over the same index space. */
  | { readonly role: "reduction" }
  | Anchor<K>;

/** An op that begins a kernel. */
interface Anchor<K extends OpName> {
  readonly role: "anchor";
  /** Whether stored pointwise nodes over its result join its kernel. */
  readonly takesMaps: (op: OpOf<K>) => boolean;
  /** The channel of its operand from which on it is that operand's bytes; null: it has bytes of its own. */
  readonly views: (op: OpOf<K>, type: TensorType) => number | null;
  /** Zeros that it reads around an operand; "shared": rows of operands and result are the same rows. */
  readonly halo: ((op: OpOf<K>, operand: 0 | 1) => Halo) | "none" | "shared";
  /** Whether its kernels depend on nothing but op, types and layouts, so that equal groups share them. */
  readonly reused: boolean;
}

export type OpRules<K extends OpName> = Role<K> & {
  /** Whether it has a kernel where the lanes are not samples: those take every op. */
  readonly fits: { readonly [A in Exclude<LaneAxis, "samples">]: (site: Site<K>) => boolean };
  /** Vector operations, roughly. */
  readonly cost: (site: Site<K>, run: Run) => number;
};

/** So many operations are computed twice rather than read back. */
export const CHEAP_OPERATIONS = 6;

/** Divisions, roots and elementary functions are never computed twice. */
const MANY = CHEAP_OPERATIONS + 1;
const operations: Readonly<Record<Fn, number>> = {
  neg: 1,
  abs: 1,
  sqrt: MANY,
  exp: MANY,
  log: MANY,
  tanh: MANY,
  sigmoid: MANY,
  erf: MANY,
  softplus: MANY,
  gelu: MANY,
  relu: 1,
  add: 1,
  sub: 1,
  mul: 1,
  div: MANY,
  min: 1,
  max: 1,
  selectLt: 1,
};

const yes = (): boolean => true;
const no = (): boolean => false;

/** An operation for each vector of a signal, nothing for weights. */
const oneEach = ({ type }: { readonly type: TensorType }, { batch, lanes }: Run): number =>
  type.space === "weight"
    ? 0
    : rowsOf(batch, lanes) * vectorsOf(type.shape[1], lanes) * stepsOf(type.shape[2], lanes);

const leaf = { role: "leaf", fits: { channels: yes, positions: yes }, cost: oneEach } as const;

/** Weights are vectors in channel lanes only where they do not vary along positions too. */
const variesOneWay = ({ space, shape }: TensorType): boolean =>
  space === "sample" || shape[1] === 1 || shape[2] === 1;
const spreads = {
  channels: ({ type, args }: Pick<Site<OpName>, "type" | "args">) =>
    type.space === "weight" || args.every(variesOneWay),
  positions: yes,
};

const wholeBlocks = (channels: number): boolean => channels % LANES === 0;

/** A reshape between two signals of many positions writes every float out: no more of them than this. */
const MOST_MOVES = 1024;

/** A load that starts at any position spans two cache lines. */
const UNALIGNED = 1.5;

const convolveCost: { readonly [A in LaneAxis]: (op: OpOf<"convolve">, run: Run) => number } = {
  samples({ map: m }, { batch, lanes }) {
    return (rowsOf(batch, lanes) * m.outLength * m.taps * m.filters * m.channels) / m.groups;
  },
  channels({ of, map: m }, { batch, lanes, packed }) {
    const [inLanes, summed] = of === "input" ? [m.channels, m.filters] : [m.filters, m.channels];
    const packing = packed ? 0 : LANES;
    return vectorsOf(inLanes, lanes) * summed * m.taps * (rowsOf(batch, lanes) * m.outLength + packing);
  },
  positions({ map: m }, { batch, lanes }) {
    return UNALIGNED * rowsOf(batch, lanes) * stepsOf(m.outLength, lanes) * m.taps * m.filters * m.channels;
  },
};

/** In channel lanes sums take channels or positions of a row, and rows with one of the two. */
function reducesChannels({ op, args: [{ space, shape }] }: Site<"reduce">): boolean {
  if (space === "weight") return true;
  const over = (axis: Axis): boolean => op.axes.includes(axis);
  if (!over("n")) return !(over("c") && over("t")) || shape[2] === 1;
  return over("c") || over("t") || shape[1] === 1 || shape[2] === 1;
}

const table = {
  input: { ...leaf, holds: "tensor" },
  constant: { ...leaf, holds: "literal" },
  rows: { ...leaf, holds: "scalar" },
  detach: { role: "alias", fits: { channels: yes, positions: yes }, cost: oneEach },
  // of the one shard that a program is for; where there are several, it is cut out of the graph before
  shards: { role: "alias", fits: { channels: yes, positions: yes }, cost: oneEach },
  map: {
    role: "pointwise",
    operations: ({ fn }) => operations[fn],
    stored: "where needed",
    fits: spreads,
    cost: oneEach,
  },
  broadcast: { role: "pointwise", operations: () => 0, stored: "where needed", fits: spreads, cost: oneEach },
  random: {
    role: "pointwise",
    operations: () => MANY,
    stored: "always",
    fits: { channels: yes, positions: no },
    cost: oneEach,
  },
  reduce: {
    role: "reduction",
    fits: {
      channels: reducesChannels,
      positions: ({ op, args: [{ space }] }) =>
        space === "weight" || (op.fn === "sum" && op.axes.join("") === "t"),
    },
    cost: oneEach,
  },
  convolve: {
    role: "anchor",
    takesMaps: ({ of }) => of !== "filter",
    views: () => null,
    halo: ({ block, ...op }, operand) =>
      block ? blockHalo({ ...op, block }, operand) : haloOf(op.of, op.map, operand),
    reused: true,
    fits: {
      channels: ({ op }) => op.map.groups === 1,
      positions: ({ op: { of, map: m, block } }) =>
        !block && of === "output" && m.groups === 1 && (m.stride === 1 || m.outLength === 1),
    },
    cost: ({ op }, run) =>
      convolveCost[run.lanes](op, run) * (op.block ? shareOf({ ...op, block: op.block }) : 1),
  },
  mix: {
    role: "anchor",
    takesMaps: yes,
    views: () => null,
    halo: "none",
    reused: true,
    fits: { channels: yes, positions: no },
    cost: oneEach,
  },
  concat: {
    role: "anchor",
    takesMaps: no,
    views: () => null,
    halo: "shared",
    reused: false,
    fits: { channels: ({ args }) => args.every(({ shape }) => wholeBlocks(shape[1])), positions: no },
    cost: oneEach,
  },
  slice: {
    role: "anchor",
    takesMaps: no,
    views: ({ first }) => first,
    halo: "shared",
    reused: false,
    fits: { channels: ({ op }) => wholeBlocks(op.first) && wholeBlocks(op.count), positions: no },
    cost: oneEach,
  },
  put: {
    role: "anchor",
    takesMaps: no,
    views: () => null,
    halo: "none",
    reused: false,
    fits: { channels: yes, positions: yes },
    cost: ({ args: [, part] }, run) => oneEach({ type: part }, run),
  },
  reshape: {
    role: "anchor",
    takesMaps: no,
    views: (_, { space }) => (space === "weight" ? 0 : null),
    halo: "none",
    reused: false,
    fits: {
      channels: ({ type, args: [{ shape }] }) =>
        type.space === "weight" || shape[2] === 1 || type.shape[2] === 1 || size(shape) <= MOST_MOVES,
      positions: ({ type }) => type.space === "weight" || size(type.shape) <= MOST_MOVES,
    },
    cost: oneEach,
  },
} as const satisfies { readonly [K in OpName]: OpRules<K> };

type WithRole<R extends Role<OpName>["role"]> = {
  [K in OpName]: (typeof table)[K] extends { readonly role: R } ? K : never;
}[OpName];
export type AnchorOp = WithRole<"anchor">;
export type ReductionOp = WithRole<"reduction">;
export type LeafOp = WithRole<"leaf">;

/** Whether an op plays a role. */
export const plays = <R extends Role<OpName>["role"]>(op: Op, role: R): op is OpOf<WithRole<R>> =>
  table[op.op].role === role;

/** The row of an op. */
export const rulesOf = <K extends OpName>(op: OpOf<K>): OpRules<K> => table[op.op] as unknown as OpRules<K>;

/** The channel of its operand from which on a node is that operand's bytes; null where it has bytes of its own. */
export function viewedFrom({ op, type }: Node): number | null {
  const rules = rulesOf(op);
  return rules.role === "anchor" ? rules.views(op, type) : null;
}
