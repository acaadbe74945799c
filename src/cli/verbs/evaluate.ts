/** `toeplitz evaluate`: the figures of a saved model on rows with answers; of classes also the confusion. */
import type { Command } from "commander";
import { printableJson } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import type { Answered } from "../../layers/architectures/task.ts";
import { resolve } from "../../layers/model.ts";
import { loadFile } from "../../node.ts";
import { hasClasses, type AnswerKind } from "../../data/answers.ts";
import { alignClasses } from "../../data/classes.ts";
import type { Evaluation } from "../../models/network.ts";
import { decimals, percent, plural } from "../format.ts";
import { table } from "../../inspect/table.ts";
import { columnsOf, NONE } from "../../inspect/report/charts.ts";
import { evaluateGroups, type GroupEvaluation } from "../../models/scores/byGroup.ts";
import { commonestMistakes, confusionMatrix } from "../../models/scores/confusion.ts";
import { sayNotes } from "../dataNotes.ts";
import { addDataOptions, type DataFlags } from "../options/dataOptions.ts";
import { onRanks, sharedModel } from "../ranks.ts";
import type { MpiRanks } from "../../distributed/openRanks.ts";
import { say, type Io } from "../io.ts";
import { modelPath } from "../modelFile.ts";
import {
  classFiguresLine,
  confusionJson,
  figuresLine,
  scoredOf,
  testedOf,
  unansweredNote,
} from "../scores.ts";
import { acceptRows, readPart, requireAnswers } from "../sources.ts";

/** Adds the verb. */
export function addEvaluate(program: Command, io: Io): void {
  addDataOptions(program.command("evaluate"))
    .description(
      "loss, accuracy and confusion of a saved model on labelled rows; RMSE, MAE and R2 on target values",
    )
    .argument("<MODEL>", "a model file that train saved (model.safetensors), or the folder of its run")
    .argument("<DATA>", "labelled rows: a path, or mnist1d (its test part)")
    .option(
      "--json",
      'print one JSON object: {"schema":1,"rows","loss","accuracy"}; of values "rmse","mae","r2" too, and accuracy null; of classes "balancedAccuracy","f1","auroc","ece","accuracyInterval","confusion":[{"actual","predicted","count"}],"classes":[{"name","precision","recall","f1","support"}], of a calibrated model "temperature" and, of rows with groups, "groups"',
    )
    .addHelpText(
      "after",
      `
Examples:
  toeplitz evaluate runs/GunPoint-fcn-0/model.safetensors GunPoint_TEST.ts
  toeplitz evaluate model.safetensors new.ts --json

Of classes: balanced accuracy and macro-F1 are means over classes; AUROC is the area under the ROC curve; ECE, the calibration error, is the mean
difference of confidence and accuracy in 15 bins; the interval is Wilson's of 95 %, for rows that are independent of each other. Probabilities and
loss are those at the model's temperature, where it is calibrated (train --calibrate). Of rows with groups (--group), each group has its own line.

Of target values the loss is the mean squared error, whatever the model was trained with, in the units that it learned (train
--targets): of standardised targets in deviations. RMSE, MAE and R2 are in the targets' own units.`,
    )
    .action((given: string, source: string, flags: Flags) =>
      onRanks({}, io, (own, ranks) => evaluate({ given, source, flags, ranks }, own)),
    );
}

type Flags = DataFlags & { readonly json?: true };

interface Asked {
  readonly given: string;
  readonly source: string;
  readonly flags: Flags;
  readonly ranks: MpiRanks | null;
}

async function evaluate({ given, source, flags, ranks }: Asked, io: Io): Promise<void> {
  const file = await modelPath(given);
  const network = await loadFile(file);
  const read = await readPart(source, "test", flags);
  sayNotes([read], io);
  requireAnswers(read, answeredBy(network), `the model ${file}`);
  const data = acceptRows(read, network, `the model ${file}`, io);
  const aligned = alignClasses({ name: file, classes: network.classes }, data);
  const shared = await sharedModel(network, aligned, ranks);
  if (ranks && ranks.rank > 0) return;
  const result = shared.evaluate(aligned);
  const groups = hasClasses(network.answers) ? evaluateGroups(network, aligned) : [];
  const unanswered = unansweredNote(result, network.answers);
  if (unanswered !== null) say(io.stderr, `warning: ${source}: ${unanswered}`);
  say(
    io.stdout,
    flags.json
      ? printableJson({
          schema: 1,
          rows: result.rows,
          ...scoredOf(result),
          ...(result.unanswered === undefined ? {} : { unanswered: result.unanswered }),
          ...classesJson(network, result),
          ...groupsJson(network, groups),
        })
      : [evaluationText(file, source, network, result), ...groupsText(groups)].join("\n"),
  );
}

/** What a model answers with. */
export function answeredBy(model: AnyModel): Answered {
  switch (model.kind) {
    case "rocket":
      return model.answers === "values"
        ? { kind: "values", outputs: model.intercepts.length }
        : { kind: model.answers };
    case "ensemble":
      return answeredBy(model.members[0]);
    case "network": {
      if (model.answers !== "values") return { kind: model.answers };
      const layers = resolve(model.model);
      const { channels, length } = layers[layers.length - 1].output;
      return { kind: "values", outputs: channels * length };
    }
  }
}

/** Classes of a confusion matrix that still fit on a screen. */
const MOST_CLASSES = 20;

function evaluationText(
  file: string,
  source: string,
  { answers, classes }: Pick<AnyModel, "answers" | "classes">,
  e: Evaluation,
): string {
  const further = classFiguresLine(e);
  const lines = [
    `${file} on ${source}: ${plural(e.rows, "row")}`,
    figuresLine(e),
    ...(further === null ? [] : [further]),
  ];
  if (!hasClasses(answers)) return lines.join("\n");
  if (answers !== "classes")
    lines.push(`mean F1 of the classes ${decimals(e.f1 ?? NaN)}`, "", classTable(answers, classes, e));
  if (answers === "multiLabel") return lines.join("\n");
  lines.push("");
  if (classes.length > MOST_CLASSES) return [...lines, worst(classes, e.confusion)].join("\n");
  const counted = confusionMatrix(e.confusion);
  const columns = columnsOf(classes, counted);
  const short = (name: string): string => (name.length > 12 ? `${name.slice(0, 11)}…` : name);
  return [
    ...lines,
    answers === "positions"
      ? "positions; rows: what they are; columns: what the model says"
      : "rows: what they are; columns: what the model says",
    table([
      ["", ...columns.map(short), "right"],
      ...counted.map((counts, k) => {
        const total = counts.reduce((a, b) => a + b, 0);
        return [short(classes[k]), ...counts.map(String), total ? percent(counts[k] / total) : "-"];
      }),
    ]),
  ].join("\n");
}

/** Precision, recall and F1 of each class. */
function classTable(answers: AnswerKind, classes: readonly string[], { perClass = [] }: Evaluation): string {
  const figure = (x: number): string => (Number.isNaN(x) ? "-" : decimals(x));
  return table([
    ["class", "precision", "recall", "F1", answers === "positions" ? "positions" : "rows"],
    ...perClass.map((c, k) => [classes[k], ...[c.precision, c.recall, c.f1].map(figure), String(c.support)]),
  ]);
}

/** The same for --json; a figure that is not defined is null. */
function classesJson(
  { answers, classes, temperature }: Pick<AnyModel, "answers" | "classes" | "temperature">,
  e: Evaluation,
): object {
  if (!hasClasses(answers)) return {};
  return {
    ...(answers === "multiLabel" ? {} : { confusion: confusionJson(classes, e.confusion) }),
    classes: e.perClass?.map((figures, k) => ({ name: classes[k], ...figures })),
    ...(temperature === undefined ? {} : { temperature }),
  };
}

const groupsJson = ({ classes }: Pick<AnyModel, "classes">, groups: readonly GroupEvaluation[]): object =>
  groups.length === 0
    ? {}
    : { groups: groups.map(({ group, ...e }) => ({ group, rows: e.rows, ...testedOf(classes, e) })) };

/** Groups that still fit on a screen. */
const MOST_GROUPS = 20;

/** A line a group, those with the lowest accuracy first. */
function groupsText(groups: readonly GroupEvaluation[]): string[] {
  if (groups.length === 0) return [];
  const sorted = groups.toSorted((a, b) => a.accuracy - b.accuracy).slice(0, MOST_GROUPS);
  const lines = sorted.map(({ group, rows, accuracy, accuracyInterval: of, confusion }) => [
    group,
    String(rows),
    percent(accuracy),
    of ? `${percent(of[0])} to ${percent(of[1])}` : "-",
    String(confusion.pairs.reduce((sum, p) => sum + (p.actual === p.predicted ? 0 : p.count), 0)),
  ]);
  const some = sorted.length < groups.length ? ` (the lowest ${sorted.length} of ${groups.length})` : "";
  return ["", table([[`group${some}`, "rows", "accuracy", "95 % interval", "wrong"], ...lines])];
}

/** The commonest confusions, where the whole matrix would not fit. */
function worst(classes: readonly string[], confusion: Evaluation["confusion"]): string {
  const pairs = commonestMistakes(confusion, 10).map(({ actual, predicted, count }) => [
    classes[actual],
    classes[predicted] ?? NONE,
    String(count),
  ]);
  return table([["commonest confusions: is", "model says", "rows"], ...pairs]);
}
