/**
 * What a model has to beat: answers that need no training. Of classes, the commonest class of the training rows and the
 * answer of the nearest training row (Euclidean distance over all channels, the first row of equal ones: the archive's
 * 1-NN-ED), as accuracies; of values, the mean target and the nearest row's, as RMSE.
 */
import type { Signal } from "../layers/layer.ts";
import {
  answersEach,
  hasClasses,
  hasUnlabelled,
  NO_LABEL,
  type Answers,
  type AnswersOf,
} from "../data/answers.ts";
import { chunks, type Dataset } from "../data/dataset.ts";
import { matchChannels } from "../data/matchChannels.ts";
import { valueMetrics } from "../models/scores/metrics.ts";
import {
  fitPreparation,
  prepare,
  preparedTask,
  resolvePrepare,
  type Preparation,
} from "../models/preparation.ts";
import { argmax } from "../models/scores/score.ts";

/** What a model has to beat: accuracies of classes, RMSE of values. */
export interface Baselines {
  /** The commonest class's accuracy, or the RMSE of the mean target. */
  readonly majority: number;
  /** Of the nearest training row; null where finding it would take more than the budget. */
  readonly nearest: number | null;
}

/** Training rows x test rows x values a row that take about a second. */
export const NEAREST_BUDGET = 5e8;

/**
 * Baselines on `test` of what `train` has. Distances are between prepared rows; the default preparation is each channel by
 * its mean and deviation over `train`, which leaves the neighbours of one channel what they are in raw units, with missing
 * values and unequal lengths as `resolvePrepare` has them. `budget` bounds training rows x test rows x values a row (5e8, about
 * a second); beyond it the nearest row is not looked for. Channels are matched by name.
 */
export function baselines(
  train: Dataset,
  tested: Dataset,
  preparation: Preparation = fitPreparation("channel", train, resolvePrepare(train)),
  budget = NEAREST_BUDGET,
): Baselines {
  const { data: test } = matchChannels(train.channelNames, tested, `the training rows ${train.name}`);
  const cost = train.rows * test.rows * train.channels * train.length;
  const nearest = cost <= budget ? nearestRows(train, test, preparation) : null;
  const constant = commonest(train);
  const width = constant.length;
  const [learned, truth] = [train, test].map(({ answers }) => numbersOf(answers));
  const said = (of: (row: number, k: number) => number): number => {
    const answers = Float64Array.from({ length: test.rows * width }, (_, i) =>
      of(Math.floor(i / width), i % width),
    );
    if (!hasClasses(train.answers.kind)) return valueMetrics(answers, truth, test.rows).rmse;
    const right = answers.reduce((sum, a, i) => sum + Number(a === truth[i] && a !== NO_LABEL), 0);
    const labelled = hasUnlabelled(test.answers)
      ? Array.from(truth).filter((label) => label !== NO_LABEL).length
      : answers.length;
    return right / labelled;
  };
  return {
    majority: said((_row, k) => constant[k]),
    nearest: nearest && said((row, k) => learned[nearest[row] * width + k]),
  };
}

/** What rows are answered with, as numbers. */
function numbersOf(answers: Answers): ArrayLike<number> {
  switch (answers.kind) {
    case "classes":
    case "positions":
      return answers.labels;
    case "multiLabel":
    case "values":
      return answers.targets;
    case "none":
      return [];
  }
}

/** The answer that is right most often, whatever the row. */
function commonest({ answers, rows }: Dataset): Float64Array {
  switch (answers.kind) {
    case "classes":
    case "positions": {
      const counts = new Float64Array(answers.classes.length);
      for (const label of answers.labels) if (label !== NO_LABEL) counts[label]++;
      return new Float64Array(answersEach(answers)).fill(argmax(counts));
    }
    case "multiLabel":
      return meanOf(answers, rows).map((m) => Number(m > 0.5));
    case "values":
      return meanOf(answers, rows);
    case "none":
      return new Float64Array(0);
  }
}

function meanOf(answers: AnswersOf<"multiLabel" | "values">, rows: number): Float64Array {
  const means = new Float64Array(answersEach(answers));
  answers.targets.forEach((t, i) => (means[i % means.length] += t / rows));
  return means;
}

/** The part of rows with a class each whose nearest other row is of their class: 1-NN, each row left out in turn. */
export function nearestOther(data: Dataset, preparation: Preparation): number {
  const { labels, rows } = data;
  const nearest = nearestRows(data, data, preparation, "other");
  return nearest.reduce((right, other, row) => right + Number(labels[other] === labels[row]), 0) / rows;
}

/** The number of the nearest training row to each test row; `other` where both are the same rows, and a row is not its own. */
function nearestRows(
  train: Dataset,
  test: Dataset,
  preparation: Preparation,
  which: "any" | "other" = "any",
): Int32Array {
  const nearest = new Int32Array(test.rows);
  const least = new Float64Array(test.rows).fill(Infinity);
  const input = preparedTask(train, preparation);
  for (const tested of blocks(test, preparation, input)) {
    for (const trained of blocks(train, preparation, input)) {
      for (let i = 0; i < tested.rows; i++) {
        const row = tested.first + i;
        for (let j = 0; j < trained.rows; j++) {
          if (which === "other" && trained.first + j === row) continue;
          const d = squaredDistance(tested, i, trained, j, least[row]);
          if (d >= least[row]) continue;
          least[row] = d;
          nearest[row] = trained.first + j;
        }
      }
    }
  }
  return nearest;
}

/** Prepared rows, `first` being the number of the first. */
interface Block {
  readonly first: number;
  readonly rows: number;
  readonly values: Float32Array;
}

function* blocks(data: Dataset, preparation: Preparation, input: Signal): Generator<Block> {
  for (const batch of chunks(data))
    yield { first: batch.first, rows: batch.rows, values: prepare(preparation, batch, input) };
}

/** Between row i of a and row j of b; given up, with what there is, where it is `enough`. */
function squaredDistance(a: Block, i: number, b: Block, j: number, enough: number): number {
  const x = a.values;
  const y = b.values;
  const size = x.length / a.rows;
  let sum = 0;
  for (let t = 0; t < size;) {
    const end = Math.min(size, t + 32);
    for (; t < end; t++) {
      const d = x[i * size + t] - y[j * size + t];
      sum += d * d;
    }
    if (sum >= enough) return sum;
  }
  return sum;
}
