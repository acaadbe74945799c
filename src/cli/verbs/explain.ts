/** `toeplitz explain`: the derivation of one row through a saved model, and a certificate of its gradients. */
import { extname, resolve } from "node:path";
import type { Command } from "commander";
import { listed } from "../../data/channelNames.ts";
import { printable, printableJson } from "../../data/printable.ts";
import { certificateText } from "../../inspect/certificateText.ts";
import { certify } from "../../inspect/certify.ts";
import { explain, type Explanation } from "../../inspect/explain.ts";
import { explanationHtml } from "../../inspect/explainHtml.ts";
import { explanationLatex } from "../../inspect/explainLatex.ts";
import { explanationText } from "../../inspect/explainText.ts";
import type { Statistics } from "../../inspect/lossGraph.ts";
import { gather, type Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import type { Network, Prediction } from "../../models/network.ts";
import { loadFile, writeWhole } from "../../node.ts";
import { answeredBy } from "./evaluate.ts";
import { sayNotes } from "../dataNotes.ts";
import { addDataOptions, type DataFlags } from "../options/dataOptions.ts";
import { EXIT, say, showsBlocks, type Io } from "../io.ts";
import { modelPath } from "../modelFile.ts";
import { whole, word } from "../options/parsers.ts";
import { saidOf } from "../saidOf.ts";
import { acceptRows, readPart, requireAnswers } from "../sources.ts";
import { addWhy, explainWhy, requireNoWhy, WHY_HELP, type WhyFlags } from "../why.ts";

interface Flags extends DataFlags, WhyFlags {
  readonly row: number;
  readonly layer?: string;
  readonly channel?: readonly [number, number];
  readonly statistics?: Statistics;
  readonly to?: string;
  readonly certify?: true;
  readonly json?: true;
}

/** What `--to` writes, by the ending of its file. */
const writers: Readonly<Record<string, (e: Explanation, title: string, json: () => string) => string>> = {
  ".html": (e, title) => explanationHtml(e, title),
  ".tex": (e, title) => explanationLatex(e, title),
  ".json": (_e, _title, json) => `${json()}\n`,
};

/** Rows of a certificate's batch: enough for the statistics of batch norm. */
const CERTIFIED_ROWS = 4;

const HELP = `
Of each convolution: z, s'(z), v, the matrices A(w), H(y), C(v) and the Jacobians D A(w), D H(y) by a pair of channels, the gradient
of the filter three ways, and what is stored (docs/explain.md). --certify compares every tensor's gradient in f64, in training mode on
the row and up to ${CERTIFIED_ROWS - 1} that follow it, with complex steps; the exit code is ${EXIT.fault} where one is off by more than 1e-9.

Examples:
  toeplitz explain runs/GunPoint-fcn-0/model.safetensors GunPoint_TEST.ts --row 3
  toeplitz explain runs/GunPoint-fcn-0 GunPoint_TEST.ts --layer conv1d_2 --channel 5,0
  toeplitz explain runs/GunPoint-fcn-0 GunPoint_TEST.ts --row 3 --to row3.html
  toeplitz explain runs/mnist1d-mnist1d-cnn-0 mnist1d --certify
  toeplitz explain runs/GunPoint-fcn-0 GunPoint_TEST.ts --row 3 --why${WHY_HELP}`;

/** Refuses (InputError) what is of the derivation beside --why. */
function refuseWithWhy(flags: Flags): void {
  const other = (["layer", "channel", "statistics", "to", "certify"] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (other !== undefined)
    throw new InputError(
      `--${other} is of the derivation, and --why explains an answer by its positions; give one of them`,
    );
}

/** Adds the verb. */
export function addExplain(program: Command, io: Io, exit: (code: number) => void): void {
  addWhy(addDataOptions(program.command("explain")))
    .description("one row through a saved model: its derivation in numbers, and its gradients certified")
    .argument("<MODEL>", "a model file that train saved (model.safetensors), or the folder of its run")
    .argument("<DATA>", "labelled rows: a path, or mnist1d (its test part)")
    .option("--row <I>", "which row, from 0", whole("--row", 0, 0), 0)
    .option("--layer <NAME>", "the one convolution that is told, such as conv1d_2 (default: all)")
    .option(
      "--channel <O,C>",
      "with --layer: its output channel and its input channel, from 0 (default: the first that a back-signal reaches)",
      channelOf,
    )
    .option(
      "--statistics <OF>",
      "batch norm and dropout as in prediction or in training (default: prediction; of --certify training)",
      word("--statistics", ["prediction", "training"]),
    )
    .option("--to <FILE>", "write it to a file too: .html (one page), .tex (LaTeX) or .json")
    .option("--certify", "compare every gradient with complex steps")
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP)
    .action(async (given: string, source: string, flags: Flags) => {
      if (flags.why !== undefined) {
        refuseWithWhy(flags);
        return explainWhy(given, source, flags, io);
      }
      requireNoWhy(flags);
      const { row, json, to, statistics } = flags;
      const file = await modelPath(given);
      requireWritable(to, [file, source]);
      const network = explained(await loadFile(file), file);
      const read = await readPart(source, "test", flags);
      sayNotes([read], io);
      requireAnswers(read, answeredBy(network), `the model ${file}`);
      const data = acceptRows(read, network, `the model ${file}`, io);
      if (row >= data.rows)
        throw new InputError(`--row is ${row}; ${source} has ${data.rows} rows, 0 to ${data.rows - 1}`);
      requireKnown(data, row, network, { source, file });
      const batch = gather(data, [row]);
      const e = await explain(network, batch, {
        statistics,
        layer: flags.layer,
        channel: flags.channel,
      });
      const certificate = flags.certify
        ? certify(network, gather(data, certified(data, row, network)), { statistics })
        : null;
      const [said] = network.predictRows(batch);
      const object = (): string =>
        printableJson({
          schema: 1,
          row,
          ...predictedOf(network, said),
          ...e,
          ...(certificate && { certificate }),
        });
      if (to !== undefined)
        await writeWhole(
          to,
          writers[extname(to).toLowerCase()](
            e,
            `Row ${row} of ${printable(source)} through ${e.model}`,
            object,
          ),
        );
      if (certificate && !certificate.holds) exit(EXIT.fault);
      if (json) return say(io.stdout, object());
      const text = explanationText(e, { style: showsBlocks(io) ? "blocks" : "plain" });
      const kind =
        e.answers === "classes" ? `of class ${printable(e.target)}` : `with ${printable(e.target)}`;
      say(io.stdout, `row ${row} of ${source}: ${kind}; the model says ${saidOf(network, said)}\n${text}`);
      if (certificate) say(io.stdout, `\n${certificateText(certificate)}`);
      if (to !== undefined) say(io.stderr, `${to} written`);
    });
}

/** What the model says of the row, for scripts. */
const predictedOf = ({ answers }: Network, said: Prediction): object =>
  answers === "values"
    ? { predicted: said.values }
    : {
        predicted: answers === "classes" ? said.label : (said.labels ?? said.label),
        probabilities: said.probabilities,
      };

/** The row and those after it whose class the model knows too. */
function certified(data: Dataset, row: number, { classes }: Network): number[] {
  const rows: number[] = [];
  for (let i = row; i < data.rows && rows.length < CERTIFIED_ROWS; i++)
    if (unknownClass(data, i, classes) === undefined) rows.push(i);
  return rows;
}

/** A class of a row that the model does not have. */
function unknownClass({ answers }: Dataset, row: number, classes: readonly string[]): string | undefined {
  if (answers.kind !== "classes" && answers.kind !== "positions") return undefined;
  const each = answers.kind === "classes" ? 1 : answers.positions;
  const own = [...answers.labels.subarray(row * each, (row + 1) * each)].filter((label) => label >= 0);
  return own.map((label) => answers.classes[label]).find((name) => !classes.includes(name));
}

function requireKnown(
  data: Dataset,
  row: number,
  { classes }: Network,
  { source, file }: { readonly source: string; readonly file: string },
): void {
  const unknown = unknownClass(data, row, classes);
  if (unknown === undefined) return;
  throw new InputError(
    `${source}: row ${row} is of class ${JSON.stringify(unknown)}, which ${file} does not know; ` +
      `its classes are ${listed(classes)}; give another --row`,
  );
}

/** Refuses (InputError) a file of another ending, and one that is read. */
function requireWritable(to: string | undefined, read: readonly string[]): void {
  if (to === undefined) return;
  const ending = extname(to).toLowerCase();
  if (!Object.hasOwn(writers, ending))
    throw new InputError(
      `--to ${to}: nothing is written with the ending ${JSON.stringify(ending)}; it is one of ${Object.keys(writers).join(", ")}`,
    );
  if (read.some((path) => resolve(path) === resolve(to)))
    throw new InputError(`--to ${to}: it is read, and would be lost; give another name`);
}

/** Two channels from 0. */
function channelOf(text: string): readonly [number, number] {
  const [, output, input] = /^(\d{1,9}),(\d{1,9})$/.exec(text) ?? [];
  if (output === undefined)
    throw new InputError(
      `--channel ${text}: it is an output channel and an input channel from 0, such as 5,0`,
    );
  return [Number(output), Number(input)];
}

/** Refuses (InputError) a model that is no single network. */
function explained(model: AnyModel, file: string): Network {
  switch (model.kind) {
    case "network":
      return model;
    case "ensemble":
      throw new InputError(
        `${file}: it holds an ensemble of ${model.members.length} networks, and one is explained at a time; ` +
          "give a single network, as --model inception trains",
      );
    case "rocket":
      throw new InputError(
        `${file}: it holds a ${model.model.name}, which has no layers to explain; give a network, as --model fcn trains`,
      );
  }
}
