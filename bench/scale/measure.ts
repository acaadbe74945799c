/** All that docs/scale.md stands on: what is measured here, what is counted, what is stated. */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { Performance } from "../../src/bench/performance.ts";
import { nativeBackend } from "../../src/node.ts";
import { barrierMs } from "./barrier.ts";
import { rankedNetworks, rankedOf, scaledNetworks, threadsOf, type ScaledWorkload } from "./count.ts";
import type { Net } from "./ranks.ts";

export interface Scale {
  readonly schema: 1;
  readonly date: string;
  readonly machine: string;
  /** Measured: a barrier of two threads. */
  readonly barrierMs: number;
  readonly threads: readonly ScaledWorkload[];
  /** Measured: exchanges of two ranks. */
  readonly local: readonly Local[];
  readonly nets: readonly (Net & { readonly bytes: number })[];
}

/** Exchanges between two processes of this machine. */
export interface Local {
  readonly name: string;
  readonly times: readonly { readonly bytes: number; readonly ms: number }[];
  /** What one more message of a sum takes. */
  readonly messageMs: number;
}

/** Stated, not measured: bytes a millisecond of a server's memory, and of one core from the caches of others. */
export const bytesAMs = 300e6;
export const threadBytesAMs = 40e6;

const transports = [
  { name: "shared memory", words: [] },
  { name: "loopback TCP", words: ["--mca", "btl", "tcp,self"] },
] as const;
const SIZES = [1e3, 4e3, 16e3, 64e3, 256e3, 1e6, 4e6, 1e7];
const WHOLE = 2 ** 18;
/** A vector of 32 KB as one message a chunk, and as 64. */
const VECTOR = 2 ** 15;
const PIECE = 64;

const worker = fileURLToPath(new URL("exchangeWorker.ts", import.meta.url));

function exchanges(words: readonly string[], pieceFloats: number, sizes: readonly number[]): Local["times"] {
  const printed = execFileSync(
    "mpirun.openmpi",
    [
      "--oversubscribe",
      "--bind-to",
      "none",
      ...words,
      "-n",
      "2",
      process.execPath,
      "--import",
      "tsx",
      worker,
      String(pieceFloats),
      ...sizes.map(String),
    ],
    {
      env: { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" },
      encoding: "utf8",
    },
  );
  return JSON.parse(printed) as Local["times"];
}

export async function measure(p: Performance, say: (what: string) => void): Promise<Scale> {
  const native = await nativeBackend();
  if (typeof native === "string") throw new Error(`no machine code: ${native}`);
  const local = transports.map(({ name, words }): Local => {
    say(`exchange over ${name}`);
    const times = exchanges(words, WHOLE, [...SIZES, VECTOR]);
    const [inPieces] = exchanges(words, PIECE, [VECTOR]);
    const messages = 2 * (VECTOR / 8 / PIECE - 1);
    return {
      name,
      times: times.slice(0, -1),
      messageMs: (inPieces.ms - times[times.length - 1].ms) / messages,
    };
  });
  say("barrier");
  const barrier = await barrierMs(native);
  const threads: ScaledWorkload[] = [];
  for (const name of scaledNetworks) {
    say(`threads of ${name}`);
    threads.push(...(await threadsOf(name, p, { barrierMs: barrier, bytesAMs, threadBytesAMs })));
  }
  const nets: Scale["nets"][number][] = [];
  for (const name of rankedNetworks) {
    say(`ranks of ${name}`);
    nets.push(await rankedOf(name, p));
  }
  return {
    schema: 1,
    date: new Date().toISOString().slice(0, 10),
    machine: `${p.machine.split(", Node")[0]}, ${cpus().length} cores`,
    barrierMs: barrier,
    threads,
    local,
    nets,
  };
}
