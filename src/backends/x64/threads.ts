/**
 * How threads of emitted code meet. A word that changes is what a thread waits for: it looks for a while, then sleeps in
 * the kernel (futex, Linux) until somebody who changed the word and saw that there are sleepers wakes it.
 *
 * Words, in memory of their own (the arena may be collected while a thread still sleeps):
 * - generation: the caller counts it up when there is work; a thread's task stands beside it, null when it is to end
 * - sequence: counted up by the last thread that arrives at a barrier; what the others wait for there
 */
import { R10, RAX, RDI, RDX, RSI, type Assembler, type Memory } from "./assembler.ts";
import { emitFrame } from "./frame.ts";

/** Words that different threads write lie on lines of their own. */
const LINE = 128;
const GENERATION = 0;
const SEQUENCE = LINE;
/** Beside each word that is waited for: how many sleep. */
const SLEEPERS = 4;
/** Threads that are still to come to the barrier, from the sequence. */
const MISSING = LINE / 2;
const TASKS = 2 * LINE;

/** Looks before sleeping: a hundred microseconds or more, as a kernel may take that one thread does alone. */
const LOOKS = 10000;
const FUTEX = 202;
const FUTEX_WAIT_PRIVATE = 128;
const FUTEX_WAKE_PRIVATE = 129;
const EVERYBODY = 0x7fffffff;

/** The words for so many threads, as they are at the start. */
export function controlWords(threads: number): Int32Array {
  const words = new Int32Array((TASKS + 8 * threads) / 4);
  words[(SEQUENCE + MISSING) / 4] = threads;
  return words;
}

/** Functions of a program's code, by where they start; they spoil rax, rcx, rdx, rsi, rdi, r10 and r11. */
export interface Meeting {
  /** Where the words are. */
  readonly control: bigint;
  /** Every thread comes here before any goes on. */
  readonly barrier: number;
  /** Tells the other threads to do their tasks. */
  readonly begin: number;
  /** Waits until the word at rdi is not esi. */
  readonly wait: number;
}

export function emitMeeting(a: Assembler, control: bigint, threads: number): Meeting {
  const word: Memory = { base: RDI, disp: 0 };
  const sleepers: Memory = { base: RDI, disp: SLEEPERS };
  const missing: Memory = { base: RDI, disp: MISSING };

  const barrier = a.length;
  a.setAddress(RDI, control + BigInt(SEQUENCE));
  a.loadWord(RSI, word);
  a.atomicCount(missing, "down");
  const early = a.skip("notEqual");
  a.setCounter(missing, threads);
  const release = a.length;
  a.atomicCount(word, "up");
  a.compareImmediate(sleepers, 0);
  const allAwake = a.skip("equal");
  a.setWord(RSI, FUTEX_WAKE_PRIVATE);
  a.setWord(RDX, EVERYBODY);
  a.setWord(RAX, FUTEX);
  a.syscall();
  a.land(allAwake);
  a.ret();

  a.land(early);
  const wait = a.length;
  a.setWord(RAX, LOOKS);
  const look = a.length;
  a.compareWord(word, RSI);
  const changed = a.skip("notEqual");
  a.pause();
  a.decrement("eax");
  a.jumpBackIfNotZero(look);
  a.atomicCount(sleepers, "up");
  const sleep = a.length;
  a.compareWord(word, RSI);
  const awake = a.skip("notEqual");
  a.moveRegister(RDX, RSI);
  a.setWord(RSI, FUTEX_WAIT_PRIVATE);
  a.setAddress(R10, 0n);
  a.setWord(RAX, FUTEX);
  a.syscall();
  a.moveRegister(RSI, RDX);
  a.jumpBack(sleep);
  a.land(awake);
  a.atomicCount(sleepers, "down");
  a.land(changed);
  a.ret();

  const begin = a.length;
  a.setAddress(RDI, control + BigInt(GENERATION));
  a.jumpBack(release);
  return { control, barrier, begin, wait };
}

/** Gives a thread a task: a function that starts at `task`; none: it is to end. */
export function emitTask(a: Assembler, { control }: Meeting, thread: number, task: number | null): void {
  a.setAddress(RDI, control + BigInt(TASKS + 8 * thread));
  if (task === null) a.setAddress(RAX, 0n);
  else a.codeAddress(RAX, task);
  a.storePointer({ base: RDI, disp: 0 }, RAX);
}

/** The function that a thread runs from its start to its end: it waits for tasks and does them. */
export function emitWorker(a: Assembler, { control, wait }: Meeting, thread: number): number {
  return emitFrame(a, (spare) => {
    a.setCounter(spare, 0);
    const turn = a.length;
    a.setAddress(RDI, control + BigInt(GENERATION));
    a.loadWord(RSI, spare);
    a.call(wait);
    a.loadWord(RAX, { base: RDI, disp: GENERATION });
    a.storeWord(spare, RAX);
    a.compareToNull({ base: RDI, disp: TASKS + 8 * thread });
    const end = a.skip("equal");
    a.loadPointer(RAX, { base: RDI, disp: TASKS + 8 * thread });
    a.callRax();
    a.jumpBack(turn);
    a.land(end);
  });
}
