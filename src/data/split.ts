/**
 * Rows to learn from and rows to test on, as row numbers drawn from the seed. What each way promises:
 * - `class`: every class in both parts alike (a class's count in a fold differs by one row at most from fold to fold);
 * - `group`: no group (a subject, a recording: `Dataset.groups`) on both sides, classes as even as whole groups allow;
 * - `time`: rows are in order of time; the first learn, the last test, and `gap` rows between them are in neither part.
 *   Of windows it is so within each series, and those that overlap the test part are in neither part either; of rows with
 *   groups, within each group.
 * In every way each class that is tested has rows to learn from, or the split is refused.
 */
import { NO_LABEL } from "./answers.ts";
import { permutation } from "../numerics/threefry.ts";
import { rowsOf, type Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { groupFolds, groupsOf, heldGroups, type Group } from "./groupSplit.ts";
import { quote } from "./quote.ts";
import { besides, timelines } from "./timeSplit.ts";

export const splitWays = ["class", "group", "time"] as const;
/**
 * How rows are split: `class` keeps the shares of the classes, `group` keeps each group whole, `time` trains on what
 * comes first and tests on what comes last.
 *
 * @useDeclaredType
 */
export type SplitBy = (typeof splitWays)[number];

/** How rows are divided into those to train on and those to hold back. */
export interface SplitRule {
  /**
   * Default: `group` where the rows have groups, `time` where they are windows, else `class` (of rows with target
   * values: at random).
   */
  readonly by?: SplitBy;
  /** With `time`: rows between both parts that are in neither. Default: 0. */
  readonly gap?: number;
}

/** Row numbers, ascending; no row is in both. */
export interface Parts {
  /** Rows to learn from. */
  readonly train: readonly number[];
  /** Rows to test on. */
  readonly test: readonly number[];
}

const SPLIT_STREAM = 0x5350;

/**
 * Holds about a fraction of the rows back.
 *
 * @throws InputError where a part would have no row, or a class none to learn from
 */
export function splitRows(data: Dataset, fraction: number, seed: number, rule: SplitRule = {}): Parts {
  if (!(fraction > 0 && fraction < 1))
    throw new InputError(`the fraction is ${fraction}; it is above 0 and below 1`);
  const { by, gap } = ruleOf(data, rule);
  const countOf = (rows: readonly number[]): number =>
    Math.min(Math.round(rows.length * fraction), rows.length - 1);
  let test: readonly number[];
  let apart: readonly number[] = [];
  if (by === "class") test = shuffledStrata(data, seed).flatMap((rows) => rows.slice(0, countOf(rows)));
  else if (by === "group") {
    const groups = drawnGroups(data, seed);
    test = heldGroups(groups, fraction);
  } else {
    const lines = timelines(data);
    test = lines.flatMap((rows) => rows.slice(rows.length - countOf(rows)));
    apart = lines.flatMap((rows) => besides(data, rows, rows.length - countOf(rows), rows.length, gap));
  }
  if (test.length === 0)
    throw new InputError(
      `${fraction} of ${data.rows} rows${by === "group" ? " in whole groups" : ""} holds no row back; give a larger fraction`,
    );
  return partsOf(data, test, apart);
}

/**
 * Parts of `folds` runs: each row is in the test part of exactly one. Windows are split by time into as many stretches
 * of each series; of other rows in order of time there are no folds, since one would learn from what comes after it.
 *
 * @throws InputError for rows in order of time, for fewer rows (or groups) than folds, and for a class that has none to learn from
 */
export function foldRows(data: Dataset, folds: number, seed: number, rule: SplitRule = {}): Parts[] {
  if (!(Number.isInteger(folds) && folds >= 2))
    throw new InputError(`folds is ${folds}; it is a whole number of at least 2`);
  const { by, gap } = ruleOf(data, rule);
  if (data.rows < folds)
    throw new InputError(`${data.name} has ${data.rows} rows; ${folds} folds want as many; give fewer folds`);
  if (by === "group")
    return groupFolds(drawnGroups(data, seed), folds).map((test) => partsOf(data, test, []));
  if (by === "class") {
    const tests: number[][] = Array.from({ length: folds }, () => []);
    // dealt like cards, class after class: no fold gets two rows more of a class, nor of all, than another
    shuffledStrata(data, seed)
      .flat()
      .forEach((row, i) => tests[i % folds].push(row));
    return tests.map((test) => partsOf(data, test, []));
  }
  if (!data.spans)
    throw new InputError(
      "folds and a split by time exclude each other: a fold would learn from what comes after it; hold the last part back",
    );
  const lines = timelines(data);
  return Array.from({ length: folds }, (_, f) => {
    const ends = lines.map((rows) => [f, f + 1].map((i) => Math.round((i * rows.length) / folds)));
    const test = lines.flatMap((rows, i) => rows.slice(...ends[i]));
    const apart = lines.flatMap((rows, i) => besides(data, rows, ends[i][0], ends[i][1], gap));
    return partsOf(data, test, apart);
  });
}

/** `splitRows` as data sets. */
export function holdOut(
  data: Dataset,
  fraction: number,
  seed: number,
  rule?: SplitRule,
): { train: Dataset; held: Dataset } {
  const { train, test } = splitRows(data, fraction, seed, rule);
  return { train: rowsOf(data, train), held: rowsOf(data, test) };
}

/** How rows are split; refuses a rule that they cannot follow. */
export function ruleOf(data: Dataset, rule: SplitRule = {}): Required<SplitRule> {
  const { by = data.groups ? "group" : data.spans ? "time" : "class", gap = 0 } = rule;
  if (by === "group" && data.groups?.length !== data.rows)
    throw new InputError(`${data.name} has no groups to split by; name them, or split by class`);
  if (by === "class" && data.spans)
    throw new InputError(
      `${data.name} has windows, which overlap those beside them; split them by time, or by group`,
    );
  if (!(Number.isInteger(gap) && gap >= 0))
    throw new InputError(`gap is ${gap}; it is a whole number of rows, at least 0`);
  if (gap && by !== "time") throw new InputError(`gap belongs to a split by time; this one is by ${by}`);
  return { by, gap };
}

/** The class of each row, or 0 for all where rows have not one class each; and how many there are. */
function strataOf(data: Dataset): { readonly of: ArrayLike<number>; readonly count: number } {
  const { answers } = data;
  switch (answers.kind) {
    case "classes":
      return { of: answers.labels, count: answers.classes.length };
    case "positions":
    case "multiLabel":
    case "values":
    case "none":
      return { of: new Int32Array(data.rows), count: 1 };
  }
}

/** The rows of each class in an order drawn from the seed. */
function shuffledStrata(data: Dataset, seed: number): number[][] {
  const { of, count } = strataOf(data);
  const strata: number[][] = Array.from({ length: count }, () => []);
  for (const row of permutation(data.rows, seed, SPLIT_STREAM, 0)) strata[of[row]].push(row);
  return strata;
}

function drawnGroups(data: Dataset, seed: number): Group[] {
  const groups = groupsOf(data, strataOf(data));
  return Array.from(permutation(groups.length, seed, SPLIT_STREAM, 1), (i) => groups[i]);
}

/** Both parts, in order; refuses a training part without rows or without a class that is tested. */
function partsOf(data: Dataset, test: readonly number[], apart: readonly number[]): Parts {
  const out = new Uint8Array(data.rows);
  for (const row of test) out[row] = 1;
  for (const row of apart) out[row] = 1;
  const train: number[] = [];
  out.forEach((taken, row) => taken || train.push(row));
  if (train.length === 0)
    throw new InputError(`${data.name}: the split leaves no row to learn from; hold fewer rows back`);
  const { of, count } = strataOf(data);
  const learned = new Uint8Array(count);
  for (const row of train) learned[of[row]] = 1;
  const missed = test.find((row) => !learned[of[row]]);
  if (missed !== undefined)
    throw new InputError(
      `${data.name}: the split leaves no row of class ${quote(data.classes[of[missed]])} to learn from (all of them are on ` +
        "the other side); give the class more rows or groups, or split another way",
    );
  requirePositionsLearned(data, train, test);
  return { train, test: [...test].sort((a, b) => a - b) };
}

/** Refuses a class that positions of test rows have and none of the rows to learn from. */
function requirePositionsLearned(
  { name, answers }: Dataset,
  train: readonly number[],
  test: readonly number[],
): void {
  if (answers.kind !== "positions") return;
  const { classes, labels, positions } = answers;
  const found = (rows: readonly number[]): Uint8Array => {
    const has = new Uint8Array(classes.length);
    for (const row of rows)
      for (let i = row * positions; i < (row + 1) * positions; i++)
        if (labels[i] !== NO_LABEL) has[labels[i]] = 1;
    return has;
  };
  const [learned, tested] = [found(train), found(test)];
  const missed = classes.findIndex((_, k) => tested[k] && !learned[k]);
  if (missed >= 0)
    throw new InputError(
      `${name}: the split leaves no position of class ${quote(classes[missed])} to learn from (all of them are on ` +
        "the other side); hold fewer rows back, or split another way",
    );
}
