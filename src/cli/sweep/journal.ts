/**
 * `sweep.jsonl`: what a sweep is, then a line a finished job, added as each ends and on the disk before the next generation. Of
 * a sweep that was killed it holds all but what was running; a last line that was cut short is no line.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { InputError } from "../../data/errors.ts";
import {
  byKind,
  dictionary,
  either,
  flag,
  list,
  Misfit,
  number,
  oneOf,
  parseJson,
  part,
  real,
  record,
  text,
  whole,
  type Check,
} from "../../data/schema.ts";
import { fileError } from "../../node.ts";
import { difference } from "../../training/checkpoint.ts";
import { plain } from "../../training/identity.ts";
import { hash, orNaN } from "../../training/schemas.ts";
import type { Score } from "../../training/history.ts";
import type { Finished } from "../../training/sweep/sweep.ts";
import type { Job, Outcome } from "../../training/sweep/trial.ts";
import { MOST_PARAMETERS } from "../../training/sweep/space.ts";
import { SWEEP } from "../train/runFolder.ts";

const spent = { steps: whole(), seconds: real(0) } as const;
/** Accuracy is null of values, which have none. */
const figures: Check<Score> = (value, path) => ({
  ...dictionary(orNaN, 20)(value, path),
  ...part({ loss: number, accuracy: orNaN })(value, path),
});
const outcome: Check<Outcome> = byKind({
  scored: record({
    kind: oneOf(["scored"]),
    score: real(),
    figures,
    ...spent,
    weightsSha256: list(hash, 10_000),
  }),
  failed: record({ kind: oneOf(["failed"]), why: text(), ...spent }),
});
const finished: Check<Finished> = record({
  trial: whole(0, 1e6),
  rung: whole(0, 100),
  values: dictionary(either(either(real(), flag), text()), MOST_PARAMETERS),
  outcome,
});
const header = part({ schema: oneOf([1]), sweep: (value: unknown) => value });

/** More than any sweep writes. */
const MOST_BYTES = 2 ** 30;
const REMEDY = "put back a copy, or start the sweep over with --force";

export class Journal {
  readonly #path: string;
  readonly #known = new Map<string, Finished>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** A new one, in place of whatever is there. */
  static begin(folder: string, sweep: object): Journal {
    const journal = new Journal(join(folder, SWEEP));
    journal.#add({ schema: 1, sweep }, "new");
    return journal;
  }

  /**
   * The one in a folder, to go on with; null where there is none, or where it was cut before it said what it is.
   *
   * @throws InputError where it is of another sweep, naming the first difference, and where it is damaged
   */
  static resume(folder: string, sweep: object): Journal | null {
    const journal = new Journal(join(folder, SWEEP));
    const whole = journal.#read();
    const [first, ...rest] = whole;
    if (first === undefined) return null;
    const found = difference(journal.#checked(first, 1, header).sweep, plain(sweep));
    if (found)
      throw new InputError(
        `${found.path} is ${found.now}, but ${found.was} in the sweep in ${folder}; give what it was begun with, or start another with --out or --force`,
      );
    rest.forEach((line, i) => journal.#learn(journal.#checked(line, i + 2, finished)));
    return journal;
  }

  /** Jobs that have an outcome. */
  get jobs(): number {
    return this.#known.size;
  }

  /** The outcome of a job; null where it has none, or where it was of other values. */
  known(job: Job): Outcome | null {
    const found = this.#known.get(keyOf(job));
    return found && difference(plain(found.values), plain(job.values)) === null ? found.outcome : null;
  }

  add(done: Finished): void {
    this.#add(done, "more");
    this.#learn(done);
  }

  #learn(done: Finished): void {
    this.#known.set(keyOf(done), done);
  }

  /** Whole lines; what is left of one that was cut is taken off the file. */
  #read(): string[] {
    try {
      const bytes = readFileSync(this.#path);
      if (bytes.length > MOST_BYTES) throw new InputError(`${this.#path}: it is too large; ${REMEDY}`);
      const end = bytes.lastIndexOf(0x0a) + 1;
      if (end < bytes.length) truncateSync(this.#path, end);
      return bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw fileError(error, this.#path, "read");
    }
  }

  #checked<T>(line: string, number: number, check: Check<T>): T {
    try {
      return check(parseJson(line));
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw new InputError(`${this.#path}: line ${number}: ${error.message}; ${REMEDY}`);
    }
  }

  #add(entry: object, how: "new" | "more"): void {
    // Windows has no O_NOFOLLOW
    const { O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;
    const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;
    try {
      const file = openSync(
        this.#path,
        O_WRONLY | O_CREAT | (how === "new" ? O_TRUNC : O_APPEND) | O_NOFOLLOW,
        0o666,
      );
      try {
        writeFileSync(file, `${JSON.stringify(entry)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw fileError(error, this.#path, "write");
    }
  }
}

const keyOf = ({ trial, rung }: Job): string => `${trial}-${rung}`;
