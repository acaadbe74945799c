/**
 * JSON tables are looked through to their end before DuckDB reads them: it takes a `.gz` that is cut short for one that is
 * done, and so would drop rows without a word, and it ends the process where values are nested some thousands deep. Of `.zst`
 * Node unpacks none before 22.15, so DuckDB unpacks those, a value at a time and without looking into them.
 */
import { createReadStream } from "node:fs";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { InputError } from "../../data/errors.ts";
import { JsonDepth } from "../jsonDepth.ts";
import { fileError } from "./bytes.ts";
import { literal, type Sql, type Tables } from "./duckdb.ts";

/** Throws InputError where a JSON file is nested too deep, or a `.gz` is cut short or damaged. `pattern`: the file as DuckDB is told it. */
export async function requireSoundJson(path: string, pattern: string, tables: Tables): Promise<void> {
  if (/\.zst$/i.test(path)) return lookThroughValues(path, pattern, tables);
  const depth = new JsonDepth();
  const look = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      try {
        depth.push(chunk, path);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const file = createReadStream(path, { highWaterMark: 2 ** 18 });
  try {
    await (/\.gz$/i.test(path)
      ? pipeline(file, createGunzip({ chunkSize: 2 ** 18 }), look)
      : pipeline(file, look));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!code.startsWith("Z_")) throw fileError(error, path, "read");
    throw new InputError(
      `${path}: it does not unpack (${error instanceof Error ? error.message : code}); is the file cut short? give it whole`,
    );
  }
}

/** The values of the file as texts, which DuckDB finds without recursion. */
async function lookThroughValues(path: string, pattern: string, tables: Tables): Promise<void> {
  const values: Sql = `SELECT json FROM read_json_objects([${literal(pattern)}], hive_partitioning = false)`;
  const encoder = new TextEncoder();
  let row = 0;
  for await (const { rows, columns } of tables.chunks(values))
    for (let i = 0; i < rows; i++, row++)
      new JsonDepth().push(encoder.encode(String(columns[0].getItem(i))), `${path}: value ${row} (from 0)`);
}
