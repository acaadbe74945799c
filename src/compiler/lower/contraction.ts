/**
 * The one contraction generator: `convolve` in its three forms over the same index triples, with stride, dilation,
 * padding and groups.
 *
 * Orders of summation are part of the float32 contract. Output and input: channels outer, taps inner, ascending.
 * Filter: in sample lanes each lane sums its positions in order, then the tree, then groups of 16 rows ascending; in
 * channel lanes positions in order, then rows ascending. Accumulators start at +0. Tiles (how many results are computed together) change no result's order.
 */
import type { CodeWriter } from "../code.ts";
import type { PositionPhase } from "./phases.ts";
import { advance, blocks, byteOffset, read, type NestAxis, type Offset, type Operand } from "./operand.ts";
import type { Tile } from "../../vector/schedule.ts";
import type { Value } from "../../vector/vector.ts";

/** Unroll at most so many taps; longer filters loop over chunks of this many. */
const UNROLLED_TAPS = 16;

/** Channels that are summed over: whole blocks of `size` and the rest. */
export interface Summed {
  readonly blocks: number;
  readonly size: number;
  readonly rest: number;
}

/** A convolution of signals (output or input form). Signal strides: t per result place, j per position. */
export interface SignalContraction {
  /** Rows, in sample lanes groups of 16. */
  readonly rows: number;
  readonly groups: number;
  /** Vectors of result channels, and summed channels, a convolution group. */
  readonly channels: number;
  readonly summed: Summed;
  readonly phase: PositionPhase;
  readonly signal: Operand;
  readonly filter: Operand;
  /** Everything the epilogue touches: results and what it reads. */
  readonly others: readonly Operand[];
  readonly tile: Tile;
  /** Called before each block of result channels, to zero halos. */
  readonly prologue: (code: CodeWriter, size: number, at: Offset) => void;
  /** Epilogues side by side. */
  readonly together: number;
  /** Turns an accumulator into stores. */
  readonly epilogue: (code: CodeWriter, accumulator: Value, at: Offset) => void;
  /** Where sums wait so that the epilogue goes along one channel after the other; null: it takes them from registers. */
  readonly stage: Operand | null;
}

/** Positions that wait for their epilogue: with the channels of a tile they stay in the nearest cache. */
const STAGED = 48;

export function emitSignal(code: CodeWriter, s: SignalContraction): void {
  const all = [s.signal, s.filter, ...s.others];
  nest(
    code,
    all,
    [
      ["g", s.rows],
      ["k", s.groups],
    ],
    () => {
      blocks(code, all, "c", s.channels, s.tile.channels, (channels, c) => {
        s.prologue(code, channels, { c });
        const { stage } = s;
        if (!stage)
          return tiles(code, s, { channels, c, count: s.phase.count, t: 0 }, (places, sums) =>
            code.together(places.length, s.together, (i) => s.epilogue(code, sums[i], places[i])),
          );
        blocks(code, all, "t", s.phase.count, STAGED, (count, t) => {
          tiles(code, s, { channels, c, count, t }, (places, sums) =>
            places.forEach((at, i) => code.store(stage.pointer, byteOffset(stage, at), sums[i])),
          );
          code.loop(channels, advance(s.others, "c"), [], () => {
            blocks(code, s.others, "t", count, s.together, (side, from) =>
              code.together(side, side, (i) => {
                const at = { c, t: t + from + i };
                s.epilogue(code, read(code, stage, at), at);
              }),
            );
            return [];
          });
        });
      });
    },
  );
}

/** Tiles of results, each with its sums. */
function tiles(
  code: CodeWriter,
  s: SignalContraction,
  { channels, c, count, t }: { channels: number; c: number; count: number; t: number },
  body: (places: readonly Offset[], sums: readonly Value[]) => void,
): void {
  blocks(code, [s.signal, s.filter, ...s.others], "t", count, s.tile.positions, (positions, from) => {
    const places = spread(s.signal, channels, positions).map(([i, k]): Offset => ({
      c: c + i,
      t: t + from + k,
    }));
    body(places, sumChannels(code, s, places));
  });
}

function sumChannels(code: CodeWriter, s: SignalContraction, places: readonly Offset[]): readonly Value[] {
  const zero = code.float(0);
  const { taps } = s.phase;
  const start = places.map(() => zero);
  if (taps.count === 0) return start;
  const operands = [s.signal, s.filter];
  const channels = (count: number, sums: readonly Value[], r: number): readonly Value[] =>
    code.loop(count, advance(operands, "q"), sums, (now) => sumTaps(code, s, places, now, r));
  const { blocks, size, rest } = s.summed;
  const sums = code.loop(blocks, advance(operands, "r"), start, (now) => channels(size, now, 0));
  return channels(rest, sums, blocks);
}

/** Taps in ascending order; long filters loop over chunks. */
function sumTaps(
  code: CodeWriter,
  s: SignalContraction,
  places: readonly Offset[],
  start: readonly Value[],
  r: number,
): readonly Value[] {
  const { taps } = s.phase;
  const chunk = taps.count <= UNROLLED_TAPS ? taps.count : UNROLLED_TAPS / 2;
  const chunks = Math.floor(taps.count / chunk);
  const run = (from: number, to: number, sums: readonly Value[]): readonly Value[] => {
    let now = sums;
    for (let k = from; k < to; k++) {
      const at = { tap: taps.tap + k * taps.tapStep, shift: taps.shift + k * taps.shiftStep, r };
      now = multiplyAdd(code, s, places, at, now);
    }
    return now;
  };
  if (chunks === 1) return run(0, taps.count, start);
  const steps = [
    [s.signal.pointer, chunk * taps.shiftStep * (s.signal.strides.j ?? 0)],
    [s.filter.pointer, chunk * taps.tapStep * (s.filter.strides.j ?? 0)],
  ] as const;
  const sums = code.loop(chunks, steps, start, (carried) => run(0, chunk, carried));
  return run(chunks * chunk, taps.count, sums);
}

function multiplyAdd(
  code: CodeWriter,
  s: SignalContraction,
  places: readonly Offset[],
  { tap, shift, r }: { tap: number; shift: number; r: number },
  sums: readonly Value[],
): Value[] {
  const once = reader(code);
  return places.map((at, i) => {
    const x = once(s.signal, { t: at.t, c: at.c, r, j: shift });
    const w = once(s.filter, { c: at.c, t: at.t, r, j: tap });
    return code.add(sums[i], code.mul(x, w));
  });
}

/** The filter's gradient: v and y are both signals. Strides of y along t count result positions, along j taps. */
export interface FilterContraction {
  /** Rows, in sample lanes groups of 16. */
  readonly rows: number;
  readonly groups: number;
  /** Vectors of v's channels and channels of y a convolution group, and v's positions. */
  readonly filters: number;
  readonly channels: Summed;
  readonly positions: number;
  readonly taps: number;
  readonly v: Operand;
  readonly y: Operand;
  /** Everywhere that the gradient is written: one number a place in sample lanes, else a vector of filters. */
  readonly results: readonly Operand[];
  readonly tile: { readonly filters: number; readonly channels: number; readonly taps: number };
}

export function emitFilter(code: CodeWriter, s: FilterContraction): void {
  const all = [s.v, s.y, ...s.results];
  nest(code, all, [["k", s.groups]], () => {
    blocks(code, all, "c", s.filters, s.tile.filters, (filters, c) => {
      const block = (count: number, r: number): void =>
        blocks(code, all, "q", count, s.tile.channels, (channels, q) => {
          blocks(code, all, "j", s.taps, s.tile.taps, (taps, j) => {
            const places = spread(s.y, filters, channels * taps).map(([i, k]): Offset => ({
              c: c + i,
              r,
              q: q + Math.floor(k / taps),
              j: j + (k % taps),
            }));
            const sums = sumRows(code, s, places);
            for (const o of s.results)
              places.forEach((at, i) => {
                if (s.v.lanes === s.y.lanes) code.store1(o.pointer, byteOffset(o, at), sums[i]);
                else code.store(o.pointer, byteOffset(o, at), sums[i]);
              });
          });
        });
      nest(code, all, [["r", s.channels.blocks]], () => block(s.channels.size, 0));
      block(s.channels.rest, s.channels.blocks);
    });
  });
}

function sumRows(code: CodeWriter, s: FilterContraction, places: readonly Offset[]): readonly Value[] {
  const zero = code.float(0);
  const zeros = places.map(() => zero);
  const signals = [s.v, s.y];
  const acrossLanes = s.v.lanes === s.y.lanes;
  return code.loop(s.rows, advance(signals, "g"), zeros, (totals) => {
    const sums = code.loop(s.positions, advance(signals, "t"), zeros, (carried) => {
      const once = reader(code);
      return places.map((at, i) => code.add(carried[i], code.mul(once(s.v, at), once(s.y, at))));
    });
    return sums.map((sum, i) => code.add(totals[i], acrossLanes ? code.tree(sum) : sum));
  });
}

/** Loads each address once within a body. */
function reader(code: CodeWriter): (operand: Operand, at: Offset) => Value {
  const known = new Map<string, Value>();
  return (operand, at) => {
    const key = `${operand.pointer} ${byteOffset(operand, at)}`;
    const value = known.get(key) ?? read(code, operand, at);
    known.set(key, value);
    return value;
  };
}

/** Loops over axes, outermost first. */
export function nest(
  code: CodeWriter,
  operands: readonly Operand[],
  axes: readonly (readonly [NestAxis, number])[],
  body: () => void,
): void {
  if (axes.length === 0) return body();
  const [[axis, count], ...inner] = axes;
  code.loop(count, advance(operands, axis), [], () => {
    nest(code, operands, inner, body);
    return [];
  });
}

/**
 * The places of a tile in an order that keeps few values alive: channels outermost where the signal is the vector, since
 * each filter value is then read once and dropped; innermost where the signal is the broadcast.
 */
const spread = (signal: Operand, channels: number, others: number): [number, number][] =>
  signal.lanes === "vector" ? grid(channels, others) : grid(others, channels).map(([k, i]) => [i, k]);

const grid = (rows: number, columns: number): [number, number][] =>
  Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns]);
