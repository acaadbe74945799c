/** The folder of a run: `model.safetensors` and `log.jsonl`. Nothing in it is touched before the first step. */
import { appendFileSync, constants, existsSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileError, makeFolder, save } from "../node.ts";
import type { ModelFields } from "../formats/modelFile.ts";
import { InputError } from "../training/errors.ts";

const MODEL = "model.safetensors";
const LOG = "log.jsonl";
/** By these a folder is known to hold a run. */
const MARKS = [MODEL, LOG, "checkpoint"];

/** `runs/<data>-<model>-<seed>`, with nothing in it that a path could trip over. */
export function defaultFolder(data: string, model: string, seed: number): string {
  const plain = (name: string): string =>
    name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^\.+/, "") || "data";
  return `runs/${plain(data)}-${plain(model)}-${seed}`;
}

/** Refuses (InputError) a folder that cannot be written, or that holds another run and is not to be started over. */
export async function requireFolder(folder: string, force: boolean): Promise<void> {
  try {
    const found = await stat(folder).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    });
    if (found && !found.isDirectory())
      throw new InputError(`${folder}: it is a file; --out takes a folder; give another one`);
    if (found && !force) {
      const mark = (await readdir(folder)).find((name) => MARKS.includes(name));
      if (mark !== undefined)
        throw new InputError(
          `${folder}: it holds another run (${mark}); give --force to start it over or --out another folder`,
        );
    }
    await access(found ? folder : await nearestFolder(resolve(folder)), constants.W_OK);
  } catch (error) {
    throw fileError(error, folder, "write");
  }
}

/** The nearest folder above that exists: the new one is made there. */
async function nearestFolder(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path) return path;
  const found = await stat(above).catch(() => null);
  return found ? above : nearestFolder(above);
}

export class RunFolder {
  readonly path: string;
  #begun = false;
  #isNew = false;

  constructor(path: string) {
    this.path = path;
  }

  get model(): string {
    return join(this.path, MODEL);
  }

  /** Makes the folder, so that one that cannot be made is known before training. */
  make(): void {
    try {
      this.#isNew = !existsSync(this.path);
      makeFolder(this.path);
    } catch (error) {
      throw fileError(error, this.path, "write");
    }
  }

  /** Starts an empty log in place of an old run's files. Does nothing the second time. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    try {
      for (const name of MARKS) rmSync(join(this.path, name), { force: true });
      writeFileSync(join(this.path, LOG), "");
    } catch (error) {
      throw fileError(error, this.path, "write");
    }
  }

  /** Takes a new folder away again where no step was taken. */
  close(): void {
    if (this.#begun || !this.#isNew) return;
    try {
      rmdirSync(this.path);
    } catch {
      // somebody else has put something there: it stays
    }
  }

  /** Adds one line to the log. */
  log(entry: Readonly<Record<string, unknown>>): void {
    try {
      appendFileSync(join(this.path, LOG), `${JSON.stringify(entry)}\n`);
    } catch (error) {
      throw fileError(error, join(this.path, LOG), "write");
    }
  }

  async save(model: ModelFields): Promise<void> {
    await save(model, this.model);
  }
}
