/** Intervals with names on the rows of recordings: drawn, changed, and taken back. */
import { signal } from "@preact/signals";
import type { Interval } from "toeplitz";

/** The intervals of a row, in order, none over another; and how they were before and after. */
export interface Marks {
  readonly now: readonly Interval[];
  readonly past: readonly (readonly Interval[])[];
  readonly future: readonly (readonly Interval[])[];
}
export const NO_MARKS: Marks = { now: [], past: [], future: [] };

/** Changes that can be taken back. */
const MOST_PAST = 200;

/** What came of a change: the same marks and a sentence where it could not be, else others and perhaps a sentence. */
export interface Changed {
  readonly marks: Marks;
  readonly said: string;
}

const changed = ({ now, past }: Marks, next: readonly Interval[]): Marks => ({
  now: [...next].sort((a, b) => a.start - b.start),
  past: [...past.slice(-MOST_PAST), now],
  future: [],
});

/** `start` to `end` cut to where no other interval is; null where nothing is left. */
function free(
  others: readonly Interval[],
  start: number,
  end: number,
): { readonly start: number; readonly end: number; readonly cutBy: Interval | null } | null {
  let [from, to] = [start, end];
  let cutBy: Interval | null = null;
  for (const other of others) {
    if (other.end <= from || other.start >= to) continue;
    cutBy = other;
    if (other.start <= from) from = other.end;
    else to = other.start;
    if (from >= to) return null;
  }
  return { start: from, end: to, cutBy };
}

const OVER = "a position has one class";

/** Another interval of positions `start` up to, but not with, `end`; cut where it would lie over others. */
export function added(marks: Marks, start: number, end: number, label: string): Changed {
  const name = label.trim();
  if (name === "") return { marks, said: "an interval has a label; type one, then draw" };
  const room = free(marks.now, start, end);
  if (!room || !(end > start))
    return { marks, said: `there is an interval already; ${OVER}; draw beside it, or change it` };
  const { cutBy, ...place } = room;
  return {
    marks: changed(marks, [...marks.now, { ...place, label: name }]),
    said: cutBy ? `cut to ${place.start} to ${place.end}, where "${cutBy.label}" is not: ${OVER}` : "",
  };
}

/** The interval of that number elsewhere, by another name, or both. */
export function edited(marks: Marks, index: number, next: Partial<Interval>): Changed {
  const own = { ...marks.now[index], ...next };
  const name = own.label.trim();
  if (name === "") return { marks, said: "an interval has a label; type one" };
  if (!(Number.isInteger(own.start) && Number.isInteger(own.end) && own.end > own.start && own.start >= 0))
    return { marks, said: `from ${own.start} to ${own.end} is no interval; it ends after it begins` };
  const others = marks.now.filter((_, i) => i !== index);
  const room = free(others, own.start, own.end);
  if (!room) return { marks, said: `it would lie within another interval; ${OVER}` };
  const { cutBy, ...place } = room;
  return {
    marks: changed(marks, [...others, { ...place, label: name }]),
    said: cutBy ? `cut to ${place.start} to ${place.end}, where "${cutBy.label}" is not: ${OVER}` : "",
  };
}

export const removed = (marks: Marks, index: number): Marks =>
  changed(
    marks,
    marks.now.filter((_, i) => i !== index),
  );

export function undone({ now, past, future }: Marks): Marks {
  const last = past.at(-1);
  return last ? { now: last, past: past.slice(0, -1), future: [now, ...future] } : { now, past, future };
}

export function redone({ now, past, future }: Marks): Marks {
  const [next, ...rest] = future;
  return next ? { now: next, past: [...past, now], future: rest } : { now, past, future };
}

/** All intervals in place of those that there are. */
export const replaced = (marks: Marks, next: readonly Interval[]): Marks => changed(marks, next);

/** The marks of each row of the data set that is annotated; `shape` is that of its rows. */
const all = signal<{
  readonly id: string;
  readonly shape: string;
  readonly rows: ReadonlyMap<number, Marks>;
}>({ id: "", shape: "", rows: new Map() });

export const marksOf = (id: string, row: number): Marks =>
  all.value.id === id ? (all.value.rows.get(row) ?? NO_MARKS) : NO_MARKS;

export function setMarks(id: string, row: number, marks: Marks): void {
  all.value = { ...all.value, id, rows: new Map([...all.value.rows, [row, marks]]) };
}

export const startMarks = (id: string, row: number, intervals: readonly Interval[]): void =>
  setMarks(id, row, { ...NO_MARKS, now: intervals });

/**
 * The same files were read again, as another data set: marks stay where its rows are as long as before, and wait where they
 * are not.
 */
export function keepMarks(id: string, shape: string): "none" | "kept" | "other rows" {
  const { rows, shape: before } = all.value;
  if (rows.size === 0 || before === "" || before === shape) {
    all.value = { id, shape, rows };
    return rows.size === 0 ? "none" : "kept";
  }
  all.value = { ...all.value, id: "" };
  return "other rows";
}

/** Every row that has intervals. */
export const marked = (id: string): { row: number; intervals: readonly Interval[] }[] =>
  all.value.id === id
    ? [...all.value.rows]
        .filter(([, { now }]) => now.length > 0)
        .map(([row, { now }]) => ({ row, intervals: now }))
        .sort((a, b) => a.row - b.row)
    : [];

export const forgetMarks = (): void => void (all.value = { id: "", shape: "", rows: new Map() });
