/**
 * Executable memory and calls into it, through koffi (an optional dependency), and what the processor can run. Linux and
 * macOS on x86-64; elsewhere, or where something is missing, the reason is said and wasm runs instead.
 */
import type { Backend } from "../backend.ts";
import { Assembler } from "./assembler.ts";
import { loadKoffi, type Koffi, type Library } from "./koffi.ts";
import { CODE_BYTES, emitLedger, Ledger, LIST_BYTES, type Libc } from "./ledger.ts";
import { avx2, avx512, type Machine } from "./machine.ts";
import { refused } from "./refused.ts";
import { x64, type Native } from "./x64.ts";

const PROT_READ_WRITE = 3;
const PROT_READ_EXECUTE = 5;
/** What mmap gives where it gives nothing. */
const FAILED = -1n;

/** The x86-64 back end, or the reason why it cannot run here. */
export async function nativeBackend(prefer?: Machine["name"]): Promise<Backend | string> {
  const here = await nativeMachines();
  if (typeof here === "string") return here;
  const machine = here.machines.find((m) => prefer === undefined || m.name === prefer);
  return machine ? x64(here.native, machine) : `the processor has no ${prefer ?? "AVX2"}`;
}

/** One a JavaScript thread, since its ledger is: systems have few keys for what is called at a thread's end. */
let found: Native | null = null;

/** Executable memory and the instruction sets that can run here, widest first; or the reason why there is none. */
export async function nativeMachines(): Promise<{ native: Native; machines: Machine[] } | string> {
  if (process.arch !== "x64") return `the processor is ${process.arch}, not x86-64`;
  if (process.platform !== "linux" && process.platform !== "darwin")
    return `${process.platform} has another calling convention`;
  const koffi = loadKoffi();
  if (typeof koffi === "string") return koffi;
  try {
    found ??= nativeOf(koffi, process.platform);
    return { native: found, machines: machinesOf(found) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What emitted code is given of the machine: it is written down in this JavaScript thread's ledger. */
function nativeOf(koffi: Koffi, platform: "linux" | "darwin"): Native {
  const libc = libcOf(koffi, platform);
  const { ledger, invoke } = openLedger(koffi, libc, platform);
  return {
    address: (buffer) => koffi.address(buffer),
    oneThread: platform === "linux" ? null : `${platform} has no futex: one thread`,
    hold: (threads) => {
      // in the order in which they are let go
      const [STOP, JOIN, CODE, WORDS] = [0, 1, threads, threads + 1];
      const room = ledger.room(threads + 2);
      const map = (n: number, content: Uint8Array): bigint => {
        room.put(n, libc.munmap, 0n, BigInt(content.length));
        const start = room.take(n, content.length);
        if (start === FAILED) throw refused("memory for machine code", koffi.errno());
        libc.memcpy(start, content, content.length);
        return start;
      };
      let code = 0n;
      return {
        words: (content) => map(WORDS, new Uint8Array(content.buffer)),
        place: (bytes) => {
          code = map(CODE, bytes);
          if (libc.mprotect(code, bytes.length, PROT_READ_EXECUTE) !== 0)
            throw refused("executable memory", koffi.errno());
          return (offset) => {
            // addresses of a process have 47 bits, and numbers pass faster
            const at = Number(code) + offset;
            return () => invoke(at);
          };
        },
        endBy: (offset) => room.put(STOP, code + BigInt(offset), 1n),
        start: (offsets) => {
          offsets.forEach((offset, i) => {
            room.put(JOIN + i, libc.pthread_join);
            const error = room.start(JOIN + i, code + BigInt(offset));
            if (error !== 0) throw refused("a thread", error);
          });
          return () => offsets.forEach((_, i) => room.settle(JOIN + i));
        },
        free: () => room.leave(),
      };
    },
  };
}

interface Functions extends Libc {
  mprotect(at: bigint, bytes: number, protection: number): number;
  memcpy(to: bigint, from: Uint8Array, bytes: number): void;
  map(bytes: number): bigint;
  /** Has a function called with the list when this thread ends; the key that stands for that, 0 where there is none. */
  atEnd(destructor: bigint, list: bigint): bigint;
  readonly mapFlags: number;
}

/** The C library's functions. Before glibc 2.34 those of threads were in a library of their own. */
function libcOf(koffi: Koffi, platform: "linux" | "darwin"): Functions {
  const linux = platform === "linux";
  const libc = koffi.load(linux ? "libc.so.6" : "libSystem.B.dylib");
  const fromThreads = <T>(get: (library: Library) => T): T => {
    try {
      return get(libc);
    } catch {
      return get(koffi.load("libpthread.so.0"));
    }
  };
  const symbol = (name: string): bigint =>
    koffi.address(fromThreads((library) => library.symbol(name, "void *")));
  const mapFlags = linux ? 0x22 : 0x1002;
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const mprotect = libc.func("int mprotect(void *, size_t, int)");
  const memcpy = libc.func("void memcpy(void *, const void *, size_t)");
  const keyCreate = fromThreads((l) => l.func("int pthread_key_create(void *, void *)"));
  const setSpecific = fromThreads((l) => l.func("int pthread_setspecific(uint64_t, void *)"));
  return {
    mmap: symbol("mmap"),
    munmap: symbol("munmap"),
    pthread_create: symbol("pthread_create"),
    pthread_join: symbol("pthread_join"),
    pthread_key_delete: symbol("pthread_key_delete"),
    mprotect: (at, bytes, protection) => mprotect(at, bytes, protection) as number,
    memcpy: (to, from, bytes) => void memcpy(to, from, bytes),
    map: (bytes) => {
      const start = mmap(null, bytes, PROT_READ_WRITE, mapFlags, -1, 0) as bigint | null;
      if (start === null || koffi.address(start) === BigInt.asUintN(64, FAILED))
        throw refused("memory for machine code", koffi.errno());
      return koffi.address(start);
    },
    atEnd: (destructor, list) => {
      const key = new BigUint64Array(1);
      if (keyCreate(key, destructor) !== 0) return 0n;
      setSpecific(key[0], list);
      return key[0];
    },
    mapFlags,
  };
}

/**
 * The ledger of this JavaScript thread. On macOS nothing is called at a thread's end: there are no threads of ours there,
 * and pages of a worker that was terminated stay until the process ends.
 */
function openLedger(
  koffi: Koffi,
  libc: Functions,
  platform: "linux" | "darwin",
): { ledger: Ledger; invoke: (at: number) => void } {
  const at = libc.map(CODE_BYTES + LIST_BYTES);
  const list = at + BigInt(CODE_BYTES);
  const emitted = emitLedger(libc, libc.mapFlags);
  libc.memcpy(at, emitted.bytes, emitted.bytes.length);
  if (libc.mprotect(at, CODE_BYTES, PROT_READ_EXECUTE) !== 0)
    throw refused("executable memory", koffi.errno());
  const words = new BigUint64Array(koffi.view(list, LIST_BYTES));
  if (platform === "linux") words[0] = libc.atEnd(at + BigInt(emitted.end), list);
  type Word = bigint | number;
  const call = (offset: number, result: string, words: number): ((...args: Word[]) => unknown) =>
    koffi.decode(
      at + BigInt(offset),
      koffi.proto(
        result,
        Array.from({ length: words }, () => "uint64_t"),
      ),
    ) as (...args: Word[]) => unknown;
  const [take, start] = [call(emitted.take, "int64_t", 2), call(emitted.start, "int", 2)];
  const settle = call(emitted.settle, "void", 1);
  const ledger = new Ledger(words, list, {
    take: (entry, length) => BigInt(take(entry, length) as Word),
    start: (entry, code) => start(entry, code) as number,
    settle: (entry) => void settle(entry),
  });
  return { ledger, invoke: call(emitted.invoke, "void", 1) };
}

/** What the processor and the operating system offer, widest first, by CPUID and XGETBV. */
function machinesOf(native: Native): Machine[] {
  const words = new Int32Array(8);
  const held = native.hold(1);
  const a = new Assembler();
  a.push(3);
  storeWords(a, native.address(words.buffer));
  a.pop(3);
  a.ret();
  held.place(a.finish(a.length))(0)();
  held.free();
  const [leaf1c, leaf7b, xcr0] = words;
  const osxsave = (leaf1c >>> 27) & 1;
  const avx = (leaf1c >>> 28) & (leaf1c >>> 12) & 1;
  const has = (bit: number): boolean => ((leaf7b >>> bit) & 1) === 1;
  if (!osxsave || !avx || (xcr0 & 6) !== 6 || !has(5)) return [];
  // F, DQ and VL, and the system saves mask and upper registers
  const wide = has(16) && has(17) && has(31) && (xcr0 & 0xe6) === 0xe6;
  return wide ? [avx512, avx2] : [avx2];
}

/** Code that writes ecx of leaf 1, ebx of leaf 7 and XCR0 to an address. */
function storeWords(a: Assembler, to: bigint): void {
  const address = Array.from({ length: 8 }, (_, i) => Number((to >> BigInt(8 * i)) & 255n));
  a.byte(0x49, 0xb8, ...address); // mov r8, to
  a.setCounter("eax", 1);
  a.byte(0x31, 0xc9); // xor ecx, ecx
  a.cpuid();
  a.byte(0x41, 0x89, 0x08); // mov [r8], ecx
  a.setCounter("eax", 7);
  a.byte(0x31, 0xc9);
  a.cpuid();
  a.byte(0x41, 0x89, 0x58, 0x04); // mov [r8 + 4], ebx
  a.byte(0x31, 0xc9);
  a.xgetbv();
  a.byte(0x41, 0x89, 0x40, 0x08); // mov [r8 + 8], eax
}
