/**
 * A verb on ranks: `mpirun -n R toeplitz ...`. Rank 0 shows, writes and prints; the others work and are silent, but for a
 * line of their own where a rank is gone.
 */
import { Writable } from "node:stream";
import { processors } from "../backends/choose.ts";
import { launcherOf } from "../distributed/launcher.ts";
import { openRanks, type MpiRanks } from "../distributed/openRanks.ts";
import { rowsOf, type Dataset, type RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { printable } from "../data/printable.ts";
import { outputsOf, type Predictions } from "../models/predictions.ts";
import { RankError } from "../training/ranks.ts";
import type { Io } from "./io.ts";

/** What of the options says who else works. */
export interface RankFlags {
  readonly ranks?: number;
  readonly rankTimeout?: number;
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Streams that nobody sees, of a rank that is not the first. */
export const silent = (io: Io): Io => ({ ...io, stdout: nowhere(), stderr: nowhere() });

/** Verbs that ranks do together. */
const shared: ReadonlySet<string> = new Set(["train", "evaluate", "predict", "sweep"]);

/** Whether another rank says what is wrong with the words of this command line: all ranks have the same. */
export function isFollower([verb]: readonly string[], io: Io): boolean {
  try {
    return shared.has(verb) && (launcherOf(io.env)?.rank ?? 0) > 0;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/**
 * Runs a verb on the ranks that there are; on one process, by itself. An error of one is told to all: whoever waits for it
 * ends too. Throws as `work` does.
 */
export async function onRanks<T>(
  { ranks: wanted, rankTimeout }: RankFlags,
  io: Io,
  work: (io: Io, ranks: MpiRanks | null) => Promise<T>,
): Promise<T> {
  const timeoutMs = rankTimeout === undefined ? undefined : 1000 * rankTimeout;
  const ranks = await openRanks({ ranks: wanted, env: io.env, ...(timeoutMs && { timeoutMs }) });
  if (ranks === null) return work(io, null);
  try {
    const result = await work(ranks.rank === 0 ? io : silent(io), ranks);
    await ranks.close();
    return result;
  } catch (error) {
    throw new RankFailure(error, ranks);
  }
}

/** An error on one of several ranks: it is said, and then the others are told. */
export class RankFailure extends Error {
  override readonly name = "RankFailure";
  readonly #ranks: MpiRanks;

  constructor(cause: unknown, ranks: MpiRanks) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.#ranks = ranks;
  }

  /** Says the line, where it is one that rank 0 does not have, tells the others, and ends. */
  async report(say: (cause: unknown, io: Io) => number, io: Io): Promise<number> {
    const { rank, hosts } = this.#ranks;
    let line = "";
    const stderr = new Writable({
      write(chunk: Buffer, _encoding, done) {
        line += chunk.toString();
        done();
      },
    });
    const code = say(this.cause, { ...io, stderr });
    const prefix = rank === 0 ? "toeplitz: " : `toeplitz: rank ${rank} on ${printable(hosts[rank])}: `;
    if (rank === 0 || !isExpected(this.cause)) io.stderr.write(line.replace(/^toeplitz: /, prefix));
    return this.#ranks.fail(line.replace(/^toeplitz: /, "").trim(), code);
  }
}

/** Errors that every rank has where one has them, or that are the fault of what one was given. */
const isExpected = (error: unknown): boolean =>
  error instanceof Error && ["InputError", "ModelError", "DivergedError"].includes(error.name);

/** How long the other ranks are waited for after an interrupt, in milliseconds: launchers give a second. */
const GIVE_UP_MS = 700;
/** How often is looked, and what of the time between two looks counts at most: the rest was this process's own work. */
const LOOK_MS = 50;

/**
 * Work with other ranks, which an interrupt ends after a step of all; where one of them is gone, none comes: a launcher then
 * interrupts the others. Throws RankError where so much time after the interrupt was spent in waiting.
 */
export function untilGivenUp<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    const begin = (): void => {
      let [waited, looked] = [0, performance.now()];
      timer = setInterval(() => {
        const now = performance.now();
        waited += Math.min(now - looked, LOOK_MS);
        looked = now;
        if (waited >= GIVE_UP_MS)
          reject(new RankError("interrupted while it waited for other ranks, of which one may be gone"));
      }, LOOK_MS);
    };
    if (signal.aborted) begin();
    else signal.addEventListener("abort", begin);
  });
  return Promise.race([work, givenUp]).finally(() => clearInterval(timer));
}

/**
 * A model whose outputs of the rows of `data` are made by all ranks, each of a stretch of them, and known to every rank then;
 * of other rows it makes them itself. What was made is found by the number of a batch's first row.
 */
export async function sharedModel<M extends Predictions>(
  model: M,
  data: Dataset,
  ranks: MpiRanks | null,
): Promise<M> {
  if (ranks === null) return model;
  const at = (rank: number): number => Math.floor((rank * data.rows) / ranks.size);
  const [from, to] = [at(ranks.rank), at(ranks.rank + 1)];
  const own = rowsOf(
    data,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  );
  const made = to > from ? outputsOf(own, (rows) => model.outputs(rows)) : new Float32Array(0);
  const all = await ranks.gather(new Uint8Array(made.buffer, made.byteOffset, made.byteLength));
  const outputs = new Float32Array(new Uint8Array(Buffer.concat(all)).buffer);
  const width = outputs.length / data.rows;
  const known = ({ first = 0, rows }: RawRows): Float32Array =>
    outputs.slice(first * width, (first + rows) * width);
  return {
    ...model,
    ...model.over((rows) => (rows.first === undefined ? model.outputs(rows) : known(rows))),
  };
}

/** How many threads a rank takes where others are on its machine: its share of the processors. */
export function threadsBeside(ranks: MpiRanks | null): number | undefined {
  if (ranks === null) return undefined;
  const beside = ranks.hosts.filter((host) => host === ranks.hosts[ranks.rank]).length;
  return beside > 1 ? Math.max(1, Math.floor(processors() / beside)) : undefined;
}
