/**
 * The training loop: batches from the seed, a schedule, the best or last weights. Asynchronous so that a page stays
 * alive: control goes back to the event loop after a step whenever 50 ms have passed.
 */
import type { Score, EpochEvent } from "./history.ts";
import { fitDefaults, type Run, type FitOptions } from "./run.ts";
import type { Signal } from "../layers/layer.ts";
import { parameterCount, resolve, type Model } from "../layers/model.ts";
import { answersEach, hasClasses } from "../data/answers.ts";
import { augment, type Augmentation } from "./augment.ts";
import { requireDenormals } from "../models/runtime.ts";
import { Checkpoints, identityOf, requireSame } from "./checkpoint.ts";
import type { Checkpoint, Progress } from "./state.ts";
import { median } from "../numerics/median.ts";
import { alignClasses, requireTrainable } from "../data/classes.ts";
import { epochOrder, gather, type Batch, type Dataset } from "../data/dataset.ts";
import { dataHash } from "../data/dataHash.ts";
import { DivergedError, firstNonFinite } from "./diverged.ts";
import { InputError } from "../data/errors.ts";
import { checkInput, checkOptions, checkOutputs } from "./fitChecks.ts";
import { losses } from "./losses.ts";
import type { Loss } from "../models/scores/loss.ts";
import { isBetter, Patience, worst, type Monitor } from "./monitor.ts";
import { network } from "../models/network.ts";
import { optimizers } from "./optimizers.ts";
import { fitPreparation, prepare, resolvePrepare, type Preparation } from "../models/preparation.ts";
import { plateauStart, plateauStep, scheduleFactor, schedules } from "./schedules.ts";
import {
  argmax,
  score,
  scoreSeveral,
  scoreValues,
  type Evaluation,
  type Extent,
} from "../models/scores/score.ts";
import { holdOut } from "../data/split.ts";
import { requireData, takesOf } from "../models/takes.ts";
import { trainer, type Trainer } from "./trainer.ts";
import { type Weights } from "../models/weights.ts";
import { transfer } from "./transfer.ts";
import type { UpdateRules } from "./updateRules.ts";
import { VERSION } from "../models/version.ts";

export { DivergedError };

const YIELD_MS = 50;

/** Trains a model on a data set. A batch of more rows than are trained on is one of all of them. */
export async function fit(model: Model, data: Dataset, options: FitOptions = {}): Promise<Run> {
  const {
    batch = fitDefaults.batch,
    seed = fitDefaults.seed,
    keep = "last",
    signal,
    monitor = "loss",
    init,
  } = options;
  const {
    loss = defaultLoss(data),
    optimizer = optimizers.adam(),
    schedule = schedules.constant(),
  } = options;
  checkOptions(data, options);
  checkOutputs(model, data);
  requireTrainable(data);
  const { train, held } = partsOf(data, options, seed);
  const size = Math.min(batch, train.rows);
  const perEpoch = Math.ceil(train.rows / size);
  const steps = options.steps ?? (options.epochs ?? fitDefaults.epochs) * perEpoch;
  const dataSha256 = dataHash(data);
  const asked = options.prepare && resolvePrepare(data, options.prepare);
  const resolved = { loss, optimizer, schedule, batch: size, seed, keep, monitor, steps, prepare: asked };
  const identity = identityOf(model, dataSha256, options, resolved);
  const from = options.resume && onlyMember(options.resume);
  if (from) requireSame(from, identity);
  const preparation = from?.preparation ?? preparationOf(model, data, train, { ...options, prepare: asked });
  if (typeof options.validation === "object")
    requireData(options.validation, takesOf(preparation, model.input));

  const { clipNorm, clipValue, decay, ema, freeze, backend, numerics = "strict", threads } = options;
  const rules: UpdateRules = { clipNorm, clipValue, decay, ema, freeze };
  const t = await trainer(model, {
    loss,
    optimizer,
    batch: size,
    seed,
    backend,
    numerics,
    threads,
    preparation,
    ...rules,
  });
  if (from) t.restore(from.tensors, from.progress.steps);
  else if (init)
    t.setWeights(
      transfer(resolve(model), t.weights(), "weights" in init ? init.weights : init, options.reinit),
    );
  const before = from?.progress;
  if (before) t.learningRate = before.learningRate;
  const durations: number[] = [];
  const history: EpochEvent[] = [...(before?.history ?? [])];
  let best: { value: number; weights: Weights } | null =
    from?.best && before ? { value: before.bestValue ?? worst(monitor), weights: from.best } : null;
  const patience =
    options.patience === undefined
      ? null
      : new Patience(monitor, options.patience, options.minDelta ?? 0, before?.patience);
  let plateau = before?.plateau ?? plateauStart;
  let stoppedEarly = before?.stoppedEarly ?? false;
  // of the running epoch
  let { batches, lossSum, right, rows } = before ?? { batches: 0, lossSum: 0, right: 0, rows: 0 };
  const start = performance.now() - 1000 * (before?.seconds ?? 0);
  const secondsSoFar = (): number => Math.round(performance.now() - start) / 1000;
  const stepMs = (): number => (durations.length > 0 ? median(durations) : (before?.stepMs ?? 0));
  let yielded = performance.now();
  let aborted = false;

  const checkpoints = new Checkpoints(options.checkpoint, t.steps);
  const save = (epoch: number): Promise<void> => {
    const progress: Progress = {
      steps: t.steps,
      epoch,
      batches,
      lossSum,
      right,
      rows,
      history: [...history],
      bestValue: best?.value ?? null,
      plateau,
      patience: patience?.state ?? null,
      stoppedEarly,
      learningRate: t.learningRate,
      seconds: secondsSoFar(),
      stepMs: stepMs(),
    };
    return checkpoints.save({
      ...identity,
      preparation,
      progress,
      tensors: t.snapshot(),
      best: best?.weights ?? null,
    });
  };

  for (let epoch = before?.epoch ?? 0; (t.steps < steps || rows > 0) && !aborted && !stoppedEarly; epoch++) {
    requireDenormals();
    let at = 0;
    for (const order of epochOrder(train.rows, size, seed, epoch)) {
      if (at++ < batches) continue;
      if (t.steps >= steps) break;
      if (signal?.aborted) {
        aborted = true;
        break;
      }
      t.learningRate =
        optimizer.learningRate * scheduleFactor(schedule, t.steps, steps, perEpoch) * plateau.factor;
      const rowsOfStep = batchOfStep(train, order, t.steps, {
        preparation,
        input: model.input,
        list: options.augment,
        seed,
      });
      const began = performance.now();
      const result = t.step(rowsOfStep);
      const now = performance.now();
      durations.push(now - began);
      if (!Number.isFinite(result.loss)) {
        const where = await firstNonFinite(
          model,
          t.weights("current"),
          rowsOfStep.prepared
            ? Float32Array.from(rowsOfStep.series)
            : prepare(preparation, rowsOfStep, model.input),
        );
        throw new DivergedError(t.steps + 1, where, t.learningRate);
      }
      lossSum += result.loss * order.length;
      right += countRight(result.outputs, rowsOfStep);
      rows += order.length;
      batches++;
      options.onStep?.({
        step: t.steps,
        steps,
        loss: result.loss,
        learningRate: t.learningRate,
        rows: order.length,
      });
      if (batches < perEpoch && checkpoints.due("step")) await save(epoch);
      if (now - yielded >= YIELD_MS) {
        await new Promise((resume) => setTimeout(resume, 0));
        yielded = performance.now();
      }
    }
    if (rows === 0) break;
    // an epoch that ends early is saved before it is closed: a run that goes on from there goes on within it
    if (batches < perEpoch && checkpoints.behind(t.steps)) await save(epoch);
    const validation = held ? brief(scoreRows(t, loss, held, monitor), monitor) : null;
    const backSignals = options.measure?.(epoch + 1, { weights: () => t.weights("current"), preparation });
    const event: EpochEvent = {
      epoch: epoch + 1,
      steps: t.steps,
      loss: lossSum / rows,
      accuracy: hasClasses(data.answers.kind) ? right / rows : NaN,
      validation,
      learningRate: t.learningRate,
      seconds: secondsSoFar(),
      ...(backSignals ? { backSignals } : {}),
    };
    history.push(event);
    const value = (validation ?? event)[monitor as "loss" | "accuracy"];
    if (keep === "best" && (best === null || isBetter(monitor, value, best.value)))
      best = { value: Number.isNaN(value) ? worst(monitor) : value, weights: t.weights() };
    if (schedule.kind === "plateau") {
      const watched = (schedule.watch === "validation" ? validation?.loss : undefined) ?? event.loss;
      plateau = plateauStep(schedule, plateau, watched, optimizer.learningRate);
    }
    stoppedEarly = patience?.ends(value) ?? false;
    options.onEpoch?.(event);
    const whole = batches === perEpoch;
    batches = lossSum = right = rows = 0;
    if (whole && checkpoints.due("epoch")) await save(epoch + 1);
  }
  if (checkpoints.behind(t.steps)) await save(history.length);
  const seconds = (performance.now() - start) / 1000;

  if (best) t.setWeights(best.weights);
  const weightsSha256 = t.weightsSha256();
  const provenance = {
    toeplitz: VERSION,
    numerics,
    seed: String(seed),
    dataSha256,
    weightsSha256,
    ...options.provenance,
  };
  const trained = await network(
    {
      model,
      classes: data.classes,
      preparation,
      weights: t.weights(),
      provenance,
      ...(data.answers.kind === "multiLabel" ? { answers: "multiLabel" } : {}),
    },
    { backend, numerics, threads },
  );
  const run: Run = {
    model: trained,
    epochs: history.length,
    steps: t.steps,
    seconds,
    stepMs: stepMs(),
    backend: t.backend,
    threads: t.threads,
    parameters: parameterCount(model),
    train: brief(scoreRows(t, loss, train, monitor), monitor),
    validation: held ? brief(scoreRows(t, loss, held, monitor), monitor) : null,
    weightsSha256,
    history,
    aborted,
    stoppedEarly,
  };
  t.dispose();
  return run;
}

/** The state of a single network. */
function onlyMember({ members }: Checkpoint): Checkpoint["members"][number] {
  if (members.length === 1) return members[0];
  throw new InputError(
    `the checkpoint is of an ensemble (${members.length} members); go on with it by fitEnsemble`,
  );
}

function defaultLoss(data: Dataset): Loss {
  switch (data.answers.kind) {
    case "classes":
    case "positions":
      return losses.crossEntropy();
    case "multiLabel":
      return losses.binaryCrossEntropy();
    case "values":
    case "none":
      return losses.meanSquaredError();
  }
}

/** The rows to train on and those to validate on. */
function partsOf(
  data: Dataset,
  { validation, split }: FitOptions,
  seed: number,
): { train: Dataset; held: Dataset | null } {
  if (typeof validation === "object")
    return { train: data, held: hasClasses(data.answers.kind) ? alignClasses(data, validation) : validation };
  return validation ? holdOut(data, validation, seed, split) : { train: data, held: null };
}

/** The kept one of `init`, or a new one: its steps follow from all rows, its statistics from those that are trained on. */
function preparationOf(model: Model, data: Dataset, train: Dataset, o: FitOptions): Preparation {
  const { init, normalize = "channel" } = o;
  if (init && "preparation" in init && o.normalize === undefined && o.prepare === undefined) {
    checkInput(model, data, init.preparation);
    requireData(data, takesOf(init.preparation, model.input));
    return init.preparation;
  }
  const steps = resolvePrepare(data, o.prepare);
  checkInput(model, data, steps);
  return fitPreparation(normalize, train, steps);
}

/** The rows of a step: as they are, or prepared and augmented. */
function batchOfStep(
  data: Dataset,
  order: ArrayLike<number>,
  step: number,
  o: { preparation: Preparation; input: Signal; list: readonly Augmentation[] | undefined; seed: number },
): Batch {
  const batch = gather(data, order);
  if (!o.list?.length) return batch;
  const { channels, length } = o.input;
  const series = Float64Array.from(prepare(o.preparation, batch, o.input));
  const site = { channels, length, classes: data.classes.length, seed: o.seed, step };
  return augment({ ...batch, series, prepared: true }, o.list, site);
}

/** Loss and accuracy, and the watched metric; of values all metrics. */
export function brief(e: Evaluation, monitor: Monitor): Score {
  const { loss, accuracy, rmse, mae, r2 } = e;
  if (rmse !== undefined) return { loss, accuracy, rmse, mae, r2 };
  return monitor === "loss" || monitor === "accuracy"
    ? { loss, accuracy }
    : { loss, accuracy, [monitor]: e[monitor] };
}

/** The rows of a batch that are right; of positions and of several labels, the mean part of each row. */
function countRight(outputs: Float32Array, { answers }: Batch): number {
  switch (answers.kind) {
    case "values":
    case "none":
      return 0;
    case "multiLabel": {
      const { targets, classes } = answers;
      let right = 0;
      for (let i = 0; i < targets.length; i++) if (outputs[i] >= 0 === targets[i] >= 0.5) right++;
      return right / classes.length;
    }
    case "classes":
    case "positions": {
      const { labels, classes } = answers;
      const positions = answersEach(answers);
      let right = 0;
      for (let i = 0; i < labels.length; i++) {
        const from = Math.floor(i / positions) * classes.length * positions + (i % positions);
        const logits = Array.from(classes, (_, k) => outputs[from + k * positions]);
        if (argmax(logits) === labels[i]) right++;
      }
      return right / positions;
    }
  }
}

/** Loss and metrics of rows in prediction mode, with the weights as they stand. */
function scoreRows(t: Trainer, loss: Loss, data: Dataset, monitor: Monitor): Evaluation {
  const parts: Float32Array[] = [];
  for (let from = 0; from < data.rows; from += t.program.batch) {
    const rows = Array.from({ length: Math.min(t.program.batch, data.rows - from) }, (_, i) => from + i);
    parts.push(t.forward(gather(data, rows)));
  }
  const width = parts[0].length / Math.min(t.program.batch, data.rows);
  const outputs = new Float32Array(width * data.rows);
  parts.forEach((part, i) => outputs.set(part, i * width * t.program.batch));
  const { answers } = data;
  switch (answers.kind) {
    case "values":
    case "none":
      return scoreValues(outputs, data.targets, data, loss);
    case "multiLabel":
      return scoreSeveral(outputs, answers.targets, answers.classes.length);
    case "classes":
    case "positions": {
      const extent: Extent = monitor === "auroc" ? "all" : "withoutAuroc";
      return score(outputs, answers.labels, answers.classes.length, answersEach(answers), extent);
    }
  }
}
