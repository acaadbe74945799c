/** What a verb may touch of the process: its streams, the environment and the interrupt. main.ts gives the real one. */
import type { Writable } from "node:stream";
import { InputError } from "../data/errors.ts";
import { printableLines } from "../data/printable.ts";

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean; readonly destroy?: () => unknown };
  /** Results. */
  readonly stdout: Writable & { readonly isTTY?: boolean };
  /** Progress and errors; `isTTY` where a person may be watching. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls back at the first interrupt; the second one ends the process. Returns how to stop listening. */
  readonly onInterrupt: (first: () => void, beforeEnd?: () => void) => () => void;
}

/** Exit codes (docs: the command line). */
export const EXIT = { done: 0, fault: 1, input: 2, diverged: 3, interrupted: 130 } as const;

/** Says lines to people: whatever names are in them, nothing but text reaches the terminal. */
export const say = (stream: Writable, text: string): void => void stream.write(`${printableLines(text)}\n`);

/** Writes rows as they are, to a terminal as `say` does, and waits where the reader is slower. */
export async function writeRows(stream: Io["stdout"], text: string): Promise<void> {
  await write(stream, stream.isTTY ? printableLines(text) : text);
}

/** Writes, and waits where the reader is slower. */
async function write(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await new Promise((resume) => stream.once("drain", resume));
}

/** The most that is read from standard input: what never ends is given up then. */
const MOST_READ = 2 ** 30;

/** All of standard input, under the name that errors call it by; throws InputError where nothing can come of it. */
export async function readStandardInput({
  stdin,
}: Pick<Io, "stdin">): Promise<{ readonly bytes: Uint8Array; readonly name: string }> {
  if (stdin.isTTY)
    throw new InputError(
      "standard input: it is a terminal; pipe the rows into it, or give a file in place of -",
    );
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    bytes += chunk.length;
    if (bytes > MOST_READ) throw new InputError("standard input: it does not end within 1 GiB; give a file");
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), name: "standard input" };
}

/** Not on consoles that draw no block elements: Linux's own, dumb ones and old Windows'. */
export function showsBlocks({ env }: Io): boolean {
  if (env.TERM === "linux" || env.TERM === "dumb") return false;
  return env.OS !== "Windows_NT" || env.WT_SESSION !== undefined || env.TERM_PROGRAM !== undefined;
}
