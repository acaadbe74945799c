/**
 * Data sets from tables: CSV files are read by the core, Parquet and JSON files and queries through DuckDB, Arrow files by
 * flechette, and all by the same rules (readers/tables). Values go to one tape, which is in memory or, beyond a bound, in a temporary file.
 */
import { createReadStream, existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { createGunzip } from "node:zlib";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { CsvTable } from "../csv/csvTable.ts";
import type { ByteSource } from "../csv/text.ts";
import { FILE_NAME, listOf, type TableOptions } from "../tables/columns.ts";
import { readRows } from "../tables/readTable.ts";
import type { MakeTape } from "../tables/table.ts";
import { readArrow } from "./arrow.ts";
import { fileError, requireReadable } from "./bytes.ts";
import { literal, Tables } from "./duckdb.ts";
import { loadCsv } from "./csvInDuck.ts";
import { DuckTable } from "./duckTable.ts";
import { requireSoundJson } from "./packed.ts";
import { FileTape } from "./tape.ts";

/** MiB of rows that are held in memory. */
export const DEFAULT_MEMORY = 256;

/** The endings of tables, packed or not, and what reads them. */
const READERS: readonly (readonly [RegExp, "csv" | "arrow" | "read_parquet" | "read_json"])[] = [
  [/\.(csv|tsv|txt)(\.gz|\.zst)?$/i, "csv"],
  [/\.(parquet|pq)$/i, "read_parquet"],
  [/\.(arrow|arrows|feather|ipc)$/i, "arrow"],
  [/\.(json|jsonl|ndjson)(\.gz|\.zst)?$/i, "read_json"],
];

/** Whether a path is of a table by its ending. UCR's .tsv and .txt are other files, which name no column. */
export const isTablePath = (path: string, named: boolean): boolean =>
  READERS.some(([ending]) => ending.test(path)) && (named || !/\.(tsv|txt)$/i.test(path));

/** A pattern, unless a file is really called that. */
const isPattern = (path: string): boolean => /[*?[]/.test(path) && !existsSync(path);

/**
 * The data set in a table. Throws InputError in one line that names the file and, where there is one, the row (from 0)
 * or line and the column; and where a format or a query wants an optional package that is not installed.
 */
export async function readTable(path: string, options: TableOptions): Promise<Dataset> {
  const several = isPattern(path);
  const files = several ? await matching(path) : [path];
  for (const file of files) await requireFile(file);
  const [, reader = "csv"] = READERS.find(([ending]) => ending.test(path)) ?? [];
  const tape: MakeTape = () => new FileTape((options.memory ?? DEFAULT_MEMORY) * 2 ** 20);
  const unrolled = (table: DuckTable): Promise<Dataset> =>
    readRows(table, { ...options, seriesBy: options.seriesBy ?? table.series }, tape);
  if (reader === "csv") {
    const { label, group, seriesBy } = options;
    const texts = [label, group, ...listOf(seriesBy)].flatMap((name) => (name === undefined ? [] : [name]));
    const withName = several || texts.includes(FILE_NAME);
    const open = (): Promise<CsvTable> =>
      CsvTable.open(path, files.map(fileSource), options, { texts, label, tape, several: withName });
    if (options.sql === undefined) return readRows(await open(), options, tape);
    return Tables.with(path, [], async (tables) => {
      const table = await open();
      const relation = await loadCsv(tables, table);
      return unrolled(await DuckTable.open(tables, path, relation, options, table));
    });
  }
  if (reader === "arrow") {
    const table = await readArrow(path, files, several, options);
    return readRows(table, { ...options, seriesBy: options.seriesBy ?? table.series }, tape);
  }
  const patterns = files.map(asPattern);
  return Tables.with(path, [...files, ...patterns], async (tables) => {
    const isJson = reader === "read_json";
    if (isJson) for (const [i, file] of files.entries()) await requireSoundJson(file, patterns[i], tables);
    const given = [
      `[${patterns.map(literal).join(", ")}]`,
      // a folder that is called key=value is no column: the file alone says what it holds
      "hive_partitioning = false",
      ...(several ? [`${FILE_NAME} = true`] : []),
      // types from all rows: a number may have a point after any of them
      ...(isJson ? ["sample_size = -1"] : []),
    ];
    return unrolled(await DuckTable.open(tables, path, `${reader}(${given.join(", ")})`, options));
  });
}

/** A file as DuckDB is told it: what would make it a pattern stands for itself. */
const asPattern = (file: string): string => file.replaceAll(/[*?[]/g, "[$&]");

/** Files that match a pattern, in order of their names. */
async function matching(pattern: string): Promise<string[]> {
  // when a pattern is given, since it cannot be loaded in bundles of CommonJS, which have no import.meta.url
  const { glob } = await import("tinyglobby");
  const found = await glob(pattern, { absolute: isAbsolute(pattern), expandDirectories: false });
  if (found.length > 0) return found.toSorted();
  throw new InputError(`${pattern}: no file matches this pattern; correct it (in a shell, quote it)`);
}

/** A CSV file's bytes, unpacked. */
function fileSource(name: string): ByteSource {
  return {
    name,
    async *bytes() {
      const file = createReadStream(name, { highWaterMark: 2 ** 20 });
      const isPacked = /\.gz$/i.test(name);
      try {
        yield* (
          isPacked ? file.pipe(createGunzip({ chunkSize: 2 ** 18 })) : file
        ) as AsyncIterable<Uint8Array>;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "";
        if (!code.startsWith("Z_")) throw fileError(error, name, "read");
        throw new InputError(
          `${name}: it does not unpack (${error instanceof Error ? error.message : code}); is the file cut short? give it whole`,
        );
      } finally {
        file.destroy();
      }
    },
  };
}

/** Refuses what is no file, or an empty one. */
async function requireFile(path: string): Promise<void> {
  try {
    if ((await requireReadable(path)).size > 0) return;
  } catch (error) {
    throw fileError(error, path, "read");
  }
  throw new InputError(`${path}: the file is empty; give a table`);
}
