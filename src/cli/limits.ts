/**
 * Errors that are no fault of toeplitz but a limit or a policy of this machine, as one line each: the only list of them. Most
 * are said where they occur (files, memory of programs, threads); these are what is left.
 */
import { tmpdir } from "node:os";
import { RefusedError } from "../backends/backend.ts";
import { InputError } from "../data/errors.ts";
import { fileError } from "../node.ts";

const MEMORY =
  "no memory is left, or a limit is reached (ulimit -v, a container's): use a smaller --batch, read less at once (--memory), or raise the limit";

/** Engines and Node say it by these words alone. */
const byMessage: readonly (readonly [RegExp, string])[] = [
  [/Array buffer allocation failed|could not allocate memory|out of memory|ENOMEM/i, MEMORY],
  [
    /longer than 0x|Invalid string length/,
    "a text is longer than Node can hold (512 MiB): give smaller files",
  ],
];

const byCode: Readonly<Record<string, string>> = {
  ERR_MEMORY_ALLOCATION_FAILED: MEMORY,
  ERR_BUFFER_TOO_LARGE: MEMORY,
  ERR_WORKER_OUT_OF_MEMORY: MEMORY,
  ERR_WORKER_INIT_FAILED:
    "a thread is refused: the limit of processes and threads is reached (ulimit -u, a container's pids limit); use --threads 1",
  EAGAIN: "the limit of processes and threads is reached (ulimit -u, a container's pids limit): raise it",
  EMFILE: "too many files are open: raise the limit (ulimit -n)",
  ENFILE: "too many files are open on this machine: close some programs",
  ERR_ACCESS_DENIED:
    "Node's permission model forbids what this needs: allow it (--allow-fs-read, --allow-fs-write, --allow-worker)",
};

/** Calls that change what is on a disk. */
const WRITES: ReadonlySet<string> = new Set(
  "mkdir rename unlink rmdir rm write fsync fdatasync ftruncate copyfile utime chmod".split(" "),
);

/** The line for an error that the machine's limits explain; null where it is a fault of ours. */
export function limitText(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof RefusedError) return error.message;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (syscall === "mkdtemp") {
    const said = fileError(error, tmpdir(), "write");
    return `${(said as InputError).message.replace(/; check the path$/, "")}; set TMPDIR to a folder that can be written`;
  }
  if (syscall !== undefined && path !== undefined) {
    const said = fileError(error, path, WRITES.has(syscall) ? "write" : syscall === "open" ? "open" : "read");
    if (said instanceof InputError) return said.message;
  }
  if (code !== undefined && code in byCode) return byCode[code];
  if (isStackOverflow(error) && stackIsSmall())
    return "the stack is smaller than Node's own (--stack-size): leave that option out";
  return byMessage.find(([words]) => words.test(error.message))?.[1] ?? null;
}

const isStackOverflow = (error: Error): boolean =>
  error instanceof RangeError && error.message.startsWith("Maximum call stack size exceeded");
/** Where the stack is as Node has it, an overflow is a fault of ours. */
const stackIsSmall = (): boolean =>
  [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((words) => /--stack[-_]size/.test(words));
