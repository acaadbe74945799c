/** `toeplitz inspect`: what a data set holds, and what `train` would use for it. */
import type { Command } from "commander";
import { printable, printableJson } from "../../data/printable.ts";
import { describe, type Described } from "../../inspect/describe.ts";
import { spark } from "../../inspect/spark.ts";
import { listed } from "../../data/channelNames.ts";
import type { AnswerKind } from "../../data/answers.ts";
import type { Dataset } from "../../data/dataset.ts";
import { resolvePrepare } from "../../models/preparation.ts";
import { recipes, type Recipe } from "../../training/recipes.ts";
import { sayNotes } from "../dataNotes.ts";
import { addDataOptions, dataWords, type DataFlags } from "../options/dataOptions.ts";
import { grouped, percent, plural } from "../format.ts";
import { table } from "../../inspect/table.ts";
import { say, showsBlocks, type Io } from "../io.ts";
import { defaultLoss } from "../../training/options/lossOption.ts";
import { prepareText } from "../../training/options/prepareOptions.ts";
import { lengthOf } from "../../training/settings.ts";
import { defaultModel } from "../../training/options/modelNames.ts";
import { readSource } from "../sources.ts";

/** Classes that are listed with their mean course; of more, the first of them. */
const MOST_CLASSES = 40;

/** Adds the verb. */
export function addInspect(program: Command, io: Io): void {
  addDataOptions(program.command("inspect"))
    .description("what a data set holds: shapes, classes, lengths, missing values, a spark line a class")
    .argument("<DATA>", "a file or folder of series, a table, or mnist1d (docs/data.md has the formats)")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: DataFlags & { json?: true }) => {
      const { train, test } = await readSource(source, flags);
      sayNotes([train, test], io);
      const [described, tested] = [describe(train), test && describe(test)];
      const model = defaultModel(source, train.answers.kind);
      const { recipe } = recipes[model];
      if (flags.json)
        return say(
          io.stdout,
          printableJson({
            schema: 1,
            ...plain(described),
            notes: train.notes ?? [],
            test: tested && { ...plain(tested), notes: test?.notes ?? [] },
            train: isTrained(described)
              ? { model, ...recipe, loss: defaultLoss(described.answers, recipe) }
              : null,
          }),
        );
      const style = showsBlocks(io) ? "blocks" : "plain";
      say(
        io.stdout,
        [
          ...lines(source, described, style),
          ...(tested ? ["", "test part", ...lines(source, tested, style).slice(1)] : []),
          "",
          trainLine(dataWords(source, flags), described, train, model, recipe),
        ].join("\n"),
      );
    });
}

const EXAMPLES = `
Examples:
  toeplitz inspect GunPoint_TRAIN.ts            a file of the UCR/UEA archive
  toeplitz inspect recordings/                  a folder of WAV files
  toeplitz inspect mnist1d --json | jq .rows    one number for a script

--json prints {"schema":1,"name","rows","channels","channelNames":[NAME,...]|null,"length","lengths":{"min","median","max"},"missing":{"values","rows"},
"values":[{"min","max"}|null a channel],"answers":"classes"|"positions"|"multiLabel"|"values"|null,"classes":[{"name","count"}],
"targets":{"min","median","max","each","mean"}|null,"groups":N|null,"notes":[how it was read, a line each],"test":the same of a test part|null,
"train":what train uses by default|null}.`;

/** Without the courses, which are for people. */
function plain({ courses, ...rest }: Described): object {
  return courses.length > 0 ? rest : {};
}

function lines(source: string, d: Described, style: "blocks" | "plain"): string[] {
  const { min, median, max } = d.lengths;
  const lengths =
    min === d.length ? `${d.length} values each` : `${min} to ${max} values, the middle one ${median}`;
  const total = d.rows * d.channels;
  const about = [
    ["rows", plural(d.rows, "row") + (d.groups === null ? "" : ` of ${plural(d.groups, "group")}`)],
    ["channels", grouped(d.channels) + (d.channelNames ? `: ${listed(d.channelNames)}` : "")],
    ["lengths", lengths],
    [
      "missing",
      d.missing.values === 0
        ? "none"
        : `${plural(d.missing.values, "value")} in ${plural(d.missing.rows, "row")}`,
    ],
    ["values", valuesText(d)],
  ];
  return [
    `${printable(d.name)} (${printable(source)})`,
    ...about.map(([name, text]) => `  ${name.padEnd(9)} ${text}`),
    ...(total > 0 ? answerLines(d, style) : []),
  ];
}

function valuesText({ values, channelNames }: Described): string {
  const most = 8;
  const texts = values.slice(0, most).map((v, c) => {
    const range = v ? `${short(v.min)} to ${short(v.max)}` : "none";
    return channelNames ? `${listed([channelNames[c]])} ${range}` : range;
  });
  return texts.join("; ") + (values.length > most ? "; …" : "");
}

const short = (x: number): string => String(Number(x.toPrecision(4)));

/** Classes with their counts and mean courses; or the range of the targets. */
function answerLines(d: Described, style: "blocks" | "plain"): string[] {
  if (d.answers === null)
    return ["  answers   none: rows have no class and no target", `  mean      ${curve(d, 0, style)}`];
  if (d.targets) {
    const { each, min, median, max, mean } = d.targets;
    return [
      `  targets   ${each} a row: ${short(min)} to ${short(max)}, the middle one ${short(median)}, mean ${short(mean)}`,
      `  mean      ${curve(d, 0, style)}`,
    ];
  }
  const total = d.classes.reduce((sum, { count }) => sum + count, 0);
  const shown = d.classes.slice(0, MOST_CLASSES);
  const name = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text);
  const what = d.answers === "positions" ? "positions" : "rows";
  const rows = shown.map((c, k) => [
    `  ${name(c.name)}`,
    grouped(c.count),
    percent(total ? c.count / total : 0),
    d.answers === "classes" ? curve(d, k, style) : "",
  ]);
  const first = d.channelNames ? listed(d.channelNames.slice(0, 1)) : "channel 1";
  const head = d.answers === "classes" ? "mean" + (d.channels > 1 ? ` of ${first}` : "") : "";
  const sort = {
    classes: "",
    positions: ", one at each position",
    multiLabel: ", several at once",
    values: "",
  };
  return [
    `  classes   ${d.classes.length}${sort[d.answers]}`,
    "",
    table([["  class", what, "share", head], ...rows]),
    ...(shown.length < d.classes.length ? [`  and ${d.classes.length - shown.length} more`] : []),
  ];
}

const curve = ({ courses }: Described, k: number, style: "blocks" | "plain"): string =>
  spark(courses[k], courses[k].length, style);

/** Whether `train` takes such rows. */
const isTrained = (d: Described): d is Described & { answers: AnswerKind } => d.answers !== null;

function trainLine(words: string, d: Described, data: Dataset, model: string, recipe: Recipe): string {
  if (!isTrained(d)) return "toeplitz train takes rows with a class or with targets; these have no answer";
  const batch = Math.min(recipe.batch, data.rows);
  const steps = prepareText(resolvePrepare(data));
  return (
    `toeplitz train ${words}   would use ${model}, ${lengthOf(recipe.length)}, batch ${batch}, ` +
    `${recipe.optimizer} ${recipe.learningRate}, ${recipe.schedule}, ${defaultLoss(d.answers, recipe)}, normalize ${recipe.normalize}` +
    (d.answers === "values" ? ", targets standardize" : "") +
    (steps ? `, ${steps}` : "")
  );
}
