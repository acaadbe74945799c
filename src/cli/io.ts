/** What a verb may touch of the process: two streams, the environment and the interrupt. main.ts gives the real one. */
import type { Writable } from "node:stream";

export interface Io {
  /** Results. */
  readonly stdout: Writable;
  /** Progress and errors; `isTTY` where a person may be watching. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls back at the first interrupt; the second one ends the process. Returns how to stop listening. */
  readonly onInterrupt: (first: () => void, beforeEnd?: () => void) => () => void;
}

/** Exit codes (docs: the command line). */
export const EXIT = { done: 0, fault: 1, input: 2, diverged: 3, interrupted: 130 } as const;

export const say = (stream: Writable, text: string): void => void stream.write(`${text}\n`);
