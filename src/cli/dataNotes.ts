/**
 * What should be known of the data before their figures are believed: how they were read, and what they are like. Notes,
 * since each may be meant.
 */
import type { Dataset } from "../data/dataset.ts";
import { quote } from "../data/quote.ts";
import { repeatedRows, rowsInBoth } from "../data/rowRepeats.ts";
import { grouped, plural } from "./format.ts";
import { say, type Io } from "./io.ts";
import type { TrainingData } from "./sources.ts";

/** A class with fewer rows than this part of the largest's is called rare. */
const RARE = 1 / 10;

/** Says how data sets were read; what is true of several is said once. */
export function sayNotes(sets: readonly (Dataset | null)[], io: Pick<Io, "stderr">): void {
  for (const note of new Set(sets.flatMap((data) => data?.notes ?? []))) say(io.stderr, `note: ${note}`);
}

/** What `train` says of its data before it begins. */
export function dataNotes({ train, test }: TrainingData, folds: boolean): string[] {
  const notes: string[] = [];
  if (train.answers.kind === "classes") {
    const { classes, labels } = train.answers;
    const counts = new Float64Array(classes.length);
    for (const label of labels) counts[label]++;
    const most = counts.indexOf(Math.max(...counts));
    const least = counts.indexOf(Math.min(...counts));
    if (counts[least] < RARE * counts[most])
      notes.push(
        `class ${quote(classes[least])} has ${plural(counts[least], "training row")}, ${quote(classes[most])} has ` +
          `${grouped(counts[most])}: accuracy says little of the rare class; see --monitor balancedAccuracy`,
      );
  }
  if (folds) {
    const repeated = repeatedRows(train);
    if (repeated)
      notes.push(
        `${plural(repeated, "row")} of ${grouped(train.rows)} repeat${repeated === 1 ? "s" : ""} another row's values: folds may test what was learned by heart`,
      );
  } else if (test) {
    const both = rowsInBoth(train, test);
    if (both)
      notes.push(
        `${grouped(both)} of ${plural(test.rows, "test row")} ${both === 1 ? "is" : "are"} in the training part too, value for value: ` +
          "the test figure says nothing of those",
      );
  }
  return notes;
}
