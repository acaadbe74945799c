/** What the Data view is about: the files, how they are read, what they hold. */
import { computed, signal } from "@preact/signals";
import type { CsvColumns, ReadFilesOptions } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { DataSummary, GivenFile, Opened } from "../../engine/data.ts";
import { attempt, chosenModel, chosenRow, fault, models, parts, testData, trainData } from "../../session.ts";
import { layoutOptions, NO_CHOICES, optionsOf, type Choices } from "./choices.ts";
import { forgetMarks, keepMarks, startMarks } from "./marks.ts";

export const given = signal<readonly GivenFile[]>([]);
export const choices = signal<Choices>(NO_CHOICES);
/** The columns of a table, as they are read; null of other files. */
export const told = signal<CsvColumns | null>(null);
/** The columns of a table without a choice of theirs. */
const found = signal<CsvColumns | null>(null);
export const opened = signal<Opened | null>(null);
/** The options by which the files were read: what a command line says after them. */
export const readAs = signal<ReadFilesOptions>({});
/** Rows that were made of the recordings' intervals. */
export const windows = signal<DataSummary | null>(null);
/** What goes on; empty where nothing does. */
export const busy = signal("");

/** Whose rows are listed and drawn. */
export type Shown = "read" | "test" | "windows";
export const shownPart = signal<Shown>("read");
export const shown = computed((): DataSummary | null => {
  if (shownPart.value === "windows" && windows.value) return windows.value;
  if (shownPart.value === "test" && opened.value?.test) return opened.value.test;
  return opened.value?.train ?? null;
});
/** What is divided into rows to train and to test on. */
export const divisible = computed((): DataSummary | null => windows.value ?? opened.value?.train ?? null);
export const listedRow = signal(0);

const MODEL = /\.(safetensors|onnx|pt|pth|keras)$/i;
const TABLE = /\.(csv|tsv|txt)(\.gz)?$/i;

/** Whether the files may be read as a table whose columns are shown. */
export const isTable = computed(
  () => given.value.length > 0 && given.value.every(({ path }) => TABLE.test(path)),
);

/** Counts readings: the answer of an older one is not shown. */
let reading = 0;

/** Files that were dropped or chosen: models are opened as such, the others are read together as data. */
export async function take(files: readonly GivenFile[]): Promise<void> {
  if (files.length === 0) return;
  fault.value = null;
  const own = files.filter(({ path }) => MODEL.test(path));
  for (const { file } of own) {
    const model = await attempt(() => ask("openModel", { file }));
    if (!model) return;
    models.value = [...models.value, model];
    chosenModel.value = model;
  }
  const rest = files.filter((file) => !own.includes(file));
  if (rest.length === 0) return;
  location.hash = "#data";
  given.value = rest;
  choices.value = NO_CHOICES;
  told.value = null;
  found.value = null;
  forgetMarks();
  await read();
}

/** Other choices of how the files are read: they are read again. */
export async function choose(next: Choices): Promise<void> {
  choices.value = next;
  await read();
}

export async function openExample(): Promise<void> {
  const own = ++reading;
  given.value = [];
  told.value = null;
  forgetMarks();
  busy.value = "Making MNIST-1D";
  const answer = await attempt(() => ask("example", undefined));
  if (own !== reading) return;
  busy.value = "";
  drop();
  readAs.value = {};
  if (answer) show(answer);
}

async function read(): Promise<void> {
  const own = ++reading;
  const files = given.value;
  busy.value = `Reading ${files.length === 1 ? files[0].path : `${files.length} files`}`;
  const answer = await attempt(async () => {
    if (isTable.value) {
      const [first] = files;
      const layout = layoutOptions(choices.value);
      found.value = await columnsOf(first, layout);
      const how = optionsOf(choices.value, found.value);
      if (own === reading) told.value = found.value && (await columnsOf(first, how));
    }
    const how = optionsOf(choices.value, found.value);
    return { how, answer: await ask("open", { files, how }) };
  });
  if (own !== reading) return;
  busy.value = "";
  drop();
  if (!answer) return;
  readAs.value = answer.how;
  show(answer.answer);
}

/** The columns of a table; null where there are none, which reading itself then says. */
async function columnsOf(file: GivenFile, how: ReadFilesOptions): Promise<CsvColumns | null> {
  try {
    return await ask("columns", { given: file, how });
  } catch {
    return null;
  }
}

function show(answer: Opened): void {
  opened.value = answer;
  trainData.value = answer.train;
  testData.value = answer.test;
  const { id, rows, length } = answer.train;
  const shape = `${rows} rows of ${length}`;
  const kept = keepMarks(id, shape);
  if (kept === "none" && answer.intervals.length > 0) startMarks(id, 0, answer.intervals);
  if (kept === "other rows")
    fault.value = `the rows are others now (${shape}): the intervals that were drawn wait until they are read as before`;
}

/** Nothing is shown any more. */
function drop(): void {
  const gone = [opened.value?.train, opened.value?.test, windows.value].flatMap((data) => data?.id ?? []);
  // what a model was trained on may be looked at later
  if (gone.length > 0 && models.value.length === 0) void ask("forget", { ids: gone });
  opened.value = null;
  windows.value = null;
  trainData.value = null;
  testData.value = null;
  parts.value = null;
  shownPart.value = "read";
  listedRow.value = 0;
  chosenRow.value = 0;
}

/** Windows of intervals are what is trained on from now on. */
export function showWindows(made: DataSummary): void {
  windows.value = made;
  shownPart.value = "windows";
  listedRow.value = 0;
  trainData.value = made;
  testData.value = null;
  parts.value = null;
  chosenRow.value = 0;
}
