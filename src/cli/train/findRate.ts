/** `toeplitz train --find-lr`: the learning-rate range test, told on stdout. Nothing is trained, and no folder is made. */
import { printableJson } from "../../data/printable.ts";
import { InputError } from "../../data/errors.ts";
import { spark } from "../../inspect/spark.ts";
import { table } from "../../inspect/table.ts";
import { rateCurve, type RateCurve } from "../../training/learningRateRange.ts";
import { decimals, plural, shellLine } from "../format.ts";
import { EXIT, say, type Io } from "../io.ts";
import { isEnsemble } from "./ensembleRun.ts";
import { prepareRun } from "./prepareRun.ts";
import type { Job, Outcome } from "./protocol.ts";

/** Steps at rising rates, as the run that the options name would take its first ones. */
export async function findRate(job: Job, io: Io): Promise<Outcome> {
  const { flags, source } = job;
  // a folder that holds a run is no hindrance, since none is touched
  const { plan, settings, title } = await prepareRun({ ...job, flags: { ...flags, force: true } }, io);
  const one = isEnsemble(plan) ? plan.members[0] : plan;
  const controller = new AbortController();
  const stop = io.onInterrupt(() => controller.abort());
  try {
    const { backend, threads } = settings;
    const curve = await rateCurve(one, {}, { backend, threads, signal: controller.signal });
    if (controller.signal.aborted) {
      say(io.stderr, "interrupted: nothing can be said");
      return { code: EXIT.interrupted };
    }
    const { learningRate } = one.options.optimizer;
    say(
      io.stdout,
      flags.json
        ? printableJson({ schema: 1, model: title, ...curve, learningRate })
        : curveText(curve, { title, source, learningRate }),
    );
    return { code: EXIT.done };
  } finally {
    stop();
  }
}

/** Lines of the table. */
const LINES = 10;
const WIDTH = 60;

function curveText(
  { rates, smoothed, suggestion, ended }: RateCurve,
  { title, source, learningRate }: { title: string; source: string; learningRate: number },
): string {
  if (rates.length === 0) return `${title} on ${source}: the loss is no number at the first rate`;
  const last = rates.length - 1;
  const lines = Array.from(
    { length: Math.min(LINES, rates.length) },
    (_, i, all = Math.min(LINES, rates.length)) => (all > 1 ? Math.round((i * last) / (all - 1)) : 0),
  );
  const rate = (x: number): string => x.toExponential(1);
  return [
    `${title} on ${source}: ${plural(rates.length, "step")}, one a rate, from ${rate(rates[0])} to ${rate(rates[last])}` +
      (ended ? "; there the loss was beyond 4 times its least, or no number" : ""),
    table([["rate", "smoothed loss"], ...lines.map((i) => [rate(rates[i]), decimals(smoothed[i])])]),
    `loss       ${spark(smoothed, WIDTH, "blocks")}`,
    suggestion === null
      ? "suggestion none: no rate made the loss fall by 1 %; see the data and the model"
      : `suggestion ${shellLine(["--lr", String(suggestion)])}: a tenth of the rate of the least smoothed loss (the recipe has ${learningRate})`,
  ].join("\n");
}

/** Refuses (InputError) what goes with runs alone. */
export function requireAlone(flags: Job["flags"]): void {
  const given = (["seeds", "folds", "resume", "calibrate"] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (given !== undefined)
    throw new InputError(`--find-lr trains nothing, and --${given} is about runs; leave one of them out`);
}
