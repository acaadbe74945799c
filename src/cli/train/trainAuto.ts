/**
 * `toeplitz train --model auto`: chooses a model by cross-validation on the training rows, then trains it on all of them as if
 * it had been named; the command line in the model file names it.
 */
import { InputError } from "../../data/errors.ts";
import { table } from "../../inspect/table.ts";
import { chooseModel, type Choice, type Trial } from "../../training/autoModel.ts";
import { rocketNamed } from "../../training/options/modelNames.ts";
import { decimals, duration, percent } from "../format.ts";
import { EXIT, say, type Io } from "../io.ts";
import { backendOf } from "../options/backend.ts";
import { namesWhere, type Rows } from "../options/option.ts";
import { AUTO, trainRows, type TrainFlags } from "../options/trainRows.ts";
import type { Job, Outcome } from "./protocol.ts";
import { trainNetwork } from "./trainNetwork.ts";
import { trainRocket } from "./trainRocket.ts";

const BUDGET_SECONDS = 300;

/** Refuses (InputError) a budget that nothing is chosen within. */
export function requireBudgetOfAuto({ model, budget }: TrainFlags): void {
  if (budget !== undefined && model !== AUTO)
    throw new InputError(`--budget is of --model ${AUTO}, which chooses a model within it; leave it out`);
}

/** Chooses and trains. */
export async function trainAuto(job: Job, io: Io): Promise<Outcome> {
  const { flags, data, line } = job;
  requireOwnRecipe(flags);
  const { budget = BUDGET_SECONDS, ...rest } = flags;
  if (!flags.quiet)
    say(
      io.stderr,
      `choosing a model: 5-fold cross-validation on the training rows, ${duration(budget)} at most`,
    );
  const controller = new AbortController();
  const stop = io.onInterrupt(() => controller.abort());
  let choice: Choice | null;
  try {
    choice = await chooseModel(data.train, rest, {
      budgetSeconds: budget,
      backend: await backendOf(flags.backend),
      ...(flags.threads !== undefined && { threads: flags.threads }),
      signal: controller.signal,
      onTrial: (trial) => {
        if (!flags.quiet)
          say(io.stderr, `  ${trial.model}: ${told(trial, data.train.answers.kind === "values")}`);
      },
    });
  } finally {
    stop();
  }
  if (choice === null) {
    say(io.stderr, "interrupted before a model was chosen: nothing was saved");
    return { code: EXIT.interrupted };
  }
  if (!flags.quiet) say(io.stderr, choiceText(choice));
  const { model } = choice;
  const named = line.replace(/ --model[ =]auto(?= |$)/, ` --model ${model}`).replace(/ --budget[ =]\S+/, "");
  const own = { ...job, line: named, choice };
  const rocket = rocketNamed(model);
  if (rocket === null) return trainNetwork({ ...own, flags: { ...rest, model } }, io);
  // what says where a network runs says nothing of these
  const { threads: _threads, ...others } = rest;
  return trainRocket(
    rocket,
    { ...own, flags: { ...others, model, backend: trainRows.backend.fallback } },
    io,
  );
}

/** Refuses (InputError) options that only some candidates have, and several runs, which would choose each for itself. */
function requireOwnRecipe(flags: TrainFlags): void {
  const rows: Rows = trainRows;
  const given = flags as unknown as Readonly<Record<string, unknown>>;
  const isGiven = (name: string): boolean => given[name] !== undefined && given[name] !== rows[name].fallback;
  const ofSome = namesWhere(
    rows,
    ({ models, reach, group }) => !models.includes("rocket") && !(reach === "free" && group === "machine"),
  );
  const wrong = [...ofSome, "seeds", "folds"].find(isGiven);
  if (wrong === undefined) return;
  const flag = rows[wrong].flags.split(" ")[0];
  throw new InputError(
    `${flag} does not apply to --model ${AUTO}, which trains the model that it chooses by that model's own recipe; leave it out, or name the model`,
  );
}

function told({ scores, mean, seconds, note }: Trial, isOfValues: boolean): string {
  const took = `${scores.length} folds in ${duration(seconds)}`;
  if (mean === null) return `${note ?? "not scored"} (${took})`;
  return `${isOfValues ? `RMSE ${decimals(mean)}` : percent(mean)} (${took})`;
}

/** The choice as lines, with what it depends on. */
function choiceText({ model, metric, trials }: Choice): string {
  const rows = trials.map(({ model: name, mean }) => [
    `  ${name}`,
    mean === null ? "-" : metric === "rmse" ? decimals(mean) : percent(mean),
  ]);
  return [
    table([["  model", metric === "rmse" ? "RMSE" : "accuracy"], ...rows]),
    `chosen: ${model}. Which candidates there was time for depends on this machine; --model ${model} trains the same weights anywhere`,
  ].join("\n");
}
