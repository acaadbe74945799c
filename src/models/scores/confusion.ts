/**
 * How often each class is called which: only the pairs that occur, since of 100,000 classes a table of all pairs would have
 * ten thousand million entries, and rows make no more pairs than there are rows.
 */
import { InputError } from "../../data/errors.ts";

/** Rows (positions) of one class that are called one class. */
export interface ConfusionPair {
  /** The class that they are of, by its index. */
  readonly actual: number;
  /** The class that they are called; as many as there are classes where no class was said of them. */
  readonly predicted: number;
  /** How many, at least 1. */
  readonly count: number;
}

/** Counts of rows by their actual and predicted class; `confusionMatrix` makes a table of it. */
export interface Confusion {
  /** How many classes there are. */
  readonly classes: number;
  /** The pairs that occur, in the order of the actual class, then of the predicted one. */
  readonly pairs: readonly ConfusionPair[];
}

/** Of values, and of several labels a row. */
export const NO_CONFUSION: Confusion = { classes: 0, pairs: [] };

/** Classes up to which all pairs are counted in one array. */
const FEW = 256;

/**
 * Counts rows by their actual and predicted class index, for `classes` classes. A prediction of -1 is of no class: such
 * rows are counted as predicted to be of a class behind the last.
 */
export function confusionOf(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): Confusion {
  const width = classes + 1;
  const keyOf = (i: number): number => actual[i] * width + (predicted[i] < 0 ? classes : predicted[i]);
  const pairOf = (key: number, count: number): ConfusionPair => ({
    actual: Math.floor(key / width),
    predicted: key % width,
    count,
  });
  const pairs: ConfusionPair[] = [];
  if (classes <= FEW) {
    const counts = new Float64Array(classes * width);
    for (let i = 0; i < actual.length; i++) counts[keyOf(i)]++;
    counts.forEach((count, key) => {
      if (count > 0) pairs.push(pairOf(key, count));
    });
    return { classes, pairs };
  }
  const keys = Float64Array.from({ length: actual.length }, (_, i) => keyOf(i)).sort();
  for (let from = 0; from < keys.length;) {
    let to = from;
    while (to < keys.length && keys[to] === keys[from]) to++;
    pairs.push(pairOf(keys[from], to - from));
    from = to;
  }
  return { classes, pairs };
}

/** Rows of each class, rows that are called it, and those of them that are both. */
export function marginsOf({ classes, pairs }: Confusion): {
  readonly support: Float64Array;
  readonly said: Float64Array;
  readonly right: Float64Array;
} {
  const [support, said, right] = [0, 1, 2].map(() => new Float64Array(classes));
  for (const { actual, predicted, count } of pairs) {
    support[actual] += count;
    if (predicted < classes) said[predicted] += count;
    if (predicted === actual) right[actual] += count;
  }
  return { support, said, right };
}

/** The most classes of a table of all pairs: it has 4 million entries. */
const MOST_TABLE = 2000;

/**
 * The counts as a table `[actual][predicted]`, zeros too; a last column is of rows of which no class was said, where there are
 * any.
 *
 * @throws InputError of more than 2,000 classes: their pairs are in `pairs`
 */
export function confusionMatrix({ classes, pairs }: Confusion): number[][] {
  if (classes > MOST_TABLE)
    throw new InputError(
      `a table of ${classes} x ${classes} classes is too large (at most ${MOST_TABLE}); take the pairs that occur (pairs)`,
    );
  const width = pairs.some(({ predicted }) => predicted === classes) ? classes + 1 : classes;
  const table = Array.from({ length: classes }, () => Array.from({ length: width }, () => 0));
  for (const { actual, predicted, count } of pairs) table[actual][predicted] = count;
  return table;
}

/** The commonest mistakes, the commonest first. */
export const commonestMistakes = ({ pairs }: Confusion, most: number): readonly ConfusionPair[] =>
  pairs
    .filter(({ actual, predicted }) => actual !== predicted)
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
