/** The bytes of files, and what a file system refuses as one line. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { InputError } from "../../data/errors.ts";

/** The bytes of a file, or of what a shell pipes in (`<(command)`, /dev/stdin); throws InputError where there is none to read. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const found = await requireReadable(path);
    return found.isFile() ? await readFile(path) : await drain(path);
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

/** What a process has open already. */
const OPEN = /^\/(dev\/(stdin$|fd\/)|proc\/)/;

/** A file or folder at a path, which are told apart by the caller. Throws InputError for what a reader would wait on without end: a named pipe, a socket, a device. */
export async function requireReadable(path: string): Promise<{ readonly size: number; isFile(): boolean }> {
  const found = await stat(path);
  if (found.isFile() || found.isDirectory() || OPEN.test(path)) return found;
  const what = found.isFIFO() ? "a named pipe" : found.isSocket() ? "a socket" : "a device";
  throw new InputError(`${path}: it is ${what}, no file; give a file, or pipe its content in as /dev/stdin`);
}

/** More than any data set or model file that is read: what never ends (a device, a pipe) is given up then. */
const MOST_STREAMED = 2 ** 30;

/** What a pipe or a device gives. */
async function drain(path: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_STREAMED) throw new InputError(`${path}: it does not end within 1 GiB; give a file`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const CHECK = "check the path";
/** What a file system's refusals are, and what to do about each. */
const reasons: Readonly<Record<string, readonly [reason: string, remedy?: string]>> = {
  ENOENT: ["there is no such file or folder"],
  EISDIR: ["it is a folder, not a file"],
  EACCES: ["permission is denied"],
  EPERM: ["permission is denied"],
  ENOSPC: ["the disk is full (free some space)"],
  EDQUOT: ["the quota of disk space is used up", "free some space"],
  EFBIG: ["files may not be so large here", "raise the limit (ulimit -f)"],
  EMFILE: ["too many files are open", "raise the limit (ulimit -n)"],
  ENFILE: ["too many files are open on this machine", "close some programs"],
  ENOMEM: ["no memory is left", "free some"],
  EIO: ["the disk does not answer (an input/output error)", "see the system's log"],
  ENAMETOOLONG: ["its name is too long"],
  ELOOP: ["its symbolic links lead round in a circle"],
  ERR_FS_FILE_TOO_LARGE: ["it is larger than 2 GiB"],
  EROFS: ["the file system is read-only"],
  ENOTDIR: ["a part of its path is a file, not a folder"],
  ERR_ACCESS_DENIED: [
    "Node's permission model forbids it",
    "allow it by --allow-fs-read=PATH and --allow-fs-write=PATH",
  ],
};

/** A file system's refusal as one line, an InputError; any other error as it is. */
export function fileError(error: unknown, path: string, what: "read" | "write" | "open"): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!code) return error;
  const [reason, remedy = CHECK] = reasons[code] ?? [code];
  return new InputError(`${path || "an empty path"}: cannot ${what} it: ${reason}; ${remedy}`);
}
