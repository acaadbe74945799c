/** From an error to an exit code and one line on stderr. */
import { CommanderError } from "commander";
import { ModelError } from "../layers/model.ts";
import { InputError } from "../data/errors.ts";
import { printable } from "../data/printable.ts";
import { RankError } from "../training/ranks.ts";
import { DivergedError } from "../training/diverged.ts";
import { EXIT, say, type Io } from "./io.ts";
import { limitText } from "./limits.ts";

const HELP = new Set(["commander.help", "commander.helpDisplayed", "commander.version"]);

/**
 * Says what went wrong and returns the exit code; a stack trace only for faults of ours and with TOEPLITZ_DEBUG=1.
 * `help` is the command whose help says how the words should have been.
 */
export function report(error: unknown, io: Io, help: string): number {
  if (error instanceof CommanderError) {
    if (HELP.has(error.code)) return EXIT.done;
    const what = error.message.replace(/^error: /, "").replace(/\.$/, "");
    say(io.stderr, `toeplitz: ${oneLine(what)}; see ${help}`);
    return EXIT.input;
  }
  if (error instanceof InputError || error instanceof ModelError || error instanceof RankError) {
    say(io.stderr, `toeplitz: ${oneLine(error.message)}`);
    return EXIT.input;
  }
  if (error instanceof DivergedError) {
    say(io.stderr, `toeplitz: ${oneLine(error.message)}`);
    return EXIT.diverged;
  }
  const limit = limitText(error);
  if (limit !== null) {
    say(io.stderr, `toeplitz: ${oneLine(limit)}`);
    return EXIT.input;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const debug = io.env.TOEPLITZ_DEBUG === "1";
  say(io.stderr, `toeplitz: this is a fault of toeplitz: ${oneLine(message)}`);
  say(
    io.stderr,
    debug ? (stack ?? "") : "set TOEPLITZ_DEBUG=1 to see where it comes from, and please report it",
  );
  return EXIT.fault;
}

/** A file's name or content is no line of its own, and draws nothing. */
const oneLine = (text: string): string => printable(text.replace(/\s*\n\s*/g, " "));
