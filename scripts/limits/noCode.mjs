/**
 * Runs a program that may make no page executable, as SELinux's execmem and systemd's MemoryDenyWriteExecute have it: a
 * seccomp filter refuses mprotect with PROT_EXEC. Linux on x86-64; koffi calls prctl here.
 *
 *   node noCode.mjs PROGRAM WORDS...
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const koffi = createRequire(import.meta.url)("@koromix/koffi-linux-x64");
const prctl = koffi.load("libc.so.6").func("int prctl(int, uint64_t, uint64_t, uint64_t, uint64_t)");

const [LOAD, EQUAL, AND, RETURN] = [0x20, 0x15, 0x54, 0x06];
const [MPROTECT, PROT_EXEC, ALLOW, EACCES] = [10, 4, 0x7fff0000, 0x0005000d];
/** code, turns to skip where true and false, operand: numbers of calls stand at 0, the third argument at 32. */
const filter = [
  [LOAD, 0, 0, 0],
  [EQUAL, 0, 3, MPROTECT],
  [LOAD, 0, 0, 32],
  [AND, 0, 0, PROT_EXEC],
  [EQUAL, 1, 0, PROT_EXEC],
  [RETURN, 0, 0, ALLOW],
  [RETURN, 0, 0, EACCES],
];
const code = new DataView(new ArrayBuffer(8 * filter.length));
for (const [i, [op, yes, no, k]] of filter.entries()) {
  code.setUint16(8 * i, op, true);
  code.setUint8(8 * i + 2, yes);
  code.setUint8(8 * i + 3, no);
  code.setUint32(8 * i + 4, k, true);
}
const program = new DataView(new ArrayBuffer(16));
program.setUint16(0, filter.length, true);
program.setBigUint64(8, koffi.address(code.buffer), true);

const [NO_NEW_PRIVILEGES, SECCOMP, FILTER] = [38, 22, 2];
if (
  prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) !== 0 ||
  prctl(SECCOMP, FILTER, koffi.address(program.buffer), 0, 0) !== 0
) {
  console.error("the system takes no seccomp filter");
  process.exit(1);
}
const [word, ...words] = process.argv.slice(2);
const { status } = spawnSync(word, words, { stdio: "inherit" });
process.exitCode = status ?? 1;
