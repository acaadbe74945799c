/** Separated values that are in memory, in Node and in browsers. */
import type { Dataset } from "../../data/dataset.ts";
import { listOf, type TableOptions } from "../tables/columns.ts";
import { readRows } from "../tables/readTable.ts";
import { MemoryTape } from "../tables/tape.ts";
import { CsvTable } from "./csvTable.ts";
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
  const source: ByteSource = {
    name,
    async *bytes() {
      for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
    },
  };
  const { label, group, seriesBy } = options;
  const texts = [label, group, ...listOf(seriesBy)].flatMap((column) =>
    column === undefined ? [] : [column],
  );
  const tape = (): MemoryTape => new MemoryTape();
  const table = await CsvTable.open(name, [source], options, { texts, label, tape, several: false });
  return readRows(table, options, tape);
}

const PIECE = 2 ** 20;

async function bytesOf(content: string | Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return content;
  return new Uint8Array(content instanceof ArrayBuffer ? content : await content.arrayBuffer());
}
