/** Parts of a data set, drawn from the seed. */
import { permutation } from "../numerics/threefry.ts";
import { answersOf } from "./answers.ts";
import { rowsOf, type Dataset, type Spans } from "./dataset.ts";
import { InputError } from "./errors.ts";

const SPLIT_STREAM = 0x5350;

/**
 * Holds a fraction of the rows back, of every class alike where rows have one (at least one row of a class stays). Of
 * rows that are windows it is the last of each series, and the windows that overlap them are in neither part.
 */
export function holdOut(data: Dataset, fraction: number, seed: number): { train: Dataset; held: Dataset } {
  const [kept, held] = data.spans
    ? lastWindows(data.spans, data.length, fraction)
    : drawn(data, fraction, seed);
  if (held.length === 0)
    throw new InputError(
      `validation ${fraction} of ${data.rows} rows leaves no row to validate on; give a larger fraction`,
    );
  return { train: rowsOf(data, kept), held: rowsOf(data, held) };
}

type Parts = [kept: number[], held: number[]];

function drawn(data: Dataset, fraction: number, seed: number): Parts {
  const order = [...permutation(data.rows, seed, SPLIT_STREAM, 0)];
  const groups =
    answersOf(data) === "classes"
      ? data.classes.map((_, k) => order.filter((r) => data.labels[r] === k))
      : [order];
  const held = groups.flatMap((g) => g.slice(0, Math.min(Math.round(g.length * fraction), g.length - 1)));
  const out = new Set(held);
  return [order.filter((r) => !out.has(r)).sort((a, b) => a - b), held.sort((a, b) => a - b)];
}

function lastWindows({ names, series, start }: Spans, length: number, fraction: number): Parts {
  const rowsOfSeries = names.map((): number[] => []);
  series.forEach((s, row) => rowsOfSeries[s].push(row));
  const kept: number[] = [];
  const held: number[] = [];
  for (const rows of rowsOfSeries) {
    rows.sort((a, b) => start[a] - start[b]);
    const count = Math.min(Math.round(rows.length * fraction), rows.length - 1);
    const later = count > 0 ? rows.splice(-count) : [];
    const end = later.length > 0 ? start[later[0]] : Infinity;
    for (const row of rows) if (start[row] + length <= end) kept.push(row);
    for (const row of later) held.push(row);
  }
  return [kept.sort((a, b) => a - b), held.sort((a, b) => a - b)];
}
