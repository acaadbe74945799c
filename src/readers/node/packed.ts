/**
 * Packed tables are looked through to their end before they are read: DuckDB takes a `.gz` that is cut short for one that
 * is done, and so would drop rows without a word. (Of `.zst` Node unpacks none before 22.15, so those are not looked at.)
 */
import { createReadStream } from "node:fs";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { InputError } from "../../data/errors.ts";
import { fileError } from "./bytes.ts";

/** Throws InputError where a `.gz` file is cut short or damaged; others pass. */
export async function requireWhole(path: string): Promise<void> {
  if (!/\.gz$/i.test(path)) return;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(path), createGunzip(), nowhere);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!code.startsWith("Z_")) throw fileError(error, path, "read");
    throw new InputError(
      `${path}: it does not unpack (${error instanceof Error ? error.message : code}); is the file cut short? give it whole`,
    );
  }
}
