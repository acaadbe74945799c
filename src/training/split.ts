/** Parts of a data set, drawn from the seed. */
import { permutation } from "../numerics/threefry.ts";
import { answersOf } from "./answers.ts";
import { dataset, gather, type Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";

const SPLIT_STREAM = 0x5350;

/** The given rows as a data set of their own. */
function rowsOf(data: Dataset, rows: readonly number[]): Dataset {
  const groups = data.groups;
  return dataset({ ...data, ...gather(data, rows), ...(groups && { groups: rows.map((r) => groups[r]) }) });
}

/** Holds a fraction of the rows back, of every class alike where rows have one (at least one row of a class stays). */
export function holdOut(data: Dataset, fraction: number, seed: number): { train: Dataset; held: Dataset } {
  const order = [...permutation(data.rows, seed, SPLIT_STREAM, 0)];
  const groups =
    answersOf(data) === "classes"
      ? data.classes.map((_, k) => order.filter((r) => data.labels[r] === k))
      : [order];
  const held = groups.flatMap((g) => g.slice(0, Math.min(Math.round(g.length * fraction), g.length - 1)));
  if (held.length === 0)
    throw new InputError(
      `validation ${fraction} of ${data.rows} rows leaves no row to validate on; give a larger fraction`,
    );
  const out = new Set(held);
  const kept = order.filter((r) => !out.has(r)).sort((a, b) => a - b);
  return {
    train: rowsOf(data, kept),
    held: rowsOf(
      data,
      held.sort((a, b) => a - b),
    ),
  };
}
