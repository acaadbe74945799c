/** How long a barrier of two threads of machine code takes here: many phases of almost no work, against one. */
import type { Backend } from "../../src/backends/backend.ts";
import type { Phase } from "../../src/vector/partition.ts";
import type { Program } from "../../src/vector/program.ts";
import type { Kernel } from "../../src/vector/vector.ts";

const PHASES = 201;
/** On a busy machine a barrier may wait for a thread that has no processor: the clock ends it. */
const MOST_MS = 5000;

/** A kernel that moves one vector; each thread has a line of its own. */
const kernel = (pointer: number): Kernel => ({
  name: "move",
  code: {
    pointers: 1,
    values: 1,
    body: [
      { op: "load", out: 0, pointer: 0, offset: 0 },
      { op: "store", pointer: 0, offset: 0, value: 0 },
    ],
  },
  pointers: [pointer],
});

/** Milliseconds, the fastest of interleaved rounds: both threads had a processor then. */
export async function barrierMs(backend: Backend): Promise<number> {
  const phase: Phase = [[kernel(256)], [kernel(512)]];
  const one = [phase];
  const many = Array.from({ length: PHASES }, () => phase);
  const program: Program = {
    batch: 1,
    arenaBytes: 1024,
    entries: { one: one.flat(2), many: many.flat(2) },
    tensors: {},
    rows: { count: 0, mask: 64 },
    constants: [],
  };
  const executable = await backend.load(program, { threads: 2, entries: { one, many } });
  if (executable.threads !== 2) throw new Error("a barrier wants two threads");
  const least = { one: Infinity, many: Infinity };
  const end = performance.now() + MOST_MS;
  while (performance.now() < end)
    for (const entry of ["one", "many"] as const) {
      const start = performance.now();
      executable.run(entry);
      least[entry] = Math.min(least[entry], performance.now() - start);
    }
  executable.dispose();
  return (least.many - least.one) / (PHASES - 1);
}
