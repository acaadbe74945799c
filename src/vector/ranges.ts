/**
 * Which bytes vector code touches. Trip counts and advances are constants, so this is known before anything runs: it
 * proves that no address can leave the tensor it is meant for, and which parts of a kernel may run at the same time.
 *
 * Runs err on the wide side only: but for one loop over rows, a loop whose strides leave gaps counts as touching them.
 */
import { append, largestOf, leastOf } from "../numerics/extremes.ts";
import { VECTOR_BYTES } from "./layout.ts";
import type { Code, Instruction, Loop, Pointer } from "./vector.ts";

/**
 * Bytes from..to (to not included), `count` times, `step` apart: the rows of a tensor, of which a loop writes a part each.
 * A stretch that stands once has count 1 and step 0; others do not meet themselves.
 */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly count: number;
}
export type Ranges = readonly Run[];

/** A stretch of bytes by itself. */
export const stretch = (from: number, to: number): Run => ({ from, to, step: 0, count: 1 });

/** Where the last of a run ends. */
const endOf = ({ to, step, count }: Run): number => to + (count - 1) * step;

/** What code reads and writes through each of its pointers, relative to where they start. */
export interface Touched {
  readonly reads: ReadonlyMap<Pointer, Ranges>;
  readonly writes: ReadonlyMap<Pointer, Ranges>;
}

const FLOAT_BYTES = 4;
/** Beyond so many, ranges are taken as one from the first to the last. */
const MOST_RANGES = 512;

export function touchedBy(body: readonly Instruction[]): Touched {
  const seen = known.get(body) ?? look(body);
  known.set(body, seen);
  return seen;
}

/** Bodies that have been looked at: loops are met again at each level of a nest. */
const known = new WeakMap<readonly Instruction[], Touched>();

function look(body: readonly Instruction[]): Touched {
  const reads = new Map<Pointer, Run[]>();
  const writes = new Map<Pointer, Run[]>();
  const note = (into: Map<Pointer, Run[]>, p: Pointer, ranges: Ranges): void => {
    const noted = into.get(p);
    if (noted) append(noted, ranges);
    else into.set(p, [...ranges]);
  };
  for (const i of body) {
    if (i.op === "loop") {
      const inner = touchedBy(i.body);
      for (const [p, ranges] of inner.reads) note(reads, p, overTurns(ranges, i.count, stepOf(i, p)));
      for (const [p, ranges] of inner.writes) note(writes, p, overTurns(ranges, i.count, stepOf(i, p)));
    } else if (i.op === "load" || i.op === "splat") {
      note(reads, i.pointer, [stretch(i.offset, i.offset + (i.op === "load" ? VECTOR_BYTES : FLOAT_BYTES))]);
    } else if (i.op === "store" || i.op === "store1") {
      note(writes, i.pointer, [
        stretch(i.offset, i.offset + (i.op === "store" ? VECTOR_BYTES : FLOAT_BYTES)),
      ]);
    }
  }
  const tidy = (all: Map<Pointer, Run[]>): Map<Pointer, Ranges> =>
    new Map([...all].map(([p, ranges]) => [p, union(ranges)]));
  return { reads: tidy(reads), writes: tidy(writes) };
}

/** How far a turn of a loop moves a pointer. */
export const stepOf = ({ advance }: Loop, pointer: Pointer): number =>
  advance.reduce((sum, [p, bytes]) => (p === pointer ? sum + bytes : sum), 0);

/**
 * The runs of all turns of a loop, from those of one. A loop over rows makes a run of a stretch; one whose turns stay within a
 * row, or go on to further rows, keeps it.
 */
function overTurns(ranges: Ranges, count: number, step: number): Ranges {
  const far = (count - 1) * step;
  if (far === 0) return ranges;
  const apart = Math.abs(step);
  return ranges.map((run) => {
    const size = run.to - run.from;
    const from = run.from + Math.min(0, far);
    const wide = stretch(from, endOf(run) + Math.max(0, far));
    if (run.count === 1) return apart <= size ? wide : { from, to: from + size, step: apart, count };
    if (size + Math.abs(far) <= run.step) return { ...run, from, to: run.to + Math.max(0, far) };
    const whole = endOf(run) - run.from;
    // rows of the next group, behind the last or further on: those in between are taken too
    if (apart >= whole && apart % run.step === 0)
      return { ...run, from, to: from + size, count: run.count + Math.abs(far) / run.step };
    return apart >= whole ? { from, to: from + whole, step: apart, count } : wide;
  });
}

/** A tensor as a pointer into it sees it: bytes from its start to the pointer, and in all. */
export interface Room {
  readonly before: number;
  readonly bytes: number;
}

/**
 * Throws unless code writes within the tensors that its pointers are meant for, and reads there or, as a vector that
 * starts at the last float does, less than a vector beyond. So no valid program can touch what is not its own.
 */
export function requireWithin(name: string, code: Code, rooms: readonly Room[]): void {
  const { reads, writes } = touchedBy(code.body);
  const check = (kind: Touched["reads"], does: string, beyond: number): void => {
    for (const [p, ranges] of kind) {
      const { before, bytes } = rooms[p];
      const from = before + leastOf(ranges.map((run) => run.from));
      const to = before + largestOf(ranges.map(endOf));
      if (!(from >= 0 && to <= bytes + beyond))
        throw new Error(
          `fault in the compiler: ${name} ${does} bytes ${from} to ${to} of a tensor of ${bytes}`,
        );
    }
  };
  check(reads, "reads", VECTOR_BYTES - FLOAT_BYTES);
  check(writes, "writes", 0);
}

/** Runs in any order, tidied: those of one kind that touch are joined, and of too many their whole extent is taken. */
export function union(ranges: Ranges): Ranges {
  if (ranges.length < 2) return ranges;
  const order = [...ranges].sort((a, b) => a.step - b.step || a.count - b.count || a.from - b.from);
  const merged: Run[] = [];
  for (const run of order) {
    const last = merged.at(-1);
    const joins = last && last.step === run.step && last.count === run.count && run.from <= last.to;
    if (!joins) {
      merged.push(run);
      continue;
    }
    const joined = { ...last, to: Math.max(last.to, run.to) };
    const full = joined.count > 1 && joined.to - joined.from >= joined.step;
    merged[merged.length - 1] = full ? stretch(joined.from, endOf(joined)) : joined;
  }
  if (merged.length > MOST_RANGES)
    return [stretch(leastOf(merged.map((run) => run.from)), largestOf(merged.map(endOf)))];
  return merged.sort((a, b) => a.from - b.from);
}

export const shifted = (ranges: Ranges, by: number): Ranges =>
  by === 0 ? ranges : ranges.map((run) => ({ ...run, from: run.from + by, to: run.to + by }));

/** Whether any byte is in both. */
export function meet(a: Ranges, b: Ranges): boolean {
  return a.some((x) => b.some((y) => runsMeet(x, y, 0)));
}

/** Whether any byte is in both when the first run stands `by` bytes on; runs of different steps are taken whole. */
function runsMeet(a: Run, b: Run, by: number): boolean {
  if (a.from + by >= endOf(b) || b.from >= endOf(a) + by) return false;
  const step = a.step || b.step;
  if (step === 0 || (a.step !== 0 && b.step !== 0 && a.step !== b.step)) return true;
  // a's i-th meets b's k-th where low < (k - i) step < high
  const low = a.from + by - b.to;
  const high = a.to + by - b.from;
  const next = Math.max(Math.floor(low / step) + 1, 1 - a.count);
  return next < b.count && next * step < high;
}

/** Whether `a` of one turn and `b` of another meet, in a loop whose turns move both by `step`. */
export function meetAcrossTurns(a: Ranges, b: Ranges, count: number, step: number): boolean {
  return a.some((x) => b.some((y) => turnsMeet(x, y, count, step)));
}

function turnsMeet(a: Run, b: Run, count: number, step: number): boolean {
  const by = Math.abs(step);
  if (by === 0) return count > 1 && runsMeet(a, b, 0);
  // turns apart at which the extents of both meet
  const least = Math.max(1 - count, Math.floor((b.from - endOf(a)) / by) + 1);
  const most = Math.min(count - 1, Math.ceil((endOf(b) - a.from) / by) - 1);
  if (a.count === 1 && b.count === 1) return least <= most && !(least === 0 && most === 0);
  for (let turns = least; turns <= most; turns++) if (turns !== 0 && runsMeet(a, b, turns * by)) return true;
  return false;
}
