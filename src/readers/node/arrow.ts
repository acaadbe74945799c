/**
 * Arrow files (Feather version 2) and streams as columns in memory, through flechette, an optional package. Buffers may be
 * packed by LZ4, as pandas does, or, where Node has it, by Zstandard. Lengths are held against the buffers before a cell is read.
 * Source: arrow.apache.org/docs/format/Columnar.html.
 */
import { textOfUnits } from "../../numerics/extremes.ts";
import type * as Flechette from "@uwdata/flechette";
import { InputError } from "../../data/errors.ts";
import { FREE_BYTES, MOST_TIMES } from "../../data/seriesRows.ts";
import { checkArrowLayout } from "../arrowLayout.ts";
import { unpackLz4 } from "../lz4.ts";
import type { Cells } from "../tables/cells.ts";
import { FILE_NAME, type TableOptions } from "../tables/columns.ts";
import { MemoryTable } from "../tables/memoryTable.ts";
import { cellsOf, isSound } from "./arrowCells.ts";
import { readBytes } from "./bytes.ts";
import { optionalPackage } from "./optional.ts";

/** What one file holds. */
interface ArrowFile {
  readonly file: string;
  readonly cells: readonly Cells[];
  readonly rows: number;
  readonly notes: readonly string[];
}

/** The table of one file, or of several with the same columns and `filename`. Throws InputError in one line that names the file. */
export async function readArrow(
  source: string,
  files: readonly string[],
  several: boolean,
  options: TableOptions,
): Promise<MemoryTable> {
  if (options.sql !== undefined)
    throw new InputError(
      `${source}: sql: Arrow files are read without DuckDB, which answers queries; leave it out, or write the table as Parquet`,
    );
  const flechette = optionalPackage(
    "@uwdata/flechette",
    "Arrow files are",
    source,
    "@uwdata/flechette@2.6",
  ) as typeof Flechette;
  const all: ArrowFile[] = [];
  for (const file of files) all.push(decode(flechette, await readBytes(file), file));
  return new MemoryTable(
    source,
    joined(all, several),
    options,
    all.flatMap(({ notes }) => notes),
  );
}

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  textOfUnits(bytes.subarray(at, at + text.length)) === text;

function decode(flechette: typeof Flechette, given: Uint8Array, file: string): ArrowFile {
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${what}`);
  };
  // views of 8 bytes want them to begin at a multiple of 8
  const bytes = given.byteOffset % 8 === 0 ? given : new Uint8Array(given);
  const isFile = startsWith(bytes, "ARROW1");
  if (startsWith(bytes, "FEA1"))
    refuse("it is Feather of version 1, which is not read; write it with version 2 (pyarrow's default)");
  if (isFile && !startsWith(bytes, "ARROW1", bytes.length - 6))
    refuse("the Arrow file ends without its mark; is the file cut short? give it whole");
  const notes: string[] = [];
  if (!isFile && !hasEnd(bytes))
    notes.push(`${file}: the Arrow stream has no mark of its end: the rows that are there are taken`);
  setCodecs(flechette, bytes.length, refuse);
  let table: Flechette.Table;
  try {
    checkArrowLayout(bytes, isFile);
    table = flechette.tableFromIPC(bytes, { useBigInt: true, useBigIntTimestamp: true });
  } catch (error) {
    if (error instanceof InputError) throw error;
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    return refuse(
      `it is no Arrow file, or damaged (${reason.replace(/[.!;]$/, "")}); is the file cut short? give it whole`,
    );
  }
  const { schema, children, numRows } = table;
  if (schema.fields.length === 0) refuse("it has no columns; a table has at least one; give some");
  if (schema.endianness === 1)
    refuse("its numbers are big-endian, which is not read; write it on a little-endian machine");
  const isWhole =
    numRows <= Math.max(FREE_BYTES, 8 * bytes.length) &&
    children.every((column) => column.length === numRows && column.data.every((batch) => isSound(batch)));
  if (!isWhole) refuse("the Arrow data is damaged (lengths do not agree); give the file as it was written");
  const cells = schema.fields.map(({ name }, i) => cellsOf(name, children[i]));
  return { file, cells, rows: numRows, notes };
}

/** Whether a stream ends with the mark that writers put there when they close it. */
const hasEnd = (bytes: Uint8Array): boolean =>
  bytes.length >= 8 &&
  bytes.subarray(-4).every((byte) => byte === 0) &&
  (bytes.subarray(-8, -4).every((byte) => byte === 255) || bytes.length === 8);

/** Says how packed buffers are unpacked, to no more than a bound for all of the file. */
function setCodecs(flechette: typeof Flechette, fileBytes: number, refuse: (what: string) => never): void {
  const { CompressionType, setCompressionCodec } = flechette;
  const most = Math.max(FREE_BYTES, MOST_TIMES * fileBytes);
  let unpacked = 0;
  const bounded =
    (unpack: (data: Uint8Array, size: number) => Uint8Array) =>
    (data: Uint8Array, size: number): Uint8Array => {
      unpacked += size;
      if (!(size >= 0 && unpacked <= most))
        refuse(`it unpacks to more than ${MOST_TIMES} times its size; write it uncompressed`);
      const bytes = unpack(data, size);
      if (bytes.length !== size) throw new Error(`a buffer has ${bytes.length} bytes, not ${size}`);
      return bytes;
    };
  const encode = (): never => refuse("nothing is packed here");
  const { zstdDecompressSync: unpackZstd } = process.getBuiltinModule("node:zlib") as {
    /** From Node 22.15 on. */
    zstdDecompressSync?: (data: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
  };
  setCompressionCodec(CompressionType.LZ4_FRAME, { encode, decode: bounded(unpackLz4) });
  setCompressionCodec(CompressionType.ZSTD, {
    encode,
    decode: bounded((data, size) =>
      unpackZstd
        ? new Uint8Array(unpackZstd(data, { maxOutputLength: Math.max(1, size) }))
        : refuse(
            "it is packed by zstd, which Node unpacks from 22.15 on; write it with LZ4 or uncompressed, or use a newer Node",
          ),
    ),
  });
}

/** The columns of several files one after the other, by name, and the file's name as one more. Throws InputError. */
function joined(files: readonly ArrowFile[], several: boolean): readonly Cells[] {
  const [first, ...others] = files;
  if (!several) return first.cells;
  const shown = ({ cells }: ArrowFile): string => cells.map(({ name, type }) => `${name} ${type}`).join(", ");
  const key = (file: ArrowFile): string => shown({ ...file, cells: [...file.cells].sort(byName) });
  const odd = others.find((file) => key(file) !== key(first));
  if (odd)
    throw new InputError(
      `${odd.file}: its columns are ${shown(odd)}, those of ${first.file} ${shown(first)}; all have the same; give files that are alike`,
    );
  const starts = [0];
  for (const { rows } of files) starts.push(starts[starts.length - 1] + rows);
  const length = starts[files.length];
  const fileOf = (row: number): number => starts.findLastIndex((start) => start <= row);
  const columns = first.cells.map(({ name, type }): Cells => {
    const parts = files.map(({ cells }) => cells.find((column) => column.name === name) as Cells);
    return {
      name,
      type,
      length,
      at: (row) => {
        const file = fileOf(row);
        return parts[file].at(row - starts[file]);
      },
    };
  });
  return [...columns, { name: FILE_NAME, type: "VARCHAR", length, at: (row) => files[fileOf(row)].file }];
}

const byName = (a: Cells, b: Cells): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
