/**
 * Executable memory and calls into it, through koffi (an optional dependency), and what the processor can run. Linux and
 * macOS on x86-64; elsewhere, or where something is missing, the reason is said and wasm runs instead.
 */
import type { Backend } from "../backend.ts";
import { Assembler } from "./assembler.ts";
import { loadKoffi, type Koffi, type Library } from "./koffi.ts";
import { avx2, avx512, type Machine } from "./machine.ts";
import { x64, type Native } from "./x64.ts";

const PROT_READ_WRITE = 3;
const PROT_READ_EXECUTE = 5;

/** The x86-64 back end, or the reason why it cannot run here. */
export async function nativeBackend(prefer?: Machine["name"]): Promise<Backend | string> {
  const found = await nativeMachines();
  if (typeof found === "string") return found;
  const machine = found.machines.find((m) => prefer === undefined || m.name === prefer);
  return machine ? x64(found.native, machine) : `the processor has no ${prefer ?? "AVX2"}`;
}

/** Executable memory and the instruction sets that can run here, widest first; or the reason why there is none. */
export async function nativeMachines(): Promise<{ native: Native; machines: Machine[] } | string> {
  if (process.arch !== "x64") return `the processor is ${process.arch}, not x86-64`;
  if (process.platform !== "linux" && process.platform !== "darwin")
    return `${process.platform} has another calling convention`;
  const koffi = loadKoffi();
  if (typeof koffi === "string") return koffi;
  try {
    const native = nativeOf(koffi, process.platform);
    return { native, machines: machinesOf(native) };
  } catch (error) {
    return `executable memory is refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function nativeOf(koffi: Koffi, platform: "linux" | "darwin"): Native {
  const linux = platform === "linux";
  const libc = koffi.load(linux ? "libc.so.6" : "libSystem.B.dylib");
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const mprotect = libc.func("int mprotect(void *, size_t, int)");
  const munmap = libc.func("int munmap(void *, size_t)");
  const PRIVATE_ANONYMOUS = linux ? 0x22 : 0x1002;
  const entry = koffi.proto("void", []);
  const map = (content: Uint8Array): bigint => {
    const start = mmap(null, content.length, PROT_READ_WRITE, PRIVATE_ANONYMOUS, -1, 0) as bigint;
    if (start === null || koffi.address(start) === 0xffff_ffff_ffff_ffffn) throw new Error("mmap failed");
    new Uint8Array(koffi.view(start, content.length)).set(content);
    return start;
  };
  const startThread = linux ? threadStarter(koffi, libc) : null;
  return {
    address: (buffer) => koffi.address(buffer),
    oneThread: startThread === null ? `${platform} has no futex: one thread` : null,
    place: (code) => {
      const start = map(code);
      if (mprotect(start, code.length, PROT_READ_EXECUTE) !== 0) throw new Error("mprotect failed");
      const at = (offset: number): bigint => koffi.address(start) + BigInt(offset);
      return {
        call: (offset) => koffi.decode(at(offset), entry) as () => void,
        start: (offset) => {
          if (startThread === null) throw new Error("there are no threads here");
          return startThread(at(offset));
        },
        free: () => void munmap(start, code.length),
      };
    },
    words: (content) => {
      const start = map(new Uint8Array(content.buffer));
      return { address: koffi.address(start), free: () => void munmap(start, content.byteLength) };
    },
  };
}

/** What starts a thread at an address and returns what waits for its end. Before glibc 2.34 a library of its own had it. */
function threadStarter(koffi: Koffi, libc: Library): (at: bigint) => () => void {
  const func: Library["func"] = (prototype) => {
    try {
      return libc.func(prototype);
    } catch {
      return koffi.load("libpthread.so.0").func(prototype);
    }
  };
  const create = func("int pthread_create(void *, void *, void *, void *)");
  const join = func("int pthread_join(uint64_t, void *)");
  return (at) => {
    const id = new BigUint64Array(1);
    const code = create(id, null, at, null) as number;
    if (code !== 0) throw new Error(`a thread could not be started: error ${code}`);
    return () => void join(id[0], null);
  };
}

/** What the processor and the operating system offer, widest first, by CPUID and XGETBV. */
function machinesOf(native: Native): Machine[] {
  const words = new Int32Array(8);
  const a = new Assembler();
  a.push(3);
  storeWords(a, native.address(words.buffer));
  a.pop(3);
  a.ret();
  const placed = native.place(a.finish(a.length));
  placed.call(0)();
  placed.free();
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
