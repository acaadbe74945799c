/**
 * `--resume`: the options of a run come from its checkpoint. One that is given again must be what it was; what changes
 * no bit (where it runs, what is shown) and the length of the run may be others.
 */
import { namesWhere, type Reach } from "../options/option.ts";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeCheckpoint } from "../../formats/checkpointFile.ts";
import type { Model } from "../../layers/model.ts";
import { fileError, readBytes } from "../../node.ts";
import { difference, requireSameData } from "../../training/checkpoint.ts";
import type { Checkpoint } from "../../training/state.ts";
import { dataHash } from "../../data/dataHash.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { Misfit, parseJson } from "../../data/schema.ts";
import { notesShape } from "./recordedShape.ts";
import type { Recipe } from "../../training/recipes.ts";
import { quote } from "../../data/quote.ts";
import { trainRows, type TrainFlags } from "../options/trainRows.ts";
import { requireTypedQuery } from "../options/typedQuery.ts";
import { dashed } from "../format.ts";
import type { Recorded } from "./recorded.ts";
import { CHECKPOINT, LOG, MARKS, REPORT, RESULT } from "./runFolder.ts";
import type { Settings } from "./settings.ts";

/** The options of each reach (options/option.ts). */
const reaching = (reach: Reach): readonly string[] => namesWhere(trainRows, (row) => row.reach === reach);
const FREE = reaching("free");
const START = reaching("start");
const LENGTH = reaching("length");
const MODEL = reaching("model");
const NO_WAY = "no run can go on from it: put back a copy or start the run over";
const REMEDY = "leave it out, or start another run with --out or --force";

/** What the command line keeps in a checkpoint. */
export interface Notes {
  readonly line: string;
  readonly flags: TrainFlags;
  readonly title: string;
  /** How many networks the run trains. */
  readonly count: number;
  readonly recipe: Recipe;
  readonly settings: Settings;
  /** Whose weights it started from. */
  readonly init?: Recorded["init"];
  /** The classes of that model, where its head goes on with rows of some of them. */
  readonly classes?: readonly string[];
}

export interface Resumed {
  readonly checkpoint: Checkpoint;
  /** The command line that the run was begun with; longer where it goes on for longer. */
  readonly line: string;
  /** The run's options, with those that were given again. */
  readonly flags: TrainFlags;
  /** The model, where no option asks for one. */
  readonly model: Model | null;
  readonly notes: Notes;
}

export const notesText = (notes: Notes): Readonly<Record<string, string>> => ({
  run: JSON.stringify(notes),
});

/**
 * The run in a folder; null where the folder holds none, so that a run starts. Throws InputError for a run that cannot go
 * on, and for an option, of those whose names are `given`, that is not the run's.
 */
export async function openRun(
  folder: string,
  flags: TrainFlags,
  given: readonly string[],
): Promise<Resumed | null> {
  if (flags.force)
    throw new InputError("--resume goes on with a run and --force starts it over; give one of them");
  const found = await marks(folder);
  // a log alone is of a run that ended before its first checkpoint; the report and the result do not make a run
  const mark = found.find((name) => ![LOG, RESULT, REPORT].includes(name));
  if (mark === undefined) return null;
  const path = join(folder, CHECKPOINT);
  if (!found.includes(CHECKPOINT))
    throw new InputError(
      `${folder}: it holds a run (${mark}) without a checkpoint, so there is nothing to resume; ` +
        "give --force to start it over or --out another folder",
    );
  const { members, notes: written } = decodeCheckpoint(await readBytes(path), path);
  if (!("run" in written))
    throw new InputError(`${path}: toeplitz train did not write it; go on with it by fit, in code`);
  const notes = readNotes(written.run, path);

  const was = { ...notes.flags, model: notes.flags.model ?? notes.title } as unknown as Record<
    string,
    unknown
  >;
  requireTypedQuery(was.sql, given.includes("sql") ? flags.sql : undefined, `${folder}: its run`);
  requireShellLine(notes.line, path);
  const now = flags as unknown as Record<string, unknown>;
  for (const name of given) {
    // one that was left to the model is seen in the settings, or in the model
    const unseen = was[name] === undefined && !START.includes(name);
    if (FREE.includes(name) || LENGTH.includes(name) || unseen) continue;
    if (difference(was[name], now[name]))
      throw new InputError(
        `${dashed(name)} is ${said(now[name])}, but the run in ${folder} was begun with ${said(was[name])}; ${REMEDY}`,
      );
  }
  const lengths = LENGTH.filter((name) => given.includes(name) && now[name] !== was[name]);
  const kept = Object.entries(was).filter(
    ([name]) => name === "test" || !(FREE.includes(name) || (lengths.length > 0 && LENGTH.includes(name))),
  );
  const again = Object.entries(now).filter(
    ([name]) =>
      FREE.includes(name) || (given.includes(name) && !(LENGTH.includes(name) && now[name] === was[name])),
  );
  const merged = { ...Object.fromEntries([...kept, ...again]), out: folder } as unknown as TrainFlags;
  const line = notes.line.replaceAll(/ --(epochs|steps)(=| +)\d+/g, "");
  return {
    checkpoint: { members },
    line:
      lengths.length === 0
        ? notes.line
        : [line, ...lengths.map((name) => `--${name} ${String(now[name])}`)].join(" "),
    flags: merged,
    model: given.some((name) => MODEL.includes(name)) ? null : members[0].model,
    notes,
  };
}

function readNotes(written: string, path: string): Notes {
  try {
    return notesShape(parseJson(written)) as Notes;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new InputError(
      `${path}: its notes of the run are not what train writes (${error.message}); ${NO_WAY}`,
    );
  }
}

/** Words as `shellLine` writes them: nothing that a shell would run when the line is shown, copied and pasted. */
const SHELL_LINE =
  /^(?:[\w@%+=:,./-]+|'[^']*'(?:\\''[^']*')*)(?: (?:[\w@%+=:,./-]+|'[^']*'(?:\\''[^']*')*))*$/;

/** Throws InputError where a recorded command line is none that train wrote. */
function requireShellLine(line: unknown, path: string): void {
  if (typeof line === "string" && SHELL_LINE.test(line)) return;
  throw new InputError(
    `${path}: its command line is ${quote(String(line), 80)}, which toeplitz train did not write; start the run over`,
  );
}

const said = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));

/** Throws InputError where a run's settings (of these options and data) are not those that it was begun with. */
export function requireSettings(
  settings: Settings,
  { notes, checkpoint }: Resumed,
  folder: string,
  data: Dataset,
): void {
  const compared = ({
    epochs: _epochs,
    steps: _steps,
    backend: _backend,
    threads: _threads,
    ...rest
  }: Settings): unknown => JSON.parse(JSON.stringify(rest));
  const found = difference(compared(notes.settings), compared(settings));
  if (!found) return;
  requireSameData(checkpoint.members[0], dataHash(data)); // some defaults follow from the data
  throw new InputError(`${found.path} is ${found.now}, but ${found.was} in the run in ${folder}; ${REMEDY}`);
}

/** Names in a folder by which it is known to hold a run. */
async function marks(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => MARKS.includes(name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw fileError(error, folder, "read");
  }
}
