/** A function that the system's calling convention can call, around code that uses all registers. */
import { RSP, type Assembler, type Memory } from "./assembler.ts";

/** Round to nearest, denormals kept, no exceptions: a library in the process may have changed it. */
const MXCSR = 0x1f80;
/** rbx rbp r12 r13 r14 r15: a function returns them as it found them. */
const SAVED = [3, 5, 12, 13, 14, 15] as const;

/** Appends a function; returns where it starts. `body` gets a 32-bit word of the stack for its own use. */
export function emitFrame(a: Assembler, body: (spare: Memory) => void): number {
  const start = a.length;
  const [old, spare] = [
    { base: RSP, disp: 0 },
    { base: RSP, disp: 4 },
  ];
  for (const r of SAVED) a.push(r);
  a.addImmediate(RSP, -8);
  a.controlWord("store", old);
  a.setCounter(spare, MXCSR);
  a.controlWord("load", spare);
  body(spare);
  a.vzeroupper();
  a.controlWord("load", old);
  a.addImmediate(RSP, 8);
  for (const r of SAVED.toReversed()) a.pop(r);
  a.ret();
  return start;
}
