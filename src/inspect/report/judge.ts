/** What a trained model makes of labelled rows, as a report shows it: confusions, scores a class, the hardest rows. */
import type { AnswersOf } from "../../data/answers.ts";
import { gather, type Dataset } from "../../data/dataset.ts";
import { classFigures, softmax, type ClassFigures, type Confusion } from "../../models/scores/metrics.ts";
import { outputsOf, type Predictions } from "../../models/predictions.ts";
import { reliability, type Reliability } from "../../models/scores/reliability.ts";
import { tempered } from "../../models/temperature.ts";
import { largestOf } from "../../numerics/extremes.ts";
import { className, classOf, NO_CLASS, score, scoreSeveral, scoreValues } from "../../models/scores/score.ts";

/** A row that the model finds hard. */
export interface HardRow {
  readonly row: number;
  /** `[channel][time]`, in raw units. */
  readonly series: readonly Float64Array[];
  readonly loss: number;
  /** What it is and what the model says, in words. */
  readonly truth: string;
  readonly said: string;
  /** Of the true class and of the one that was said; absent of values. */
  readonly probability?: { readonly truth: number; readonly said: number };
}

export interface Judged {
  /** Which rows: "test", "validation" or "training". */
  readonly part: string;
  readonly rows: number;
  /** What the channels of the rows are called, where they have names. */
  readonly channelNames?: readonly string[];
  readonly hardest: readonly HardRow[];
  /** Of classes: for each the row whose probability of it is the median of its rows. */
  readonly typical?: readonly HardRow[];
  readonly loss: number;
  readonly accuracy: number;
  /** Of one class a row or position, at the model's temperature; the interval of one a row. */
  readonly balancedAccuracy?: number;
  readonly f1?: number;
  readonly accuracyInterval?: readonly [low: number, high: number];
  readonly reliability?: Reliability;
  /** Of classes. */
  readonly classes?: {
    readonly names: readonly string[];
    readonly confusion: Confusion;
    /** What is counted. Default: rows. */
    readonly of?: "positions";
  };
  /** Of several classes at once. */
  readonly several?: {
    readonly names: readonly string[];
    readonly figures: readonly ClassFigures[];
    /** The part of all answers, one a row and class, that is right. */
    readonly right: number;
  };
  /** Of values. */
  readonly values?: {
    readonly rmse: number;
    readonly mae: number;
    readonly r2: number;
    readonly pairs: readonly (readonly [truth: number, said: number])[];
  };
}

export interface ClassScore extends ClassFigures {
  readonly name: string;
}

const MOST_HARD = 12;
/** Points that a scatter plot still shows apart. */
const MOST_PAIRS = 1000;

/** Judges rows with answers; null for rows without. The hardest rows are of a class each, or of values. */
export function judge(
  model: Pick<Predictions, "outputs" | "temperature">,
  data: Dataset,
  part: string,
): Judged | null {
  if (data.rows === 0) return null;
  const { answers } = data;
  const { channelNames } = data;
  const named = channelNames && { channelNames };
  const logits = (): Logits => tempered(outputsOf(data, model.outputs), model.temperature);
  switch (answers.kind) {
    case "classes":
      return { ...judgeClasses(logits(), data, answers, part), ...named };
    case "values":
      return { ...judgeValues(outputsOf(data, model.outputs), data, answers, part), ...named };
    case "positions":
      return judgePositions(logits(), data, answers, part);
    case "multiLabel": {
      const { classes: names, targets } = answers;
      const outputs = outputsOf(data, model.outputs);
      const { loss, accuracy, perClass: figures = [] } = scoreSeveral(outputs, targets, names.length);
      const several = { names, figures, right: accuracy };
      return { part, rows: data.rows, hardest: [], loss, accuracy, several };
    }
    case "none":
      return null;
  }
}

type Logits = Float32Array | Float64Array;

function judgeClasses(
  outputs: Logits,
  data: Dataset,
  { classes: names, labels }: AnswersOf<"classes">,
  part: string,
): Judged {
  const { rows } = data;
  const e = score(outputs, labels, names.length, 1, "withoutAuroc");
  const { loss, accuracy, confusion, balancedAccuracy, f1, accuracyInterval } = e;
  const logits = (row: number): Logits => outputs.subarray(row * names.length, (row + 1) * names.length);
  const ofTruth = Float64Array.from({ length: rows }, (_, row) => softmax(logits(row))[labels[row]]);
  const shown = (row: number): HardRow => {
    const p = softmax(logits(row));
    const best = classOf(logits(row));
    return {
      row,
      series: channelsOf(data, row),
      loss: score(logits(row), [labels[row]], names.length, 1, "withoutAuroc").loss,
      truth: names[labels[row]],
      said: best === NO_CLASS ? "no class" : className(names, best),
      probability: { truth: p[labels[row]], said: best === NO_CLASS ? NaN : p[best] },
    };
  };
  const hardest = lowest(ofTruth).map(shown);
  const typical = medians(ofTruth, labels, names.length).map(shown);
  const confidences = Float64Array.from({ length: rows }, (_, row) => largestOf(softmax(logits(row))));
  const figures = { balancedAccuracy, f1, accuracyInterval };
  return {
    part,
    rows,
    hardest,
    typical,
    loss,
    accuracy,
    ...figures,
    reliability: reliability(confidences, (row) => classOf(logits(row)) === labels[row]),
    classes: { names, confusion },
  };
}

/** The row of the median value of each class that has rows, of at most so many classes as there are hard rows. */
function medians(values: Float64Array, labels: Int32Array, classes: number): number[] {
  const own: number[][] = Array.from({ length: Math.min(classes, MOST_HARD) }, () => []);
  labels.forEach((label, row) => {
    if (!Number.isNaN(values[row])) own[label]?.push(row);
  });
  return own.flatMap((rows) => {
    const sorted = rows.sort((a, b) => values[a] - values[b] || a - b);
    return sorted.length > 0 ? [sorted[sorted.length >> 1]] : [];
  });
}

function judgePositions(
  outputs: Logits,
  { rows }: Dataset,
  { classes: names, labels, positions }: AnswersOf<"positions">,
  part: string,
): Judged {
  const { loss, accuracy, confusion } = score(outputs, labels, names.length, positions, "withoutAuroc");
  return { part, rows, hardest: [], loss, accuracy, classes: { names, confusion, of: "positions" } };
}

function judgeValues(
  outputs: Float32Array,
  data: Dataset,
  { targets, outputs: width }: AnswersOf<"values">,
  part: string,
): Judged {
  const { rows } = data;
  const { loss, mae = NaN, rmse = NaN, r2 = NaN } = scoreValues(outputs, targets, data);
  const errors = Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++)
      sum += (outputs[i] - targets[i]) * (outputs[i] - targets[i]);
    return sum / width;
  });
  const shown = (values: ArrayLike<number>, row: number): string => {
    const [first, ...others] = Array.from({ length: width }, (_, i) =>
      Number(values[row * width + i].toPrecision(4)),
    );
    return others.length > 0 ? `${first}, … (${width} values)` : String(first);
  };
  const hardest = lowest(errors.map((e) => -e)).map((row): HardRow => ({
    row,
    series: channelsOf(data, row),
    loss: errors[row],
    truth: shown(targets, row),
    said: shown(outputs, row),
  }));
  const every = Math.max(1, Math.ceil(targets.length / MOST_PAIRS));
  const pairs = Array.from(
    { length: Math.ceil(targets.length / every) },
    (_, i) => [targets[i * every], outputs[i * every]] as const,
  );
  return { part, rows, hardest, loss, accuracy: NaN, values: { rmse, mae, r2, pairs } };
}

/** The rows of the lowest values, lowest first, those that are no number before all others; of equal ones the first. */
function lowest(values: Float64Array): number[] {
  const keys = values.map((x) => (Number.isNaN(x) ? -Infinity : x));
  return Array.from(keys, (_, row) => row)
    .sort((a, b) => keys[a] - keys[b] || a - b)
    .slice(0, MOST_HARD);
}

/** A row's channels, each without the missing values after its end. */
function channelsOf(data: Dataset, row: number): Float64Array[] {
  const { series, lengths } = gather(data, [row]);
  const { channels, length } = data;
  return Array.from({ length: channels }, (_, c) =>
    series.slice(c * length, c * length + (lengths?.[0] ?? length)),
  );
}

/** Precision, recall, F1 and rows of each class; NaN where 0 / 0. */
export function classScores(names: readonly string[], confusion: Confusion): ClassScore[] {
  return classFigures(confusion).map((figures, k) => ({ name: names[k], ...figures }));
}
