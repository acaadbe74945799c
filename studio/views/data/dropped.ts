/** Files out of what was dropped on the page or chosen in a dialog, folders too. */
import type { GivenFile } from "../../engine/data.ts";

/** Files that are taken of a folder at most. */
const MOST_FILES = 50_000;

const tooMany = (): Error =>
  new Error(`the folder has more than ${MOST_FILES} files; give a smaller one, or use the command line`);

/** Of a dialog: with the path below the folder, where one was chosen. */
export function chosenFiles(list: FileList | null): GivenFile[] {
  const files = [...(list ?? [])];
  if (files.length > MOST_FILES) throw tooMany();
  return files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives some hundred entries at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
    if (all.length > MOST_FILES) throw tooMany();
  }
}

/** Of a drop. What it holds is asked for at once: it is gone after the event. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFile[]> {
  const plain = [...transfer.files].map((file): GivenFile => ({ path: file.name, file }));
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  const found: GivenFile[] = [];
  const left: FileSystemEntry[] = [...entries];
  for (let entry = left.pop(); entry; entry = left.pop()) {
    const path = entry.fullPath.replace(/^\//, "");
    if (entry.isDirectory) left.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
    else found.push({ path, file: await fileOf(entry as FileSystemFileEntry) });
    if (found.length + left.length > MOST_FILES) throw tooMany();
  }
  return found;
}
