/** CSV text as a data set, in memory: what a browser does. */
import type { Dataset } from "../../../src/data/dataset.ts";
import { CsvTable } from "../../../src/readers/csv/csvTable.ts";
import { listOf, type TableOptions } from "../../../src/readers/tables/columns.ts";
import { readRows } from "../../../src/readers/tables/readTable.ts";
import { MemoryTape } from "../../../src/readers/tables/tape.ts";

/** Bytes in pieces of that size, so that a record is cut anywhere. */
export async function csvTable(
  content: string | Uint8Array,
  options: TableOptions = {},
  piece = 2 ** 16,
): Promise<CsvTable> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const source = {
    name: "t.csv",
    async *bytes() {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
    },
  };
  const { label, group, seriesBy } = options;
  const texts = [label, group, ...listOf(seriesBy)].flatMap((name) => (name === undefined ? [] : [name]));
  return CsvTable.open("t.csv", [source], options, {
    texts,
    label,
    tape: () => new MemoryTape(),
    several: false,
  });
}

export async function readCsv(
  content: string | Uint8Array,
  options: TableOptions = {},
  piece?: number,
): Promise<Dataset> {
  return readRows(await csvTable(content, options, piece), options, () => new MemoryTape());
}

/** The message of the refusal. */
export const refusal = async (content: string | Uint8Array, options: TableOptions = {}): Promise<string> => {
  const data: Dataset | Error = await readCsv(content, options).catch((error: Error) => error);
  if (!(data instanceof Error)) throw new Error(`it was read: ${JSON.stringify([...data.series])}`);
  expectOneLine(data.message);
  return data.message;
};

function expectOneLine(message: string): void {
  if (message.includes("\n")) throw new Error(`several lines: ${message}`);
}

export const rows = (count: number, row: (i: number) => string): string =>
  `${Array.from({ length: count }, (_, i) => row(i)).join("\n")}\n`;
