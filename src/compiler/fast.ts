/**
 * Which convolutions are computed by Toom-Cook blocks (`operators/toomCook.ts`), decided by counting operations, transforms
 * included, from the map alone: never from the machine, the batch or the lanes, so that a row has the same bits wherever and
 * with whomever it is computed.
 */
import { commonDivisor } from "../numerics/commonDivisor.ts";
import type { Block, ConvolveMap, ConvolveOf, Graph, Node } from "../graph/ops.ts";
import { toomCook, type Matrix, type ToomCook } from "../operators/index.ts";
import { largestOf } from "../numerics/extremes.ts";
import type { Halo } from "../vector/layout.ts";
import { positionPhases, type PositionPhase } from "./lower/phases.ts";

/** Blocks that are accurate enough in float32 (docs/numerics.md), by taps; longer filters are cut into chunks of four. */
export const BLOCKS: readonly Block[] = [
  ...[2, 3, 4, 5].map((m) => ({ m, r: 2 })),
  ...[2, 3, 4, 5, 6].map((m) => ({ m, r: 3 })),
  ...[2, 3, 4, 5].map((m) => ({ m, r: 4 })),
  ...[2, 3, 4].map((m) => ({ m, r: 5 })),
];
const CHUNKED: Block = { m: 4, r: 4 };

/** A block form must need no more than so much of the direct form's operations. */
const GAIN = 0.75;

/** A convolution that is computed in blocks. */
export interface BlockOp {
  readonly op: "convolve";
  readonly of: ConvolveOf;
  readonly map: ConvolveMap;
  readonly block: Block;
}

const forms = new Map<string, ToomCook>();

/** The matrices of F(m, r), made once. */
export function formOf({ m, r }: Block): ToomCook {
  const key = `${m} ${r}`;
  const known = forms.get(key) ?? toomCook(m, r);
  forms.set(key, known);
  return known;
}

/**
 * One phase of a form of T as plain Toeplitz forms, without stride and dilation: results in `classes` whose neighbours are
 * `apart` results apart, taps in `phases`.
 */
export interface Plain {
  readonly phase: PositionPhase;
  readonly apart: number;
  readonly classes: number;
  readonly phases: number;
  /** How many taps, and which one stands where in the order in which their positions ascend. */
  readonly taps: number;
  readonly tap: (at: number) => number;
  /** The position of the signal that the first tap of a phase meets for the first result. */
  readonly start: (phase: number) => number;
  /** Results of a class, and chunks of a filter. */
  readonly count: (of: number) => number;
  readonly chunks: (block: Block) => number;
}

/** A phase as plain forms; null where taps are not evenly spaced (a dense layer's input). */
export function plainOf(phase: PositionPhase): Plain | null {
  const { taps, step: stride, count } = phase;
  if (phase.filterStep !== 0 || taps.count < 2) return null;
  const [last, spacing] = [taps.count - 1, Math.abs(taps.shiftStep)];
  const ascends = taps.shiftStep > 0;
  const first = taps.shift + (ascends ? 0 : last * taps.shiftStep);
  const common = commonDivisor(stride, spacing);
  const [apart, phases] = [spacing / common, stride / common];
  return {
    phase,
    apart,
    classes: Math.min(apart, count),
    phases,
    taps: taps.count,
    tap: (a) => taps.tap + (ascends ? a : last - a) * taps.tapStep,
    start: (p) => spacing * p + first,
    count: (of) => Math.ceil((count - of) / apart),
    chunks: ({ r }) => Math.ceil(Math.ceil(taps.count / phases) / r),
  };
}

/** The phases of a form of T; those of its filter's derivative are those of its output. */
export const plainPhases = (of: ConvolveOf, map: ConvolveMap): readonly (Plain | null)[] =>
  positionPhases(of === "input" ? "input" : "output", map).map(plainOf);

/** The block that a convolution is computed by; null: directly. */
export function blockOf(of: ConvolveOf, map: ConvolveMap): Block | null {
  const plains = plainPhases(of, map).filter((plain) => plain !== null);
  if (plains.length === 0) return null;
  const longest = largestOf(plains.map(({ taps, phases }) => Math.ceil(taps / phases)));
  const fitting = longest > 5 ? [CHUNKED] : BLOCKS.filter(({ r }) => r === longest);
  let [best, least]: [Block | null, number] = [null, GAIN];
  for (const block of fitting.filter((fits) => takesBlock(of, map, fits))) {
    const share = shareOf({ of, map, block });
    if (share < least) [best, least] = [block, share];
  }
  return best;
}

/** The operations of a block form, of those of the direct one. */
export function shareOf({ of, map, block }: Omit<BlockOp, "op">): number {
  let [blocks, direct] = [0, 0];
  for (const plain of plainPhases(of, map)) {
    if (!plain) continue;
    blocks += costOf(of, map, plain, block);
    direct += channelPairs(map) * plain.phase.count * plain.phase.taps.count;
  }
  return blocks / direct;
}

/**
 * Whether a convolution can be computed by a block: its taps are evenly spaced, and parts of its filter too. Chunks share
 * the blocks of the signal where they are as long as these; chunks and phases of one filter, and classes and chunks of
 * one derivative, have no common stride.
 */
export const takesBlock = (of: ConvolveOf, map: ConvolveMap, block: Block): boolean =>
  plainPhases(of, map).every(
    (plain) =>
      plain !== null &&
      (plain.chunks(block) === 1 ||
        (block.m === block.r && plain.phases === 1 && (of !== "filter" || plain.classes === 1))),
  );

/** Pairs of channels, each with a product a tap and position. */
const channelPairs = (map: ConvolveMap): number => (map.filters * map.channels) / map.groups;

/** Multiply-adds of 16 rows, a load or a store or two pointwise operations for one, filters transformed with them. */
function costOf(of: ConvolveOf, map: ConvolveMap, plain: Plain, block: Block): number {
  const { A, G, B, t, m, r } = formOf(block);
  const [results, summed] = of === "input" ? [map.channels, map.filters] : [map.filters, map.channels];
  const chunks = plain.chunks(block);
  const parts = plain.phases * chunks;
  // the first classes have a result more
  const longer = Math.min(plain.classes, plain.phase.count % plain.apart);
  const blocks =
    longer * Math.ceil(plain.count(0) / m) +
    (plain.classes - longer) * Math.ceil(plain.count(plain.classes - 1) / m);
  const signal = plain.phases * (blocks + plain.classes * (chunks - 1)) * (operations(B) / 2 + 2 * t);
  const result = blocks * (operations(A) / 2 + t + m);
  const filter = parts * (operations(G) / 2 + t + r);
  return channelPairs(map) * (blocks * parts * t + filter) + summed * signal + results * result;
}

const operations = (matrix: Matrix): number =>
  matrix.reduce(
    (sum, row) => sum + row.reduce((n, x) => n + (x === 0 ? 0 : Math.abs(x) === 1 ? 1 : 2), 0),
    0,
  );

/** The zeros that blocks read around an operand (0 or 1 in its order): those of its padding, and behind the last whole block. */
export function blockHalo({ of, map, block }: BlockOp, operand: 0 | 1): Halo {
  const isSignal = (of === "output" && operand === 1) || (of === "input" && operand === 0) || of === "filter";
  const halo = { left: 0, right: 0 };
  if (!isSignal) return halo;
  const isResult = of === "filter" && operand === 0;
  const length = isResult || of === "input" ? map.outLength : map.length;
  for (const plain of plainPhases(of, map)) {
    if (!plain) continue;
    const { apart, classes, phases, phase } = plain;
    const blocks = Math.ceil(plain.count(0) / block.m);
    const { t } = formOf(block);
    const last = isResult ? block.m * blocks - 1 : block.m * (blocks + plain.chunks(block) - 2) + t - 1;
    const end = classes - 1 + apart * last;
    const [first, reach] = isResult ? [0, end] : [plain.start(0), phase.step * end + plain.start(phases - 1)];
    halo.left = Math.max(halo.left, -first);
    halo.right = Math.max(halo.right, reach - (length - 1));
  }
  return halo;
}

/** A graph whose convolutions say how they are computed; `choose`: by which block, null where directly. */
export function inBlocks(graph: Graph, choose: typeof blockOf = blockOf): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node): Node => {
      const { op } = node;
      const block = op.op === "convolve" ? choose(op.of, op.map) : null;
      return op.op === "convolve" && block ? { ...node, op: { ...op, block } } : node;
    }),
  };
}
