/** Trainers where plans begin: at the seed, at given weights, or at the state that a run goes on from. */
import { hasUnlabelled } from "../data/answers.ts";
import { longRowText } from "../data/longRow.ts";
import { resolve } from "../layers/model.ts";
import { MemoryError } from "../models/runtime.ts";
import type { Asked } from "./graphs.ts";
import type { Plan } from "./plan.ts";
import { alone } from "./ranks.ts";
import type { FitOptions } from "./run.ts";
import { sharded } from "./sharded.ts";
import { shardedStepper, wholeStepper, type Stepper } from "./stepper.ts";
import type { Spread } from "./shards.ts";
import { trainer } from "./trainer.ts";
import type { Trainer, TrainerOptions } from "./trainerApi.ts";
import { transfer } from "./transfer.ts";

/** Where a run runs. */
export type Place = Pick<FitOptions, "backend" | "threads" | "ranks">;

/** What a plan's trainer is made from. */
function optionsOf(
  { options, preparation, targets, train }: Plan,
  { backend, threads }: Place,
): TrainerOptions {
  const { loss, optimizer, batch, seed, numerics, convolution } = options;
  const { clipNorm, clipValue, decay, ema, freeze } = options;
  const asked: Asked = {
    ...(train.rowWeights && { weighted: "rows" }),
    ...(hasUnlabelled(train.answers) && { unlabelled: "ignored" }),
  };
  const rules = { clipNorm, clipValue, decay, ema, freeze };
  const place = { backend, numerics, convolution, threads };
  return { loss, optimizer, batch, seed, preparation, targets, ...rules, ...asked, ...place };
}

/** The model compiled, where the plan begins. */
export async function trainerOf(plan: Plan, place: Place): Promise<Trainer> {
  const t = await trainer(plan.model, optionsOf(plan, place)).catch((error) => {
    throw withLongRow(error, plan);
  });
  begin(plan, t);
  return t;
}

/** What a plan goes forward by, where it begins: whole batches, or shards of them. */
export async function stepperOf(plan: Plan, place: Place): Promise<Stepper<unknown>> {
  const { shards = 1, syncBatchNorm } = plan.options;
  const { ranks = alone } = place;
  if (shards === 1 && ranks.size === 1) return wholeStepper(plan, await trainerOf(plan, place));
  const spread: Spread = { shards, ranks };
  const statistics = syncBatchNorm ? "ofAllShards" : "ofShard";
  const s = await sharded(plan.model, optionsOf(plan, place), spread, statistics).catch((error) => {
    throw withLongRow(error, plan);
  });
  begin(plan, s.first);
  s.share();
  return shardedStepper(plan, s, spread);
}

function begin({ model, options: { init, reinit }, from }: Plan, t: Trainer): void {
  if (from) t.restore(from.tensors, from.progress.steps);
  else if (init)
    t.setWeights(transfer(resolve(model), t.weights(), "weights" in init ? init.weights : init, reinit));
}

/** An error of too much memory that says which row made the data set long, where one did. */
function withLongRow(error: unknown, { data }: Plan): unknown {
  const text = error instanceof MemoryError ? longRowText(data) : null;
  if (error instanceof MemoryError && text !== null) error.message += `; ${text}`;
  return error;
}
