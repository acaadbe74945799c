/**
 * The folder of a run: `model.safetensors`, `checkpoint` and `log.jsonl`. Nothing in it is touched before the first step.
 * A log line or a checkpoint that cannot be written is said once and does not end the run: lines wait for the next one,
 * the checkpoint before stays.
 */
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileError, makeFolder, save, saveCheckpoint } from "../../node.ts";
import type { ModelFields } from "../../formats/modelFile.ts";
import type { Checkpoint } from "../../training/state.ts";
import { InputError } from "../../data/errors.ts";
import { removeLeftovers } from "../../readers/node/writeWhole.ts";
import { LOCK, requireUnlocked, takeLock, type Lock } from "./runLock.ts";

export const MODEL = "model.safetensors";
export const LOG = "log.jsonl";
export const CHECKPOINT = "checkpoint";
export const RESULT = "result.json";
export const REPORT = "report.html";
/** Of a sweep, in place of a run. */
export const SWEEP = "sweep.jsonl";
export const BEST = "best.json";
/** By these a folder is known to hold a run; a new one takes them all away. */
export const MARKS: readonly string[] = [MODEL, LOG, CHECKPOINT, RESULT, REPORT, SWEEP, BEST];

/** A run's place among several. */
export interface Part {
  /** What they are together, in the default folder's name: seeds, 5-folds. */
  readonly set: string;
  /** The folder of this run within that of all, and those of the runs to come. */
  readonly folders: readonly string[];
  readonly first: boolean;
  /** Takes the lock of the folder of all, once; whoever makes the runs gives it back. */
  readonly hold: (whole: string) => void;
}

/** The folder of a run: --out, else the default; of one of several, its own within that. */
export function folderOf(
  flags: { readonly out?: string; readonly seed: number },
  data: string,
  model: string,
  part?: Part,
): string {
  const whole = flags.out ?? defaultFolder(data, model, part?.set ?? String(flags.seed));
  return part ? join(whole, part.folders[0]) : whole;
}

/** Refuses what requireFolder does: of one of several runs, for those to come and the folder of all of them too. */
export async function requireFolders(folder: string, part: Part | undefined, force: boolean): Promise<void> {
  const whole = dirname(folder);
  const runs = part ? part.folders.map((name) => join(whole, name)) : [folder];
  // once the first has begun, the folder of all is this process's
  const folders = part?.first ? [whole, ...runs] : runs;
  for (const each of folders) await requireFolder(each, force);
}

/** `runs/<data>-<model>-<seed>`, with nothing in it that a path could trip over. */
function defaultFolder(data: string, model: string, seed: string): string {
  const plain = (name: string): string =>
    name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^\.+/, "") || "data";
  return `runs/${plain(data)}-${plain(model)}-${seed}`;
}

/** Refuses (InputError) a folder that cannot be written, or that holds another run and is not to be started over. */
async function requireFolder(folder: string, force: boolean): Promise<void> {
  try {
    const found = await stat(folder).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    });
    if (found && !found.isDirectory())
      throw new InputError(`${folder}: it is a file; --out takes a folder; give another one`);
    if (found) requireUnlocked(folder);
    if (found && !force) {
      const mark = (await readdir(folder)).find((name) => MARKS.includes(name));
      if (mark !== undefined) throw holdsAnother(folder, mark);
    }
    await access(found ? folder : await nearestFolder(resolve(folder)), constants.W_OK);
  } catch (error) {
    throw fileError(error, folder, "write");
  }
}

const holdsAnother = (folder: string, mark: string): InputError =>
  new InputError(
    `${folder}: it holds another run (${mark}); give --resume to go on with it, --force to start it over or --out another folder`,
  );

/** The nearest folder above that exists: the new one is made there. */
async function nearestFolder(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path) return path;
  const found = await stat(above).catch(() => null);
  return found ? above : nearestFolder(above);
}

export class RunFolder {
  #path: string;
  readonly #warn: (text: string) => void;
  #begun = false;
  /** Null before `make`, and where the folder takes none. */
  #lock: Lock | null = null;
  #isNew = false;
  /** The whole log, of it what is not in the file yet, and how many bytes of the file are whole. */
  #log: string;
  #waiting: string;
  #logBytes = 0;
  /** Files that could not be written the last time. */
  readonly #failing = new Set<string>();
  #nextTry = 0;
  #savedSteps: number;

  /** `resumed`: the state that the run goes on from, and how many networks it trains. */
  constructor(
    path: string,
    warn: (text: string) => void,
    resumed: { readonly checkpoint: Checkpoint; readonly count: number } | null = null,
  ) {
    this.#path = path;
    this.#warn = warn;
    this.#savedSteps = resumed ? stepsOf(resumed.checkpoint) : 0;
    this.#log = this.#waiting = resumed ? logOf(resumed.checkpoint, resumed.count) : "";
  }

  /** Where it is; another place than at first where that one was given to something else meanwhile. */
  get path(): string {
    return this.#path;
  }

  get model(): string {
    return join(this.#path, MODEL);
  }

  /** Steps of the checkpoint in the folder; 0: there is none. */
  get savedSteps(): number {
    return this.#savedSteps;
  }

  /**
   * Makes the folder, so that one that cannot be made is known before training, and takes its lock, and of one of several runs
   * that of the folder of all. A folder for a `new` run is refused where another process has left one in it since it was
   * looked at.
   */
  make(what: "new" | "any" = "any", part?: Part): void {
    try {
      if (part) makeFolder(dirname(this.#path));
      part?.hold(dirname(this.#path));
      this.#isNew = !existsSync(this.#path);
      makeFolder(this.#path);
    } catch (error) {
      throw fileError(error, this.#path, "write");
    }
    try {
      this.#lock = takeLock(this.#path);
    } catch (error) {
      const said = fileError(error, join(this.#path, LOCK), "write");
      if (error instanceof InputError || !(said instanceof InputError)) throw said;
      this.#warn(`warning: ${said.message}; no other process must train in the folder, and training goes on`);
    }
    const mark = what === "new" && !this.#isNew && marksIn(this.#path)[0];
    if (!mark) return;
    this.#lock?.release();
    throw holdsAnother(this.#path, mark);
  }

  /** Takes an old run's files away, or brings the log to where the checkpoint is. Does nothing the second time. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#reclaim();
    try {
      removeLeftovers(this.#path, "all");
      const old = this.#savedSteps === 0 ? marksIn(this.#path) : [];
      for (const name of old) rmSync(join(this.#path, name), { force: true });
    } catch (error) {
      throw fileError(error, this.#path, "write");
    }
    this.#writeLog();
  }

  /** Gives the lock back, and takes a new folder away again where no step was taken. */
  close(): void {
    this.#lock?.release();
    if (this.#begun || !this.#isNew) return;
    try {
      rmdirSync(this.#path);
    } catch {
      // somebody else has put something there: it stays
    }
  }

  /** Adds one line to the log. */
  log(entry: object): void {
    this.begin();
    const line = lineOf(entry);
    this.#log += line;
    this.#waiting += line;
    this.#writeLog();
  }

  /** Where the log could not be written, tries again a second later at the soonest: what waits may have grown long. */
  #writeLog(): void {
    if (performance.now() < this.#nextTry) return;
    this.#reclaim();
    const path = join(this.#path, LOG);
    try {
      const there = lstatSync(path, { throwIfNoEntry: false });
      // never through a link that somebody has put there, nor into a pipe
      if (there && !there.isFile() && !there.isDirectory()) rmSync(path);
      if ((there?.isFile() ? there.size : 0) !== this.#logBytes) this.#mendLog(path, there);
      append(path, this.#waiting);
      this.#logBytes += Buffer.byteLength(this.#waiting);
      this.#waiting = "";
      this.#failing.delete(path);
    } catch (error) {
      this.#nextTry = performance.now() + 1000;
      this.#warnOnce(path, fileError(error, path, "write"), "its lines wait until it can be written");
    }
  }

  /** Cuts off what is left of an old run, or of a line that was cut short; a log that has lost something is written anew. */
  #mendLog(path: string, there: Stats | undefined): void {
    const isWhole = there?.isFile() === true && there.size > this.#logBytes;
    if (!isWhole) {
      this.#logBytes = 0;
      this.#waiting = this.#log;
    }
    if (there?.isFile()) truncateSync(path, this.#logBytes);
  }

  /** Puts a checkpoint in the place of the one before; where it cannot be written, that one stays. */
  async saveCheckpoint(checkpoint: Checkpoint, notes: Readonly<Record<string, string>>): Promise<void> {
    this.begin();
    this.#reclaim();
    const path = join(this.#path, CHECKPOINT);
    try {
      await saveCheckpoint(checkpoint, path, notes);
      this.#savedSteps = stepsOf(checkpoint);
      this.#failing.delete(path);
    } catch (error) {
      const last =
        this.#savedSteps > 0 ? `the one of step ${this.#savedSteps} stays` : "there is none so far";
      this.#warnOnce(path, error, last);
    }
  }

  async save(model: ModelFields): Promise<void> {
    this.begin();
    this.#nextTry = 0;
    this.#writeLog();
    this.#reclaim();
    await save(model, this.model);
  }

  /**
   * Where the folder or its lock was put away or replaced as the run went, makes the folder again, or, where something else is
   * in it by now, goes on beside it: nothing of that is overwritten, and nothing of this run is lost that can be saved.
   */
  #reclaim(): void {
    if (this.#lock === null || this.#lock.isHeld()) return;
    const before = this.#path;
    try {
      const there = statSync(before, { throwIfNoEntry: false });
      const names = there?.isDirectory() ? readdirSync(before) : [];
      const isFree = !names.some((name) => MARKS.includes(name)) || this.#hasLog(before);
      if (there?.isDirectory() === false || names.includes(LOCK) || !isFree) this.#path = freeBeside(before);
      makeFolder(this.#path);
      this.#lock = takeLock(this.#path);
      if (!existsSync(join(this.#path, CHECKPOINT))) this.#savedSteps = 0;
      const where = this.#path === before ? "it is made again" : `it goes on in ${this.#path}`;
      this.#warn(`warning: ${before}: the folder, or its lock, was put away while the run trained; ${where}`);
    } catch (error) {
      this.#warnOnce(before, fileError(error, before, "write"), "the folder of the run was put away");
    }
  }

  /** Whether the log in a folder is this run's. */
  #hasLog(folder: string): boolean {
    const path = join(folder, LOG);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    const text = readFileSync(path, "utf8");
    return text.length > 0 && this.#log.startsWith(text);
  }

  #warnOnce(path: string, error: unknown, rest: string): void {
    if (!(error instanceof InputError)) throw error;
    if (!this.#failing.has(path)) this.#warn(`warning: ${error.message}; ${rest}, and training goes on`);
    this.#failing.add(path);
  }
}

/** Adds to a file, never through a link. */
function append(path: string, text: string): void {
  // Windows has no O_NOFOLLOW
  const { O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o666);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

const marksIn = (folder: string): string[] => readdirSync(folder).filter((name) => MARKS.includes(name));

/** The first of FOLDER-2, FOLDER-3 and so on that is not there. */
function freeBeside(folder: string): string {
  for (let n = 2; ; n++) if (!existsSync(`${folder}-${n}`)) return `${folder}-${n}`;
}

/** Steps of all members. */
export const stepsOf = ({ members }: Checkpoint): number =>
  members.reduce((sum, { progress }) => sum + progress.steps, 0);

const lineOf = (entry: object): string => `${JSON.stringify(entry)}\n`;

/** The log up to a checkpoint of a run of `count` networks, as the run has written it. */
function logOf({ members }: Checkpoint, count: number): string {
  let before = 0;
  const lines = members.map(({ progress }, i) => {
    const since = before;
    before += progress.seconds;
    return progress.history.map((event) => {
      const seconds = Math.round(1000 * (since + event.seconds)) / 1000;
      return lineOf({ ...event, seconds, ...(count > 1 ? { member: i + 1 } : {}) });
    });
  });
  return lines.flat().join("");
}
