/** The effective settings, as the start of a run shows them. */
import { printable } from "../../data/printable.ts";
import type { Dataset } from "../../data/dataset.ts";
import { parameterCount, type Model } from "../../layers/model.ts";
import { boundedBy } from "../../models/targets.ts";
import { processors } from "../../backends/choose.ts";
import { listed } from "../../data/channelNames.ts";
import { VERSION } from "../../models/version.ts";
import { answersText, grouped, plural, rowsText } from "../format.ts";
import { prepareText } from "../../training/options/prepareOptions.ts";
import { rulesOf } from "../../training/options/ruleOptions.ts";
import { lossOf, type Prepared } from "./prepareRun.ts";
import type { Loss } from "../../models/scores/loss.ts";
import type { Job } from "./protocol.ts";
import { stepsOf } from "./runFolder.ts";
import { lengthOf } from "../../training/settings.ts";
import type { Settings } from "./settings.ts";

export function banner(
  prepared: Prepared,
  { data: { train, test }, flags, resume }: Pick<Job, "data" | "flags" | "resume">,
): string {
  const { plan, title, members, settings: s, folder, init } = prepared;
  const { model } = plan;
  const extra = Object.entries(rulesOf(s)).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const steps = prepareText(s.prepare ?? {});
  return [
    `toeplitz ${VERSION}: ${printable(title)} (${plural(members * parameterCount(model), "parameter")}) on ${printable(train.name)}`,
    `  data      ${rowsText(train)}, ${answersText(train)}; ` +
      (test ? `test ${plural(test.rows, "row")} of ${test.name}` : "no test rows"),
    ...(train.channelNames ? [`  channels  ${listed(train.channelNames)}`] : []),
    `  training  ${members > 1 ? `${members} networks of ` : ""}${lengthOf(s)}, batch ${s.batch}, ${s.optimizer.kind} ${s.optimizer.learningRate}, ` +
      `${s.schedule.kind}, ${s.loss.kind}${weightsText(lossOf(prepared), train)}, normalize ${s.normalize}${targetsText(s, model, train)}`,
    `            validation ${s.validation ?? 0}, keep ${s.keep}, seed ${s.seed}, ` +
      `${s.backend.name}, ${s.numerics}, ${s.convolution === "direct" ? "direct convolutions, " : ""}${threadsText(s)}`,
    ...slowText(s, flags.backend),
    ...(steps ? [`  prepare   ${steps}`] : []),
    ...(init ? [`  start     the weights of ${printable(init.model.name)}, trained before`] : []),
    ...(extra.length > 0 ? [`  rules     ${extra.join(", ")}`] : []),
    `  out       ${folder}`,
    ...(resume ? [`  resume    from step ${grouped(stepsOf(resume.checkpoint))}`] : []),
    ...(flags.resume && !resume ? ["  resume    no checkpoint is there: the run starts"] : []),
  ].join("\n");
}

/** Classes that are listed with their weights; of more, the first of them. */
const MOST_CLASSES = 8;

/** What errors of each class count, and what is added to its logits in training. */
function weightsText(loss: Loss, { classes }: Dataset): string {
  if (loss.kind !== "crossEntropy") return "";
  const listed = (what: string, values: unknown): string[] => {
    if (!Array.isArray(values)) return [];
    const first = values.slice(0, MOST_CLASSES).map((x: number) => Number(x.toPrecision(4)));
    const more = classes.length > MOST_CLASSES ? ", ..." : "";
    return [`${what} ${first.map((x, k) => `${printable(classes[k])} ${x}`).join(", ")}${more}`];
  };
  const all = [
    ...listed("class weights", loss.classWeights),
    ...listed("logit adjustment", loss.logitAdjustment),
  ];
  return all.length > 0 ? ` (${all.join("; ")})` : "";
}

/** The units in which target values are learned. */
function targetsText({ targets }: Settings, model: Model, { answers }: Dataset): string {
  if (answers.kind !== "values") return "";
  const bound = targets === "raw" ? boundedBy(model) : null;
  return `, targets ${targets ?? "as the model learned them"}${bound ? ` (the model ends with ${bound})` : ""}`;
}

/** Where the interpreter was taken because nothing else can run here. */
function slowText({ backend }: Settings, asked: string): string[] {
  if (backend.name !== "reference" || asked !== "auto") return [];
  return [
    `  slow      the reference interprets, some hundred times as slowly: toeplitz doctor says what cannot run here`,
  ];
}

/** How many threads there will be: the work of a step, known when it is compiled, decides. */
function threadsText({ threads, backend }: Settings): string {
  const most = backend.oneThread() === null ? (threads ?? processors()) : 1;
  return `${threads === undefined && most > 1 ? "up to " : ""}${plural(most, "thread")}`;
}
