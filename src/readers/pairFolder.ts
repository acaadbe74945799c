/**
 * A folder in the layout of the UCR/UEA archive: `NAME_TRAIN.ts` and `NAME_TEST.ts`, often the same rows in other formats
 * and files of single dimensions beside them. What is taken and what is passed over is said.
 */
import { InputError } from "../data/errors.ts";

/** The files of the two parts, and what is to be said of the choice. */
export interface Pair {
  readonly train: string;
  readonly test: string;
  readonly notes: readonly string[];
}

/** Endings of the archive's formats and of tables; of several, the first is taken: it keeps the most of a series. */
const ENDINGS = [
  ".ts",
  ".arff",
  ".tsv",
  ".txt",
  ".csv",
  ".parquet",
  ".arrow",
  ".feather",
  ".jsonl",
  ".json",
] as const;
const PART = /^(.+)_(train|test)(\.[a-z]+)$/i;

interface Found {
  readonly file: string;
  readonly name: string;
  readonly part: string;
  readonly ending: string;
}

/**
 * The pair among a folder's files; null where no name ends with `_TRAIN` or `_TEST`. Throws InputError where the pair is not
 * whole or there are several.
 */
export function pairOf(files: readonly string[], folder: string): Pair | null {
  const all = files.flatMap((file): Found[] => {
    const [, name, part, ending] = PART.exec(file) ?? [];
    const known = ENDINGS.some((e) => e === ending?.toLowerCase());
    return known ? [{ file, name, part: part.toUpperCase(), ending: ending.toLowerCase() }] : [];
  });
  if (all.length === 0) return null;
  const names = [...new Set(all.map(({ name }) => name))];
  const whole = names.filter((name) => !names.some((other) => isDimensionOf(name, other)));
  if (whole.length > 1)
    throw new InputError(
      `${folder}: it holds ${whole.length} data sets by the names of its files (${whole.slice(0, 4).join(", ")}` +
        `${whole.length > 4 ? ", ..." : ""}); give the training file of one, and its test file with --test`,
    );
  const own = all.filter(({ name }) => name === whole[0]);
  const of = (part: string, ending: string): string | undefined =>
    own.find((f) => f.part === part && f.ending === ending)?.file;
  for (const ending of ENDINGS) {
    const [train, test] = [of("TRAIN", ending), of("TEST", ending)];
    if (train !== undefined && test !== undefined) return { train, test, notes: notesOf(all, train, test) };
  }
  const { file, part } = own[0];
  const other = part === "TRAIN" ? "TEST" : "TRAIN";
  throw new InputError(
    `${folder}: ${file} has no ${file.replace(PART, `$1_${other}$3`)} beside it; put it there, or give one file`,
  );
}

/** `BasicMotionsDimension3` is one channel of `BasicMotions`. */
const isDimensionOf = (name: string, whole: string): boolean =>
  name.startsWith(whole) && /^_?Dimension\d+$/i.test(name.slice(whole.length));

function notesOf(all: readonly Found[], train: string, test: string): string[] {
  const others = all.map(({ file }) => file).filter((file) => file !== train && file !== test);
  const rest =
    others.length === 0
      ? ""
      : `; ${others.slice(0, 4).join(", ")}${others.length > 4 ? ` and ${others.length - 4} more` : ""} ` +
        `${others.length === 1 ? "is" : "are"} left out`;
  return [`${train} is the training part, ${test} the test part${rest}`];
}
