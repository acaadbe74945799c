/** Values out of the columns of a chunk of rows. */
import type { Answers } from "../../data/answers.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import type { Column, Vector } from "./table.ts";
import type { Roles } from "./columns.ts";

/** Copies columns of numbers to `into`, `[rows, width]`, as `asNumber` selects them. */
export function interleave(
  columns: readonly Vector[],
  names: readonly Column[],
  rows: number,
  width: number,
  into: Float64Array,
  where: (row: number) => string,
): void {
  columns.forEach((column, c) => {
    for (let row = 0, at = c; row < rows; row++, at += width) {
      const value = column.getItem(row) as number;
      into[at] = value;
      if (value === Infinity || value === -Infinity)
        throw new InputError(
          `${where(row)}, column ${quote(names[c].name)} is ${value}; values are finite; correct it or leave the field empty`,
        );
    }
  });
}

export function textOf(
  column: Vector,
  row: number,
  { name }: Column,
  where: (row: number) => string,
): string {
  const value = column.getItem(row) as string;
  if (value !== "") return value;
  throw new InputError(
    `${where(row)}, column ${quote(name)} is empty; every row has one; fill it in or leave the row out`,
  );
}

export const noAnswer = (where: string, { name }: Column): InputError =>
  new InputError(
    `${where}, column ${quote(name)} is empty; every row has an answer there; fill it in or leave the row out`,
  );

/** Refuses (InputError) what is neither 0 nor 1 among the columns of several classes, `[rows, columns]`. */
export function requireMarks(
  block: Float64Array,
  columns: readonly Column[],
  where: (row: number) => string,
): void {
  const odd = block.findIndex((mark) => mark !== 0 && mark !== 1 && !Number.isNaN(mark));
  if (odd < 0) return;
  const { name } = columns[odd % columns.length];
  throw new InputError(
    `${where(Math.floor(odd / columns.length))}, column ${quote(name)} is ${block[odd]}; of several labels each column says 0 or 1; ` +
      "correct it, or give one column of classes (--label) or columns of values (--target)",
  );
}

/** What the rows are answered with, by the columns that were named for it. */
export function answersIn(
  { label, targets, several }: Pick<Roles, "label" | "targets" | "several">,
  read: { readonly classes: readonly string[]; readonly labels: Int32Array; readonly targets: Float64Array },
): Answers {
  if (label) return { kind: "classes", classes: read.classes, labels: read.labels };
  if (several) return { kind: "multiLabel", classes: targets.map(({ name }) => name), targets: read.targets };
  const outputs = targets.length;
  return outputs > 0 ? { kind: "values", targets: read.targets, outputs } : { kind: "none" };
}
