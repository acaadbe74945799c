/** What should be known of the data before their figures are believed; notes, since each may be meant. */
import { quote } from "../data/quote.ts";
import { repeatedRows, rowsInBoth } from "../data/rowRepeats.ts";
import { grouped, plural } from "./format.ts";
import type { TrainingData } from "./sources.ts";

/** A class with fewer rows than this part of the largest's is called rare. */
const RARE = 1 / 10;

export function dataNotes({ train, test, notes: read }: TrainingData, folds: boolean): string[] {
  const notes = [...read];
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
    if (test)
      notes.push(
        `the test part of ${test.name} (${plural(test.rows, "row")}) is left out: --folds tests on the training part, a fold at a time`,
      );
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
