/**
 * Trains a model on rows: a plan, a trainer, a course to the end, and the run that comes of it. Asynchronous so that a
 * page stays alive.
 */
import { gather, type Dataset } from "../data/dataset.ts";
import { parameterCount, type Model } from "../layers/model.ts";
import { network, type Evaluation, type Network } from "../models/network.ts";
import { prepare } from "../models/preparation.ts";
import type { Runtime } from "../models/runtime.ts";
import { VERSION } from "../models/version.ts";
import { requireAgreed } from "./agree.ts";
import { stepperOf } from "./begin.ts";
import { Course, type Hooks } from "./course.ts";
import { DivergedError, firstNonFinite } from "./diverged.ts";
import { levelsNote } from "./levels.ts";
import { noteTo, slowBackendNote } from "./notes.ts";
import { planRows, planRun, type Plan } from "./plan.ts";
import type { FitOptions, Run } from "./run.ts";
import { brief, scoreOutputs } from "./scoring.ts";
import type { Stepper } from "./stepper.ts";
import type { Trainer } from "./trainerApi.ts";

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
  const { data, train, options, prepare, from } = plan;
  // who asks for a normalisation, or goes on from one, knows
  if (options.normalize === undefined && !options.init && !from) {
    const levels = levelsNote(train, prepare, "channel");
    if (levels) noteTo(place)(`${data.name}: ${levels}`);
  }
  if (place.ranks) await requireAgreed(plan, place.ranks);
  const stepper = await stepperOf(plan, place);
  try {
    return await ended(plan, stepper, place);
  } finally {
    stepper.dispose();
  }
}

/** The run of a plan, step by step to its end. */
async function ended(plan: Plan, stepper: Stepper<unknown>, place: PlaceOptions): Promise<Run> {
  const { trainer: t } = stepper;
  const slow = slowBackendNote(t.backend, place.backend);
  if (slow) noteTo(place)(slow);
  const course = new Course(plan, stepper, place);
  await course.run();
  const { seconds } = course;
  if (course.best) t.setWeights(course.best);
  const { loss, monitor } = plan.options;
  const evaluated = async (rows: Dataset): Promise<Evaluation> =>
    scoreOutputs(await stepper.outputs(rows), { loss, monitor, units: plan.targets }, rows);
  const learned = await evaluated(plan.train);
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
    validation: plan.held && brief(await evaluated(plan.held), monitor),
    weightsSha256: t.weightsSha256(),
    history: course.history,
    aborted: course.aborted,
    stoppedEarly: course.stoppedEarly,
  };
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
