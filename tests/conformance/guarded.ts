/**
 * Machine code whose arenas lie between two regions that nobody may touch: a load or store outside of an arena ends the
 * process. They lie flush against the region after them and the one before them in turn. Linux; elsewhere the arenas are
 * the usual ones.
 */
import type { Backend } from "../../src/backends/backend.ts";
import { x64, type MakeArena } from "../../src/backends/x64/x64.ts";
import { loadKoffi } from "../../src/backends/x64/koffi.ts";
import { nativeMachines } from "../../src/backends/x64/native.ts";

const PAGE = 4096;
/** Wide enough for a stride that is wrong by a tensor. */
const GUARD = 2 ** 24;
const [PROT_NONE, PROT_READ_WRITE] = [0, 3];

/** One back end an instruction set that can run here, widest first. */
export async function guardedBackends(): Promise<readonly Backend[]> {
  const found = await nativeMachines();
  if (typeof found === "string") return [];
  const makeArena = process.platform === "linux" ? guardedArenas() : undefined;
  return found.machines.map((machine) => x64(found.native, machine, makeArena));
}

function guardedArenas(): MakeArena {
  const koffi = loadKoffi();
  if (typeof koffi === "string") throw new Error(koffi);
  const libc = koffi.load("libc.so.6");
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const mprotect = libc.func("int mprotect(void *, size_t, int)");
  const munmap = libc.func("int munmap(void *, size_t)");
  const unmapped = new FinalizationRegistry<readonly [bigint, number]>(([at, size]) => void munmap(at, size));
  const PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
  let count = 0;
  return (bytes) => {
    const inside = Math.ceil(bytes / PAGE) * PAGE;
    const size = inside + 2 * GUARD;
    const start = koffi.address(mmap(null, size, PROT_NONE, PRIVATE_ANONYMOUS_NORESERVE, -1, 0) as bigint);
    const open = start + BigInt(GUARD);
    if (mprotect(open, inside, PROT_READ_WRITE) !== 0) throw new Error("mprotect failed");
    const atEnd = count++ % 2 === 0;
    const buffer = koffi.view(open + BigInt(atEnd ? inside - bytes : 0), bytes);
    unmapped.register(buffer, [start, size]);
    return new Uint8Array(buffer);
  };
}
