/**
 * A Program shared out among threads: phases, and in each a list of kernels a thread, with a barrier after each phase.
 *
 * Only outputs are shared out, never a sum: a loop that carries no value gives each thread some of its turns, the same
 * code with another trip count and its pointers moved. So every number of threads gives the same bits. Which loops may
 * be split is not taken on trust: their turns must be seen to touch different bytes (ranges.ts); a loop where that
 * cannot be seen stays whole. A phase ends only where a kernel touches bytes that another thread wrote in it, so
 * a chain of kernels over the same channels runs without a barrier.
 */
import { append, largestOf, leastOf } from "../numerics/extremes.ts";
import type { Program } from "./program.ts";
import {
  meet,
  meetAcrossTurns,
  shifted,
  stepOf,
  touchedBy,
  union,
  type Ranges,
  type Touched,
} from "./ranges.ts";
import { valuesRead, valuesSet } from "./uses.ts";
import type { Code, Instruction, Kernel, Loop, Value } from "./vector.ts";

/** What each thread runs before it meets the others. */
export type Phase = readonly (readonly Kernel[])[];

export interface Partition {
  readonly threads: number;
  readonly entries: Readonly<Record<string, readonly Phase[]>>;
}

/** Kernels of less work stay whole: the barrier would cost what the split gains. */
const GRAIN = 10_000;
/** Vector instructions of about a millisecond of 512-bit code. */
const WORK_A_MILLISECOND = 10_000_000;
/** How much longer than the mean the longest share of a loop may be; else the turns that are left over are opened. */
const UNEVEN = 0.05;
/** Loops of less than this part of a thread's share are not worth a piece of their own. */
const SMALL = 0.02;
/** A body of more loops than this stays whole. */
const MOST_LOOPS = 64;

/** The program as it is, on one thread. */
export const whole = (program: Program): Partition => ({
  threads: 1,
  entries: Object.fromEntries(Object.entries(program.entries).map(([name, kernels]) => [name, [[kernels]]])),
});

/** Whether the first thread has all of an entry's work: then there is nobody to meet. */
export const isAlone = (phases: readonly Phase[]): boolean =>
  phases.every(([, ...others]) => others.every((list) => list.length === 0));

/** Shares a program out among `threads`; kernels of less work than `grain` (vector instructions) stay whole. */
export function partition(program: Program, threads: number, grain = GRAIN): Partition {
  if (threads === 1) return whole(program);
  const entries = Object.entries(program.entries).map(([name, kernels]) => [
    name,
    phasesOf(kernels.map((k) => shareOut(k, threads, grain))),
  ]);
  return { threads, entries: Object.fromEntries(entries) as Partition["entries"] };
}

/** So many threads meet at a barrier as fast as two. */
const FEW = 4;

/** How many threads a program's longest entry feeds: one a millisecond, or a few, one for each so many milliseconds. */
export function threadsFor(program: Program, fewMs: number): number {
  const time = millisecondsOf(program);
  return Math.max(1, Math.floor(time), Math.min(FEW, Math.floor(time / fewMs)));
}

/** About how long the longest entry of a program takes on one thread of 512-bit code. */
export function millisecondsOf(program: Program): number {
  const work = Object.values(program.entries).map((kernels) =>
    kernels.reduce((sum, { code }) => sum + workOf(code.body), 0),
  );
  return Math.max(0, largestOf(work)) / WORK_A_MILLISECOND;
}

/** Vector instructions that code runs; divisions and roots take as long as several. */
export function workOf(body: readonly Instruction[]): number {
  let work = 0;
  for (const i of body) {
    if (i.op === "loop") work += i.count * workOf(i.body);
    else work += i.op === "div" || i.op === "sqrt" ? 10 : 1;
  }
  return work;
}

// one kernel

/** Code with its pointers placed, and what it costs. */
interface Piece {
  readonly code: Code;
  readonly pointers: readonly number[];
  readonly work: number;
}

/** A kernel as kernels a thread. */
function shareOut(kernel: Kernel, threads: number, grain: number): readonly (readonly Kernel[])[] {
  const { code, pointers, name } = kernel;
  const work = workOf(code.body);
  const lists: Kernel[][] = Array.from({ length: threads }, () => []);
  if (work < grain) {
    lists[0].push(kernel);
    return lists;
  }
  const loads = lists.map(() => 0);
  const give = (thread: number, piece: Piece): void => {
    lists[thread].push({ name, code: piece.code, pointers: piece.pointers });
    loads[thread] += piece.work;
  };
  const rest: Piece[] = [];
  share({ code, pointers, work });
  for (const piece of rest.sort((a, b) => b.work - a.work)) give(loads.indexOf(leastOf(loads)), piece);
  return lists;

  /** Turns of loops to all threads alike; what cannot be divided waits for the thread with the least. */
  function share(part: Piece): void {
    for (const unit of unitsOf(part, (SMALL * work) / threads)) {
      const { loop, needs } = unit;
      if (loop === null || !turnsApart(loop, part.pointers)) {
        rest.push(pieceOf(part, unit.body));
        continue;
      }
      const turnWork = workOf(loop.body);
      const turns = (count: number): Instruction[] => [
        ...needs,
        ...(count === 1 ? loop.body : [{ ...loop, count }]),
      ];
      const moved = (turn: number): number[] => part.pointers.map((p, i) => p + turn * stepOf(loop, i));
      const each = Math.floor(loop.count / threads);
      const left = loop.count % threads;
      const longer = left > 0 ? turnWork * (1 - left / threads) : 0;
      const open = longer > (UNEVEN * work) / threads && turnWork >= grain;
      const sizes = new Map<number, Code>();
      let from = 0;
      for (let t = 0; t < threads; t++) {
        const count = each + (!open && t < left ? 1 : 0);
        if (count === 0) continue;
        const shared = sizes.get(count) ?? { ...part.code, body: turns(count) };
        sizes.set(count, shared);
        give(t, { code: shared, pointers: moved(from), work: count * turnWork });
        from += count;
      }
      if (!open) continue;
      const one = { ...part.code, body: turns(1) };
      for (; from < loop.count; from++) share({ code: one, pointers: moved(from), work: turnWork });
    }
  }
}

const pieceOf = (part: Piece, body: readonly Instruction[]): Piece => ({
  code: body.length === part.code.body.length ? part.code : { ...part.code, body },
  pointers: part.pointers,
  work: workOf(body),
});

/** Statements of a body that touch no byte that others write: a loop whose turns may be shared out, or what goes together. */
interface Unit {
  readonly body: readonly Instruction[];
  /** The loop, and the values from before it that it needs. */
  readonly loop: Loop | null;
  readonly needs: readonly Instruction[];
}

function unitsOf({ code: { body }, pointers }: Piece, small: number): Unit[] {
  const makers = new Map<Value, number>();
  body.forEach((i, k) => valuesSet(i, (v) => makers.set(v, k)));
  const needsOf = (statements: readonly number[]): Set<number> => {
    const found = new Set<number>();
    const visit = (k: number): void =>
      valuesRead(body[k], (v) => {
        const maker = makers.get(v);
        if (maker === undefined || maker === k || found.has(maker)) return;
        found.add(maker);
        visit(maker);
      });
    statements.forEach(visit);
    return found;
  };
  const at = (statements: Iterable<number>): Instruction[] =>
    [...statements].sort((a, b) => a - b).map((k) => body[k]);

  const alone = body.flatMap((i, k) => {
    if (i.op !== "loop" || i.carry.length > 0 || !stores(i) || workOf([i]) < small) return [];
    const needs = needsOf([k]);
    // a sum that a loop uses would be computed once a thread
    return [...needs].some((n) => body[n].op === "loop") ? [] : [{ k, loop: i, needs }];
  });
  const others = body.flatMap((i, k) => (stores(i) && !alone.some((a) => a.k === k) ? [k] : []));
  const asOne: Unit[] = [{ body, loop: null, needs: [] }];
  if (alone.length > MOST_LOOPS) return asOne;
  const sets = [
    ...alone.map(({ k, needs }) => new Set([...needs, k])),
    ...(others.length > 0 ? [new Set([...needsOf(others), ...others])] : []),
  ];
  const places = sets.map((set) => placed(touchedBy(at(set)), pointers));
  return groupsThatClash(places).map((group) => {
    const body = at(new Set(group.flatMap((i) => [...sets[i]])));
    const own = group.length === 1 ? alone.at(group[0]) : undefined;
    return own ? { body, loop: own.loop, needs: at(own.needs) } : { body, loop: null, needs: [] };
  });
}

/** Numbers of what touches bytes that others of the same group write, in one way or another. */
function groupsThatClash(places: readonly Places[]): number[][] {
  let groups: number[][] = [];
  places.forEach((place, i) => {
    const hit = groups.filter((group) => group.some((k) => clash(place, places[k])));
    groups = [...groups.filter((group) => !hit.includes(group)), [...hit.flat(), i]];
  });
  return groups;
}

const stores = (i: Instruction): boolean =>
  i.op === "store" || i.op === "store1" || (i.op === "loop" && i.body.some(stores));

/** Whether the turns of a loop touch no byte that another turn writes. */
function turnsApart(loop: Loop, pointers: readonly number[]): boolean {
  const { reads, writes } = touchedBy(loop.body);
  const overall = touchedBy([loop]);
  return [...writes].every(([p, written]) =>
    [reads, writes].every((kind) =>
      [...kind].every(([q, touched]) => {
        const all = (kind === reads ? overall.reads : overall.writes).get(q) ?? [];
        if (!meet(shifted(overall.writes.get(p) ?? [], pointers[p]), shifted(all, pointers[q]))) return true;
        const step = stepOf(loop, p);
        if (step !== stepOf(loop, q)) return false;
        return !meetAcrossTurns(
          shifted(written, pointers[p]),
          shifted(touched, pointers[q]),
          loop.count,
          step,
        );
      }),
    ),
  );
}

// phases

/** Bytes of the arena that are read and written. */
interface Places {
  readonly reads: Ranges;
  readonly writes: Ranges;
}
const nowhere: Places = { reads: [], writes: [] };

const placed = ({ reads, writes }: Touched, pointers: readonly number[]): Places => {
  const all = (kind: Touched["reads"]): Ranges =>
    union([...kind].flatMap(([p, ranges]) => shifted(ranges, pointers[p])));
  return { reads: all(reads), writes: all(writes) };
};
const both = (a: Places, b: Places): Places => ({
  reads: union([...a.reads, ...b.reads]),
  writes: union([...a.writes, ...b.writes]),
});
const clash = (a: Places, b: Places): boolean =>
  meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes);

/** Kernels one after another, with as few barriers as their bytes allow. */
function phasesOf(kernels: readonly (readonly (readonly Kernel[])[])[]): Phase[] {
  const phases: Kernel[][][] = [];
  let touched: Places[] = [];
  for (const lists of kernels) {
    const own = lists.map((list) =>
      list.map(({ code, pointers }) => placed(touchedBy(code.body), pointers)).reduce(both, nowhere),
    );
    const waits = own.some((a, t) => touched.some((b, u) => t !== u && clash(a, b)));
    if (waits || phases.length === 0) {
      phases.push(lists.map(() => []));
      touched = lists.map(() => nowhere);
    }
    lists.forEach((list, t) => append(phases[phases.length - 1][t], list));
    touched = touched.map((b, t) => both(b, own[t]));
  }
  return phases;
}
