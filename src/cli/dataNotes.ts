/**
 * What should be known of the data before their figures are believed: how they were read, and what they are like. Notes,
 * since each may be meant.
 */
import { extremes } from "../numerics/extremes.ts";
import type { Dataset } from "../data/dataset.ts";
import { quote } from "../data/quote.ts";
import { repeatedRows, rowsInBoth } from "../data/rowRepeats.ts";
import { grouped, plural } from "./format.ts";
import type { TrainFlags } from "./options/trainRows.ts";
import { say, type Io } from "./io.ts";
import type { TrainingData } from "./sources.ts";

/** A class with fewer rows than this part of the largest's is called rare. */
const RARE = 1 / 10;

/** Says how data sets were read; what is true of several is said once. */
export function sayNotes(sets: readonly (Dataset | null)[], io: Pick<Io, "stderr">): void {
  for (const note of new Set(sets.flatMap((data) => data?.notes ?? []))) say(io.stderr, `note: ${note}`);
}

/** What of the options decides which rows are tested on. */
type Tested = Pick<TrainFlags, "folds" | "validation">;

/** What `train` says of its data before it begins; rows that are both learned and tested on first, which make a figure worthless. */
export function dataNotes(data: TrainingData, tested: Tested): string[] {
  return [...leaks(data, tested), ...rareClass(data), ...leftOut(data, tested)];
}

function leaks({ train, test }: TrainingData, { folds, validation }: Tested): string[] {
  const notes: string[] = [];
  const both = folds === undefined && test ? rowsInBoth(train, test) : 0;
  if (test && both)
    notes.push(
      `${grouped(both)} of ${plural(test.rows, "test row")} ${both === 1 ? "is" : "are"} in the training part too, value for value: ` +
        "the test figure says nothing of those",
    );
  const drawn = folds !== undefined ? "folds" : validation > 0 ? "the validation part" : null;
  const repeated = drawn === null ? 0 : repeatedRows(train);
  if (repeated)
    notes.push(
      `${plural(repeated, "row")} of ${grouped(train.rows)} repeat${repeated === 1 ? "s" : ""} another row's values: ${drawn} may test what was learned by heart`,
    );
  return notes;
}

function rareClass({ train: { answers } }: TrainingData): string[] {
  if (answers.kind !== "classes") return [];
  const { classes, labels } = answers;
  const counts = new Float64Array(classes.length);
  for (const label of labels) counts[label]++;
  const [least, most] = extremes(counts).map((count) => counts.indexOf(count));
  if (counts[least] >= RARE * counts[most]) return [];
  return [
    `class ${quote(classes[least])} has ${plural(counts[least], "training row")}, ${quote(classes[most])} has ` +
      `${grouped(counts[most])}: accuracy says little of the rare class; see --monitor balancedAccuracy`,
  ];
}

const leftOut = ({ test }: TrainingData, { folds }: Tested): string[] =>
  folds !== undefined && test
    ? [
        `the test part of ${test.name} (${plural(test.rows, "row")}) is left out: --folds tests on the training part, a fold at a time`,
      ]
    : [];
