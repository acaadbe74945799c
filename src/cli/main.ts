#!/usr/bin/env node
/** The composition root: gives the process's streams and signals to the program. */
import { EXIT, type Io } from "./io.ts";
import { runProgram } from "./program.ts";

/** Ctrl-C, and what a system sends before it ends a process. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onInterrupt(first, beforeEnd) {
    let interrupts = 0;
    const listener = (): void => {
      interrupts++;
      if (interrupts === 1) return first();
      beforeEnd?.();
      process.exit(EXIT.interrupted);
    };
    for (const signal of SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    };
  },
};

// a reader that has gone away (`toeplitz ... | head`) is no fault
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), io);
