/**
 * The WebAssembly back end: one module a program. A partition's other threads are workers over shared memory; the caller
 * does the first thread's share. Where there can be no workers, or they do not start, one thread runs the program.
 */
import { isAlone, whole, type Partition } from "../../vector/partition.ts";
import type { Program } from "../../vector/program.ts";
import { registers16 } from "../../vector/schedule.ts";
import { RefusedError, type Backend, type Executable } from "../backend.ts";
import { addressLimit, addressText } from "./addresses.ts";
import { CONTROL_BYTES, encodeModule, GENERATION, MISSING, simdProbe, TASK } from "./module.ts";
import { noWorkers, startWorker, type Share } from "./workers.ts";

const PAGE = 65536;
const LINE = 128;

export const wasm: Backend = {
  name: "wasm",
  schedule: registers16,
  unavailable: () => {
    if (typeof WebAssembly === "undefined") return "this JavaScript engine has no WebAssembly";
    const probe = simdProbe();
    if (!WebAssembly.validate(probe)) return "this WebAssembly engine has no 128-bit SIMD";
    return forbidden(probe) ?? cramped();
  },
  oneThread: noWorkers,
  fewMs: 1,
  load: async (program, partition) => {
    if (!partition || partition.threads === 1 || noWorkers() !== null) return load(program, whole(program));
    try {
      return await load(program, partition);
    } catch {
      return load(program, whole(program));
    }
  },
};

/** Null where code may be compiled: a page's content security policy can forbid it, which validation does not show. */
function forbidden(probe: Uint8Array<ArrayBuffer>): string | null {
  try {
    void new WebAssembly.Module(probe);
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return (
      `WebAssembly may not be compiled here (${reason}); a page's content security policy allows it by ` +
      "'wasm-unsafe-eval' in script-src"
    );
  }
}

/** As many memories as a training holds at once: its own, a predictor's and those of what is measured. */
const MEMORIES = 4;

/** What `cramped` found. */
let found: string | null | undefined;

/** Null where there are addresses for several memories; they are tried once, and only where there is a limit. */
function cramped(): string | null {
  if (found !== undefined) return found;
  const limit = addressLimit();
  if (limit === null) return (found = null);
  try {
    for (const held: WebAssembly.Memory[] = []; held.length < MEMORIES;)
      held.push(new WebAssembly.Memory({ initial: 1, maximum: 1 }));
    return (found = null);
  } catch {
    return (found = addressText(limit));
  }
}

/** A program's memory; throws RefusedError. */
function memoryOf(pages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch {
    const limit = addressLimit();
    const why =
      limit === null
        ? "no memory is left, or a container's limit is reached: use a smaller batch or model"
        : addressText(limit);
    throw new RefusedError(
      `${Math.ceil((pages * PAGE) / 2 ** 20)} MiB of WebAssembly memory are refused: ${why}`,
    );
  }
}

async function load(program: Program, partition: Partition): Promise<Executable> {
  const { threads } = partition;
  const control = Math.ceil(program.arenaBytes / LINE) * LINE;
  const pages = Math.ceil((threads > 1 ? control + CONTROL_BYTES : program.arenaBytes) / PAGE);
  const memory = memoryOf(pages, threads > 1);
  const module = await WebAssembly.compile(encodeModule(partition, pages, control));
  const { exports } = await WebAssembly.instantiate(module, { arena: { memory } });
  const bits = new Int32Array(memory.buffer);
  for (const { offset, words } of program.constants) bits.set(words, offset / 4);

  const entries = Object.keys(partition.entries);
  const together = new Set(entries.filter((entry) => !isAlone(partition.entries[entry])));
  bits[(control + MISSING) / 4] = threads;
  const release = await startAll(
    Array.from({ length: threads - 1 }, (_, i) => ({ module, memory, control, thread: i + 1, entries })),
  );
  const held = { bits, steps: exports as Readonly<Record<string, () => void>> | null };
  released.register(held, release, held);
  return {
    program,
    threads,
    floats: new Float32Array(memory.buffer),
    bits,
    run: (entry) => {
      if (held.steps === null) throw new Error("this executable was disposed of");
      if (together.has(entry)) {
        Atomics.store(bits, (control + TASK) / 4, entries.indexOf(entry));
        Atomics.add(bits, (control + GENERATION) / 4, 1);
        Atomics.notify(bits, (control + GENERATION) / 4);
      }
      held.steps[entry]();
    },
    alone: null,
    dispose: () => {
      if (held.steps === null) return;
      held.steps = null;
      released.unregister(held);
      release();
    },
  };
}

/** Workers end when the last user of the functions is gone. */
const released = new FinalizationRegistry<() => void>((release) => release());

/** Starts a worker a share; what ends them all comes back. (A function of its own, so that it holds nothing else.) */
async function startAll(shares: readonly Share[]): Promise<() => void> {
  const started = await Promise.allSettled(shares.map(startWorker));
  const ends = started.flatMap((s) => (s.status === "fulfilled" ? [s.value] : []));
  const release = (): void => ends.forEach((end) => end());
  const failed = started.find((s) => s.status === "rejected");
  if (!failed) return release;
  release();
  throw failed.reason;
}
