#!/usr/bin/env node
/** The composition root: gives the process's streams and signals to the program. */
import { EXIT, say, type Io } from "./io.ts";
import { fileError } from "../node.ts";
import { runProgram } from "./program.ts";

/** Ctrl-C, what a system sends before it ends a process, and a terminal that is closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

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

/** Verbs whose result is one, at the end of long work: it is missed where nobody reads it. */
const LONG: readonly string[] = ["train", "reproduce"];

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  const [verb] = process.argv.slice(2);
  const isGone = error.code === "EPIPE";
  // a reader that has had enough (`toeplitz predict ... | head`) is no fault
  if (isGone && !LONG.includes(verb)) process.exit(EXIT.done);
  const said = isGone ? null : fileError(error, "standard output", "write");
  const what =
    said instanceof Error
      ? said.message.replace("; check the path", "")
      : "standard output: its reader is gone";
  const where =
    verb === "train" ? "; the result was not printed, it is in the run's folder (result.json)" : "";
  say(process.stderr, `toeplitz: ${what}${where}`);
  process.exit(EXIT.input);
});

// what nobody reads any more does not end a run
process.stderr.on("error", () => undefined);

process.exitCode = await runProgram(process.argv.slice(2), io);
