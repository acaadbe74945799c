#!/usr/bin/env node
/** The composition root: gives the process's streams and signals to the program. */
import type { Io } from "./io.ts";

// a process that ends before its work is done has not done it
process.exitCode = 1;

/** The program's own files, some 250, are opened together: where that is refused, there is nothing else to say it by. */
const [{ EXIT, say }, { fileError }, { runProgram }] = await Promise.all([
  import("./io.ts"),
  import("../node.ts"),
  import("./program.ts"),
]).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== "EMFILE" && error.code !== "ENFILE") throw error;
  process.stderr.write("toeplitz: too many files are open: raise the limit (ulimit -n 1024)\n");
  process.exit(2);
});

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
const LONG: readonly string[] = ["train", "reproduce", "sweep"];

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
    {
      train: "; the result was not printed, it is in the run's folder (result.json)",
      sweep: "; the recipe is in the sweep's folder (best.json)",
    }[verb] ?? "";
  say(process.stderr, `toeplitz: ${what}${where}`);
  process.exit(EXIT.input);
});

// what nobody reads any more does not end a run
process.stderr.on("error", () => undefined);

process.exitCode = await runProgram(process.argv.slice(2), io);
