/**
 * What executables hold of the machine (pages, native threads), as a list of the calls that let it go. They are made by
 * `settle`, or, where a JavaScript thread ends first, by machine code that the system calls at the thread's end (the
 * destructor of a pthread key): a worker that is terminated runs no more JavaScript.
 *
 * JavaScript can be ended between any two of its calls and within none, so whatever changes the machine and the list
 * together is one call of emitted code: a page or a thread is never taken without its entry, nor let go twice. Once a
 * worker is being ended, koffi can make no value of JavaScript other than numbers, and trying to ends the process: after
 * the ledger is open nothing of koffi is used but what gives numbers: addresses, the last error, and calls of functions
 * made then, `invoke` for all code that comes later.
 */
import { Assembler, R8, R9, RAX, RBX, RCX, RDI, RDX, RSI, RSP, type Memory } from "./assembler.ts";

/** Functions of the C library, by address. */
export interface Libc {
  readonly mmap: bigint;
  readonly munmap: bigint;
  readonly pthread_create: bigint;
  readonly pthread_join: bigint;
  readonly pthread_key_delete: bigint;
}

/** An entry: a function and its two arguments, 64 bits each. One whose first argument is 0 has nothing to do. */
export const ENTRY_BYTES = 24;
/** The code stands in a page of its own before the list; the list starts with the key and how many entries there are. */
export const CODE_BYTES = 4096;
/** Some 43,000 entries: 10,000 executables on three threads. Pages that are not used cost nothing. */
export const LIST_BYTES = 2 ** 20;
const MOST_ENTRIES = Math.floor(LIST_BYTES / ENTRY_BYTES) - 1;

const PROT_READ_WRITE = 3;
const first = (base: number): Memory => ({ base, disp: 8 });

/** The ledger's code, with where each of its functions starts (the C calling convention). */
export interface LedgerCode {
  readonly bytes: Uint8Array;
  /** (entry, length) -> address or -1: takes memory, zeros, that may be written; the entry's first argument is its address. */
  readonly take: number;
  /** (entry, function) -> error or 0: starts a thread; the entry's first argument is its number. */
  readonly start: number;
  /** (entry): makes its call, once. */
  readonly settle: number;
  /** (address): calls the function there. */
  readonly invoke: number;
  /** (list): makes all of the calls in order, and then gives back the key, the list and this code. */
  readonly end: number;
}

export function emitLedger(libc: Libc, mapFlags: number): LedgerCode {
  const a = new Assembler();

  const take = a.length;
  a.push(RBX);
  a.moveRegister(RBX, RDI);
  a.setWord(RDI, 0);
  a.setWord(RDX, PROT_READ_WRITE);
  a.setWord(RCX, mapFlags);
  a.setAddress(R8, -1n);
  a.setAddress(R9, 0n);
  callC(a, libc.mmap);
  // -1 where there is none; to give that back does nothing
  a.storePointer(first(RBX), RAX);
  a.pop(RBX);
  a.ret();

  const start = a.length;
  emitStart(a, libc);

  const settle = a.length;
  a.compareToNull(first(RDI));
  const nothing = a.skip("equal");
  a.moveRegister(RDX, RDI);
  a.loadPointer(RAX, { base: RDX, disp: 0 });
  a.loadPointer(RDI, first(RDX));
  a.loadPointer(RSI, { base: RDX, disp: 16 });
  a.setAddress(RCX, 0n);
  a.storePointer(first(RDX), RCX);
  a.jumpRax();
  a.land(nothing);
  a.ret();

  const invoke = a.length;
  a.moveRegister(RAX, RDI);
  a.jumpRax();

  const end = a.length;
  const left: Memory = { base: RSP, disp: 0 };
  a.push(RBX);
  a.addImmediate(RSP, -16);
  a.moveRegister(RBX, RDI);
  a.loadWord(RAX, { base: RBX, disp: 8 });
  a.storeWord(left, RAX);
  a.loadPointer(RDI, { base: RBX, disp: 0 });
  callC(a, libc.pthread_key_delete);
  const turn = a.length;
  a.compareImmediate(left, 0);
  const done = a.skip("equal");
  a.decrement(left);
  a.addImmediate(RBX, ENTRY_BYTES);
  a.moveRegister(RDI, RBX);
  a.call(settle);
  a.jumpBack(turn);
  a.land(done);
  a.addImmediate(RSP, 16);
  a.pop(RBX);
  a.codeAddress(RDI, 0);
  a.setWord(RSI, CODE_BYTES + LIST_BYTES);
  a.setAddress(RAX, libc.munmap);
  // it returns to who called: this code is gone by then
  a.jumpRax();
  return { bytes: a.finish(a.length), take, start, settle, invoke, end };
}

function callC(a: Assembler, address: bigint): void {
  a.setAddress(RAX, address);
  a.callRax();
}

function emitStart(a: Assembler, libc: Libc): void {
  a.push(RBX);
  a.addImmediate(RSP, -16);
  a.moveRegister(RBX, RDI);
  a.moveRegister(RDX, RSI);
  a.moveRegister(RDI, RSP);
  a.setWord(RSI, 0);
  a.setWord(RCX, 0);
  callC(a, libc.pthread_create);
  a.storeWord({ base: RSP, disp: 8 }, RAX);
  a.compareImmediate({ base: RSP, disp: 8 }, 0);
  const refused = a.skip("notEqual");
  a.loadPointer(RDX, { base: RSP, disp: 0 });
  a.storePointer(first(RBX), RDX);
  a.land(refused);
  a.addImmediate(RSP, 16);
  a.pop(RBX);
  a.ret();
}

/** The ledger's functions as JavaScript calls them: addresses in, the low half of the result or an address out. */
export interface LedgerCalls {
  take(entry: bigint, length: bigint): bigint;
  start(entry: bigint, at: bigint): number;
  settle(entry: bigint): void;
}

/** Room for so many calls, one behind the other. */
export interface Room {
  /** Writes the n-th: what is to be called, with what. With `argument` 0 it waits for `take` or `start` to say it. */
  put(n: number, what: bigint, argument?: bigint, second?: bigint): void;
  take(n: number, length: number): bigint;
  start(n: number, at: bigint): number;
  /** Makes the n-th call, once. */
  settle(n: number): void;
  /** Makes those that there still are, in order; the room is somebody else's then. */
  leave(): void;
}

/** The list in memory: `words` at address `base`. */
export class Ledger {
  readonly #words: BigUint64Array;
  readonly #base: bigint;
  readonly #calls: LedgerCalls;
  /** Rooms that were left, by their size. */
  readonly #free = new Map<number, number[]>();
  #used = 0;

  constructor(words: BigUint64Array, base: bigint, calls: LedgerCalls) {
    this.#words = words;
    this.#base = base;
    this.#calls = calls;
  }

  /** Throws where the list is full. */
  room(size: number): Room {
    const left = this.#free.get(size) ?? [];
    this.#free.set(size, left);
    const from = left.pop() ?? this.#used;
    if (from + size > MOST_ENTRIES)
      throw new Error("too many executables are loaded at once; dispose of those that are no longer used");
    this.#used = Math.max(this.#used, from + size);
    this.#words[1] = BigInt(this.#used);
    const entry = (n: number): bigint => this.#base + BigInt(ENTRY_BYTES * (1 + from + n));
    let isLeft = false;
    return {
      put: (n, what, argument = 0n, second = 0n) => {
        const at = 3 * (1 + from + n);
        // what makes it count comes last
        this.#words[at] = what;
        this.#words[at + 2] = second;
        this.#words[at + 1] = argument;
      },
      take: (n, length) => this.#calls.take(entry(n), BigInt(length)),
      start: (n, at) => this.#calls.start(entry(n), at),
      settle: (n) => this.#calls.settle(entry(n)),
      leave: () => {
        if (isLeft) return;
        isLeft = true;
        for (let n = 0; n < size; n++) this.#calls.settle(entry(n));
        left.push(from);
      },
    };
  }
}
