/** The bytes of files, and what a file system refuses as one line. */
import { createReadStream, type Stats } from "node:fs";
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

/** What is at a path. Throws InputError for what a reader would wait on without end: a named pipe, a socket, a device. */
export async function requireReadable(path: string): Promise<Stats> {
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

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder, not a file",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  ENOSPC: "the disk is full (free some space)",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its symbolic links lead round in a circle",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of its path is a file, not a folder",
};

/** A file system's refusal as one line, an InputError; any other error as it is. */
export function fileError(error: unknown, path: string, what: "read" | "write"): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code
    ? new InputError(
        `${path || "an empty path"}: cannot ${what} it: ${reasons[code] ?? code}; check the path`,
      )
    : error;
}
