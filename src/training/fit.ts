/**
 * Trains a model on rows: a plan, a trainer, a course to the end, and the run that comes of it. Asynchronous so that a
 * page stays alive.
 */
import { longRowText } from "../data/longRow.ts";
import { hasUnlabelled } from "../data/answers.ts";
import { gather, type Dataset } from "../data/dataset.ts";
import { parameterCount, resolve, type Model } from "../layers/model.ts";
import { network, type Evaluation, type Network } from "../models/network.ts";
import { prepare } from "../models/preparation.ts";
import { MemoryError, type Runtime } from "../models/runtime.ts";
import { VERSION } from "../models/version.ts";
import { Course, type Hooks } from "./course.ts";
import { DivergedError, firstNonFinite } from "./diverged.ts";
import { levelsNote } from "./levels.ts";
import { noteTo, slowBackendNote } from "./notes.ts";
import { planRows, planRun, type Plan } from "./plan.ts";
import type { FitOptions, Run } from "./run.ts";
import { brief, scoreRows } from "./scoring.ts";
import type { Asked } from "./graphs.ts";
import { trainer } from "./trainer.ts";
import type { Trainer } from "./trainerApi.ts";
import { transfer } from "./transfer.ts";

/**
 * Trains a model on a data set and gives the trained network, ready to predict. A batch of more rows than are trained
 * on is one of all of them.
 *
 * @throws InputError for options out of range, for data that nothing can be learned from, and where model and data do
 * not fit; DivergedError where the loss, the weights or the outputs stop being numbers
 */
export const fit = async (model: Model, data: Dataset, options: FitOptions = {}): Promise<Run> =>
  fitPlan(planRun(model, planRows(data, options), options), options);

/** What of `fit`'s options is not part of a plan: where it runs, and what is called on the way. */
export type PlaceOptions = Hooks & Pick<Runtime, "backend" | "threads"> & Pick<FitOptions, "provenance">;

/** Trains as planned. */
export async function fitPlan(plan: Plan, place: PlaceOptions = {}): Promise<Run> {
  const t = await trainerOf(plan, place);
  const { data, train, options, prepare, from } = plan;
  // who asks for a normalisation, or goes on from one, knows
  if (options.normalize === undefined && !options.init && !from) {
    const levels = levelsNote(train, prepare, "channel");
    if (levels) noteTo(place)(`${data.name}: ${levels}`);
  }
  const slow = slowBackendNote(t.backend, place.backend);
  if (slow) noteTo(place)(slow);
  const course = new Course(plan, t, place);
  await course.run();
  const { seconds } = course;
  if (course.best) t.setWeights(course.best);
  const { loss, monitor } = plan.options;
  const evaluated = (rows: Dataset): Evaluation => scoreRows(t, { loss, monitor, units: plan.targets }, rows);
  const learned = evaluated(plan.train);
  if (learned.unanswered !== undefined) await outputsDiverged(plan, t);
  const run: Run = {
    model: await trained(plan, t, place),
    epochs: course.history.length,
    steps: t.steps,
    seconds,
    stepMs: course.stepMs,
    backend: t.backend,
    threads: t.threads,
    parameters: parameterCount(plan.model),
    train: brief(learned, monitor),
    validation: plan.held && brief(evaluated(plan.held), monitor),
    weightsSha256: t.weightsSha256(),
    history: course.history,
    aborted: course.aborted,
    stoppedEarly: course.stoppedEarly,
  };
  t.dispose();
  return run;
}

/** Says where a network that has no answer for rows that it was trained on first meets what is no number. */
async function outputsDiverged({ train, model, preparation }: Plan, t: Trainer): Promise<never> {
  const { batch } = t.program;
  let where = "the outputs";
  for (let from = 0; from < train.rows; from += batch) {
    const rows = gather(
      train,
      Array.from({ length: Math.min(batch, train.rows - from) }, (_, i) => from + i),
    );
    if (t.forward(rows).every(Number.isFinite)) continue;
    where = await firstNonFinite(model, t.weights(), prepare(preparation, rows, model.input), "predict");
    break;
  }
  throw new DivergedError(t.steps, where, t.learningRate, "outputs");
}

/** The model compiled, where the plan begins: at the seed, at given weights, or at the state that it goes on from. */
export async function trainerOf(plan: Plan, { backend, threads }: PlaceOptions): Promise<Trainer> {
  const { model, options, preparation, targets, from } = plan;
  const { loss, optimizer, batch, seed, numerics, convolution, init, reinit } = options;
  const { clipNorm, clipValue, decay, ema, freeze } = options;
  const rules = { clipNorm, clipValue, decay, ema, freeze };
  const asked: Asked = {
    ...(plan.train.rowWeights && { weighted: "rows" }),
    ...(hasUnlabelled(plan.train.answers) && { unlabelled: "ignored" }),
  };
  const own = { loss, optimizer, batch, seed, preparation, targets, ...rules, ...asked };
  const t = await trainer(model, { ...own, backend, numerics, convolution, threads }).catch((error) => {
    throw withLongRow(error, plan.data);
  });
  if (from) t.restore(from.tensors, from.progress.steps);
  else if (init)
    t.setWeights(transfer(resolve(model), t.weights(), "weights" in init ? init.weights : init, reinit));
  return t;
}

/** An error of too much memory that says which row made the data set long, where one did. */
function withLongRow(error: unknown, data: Dataset): unknown {
  const text = error instanceof MemoryError ? longRowText(data) : null;
  if (error instanceof MemoryError && text !== null) error.message += `; ${text}`;
  return error;
}

/** The network of the weights as they stand. */
function trained(plan: Plan, t: Trainer, { backend, threads, provenance }: PlaceOptions): Promise<Network> {
  const { model, data, preparation, targets, options, identity } = plan;
  const { numerics = "strict", convolution = "fast", seed } = options;
  return network(
    {
      model,
      ...(data.channelNames && { channelNames: data.channelNames }),
      classes: data.classes,
      preparation,
      ...(targets ? { targets } : {}),
      weights: t.weights(),
      provenance: {
        toeplitz: VERSION,
        numerics,
        convolution,
        seed: String(seed),
        dataSha256: identity.dataSha256,
        weightsSha256: t.weightsSha256(),
        ...(data.rate === undefined ? {} : { rate: String(data.rate) }),
        ...provenance,
      },
      ...(data.answers.kind === "multiLabel" ? { answers: "multiLabel" } : {}),
    },
    { backend, numerics, convolution, threads },
  );
}
