/** Folders as UCI HAR has them: `train/Inertial Signals/CHANNEL_train.txt`, `train/y_train.txt`, `train/subject_train.txt`. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Dataset } from "../../data/dataset.ts";
import type { Parts } from "../numpyData.ts";
import { fromSignals, type NamedText } from "../signalFiles.ts";
import { fileError, readBytes } from "./bytes.ts";

const SIGNALS = "Inertial Signals";
const ENDING = /_(train|test)\.txt$/i;

/**
 * The parts of such a folder, of one of its parts, or of the signals of one; null of any other folder. Throws InputError
 * where its files do not agree.
 */
export async function readSignalFolder(path: string, name: string): Promise<Parts | null> {
  if (basename(path) === SIGNALS) return alone(await readPart(path, dirname(path), name));
  const folders = await foldersIn(path);
  if (folders.includes(SIGNALS)) return alone(await readPart(join(path, SIGNALS), path, name));
  const part = async (which: string): Promise<Dataset | null> => {
    const folder = folders.find((found) => found.toLowerCase() === which);
    if (folder === undefined || !(await foldersIn(join(path, folder))).includes(SIGNALS)) return null;
    return readPart(join(path, folder, SIGNALS), join(path, folder), name);
  };
  const train = await part("train");
  return train && { train, test: await part("test") };
}

const alone = (train: Dataset | null): Parts | null => train && { train, test: null };

/** One part: the signals of a folder, and what stands above it. */
async function readPart(signals: string, folder: string, name: string): Promise<Dataset | null> {
  const files = (await list(signals)).filter((file) => ENDING.test(file));
  if (files.length === 0) return null;
  const text = async (file: string): Promise<NamedText> => ({
    file,
    text: new TextDecoder().decode(await readBytes(file)),
  });
  const beside = async (above: string, pattern: RegExp): Promise<NamedText | null> => {
    const found = (await list(above)).find((file) => pattern.test(file));
    return found === undefined ? null : text(join(above, found));
  };
  const channels = new Map<string, NamedText>();
  for (const file of files) channels.set(file.replace(ENDING, ""), await text(join(signals, file)));
  return fromSignals(name, {
    channels,
    labels: await beside(folder, /^y_(train|test)\.txt$/i),
    subjects: await beside(folder, /^subject_(train|test)\.txt$/i),
    classNames: await beside(dirname(folder), /^activity_labels\.txt$/i),
  });
}

const foldersIn = async (path: string): Promise<string[]> =>
  (await entries(path)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

/** The files of a folder, in order of their UTF-16 units. */
const list = async (path: string): Promise<string[]> =>
  (await entries(path))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

async function entries(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw fileError(error, path, "read");
  }
}
