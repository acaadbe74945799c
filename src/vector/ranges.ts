/**
 * Which bytes vector code touches. Trip counts and advances are constants, so this is known before anything runs: it
 * proves that no address can leave the tensor it is meant for, and which parts of a kernel may run at the same time.
 *
 * Ranges err on the wide side only: a loop whose strides leave gaps counts as touching them.
 */
import { VECTOR_BYTES } from "./layout.ts";
import type { Code, Instruction, Loop, Pointer } from "./vector.ts";

/** Bytes from..to (to not included), ascending and apart: from, to, from, to and so on. */
export type Ranges = readonly number[];

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
  const reads = new Map<Pointer, number[]>();
  const writes = new Map<Pointer, number[]>();
  const note = (into: Map<Pointer, number[]>, p: Pointer, ranges: Ranges): void => {
    const noted = into.get(p);
    if (noted) for (const r of ranges) noted.push(r);
    else into.set(p, [...ranges]);
  };
  for (const i of body) {
    if (i.op === "loop") {
      const inner = touchedBy(i.body);
      for (const [p, ranges] of inner.reads) note(reads, p, overTurns(ranges, i.count, stepOf(i, p)));
      for (const [p, ranges] of inner.writes) note(writes, p, overTurns(ranges, i.count, stepOf(i, p)));
    } else if (i.op === "load" || i.op === "splat") {
      note(reads, i.pointer, [i.offset, i.offset + (i.op === "load" ? VECTOR_BYTES : FLOAT_BYTES)]);
    } else if (i.op === "store" || i.op === "store1") {
      note(writes, i.pointer, [i.offset, i.offset + (i.op === "store" ? VECTOR_BYTES : FLOAT_BYTES)]);
    }
  }
  const tidy = (all: Map<Pointer, number[]>): Map<Pointer, Ranges> =>
    new Map([...all].map(([p, ranges]) => [p, union(ranges)]));
  return { reads: tidy(reads), writes: tidy(writes) };
}

/** How far a turn of a loop moves a pointer. */
export const stepOf = ({ advance }: Loop, pointer: Pointer): number =>
  advance.reduce((sum, [p, bytes]) => (p === pointer ? sum + bytes : sum), 0);

/** Ranges of all turns of a loop, from those of one. */
function overTurns(ranges: Ranges, count: number, step: number): Ranges {
  const far = (count - 1) * step;
  return ranges.map((r, i) => (i % 2 === 0 ? r + Math.min(0, far) : r + Math.max(0, far)));
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
      const [from, to] = [before + ranges[0], before + ranges[ranges.length - 1]];
      if (!(from >= 0 && to <= bytes + beyond))
        throw new Error(
          `fault in the compiler: ${name} ${does} bytes ${from} to ${to} of a tensor of ${bytes}`,
        );
    }
  };
  check(reads, "reads", VECTOR_BYTES - FLOAT_BYTES);
  check(writes, "writes", 0);
}

/** Ranges in any order, tidied. */
export function union(ranges: Ranges): Ranges {
  if (ranges.length === 2) return ranges;
  const order = Array.from({ length: ranges.length / 2 }, (_, i) => i * 2).sort(
    (a, b) => ranges[a] - ranges[b],
  );
  const merged: number[] = [];
  for (const i of order) {
    const last = merged.length - 1;
    if (last > 0 && ranges[i] <= merged[last]) merged[last] = Math.max(merged[last], ranges[i + 1]);
    else merged.push(ranges[i], ranges[i + 1]);
  }
  return merged.length > 2 * MOST_RANGES ? [merged[0], merged[merged.length - 1]] : merged;
}

export const shifted = (ranges: Ranges, by: number): Ranges => ranges.map((r) => r + by);

/** Whether any byte is in both. */
export function meet(a: Ranges, b: Ranges): boolean {
  if (a.length === 0 || b.length === 0) return false;
  if (a[a.length - 1] <= b[0] || b[b.length - 1] <= a[0]) return false;
  for (let i = 0, k = 0; i < a.length && k < b.length;) {
    if (a[i + 1] <= b[k]) i += 2;
    else if (b[k + 1] <= a[i]) k += 2;
    else return true;
  }
  return false;
}

/** Whether `a` of one turn and `b` of another meet, in a loop whose turns move both by `step`. */
export function meetAcrossTurns(a: Ranges, b: Ranges, count: number, step: number): boolean {
  const by = Math.abs(step);
  for (let i = 0; i < a.length; i += 2) {
    for (let k = 0; k < b.length; k += 2) {
      // they overlap `turns` turns apart where low < turns * by < high
      const low = a[i] - b[k + 1];
      const high = a[i + 1] - b[k];
      if (by === 0) {
        if (count > 1 && low < 0 && 0 < high) return true;
        continue;
      }
      const next = Math.max(Math.floor(low / by) + 1, 1 - count);
      const turns = next === 0 ? 1 : next;
      if (turns < count && turns * by < high) return true;
    }
  }
  return false;
}
