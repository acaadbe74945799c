/** Separated values that are in memory, in Node and in browsers. */
import type { Dataset } from "../../data/dataset.ts";
import { FILE_NAME, listOf, type TableOptions } from "../tables/columns.ts";
import { readRows } from "../tables/readTable.ts";
import { tableColumns, type TableColumns } from "../tables/tableColumns.ts";
import { MemoryTape } from "../tables/tape.ts";
import { CsvTable } from "./csvTable.ts";
import { byteOf, separators, type Separator } from "./dialect.ts";
import type { ByteSource } from "./text.ts";

/** Options of `readCsv`. */
export interface ReadCsvOptions extends Omit<TableOptions, "sql" | "memory" | "axes"> {
  /** The file, in messages and as the data set's name. Default: table. */
  readonly name?: string;
}

/**
 * A data set from CSV text, bytes or a file that was dropped on a page, by the rules of docs/data.md: columns are
 * judged over all of their cells, and `notes` of the data set say which were taken and left out.
 *
 * @throws InputError in one line that names the line or row, the column, the rule and the remedy
 */
export async function readCsv(
  content: string | Uint8Array | ArrayBuffer | Blob,
  { name = "table", ...options }: ReadCsvOptions = {},
): Promise<Dataset> {
  const bytes = await bytesOf(content);
  return readCsvFiles(name, [{ name, bytes }], options);
}

/** A file that is in memory. */
export interface BytesFile {
  /** In messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The same of files that are one table, whose headers name the same columns. */
export async function readCsvFiles(
  name: string,
  files: readonly BytesFile[],
  options: Omit<ReadCsvOptions, "name">,
): Promise<Dataset> {
  return readRows(await openCsv(name, files, options), options, memoryTape);
}

/** What a column of a table became, and what it was taken for. */
export interface CsvColumns extends TableColumns {
  /** What stands between fields: as given, or as found. */
  readonly separator: Separator;
}

/**
 * What `readCsv` makes of each column of CSV text, bytes or a file, so that a person sees it and chooses otherwise. A
 * choice that will not do is no error here: `fault` is what `readCsv` refuses it with.
 *
 * @throws InputError where there are no columns: the separator or the header is not clear, a line has other fields
 */
export async function csvColumns(
  content: string | Uint8Array | ArrayBuffer | Blob,
  { name = "table", ...options }: ReadCsvOptions = {},
): Promise<CsvColumns> {
  return csvFileColumns(name, [{ name, bytes: await bytesOf(content) }], options);
}

/** The same of files that are one table. */
export async function csvFileColumns(
  name: string,
  files: readonly BytesFile[],
  options: Omit<ReadCsvOptions, "name">,
): Promise<CsvColumns> {
  const table = await openCsv(name, files, options);
  const separator = separators.find((mark) => byteOf(mark) === table.separator.charCodeAt(0)) ?? ",";
  return { separator, ...tableColumns(table, options) };
}

const memoryTape = (): MemoryTape => new MemoryTape();

function openCsv(
  name: string,
  files: readonly BytesFile[],
  options: Omit<ReadCsvOptions, "name">,
): Promise<CsvTable> {
  const sources = files.map(({ name: file, bytes }): ByteSource => ({
    name: file,
    async *bytes() {
      for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
    },
  }));
  const { label, group, seriesBy } = options;
  const texts = [label, group, ...listOf(seriesBy)].flatMap((column) =>
    column === undefined ? [] : [column],
  );
  const several = files.length > 1 || texts.includes(FILE_NAME);
  return CsvTable.open(name, sources, options, { texts, label, tape: memoryTape, several });
}

const PIECE = 2 ** 20;

async function bytesOf(content: string | Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return content;
  return new Uint8Array(content instanceof ArrayBuffer ? content : await content.arrayBuffer());
}
