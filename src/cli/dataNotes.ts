/**
 * What should be known of the data before their figures are believed: how they were read, and what they are like. Notes,
 * since each may be meant.
 */
import { printable } from "../data/printable.ts";
import { extremes } from "../numerics/extremes.ts";
import { chunks, type Dataset } from "../data/dataset.ts";
import { largestValues } from "../models/magnitude.ts";
import { lineOf } from "../models/preparation.ts";
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
  for (const note of new Set(sets.flatMap((data) => data?.notes ?? [])))
    say(io.stderr, `note: ${printable(note)}`);
}

/** What of the options decides which rows are tested on. */
type Tested = Pick<TrainFlags, "folds" | "validation">;

/** What `train` says of its data before it begins; rows that are both learned and tested on first, which make a figure worthless. */
export function dataNotes(data: TrainingData, tested: Tested): string[] {
  return [...leaks(data, tested), ...rareClass(data), ...giants(data), ...leftOut(data, tested)];
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

/** Values from here on are taken for marks where they are few. */
const GIANT = 1e30;
/** At most this part of a channel. */
const FEW = 0.01;

/** Few values near float32's largest among others: what some programs write where nothing was measured. */
function giants({ train }: TrainingData): string[] {
  return largestValues(train).flatMap((found) => {
    if (found === null || found.value < GIANT) return [];
    const { channel, row, position, value } = found;
    if (partAbove(train, channel, GIANT) > FEW) return [];
    const name = train.channelNames?.[channel] ?? `channel ${channel}`;
    return [
      `${name} has few values as large as ${value.toExponential(1)} (row ${row}, position ${position}), which set its scale: ` +
        "where they mark what is missing, leave them empty in the data",
    ];
  });
}

/** The part of a channel's values whose magnitude is at least `size`. */
function partAbove(data: Dataset, channel: number, size: number): number {
  let [known, above] = [0, 0];
  for (const batch of chunks(data))
    for (let row = 0; row < batch.rows; row++)
      for (const x of lineOf(batch, data.channels, row, channel)) {
        if (!Number.isNaN(x)) known++;
        if (Math.abs(x) >= size) above++;
      }
  return above / known;
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
