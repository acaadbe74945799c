/** The ranks that `mpirun` started, from their beginning to their end. */
import { cpus } from "node:os";
import { InputError } from "../data/errors.ts";
import { RankError, type Ranks } from "../training/ranks.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { Farewell } from "./farewell.ts";
import { launcherOf, type Environment } from "./launcher.ts";
import { loadMpi } from "./library.ts";
import { openMpi } from "./mpi.ts";
import { Patience } from "./patience.ts";

/** What `openRanks` is given; every option has a default. */
export interface RanksOptions extends ExchangeOptions {
  /** How many there have to be; 1: this process alone, whatever started it. Default: as many as were started. */
  readonly ranks?: number;
  /** Default: the process's. */
  readonly env?: Environment;
}

/** Ranks over MPI. Every rank calls the same functions in the same order. */
export interface MpiRanks extends Ranks {
  /** The machine of each rank. */
  readonly hosts: readonly string[];
  /** The library and its version. */
  readonly library: string;
  /** Bytes that this rank has sent. */
  readonly sent: number;
  /** MPI_Allreduce, in an order of its own; for comparison alone. */
  readonly mpi: {
    /** Sums into the second. */
    allReduce(from: Float32Array, into: Float32Array): void;
  };
  /** Waits for all ranks. Throws RankError. */
  barrier(): Promise<void>;
  /** Waits for all ranks, which may be long, without a time-out; whether any of them says so. Throws RankError where one fails. */
  meet(says: boolean): Promise<boolean>;
  /** The end of a run where all is well: waits for all ranks, and ends MPI. Throws RankError where another has failed. */
  close(): Promise<void>;
  /**
   * The end where it is not, of this process too: tells the others why, gives them a moment to end by themselves, and has
   * the launcher end what is left. `line`: why, which was said to the user already.
   */
  fail(line: string, code: number): Promise<never>;
}

/** A rank that is silent for so long is given up, in milliseconds. */
export const RANK_TIMEOUT_MS = 120_000;

/**
 * The ranks of this run; null where it is one process alone, and then nothing is loaded. Throws InputError where MPI is
 * missing, is another than the launcher's, or where there are other than `ranks`.
 */
export async function openRanks(options: RanksOptions = {}): Promise<MpiRanks | null> {
  const { ranks, env = process.env, timeoutMs = RANK_TIMEOUT_MS } = options;
  if (ranks === 1) return null;
  const launcher = launcherOf(env);
  const size = launcher?.size ?? 1;
  if (ranks !== undefined && ranks !== size)
    throw new InputError(
      launcher
        ? `--ranks ${ranks}, but ${launcher.name} started ${size}: use mpirun -n ${ranks}`
        : `--ranks ${ranks}, but no mpirun started this: use mpirun -n ${ranks} toeplitz ...`,
    );
  if (launcher === null || size === 1) return null;
  const library = loadMpi(env, launcher);
  const mpi = openMpi(library, launcher);
  let isOpen = true;
  const abortAtExit = (code: number): void => {
    // a process that is left without a word ends all: the others would wait for it
    if (isOpen) mpi.abort(code || 1);
  };
  process.once("exit", abortAtExit);
  let hosts: readonly string[] = [];
  const nameOf = (rank: number): string => (hosts[rank] ? `rank ${rank} on ${hosts[rank]}` : `rank ${rank}`);
  const farewell = new Farewell(mpi, nameOf);
  const cores = cpus().length;
  const patience = new Patience(
    timeoutMs,
    nameOf,
    () => farewell.listen(),
    () => (hosts.filter((host) => host === mpi.host).length > cores ? "crowded" : "roomy"),
  );
  const endless = new Patience(Infinity, nameOf, () => farewell.listen());
  const exchange = new Exchange(mpi, patience, options);
  const names = await exchange.gather(new TextEncoder().encode(mpi.host));
  hosts = names.map((name) => new TextDecoder().decode(name));
  return {
    rank: mpi.rank,
    size: mpi.size,
    hosts,
    library: `${library.version} (${library.path})`,
    get sent() {
      return exchange.sent;
    },
    mpi,
    sum: (shards, parts, into) => exchange.sum(shards, parts, into),
    gather: (bytes) => exchange.gather(bytes),
    barrier: () => exchange.barrier(),
    meet: (says) => exchange.meet(says, endless),
    close: async () => {
      // the first may have long work left, such as a report: whoever is done waits for it
      await endless.wait(farewell.say(""));
      farewell.listen();
      isOpen = false;
      mpi.finalize();
    },
    fail: async (line, code) => {
      const haveAllSaid = await new Patience(PARTING_MS, nameOf)
        .wait(farewell.say(line || "without a word"))
        .then(
          () => true,
          (error: unknown) => {
            if (error instanceof RankError) return false;
            throw error;
          },
        );
      isOpen = false;
      // where all have said a last word, each ends by itself; MPI_Finalize would wait for what is under way
      if (!haveAllSaid) mpi.abort(code);
      process.exit(code);
    },
  };
}

/** How long a rank that failed waits for the others to end by themselves. */
const PARTING_MS = 2000;
