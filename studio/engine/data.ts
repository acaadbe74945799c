/** Files to data sets, and what is shown of them. */
import { InputError, parseDataset, readCsv, type Dataset } from "toeplitz";
import { dataShelf } from "./shelf.ts";

/** What the page knows of a data set. */
export interface DataSummary {
  readonly id: string;
  readonly name: string;
  readonly rows: number;
  readonly channels: number;
  readonly channelNames?: readonly string[];
  readonly length: number;
  readonly rate?: number;
  readonly classes: readonly string[];
  /** Rows of each class. */
  readonly counts: readonly number[];
  readonly answers: Dataset["answers"]["kind"];
  /** What reading said of columns, rows and values. */
  readonly notes: readonly string[];
}

export function summaryOf(id: string, data: Dataset): DataSummary {
  const counts = data.classes.map(() => 0);
  for (const label of data.labels) if (label >= 0) counts[label]++;
  return {
    id,
    name: data.name,
    rows: data.rows,
    channels: data.channels,
    ...(data.channelNames && { channelNames: data.channelNames }),
    length: data.length,
    ...(data.rate !== undefined && { rate: data.rate }),
    classes: data.classes,
    counts,
    answers: data.answers.kind,
    notes: data.notes ?? [],
  };
}

async function read({ file }: { readonly file: File }): Promise<DataSummary> {
  if (file.size === 0) throw new InputError(`${file.name}: the file is empty; give another`);
  const data = /\.csv$/i.test(file.name)
    ? await readCsv(file, { name: file.name.replace(/\.csv$/i, "") })
    : parseDataset(new Uint8Array(await file.arrayBuffer()), file.name);
  return summaryOf(dataShelf.add(data), data);
}

export const dataHandlers = { read };
