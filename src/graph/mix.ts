/**
 * Sparse linear maps along positions. A map is a list of rows, one a result: which positions it sums, with which
 * weights. Rows that repeat with a shift are kept as one segment, so that kernels stay small however long the signal.
 */
import type { Segment, Term } from "./ops.ts";

export type Rows = readonly (readonly Term[])[];

/** A graph that would not fit in memory or in a program: of a model that asks for too much. */
export class GraphTooLarge extends Error {}

/** The most terms that no shift repeats: each becomes an instruction. */
export const MOST_UNROLLED = 2 ** 15;

/** Longest pattern looked for: upsampling by 8 repeats after 8 results. */
const LONGEST_PATTERN = 8;

/** Rows as segments: at each place the pattern that covers most rows. */
export function segmentsOf(rows: Rows): Segment[] {
  const segments: Segment[] = [];
  let unrolled = 0;
  for (let first = 0; first < rows.length;) {
    let best = { turns: 1, step: 0, period: 1 };
    for (let period = 1; period <= LONGEST_PATTERN && first + period <= rows.length; period++) {
      const step = stepBetween(rows, first, first + period);
      let turns = 1;
      if (step === null) continue;
      while (repeats(rows, first, period, turns, step)) turns++;
      if (turns > 1 && turns * period > best.turns * best.period) best = { turns, step, period };
      if (turns > 1 && first + turns * period === rows.length) break; // no pattern covers more
    }
    const { turns, step, period } = best;
    const pattern = rows.slice(first, first + period);
    for (const terms of pattern) unrolled += 1 + terms.length;
    if (unrolled > MOST_UNROLLED)
      throw new GraphTooLarge(
        `a map of ${rows.length} results has more than ${MOST_UNROLLED} terms that no shift repeats`,
      );
    segments.push({ first, turns, step, pattern });
    first += turns * period;
  }
  return segments;
}

/** How far the positions of row `b` lie behind those of row `a`, or null where the rows differ otherwise. */
function stepBetween(rows: Rows, a: number, b: number): number | null {
  if (b >= rows.length || rows[a].length !== rows[b].length) return null;
  const step = rows[a].length > 0 ? rows[b][0][0] - rows[a][0][0] : 0;
  return rows[a].every(
    ([position, weight], i) => rows[b][i][0] === position + step && rows[b][i][1] === weight,
  )
    ? step
    : null;
}

function repeats(rows: Rows, first: number, period: number, turn: number, step: number): boolean {
  for (let i = 0; i < period; i++) {
    const here = first + turn * period + i;
    const before = stepBetween(rows, here - period, here);
    const empty = here < rows.length && rows[here].length === 0 && rows[here - period].length === 0;
    if (before !== step && !empty) return false;
  }
  return true;
}

/** The rows behind segments. */
export function rowsOf(segments: readonly Segment[]): Term[][] {
  return segments.flatMap(({ turns, step, pattern }) =>
    Array.from({ length: turns }, (_, turn) =>
      pattern.map((terms) => terms.map(([position, weight]): Term => [position + turn * step, weight])),
    ).flat(),
  );
}

/** Results `first, first + 1, ...` of a mix that are sums of the operand's positions so far from their own. */
export interface Run {
  readonly first: number;
  readonly count: number;
  readonly shifts: readonly number[];
}

/** The most runs, and terms of a result, that are worth reading again and again. */
const MOST_RUNS = 8;
const MOST_SHIFTS = 4;

/** A mix as runs of sums of neighbours (crops, shifts, their adjoints); null where it is no such. */
export function runsOf(segments: readonly Segment[]): Run[] | null {
  const runs: Run[] = [];
  const add = (first: number, count: number, terms: readonly Term[]): void => {
    const shifts = terms.map(([position]) => position - first);
    const before = runs.at(-1);
    if (before?.shifts.join() === shifts.join())
      runs[runs.length - 1] = { ...before, count: before.count + count };
    else runs.push({ first, count, shifts });
  };
  for (const { first, turns, step, pattern } of segments) {
    if (pattern.some((terms) => terms.length > MOST_SHIFTS || terms.some(([, weight]) => weight !== 1)))
      return null;
    if (pattern.length === 1 && step === 1) {
      add(first, turns, pattern[0]);
      continue;
    }
    if (turns > MOST_RUNS) return null;
    rowsOf([{ first, turns, step, pattern }]).forEach((terms, i) => add(first + i, 1, terms));
  }
  return runs.length <= MOST_RUNS ? runs : null;
}

/** The adjoint: results become positions and positions results, in ascending order. */
export function transposedRows(rows: Rows, positions: number): Term[][] {
  const transposed: Term[][] = Array.from({ length: positions }, () => []);
  rows.forEach((terms, result) => {
    for (const [position, weight] of terms) transposed[position].push([result, weight]);
  });
  return transposed;
}
