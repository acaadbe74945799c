/**
 * From the data and the options of `train` to the plan of a run, once: everything is read and checked here, and nothing
 * is written.
 */
import type { ChainOptions } from "../../layers/architectures/chain.ts";
import type { Model } from "../../layers/model.ts";
import { alignClasses } from "../../data/classes.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Loss } from "../../models/scores/loss.ts";
import type { Network } from "../../models/network.ts";
import { prepareSteps } from "../../models/preparation.ts";
import type { TargetUnits } from "../../models/targets.ts";
import { takesOf } from "../../models/takes.ts";
import { levelsNote } from "../../training/levels.ts";
import { planEnsemble, type EnsemblePlan } from "../../training/fitEnsemble.ts";
import { planRows, planRun, unitsOf, type Plan } from "../../training/plan.ts";
import type { Recipe } from "../../training/recipes.ts";
import type { Io } from "../io.ts";
import { backendOf } from "../options/backend.ts";
import { askedOf, prepareOf } from "../../training/options/prepareOptions.ts";
import { defaultModel } from "../../training/options/modelNames.ts";
import { acceptRows, inOrder, noteTo, type TrainingData } from "../sources.ts";
import { membersOf } from "./ensembleRun.ts";
import { choiceOf, loadStart, meetStart, requireStart } from "./initModel.ts";
import { builtFor, requireAnswering, type ModelChoice } from "../../training/modelChoice.ts";
import { chooseModel } from "./modelSource.ts";
import { threadsBeside } from "../ranks.ts";
import { isFollowing, type Job } from "./protocol.ts";
import { fitOf } from "./recorded.ts";
import { requireSettings, type Resumed } from "./resume.ts";
import { folderOf, requireFolders } from "./runFolder.ts";
import { settingsOf } from "../../training/settings.ts";
import type { Settings } from "./settings.ts";

export interface Prepared {
  readonly plan: Plan | EnsemblePlan;
  readonly title: string;
  /** How many networks are trained as one. */
  readonly members: number;
  readonly recipe: Recipe;
  readonly settings: Settings;
  readonly folder: string;
  /** Whose weights to start from. */
  readonly init: Network | null;
  /** Its classes, where its head goes on with rows of some of them. */
  readonly classes?: readonly string[];
  /** The rows, with their channels in the order of what the run starts from. */
  readonly data: TrainingData;
}

/** The loss with a weight a class; of an ensemble, its members'. */
export const lossOf = ({ plan }: Pick<Prepared, "plan">): Loss =>
  "members" in plan ? plan.members[0].options.loss : plan.options.loss;

interface Chosen extends ModelChoice {
  readonly members: number;
  readonly init: Network | null;
}

/** The model that the options name, by itself or by the saved one that it starts from. */
async function chosen({ source, flags, data }: Pick<Job, "source" | "flags" | "data">): Promise<Chosen> {
  const name = flags.model ?? defaultModel(source, data.train.answers.kind);
  const init = flags.init === undefined ? null : await loadStart(flags.init);
  const choice =
    init && flags.init !== undefined && flags.model === undefined
      ? choiceOf(init, flags.init)
      : await chooseModel(name, { filters: flags.filters, activation: flags.activation } as ChainOptions);
  const members = membersOf(name, flags);
  const build = builtFor(choice, flags);
  return { ...choice, build, title: members > 1 ? name : choice.title, members, init };
}

/** The folder of a run before it is prepared. */
export const pathOf = async (job: Pick<Job, "source" | "data" | "flags" | "part">): Promise<string> =>
  folderOf(job.flags, job.data.name, (await chosen(job)).title, job.part);

/** Reads and checks everything else; throws InputError or ModelError, and writes nothing. */
export async function prepareRun(job: Job, io: Io): Promise<Prepared> {
  const { source, flags, part, resume = null } = job;
  const backend = await backendOf(flags.backend);
  const { title, members, recipe, build, init } = resume?.model
    ? begun(resume.notes, resume.model)
    : await chosen(job);
  const { data, classes, reinit } = asStarted(job, init, io);
  const place = { backend, threads: flags.threads ?? threadsBeside(job.ranks) };
  const wanted = { ...settingsOf(recipe, flags, data.train), ...place, ...(reinit && { reinit }) };
  const keeps = init !== null && prepareOf(flags) === null && flags.normalize === undefined;
  const asked =
    resume && prepareOf(flags) === null
      ? prepareSteps(resume.checkpoint.members[0].preparation)
      : askedOf(flags, data.test);
  const told = { ...wanted, ...(init ? { init } : { reinit: undefined }) };
  const rows = planRows(data.train, {
    ...told,
    ...(resume ? { resume: resume.checkpoint } : {}),
    normalize: keeps ? undefined : wanted.normalize,
    prepare: keeps ? undefined : asked,
  });
  const model = build({ ...rows.task, name: data.train.name });
  if (!resume?.model) requireStart(model, init && { network: init, file: flags.init ?? "" }, flags);
  requireAnswering(model, data.train, title, source);
  const taking = { takes: takesOf(rows.prepare, model.input), channelNames: data.train.channelNames };
  const test = data.test && acceptRows(data.test, taking, `the training set ${source}`, io);
  const targets = resume
    ? (flags.targets ?? resume.notes.settings.targets)
    : unitsOf(model, rows, { loss: wanted.loss, targets: flags.targets, init: init ?? undefined });
  const settings = {
    ...wanted,
    targets,
    prepare: rows.prepare,
    batch: Math.min(wanted.batch, rows.train.rows),
  };
  // of a run that goes on, --out is its own folder
  const folder = folderOf(flags, data.name, title, resume ? undefined : part);
  if (resume) requireSettings(settings, resume, folder, data.train);
  // rank 0 has looked, and may have made it by now
  if (!isFollowing(job)) await requireFolders(folder, part, flags.force === true || flags.resume === true);
  const options = {
    ...fitOf(settings, flags),
    ...(resume ? { targets: targets ?? unitsIn(resume, data.train) } : {}),
    backend,
    ...(init ? { init } : { reinit: undefined }),
    ...(resume ? { resume: resume.checkpoint } : {}),
    ...(job.ranks ? { ranks: job.ranks } : {}),
  };
  const { first = true } = part ?? {};
  const levels =
    flags.normalize === undefined && !init && !resume && first
      ? levelsNote(rows.train, rows.prepare, wanted.normalize, "--normalize")
      : null;
  if (levels) noteTo(io)(`${source}: ${levels}`);
  const plan =
    members > 1 ? planEnsemble(model, rows, { ...options, members }) : planRun(model, rows, options);
  return { plan, title, members, recipe, settings, folder, init, classes, data: { ...data, test } };
}

/** The rows as the network or state that the run starts from has them, channels and classes, and the layers that start anew. */
function asStarted(
  job: Job,
  init: Network | null,
  io: Io,
): { data: TrainingData; classes?: readonly string[]; reinit?: readonly string[] } {
  const { flags, part, resume } = job;
  const data = inOrderOfStart(job, init, io);
  if (resume) {
    const { classes, settings } = resume.notes;
    const own = { name: data.name, classes: classes ?? [] };
    const train = classes ? alignClasses(own, data.train) : data.train;
    const test = classes && data.test ? alignClasses(own, data.test) : data.test;
    return { data: { ...data, train, test }, classes, reinit: settings.reinit };
  }
  if (!init) return { data };
  const { reinit, note, ...met } = meetStart(data, init, flags.init ?? "");
  if (note !== null && (part?.first ?? true)) noteTo(io)(note);
  return reinit.length > 0 ? { ...met, reinit: [...new Set([...(flags.reinit ?? []), ...reinit])] } : met;
}

/** The rows with their channels in the order of the network or state that the run starts from, where it has names. */
function inOrderOfStart({ data, flags, resume }: Job, init: Network | null, io: Io): TrainingData {
  const start = resume ? resume.checkpoint.members[0] : init;
  if (!start) return data;
  const whose = resume ? "the checkpoint" : `the model ${flags.init}`;
  const wanted = { channelNames: start.channelNames, channels: data.train.channels };
  const train = inOrder(data.train, wanted, whose, noteTo(io));
  return { ...data, train, test: data.test && inOrder(data.test, train, whose, () => undefined) };
}

/** The units of a run that goes on, which were those of the network that it started from, or, of an older run, raw. */
function unitsIn({ checkpoint: { members } }: Resumed, { answers }: Dataset): TargetUnits | undefined {
  if (answers.kind !== "values") return undefined;
  return members[0].targets ? "standardize" : "raw";
}

/** The model of a run that goes on, as it was chosen; its start is behind it. */
const begun = (
  { title, count, recipe }: { readonly title: string; readonly count: number; readonly recipe: Recipe },
  model: Model,
): Chosen => ({ title, members: count, recipe, build: () => model, init: null });
