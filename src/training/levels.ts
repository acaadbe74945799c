/**
 * Whether rows are told apart by their level or by their shape: a default normalisation keeps levels, which hides the shapes
 * where rows differ in level for no reason of their class. Nobody's test rows are asked: each training row is left out in
 * turn, and its nearest other row is looked at.
 */
import { rowsOf, type Dataset } from "../data/dataset.ts";
import { fitPreparation, type Normalization, type PrepareOptions } from "../models/preparation.ts";
import { nearestOther } from "./baselines.ts";

/** Rows x rows x values a row that take a twentieth of a second; of more, some rows are asked. */
const BUDGET = 2e7;
/** Fewer rows say nothing. */
const LEAST_ROWS = 16;
/** What is told: this much more of the rows right, and more than chance makes of so many. */
const MUCH = 0.1;
const DEVIATIONS = 2;

/**
 * A sentence where another normalisation than the default one, which is `used`, tells many more of the training rows apart by
 * their nearest neighbours; null where it does not, and of rows without a class each. `option` is what it is
 * called there.
 */
export function levelsNote(
  train: Dataset,
  prepare: PrepareOptions,
  used: Normalization,
  option: "normalize" | "--normalize" = "normalize",
): string | null {
  if (train.answers.kind !== "classes" || train.rows < LEAST_ROWS) return null;
  const other: Normalization = used === "sample" ? "channel" : "sample";
  const most = Math.max(LEAST_ROWS, Math.floor(Math.sqrt(BUDGET / (train.channels * train.length))));
  const count = Math.min(most, train.rows);
  const rows = count === train.rows ? train : rowsOf(train, evenly(train.rows, count));
  const right = (kind: Normalization): number => nearestOther(rows, fitPreparation(kind, rows, prepare));
  const [own, others] = [right(used), right(other)];
  const chance = Math.sqrt((own * (1 - own) + others * (1 - others)) / count);
  if (!(others - own > Math.max(MUCH, DEVIATIONS * chance))) return null;
  const percent = (x: number): string => `${(100 * x).toFixed(0)} %`;
  const why = other === "sample" ? "rows differ in level more than in shape" : "levels tell rows apart";
  return (
    `with ${option} ${other} the nearest other training row is of a row's class for ${percent(others)} of ${count} rows, ` +
    `with ${used}, the default, for ${percent(own)}: ${why}; try ${option} ${other}`
  );
}

/** `count` of `rows` numbers, evenly spread. */
const evenly = (rows: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
