/**
 * The WebAssembly back end: one module a program. A partition's other threads are workers over shared memory; the caller
 * does the first thread's share. Where there can be no workers, or they do not start, one thread runs the program.
 */
import { isAlone, whole, type Partition } from "../../vector/partition.ts";
import type { Program } from "../../vector/program.ts";
import { registers16 } from "../../vector/schedule.ts";
import type { Backend, Executable } from "../backend.ts";
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
    return WebAssembly.validate(probe) ? forbidden(probe) : "this WebAssembly engine has no 128-bit SIMD";
  },
  oneThread: noWorkers,
  load: async (program, partition) => {
    if (!partition || partition.threads === 1 || noWorkers() !== null) return load(program, whole(program));
    try {
      return await load(program, partition);
    } catch {
      return load(program, whole(program));
    }
  },
};

/** Null where code may be compiled: a page's content security policy can forbid it, which validation does not tell. */
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

async function load(program: Program, partition: Partition): Promise<Executable> {
  const { threads } = partition;
  const control = Math.ceil(program.arenaBytes / LINE) * LINE;
  const pages = Math.ceil((threads > 1 ? control + CONTROL_BYTES : program.arenaBytes) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: threads > 1 });
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
