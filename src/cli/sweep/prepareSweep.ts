/** From the data and the options of `sweep` to an order, once: everything is read and checked here, and nothing is written. */
import { dataHash } from "../../data/dataHash.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { readBytes } from "../../node.ts";
import { processors } from "../../backends/choose.ts";
import { VERSION } from "../../models/version.ts";
import { checkMonitor } from "../../training/monitor.ts";
import { allModelNames, defaultModel } from "../../training/options/modelNames.ts";
import { recipeRows, type RecipeFlags } from "../../training/options/recipeRows.ts";
import type { RecipeRunGiven } from "../../training/recipeRun.ts";
import { defaultSpace } from "../../training/sweep/defaultSpaces.ts";
import { fractionsOf } from "../../training/sweep/halving.ts";
import { checkOptions, checkTrials, recipeTrials } from "../../training/sweep/recipeSpace.ts";
import { readSpace, type Space } from "../../training/sweep/space.ts";
import type { Search } from "../../training/sweep/sweep.ts";
import { scoringOf, searchOf } from "../../training/sweep/sweepModels.ts";
import { backendOf } from "../options/backend.ts";
import { dataOptionsOf, dataRows } from "../options/dataOptions.ts";
import { takesValue, type Row } from "../options/option.ts";
import { sweepRows, type SweepFlags } from "../options/sweepRows.ts";
import { dashed } from "../format.ts";
import { noteTo, readTrainingData } from "../sources.ts";
import { inPositions } from "../train/protocol.ts";
import { folderOf } from "../train/runFolder.ts";
import { join } from "node:path";
import type { MpiRanks } from "../../distributed/openRanks.ts";
import { threadsBeside } from "../ranks.ts";
import type { Io } from "../io.ts";
import type { Order } from "./order.ts";

export interface PreparedSweep {
  /** Who else runs trials; null: nobody. */
  readonly ranks: MpiRanks | null;
  readonly data: Dataset;
  /** What messages and folders call model and data. */
  readonly title: string;
  readonly name: string;
  readonly space: Space;
  readonly how: Search;
  readonly order: Order;
  readonly workers: number;
  readonly folder: string;
  /** What has to be the same for a sweep to go on. */
  readonly identity: object;
  /** Options of `train` that all trials have, as a config file has them. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** What was typed of an option: its text, or true. */
export type Typed = ReadonlyMap<string, string | true>;

/** What follows each option among words: its text, or true of one that is on or off, or typed without its value. */
export function typedIn(words: readonly string[]): Typed {
  const typed = new Map<string, string | true>();
  for (const [name, row] of Object.entries<Row>(sweepRows)) {
    const flag = row.flags.split(" ")[0];
    words.forEach((word, i) => {
      if (word.startsWith(`${flag}=`)) typed.set(name, word.slice(flag.length + 1));
      if (word !== flag) return;
      const next = words[i + 1];
      // as the parser has it: of an option whose value may be left out, a word with a dash is none
      const hasValue =
        takesValue(row) && next !== undefined && !(row.bare !== undefined && next.startsWith("-"));
      typed.set(name, hasValue ? next : true);
    });
  }
  return typed;
}

/** Throws InputError or ModelError for what does not go together. */
export async function prepareSweep(
  source: string,
  given: SweepFlags,
  { typed, ranks }: { readonly typed: Typed; readonly ranks: MpiRanks | null },
  io: Io,
): Promise<PreparedSweep> {
  if (ranks && given.workers !== undefined)
    throw new InputError(
      "--workers are processes of one machine, and under mpirun the ranks run the trials; leave it out",
    );
  if (given.resume && given.force)
    throw new InputError("--resume goes on with a sweep and --force starts it over; give one of them");
  if (given.folds !== undefined && given.validation !== undefined)
    throw new InputError("--folds and --validation both say which rows score trials; give one of them");
  const scoring = scoringOf(given);
  const { train: data, test, name } = await readTrainingData(source, given, noteTo(io));
  if (test && !given.quiet) noteTo(io)(`${source}: its test part is not looked at: test rows select nothing`);
  const flags = inPositions(given, data);
  const model = flags.model ?? defaultModel(data.name, data.answers.kind);
  const own = await ownModel(model);
  const space = await spaceOf(model, flags, typed, data, io);
  const how = searchOf(flags);
  checkMonitor(how.monitor, data, true);
  const isHeld = scoring.kind === "validation";
  const base: RecipeFlags = {
    ...(Object.fromEntries(
      Object.keys(recipeRows).map((option) => [option, (flags as Readonly<Record<string, unknown>>)[option]]),
    ) as unknown as RecipeFlags),
    validation: isHeld ? scoring.fraction : 0,
    // folds are scored outside of the runs, which hold no rows back that could be watched
    monitor: isHeld ? flags.monitor : undefined,
  };
  const sourceOfSpace = flags.space ?? "the default space";
  checkOptions(space, base, how.monitor, sourceOfSpace);
  checkTrials(space, recipeTrials(base, own), data, sourceOfSpace);
  await backendOf(flags.backend);
  const title = "model" in space ? "models" : own ? own.title : model;
  const folder = folderOf(flags, name, `${title}-sweep`);
  const dataSha256 = dataHash(data);
  const workers = ranks?.size ?? flags.workers ?? processors();
  const order: Order = {
    source,
    reading: dataOptionsOf(flags),
    dataSha256,
    base,
    own,
    scoring,
    monitor: how.monitor,
    fractions: fractionsOf(how.rungs, how.eta),
    backend: flags.backend,
    threads: flags.threads ?? (ranks ? threadsBeside(ranks) : workers > 1 ? 1 : undefined),
    states: join(folder, "states"),
  };
  return {
    ranks,
    data,
    title,
    name,
    space,
    how,
    order,
    workers,
    folder,
    identity: { toeplitz: VERSION, ...how, scoring, space, base, own: own?.text, dataSha256 },
    config: configOf(typed, base, isHeld),
  };
}

/** The text of a model file; undefined where the model has a name. */
async function ownModel(
  model: string,
): Promise<(NonNullable<RecipeRunGiven["own"]> & { title: string }) | undefined> {
  const isKnown = allModelNames.includes(model);
  if (isKnown || !/[/\\]|\.json$/i.test(model)) return undefined;
  const [, title = model] = /([^/\\]*?)(?:\.json)?$/i.exec(model) ?? [];
  return { text: new TextDecoder().decode(await readBytes(model)), file: model, title };
}

/** The space of the file, or of the model without the options that were typed. */
async function spaceOf(
  model: string,
  flags: SweepFlags,
  typed: Typed,
  data: Dataset,
  io: Io,
): Promise<Space> {
  if (flags.space === undefined) {
    const all = defaultSpace(model, data);
    const out = Object.keys(all).filter((name) => typed.has(name));
    if (out.length > 0 && !flags.quiet)
      noteTo(io)(`${out.map(dashed).join(", ")}: given, so not a parameter of the default space`);
    return Object.fromEntries(Object.entries(all).filter(([name]) => !typed.has(name)));
  }
  const space = readSpace(new TextDecoder().decode(await readBytes(flags.space)), flags.space);
  const twice = Object.keys(space).find((name) => typed.has(name));
  if (twice !== undefined)
    throw new InputError(
      `${flags.space}: ${twice}: ${dashed(twice)} is given too, and an option is either fixed or searched; leave one of them out`,
    );
  const inCode = Object.entries(space).find(([, { of }]) => of === "model");
  if (inCode)
    throw new InputError(
      `${flags.space}: ${quote(inCode[0])} is of: "model", which only code can build (sweep); on the command line model, filters and activation say what is built`,
    );
  return space;
}

/** Options of all trials under their names: those that were typed, and the rows and the seed that scores follow from. */
function configOf(typed: Typed, { seed, validation }: RecipeFlags, isHeld: boolean): Record<string, unknown> {
  const names = [...Object.keys(dataRows), ...Object.keys(recipeRows)];
  const kept = names.flatMap((name): [string, unknown][] => {
    const text = typed.get(name);
    if (text === undefined || name === "memory") return [];
    if (text === true) return [[name, name !== "header"]];
    return [[name, text]];
  });
  return { ...Object.fromEntries(kept), seed, ...(isHeld ? { validation } : {}) };
}
