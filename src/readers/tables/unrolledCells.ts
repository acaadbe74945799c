/** Columns of lists in memory as a table with a time step a row, by the rules of `listColumns`. */
import type { TableOptions } from "./columns.ts";
import type { Cell, Cells, Listed } from "./cells.ts";
import {
  channelsIn,
  isListOfLists,
  LISTS_NOTE,
  listsOfListsNote,
  seriesColumn,
  unequalLists,
  wantedLists,
} from "./listColumns.ts";

/** Columns with a time step a row. */
export interface UnrolledCells {
  readonly cells: readonly Cells[];
  /** The column that says which row a time step is of. */
  readonly series: string;
  /** The columns that were lists, or channels in lists of lists. */
  readonly steps: ReadonlySet<string>;
  readonly notes: readonly string[];
}

/** A list a row. */
interface List {
  readonly name: string;
  readonly type: string;
  readonly at: (row: number) => Listed | null;
}

const asList = (cell: Cell | undefined): Listed | null =>
  cell !== null && typeof cell === "object" ? cell : null;

/** The columns with their lists unrolled; null where none that is wanted is a list. Throws InputError. */
export function unrollCells(
  source: string,
  cells: readonly Cells[],
  options: TableOptions,
): UnrolledCells | null {
  const wanted = new Set(wantedLists(cells, options).map(({ name }) => name));
  if (wanted.size === 0) return null;
  const notes = [LISTS_NOTE];
  const lists = cells
    .filter(({ name }) => wanted.has(name))
    .flatMap((column): List[] => {
      const { name, at } = column;
      const type = column.type.slice(0, -2);
      const list = (row: number): Listed | null => asList(at(row));
      if (!isListOfLists(column)) return [{ name, type, at: list }];
      const count = countOf(source, column);
      notes.push(listsOfListsNote(name, count));
      return Array.from({ length: count }, (_, c) => ({
        name: `${name}${c}`,
        type: type.slice(0, -2),
        at: (row: number) => asList(list(row)?.at(c)),
      }));
    });
  const starts = startsOf(source, lists, cells[0].length);
  const length = starts[starts.length - 1];
  const rowOf = rowFinder(starts);
  const series = seriesColumn(cells);
  const rest = cells.filter(({ name }) => !wanted.has(name));
  return {
    cells: [
      { name: series, type: "VARCHAR", length, at: (step) => String(rowOf(step)) },
      ...rest.map(({ at, ...column }): Cells => ({ ...column, length, at: (step) => at(rowOf(step)) })),
      ...lists.map((list): Cells => ({ ...list, length, at: stepsOf(list, starts, rowOf) })),
    ],
    series,
    steps: new Set(lists.map(({ name }) => name)),
    notes,
  };
}

/** How many lists each row's list of lists has. */
function countOf(source: string, { name, length, at }: Cells): number {
  let [least, most, shortest] = [Infinity, 0, Infinity];
  for (let row = 0; row < length; row++) {
    const list = asList(at(row));
    if (!list) continue;
    least = Math.min(least, list.length);
    most = Math.max(most, list.length);
    for (let c = 0; c < list.length; c++) shortest = Math.min(shortest, asList(list.at(c))?.length ?? 0);
  }
  return length === 0 ? 1 : channelsIn(source, name, least, most, shortest, "without queries");
}

/** Where each row's steps begin, one more at the end. Refuses (InputError) lists that are empty or not of one length. */
function startsOf(source: string, lists: readonly List[], rows: number): Float64Array {
  const starts = new Float64Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    const [first, ...others] = lists.map(({ at }) => at(row)?.length ?? 0);
    if (first === 0 || others.some((count) => count !== first))
      throw unequalLists(
        source,
        row,
        lists.map(({ name }) => name),
        [first, ...others],
      );
    starts[row + 1] = starts[row] + first;
  }
  return starts;
}

/** Finds the row of a step: the last one first, since steps mostly come in order. */
function rowFinder(starts: Float64Array): (step: number) => number {
  let last = 0;
  return (step) => {
    if (step >= starts[last] && step < starts[last + 1]) return last;
    let [low, high] = [0, starts.length - 2];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= step) low = middle;
      else high = middle - 1;
    }
    last = low;
    return low;
  };
}

/** The steps of a list one after the other; the list of the last row is kept. */
function stepsOf(list: List, starts: Float64Array, rowOf: (step: number) => number): (step: number) => Cell {
  let last = -1;
  let kept: Listed | null = null;
  return (step) => {
    const row = rowOf(step);
    if (row !== last) [last, kept] = [row, list.at(row)];
    return kept?.at(step - starts[row]) ?? null;
  };
}
