/** `toeplitz predict`: what the model says of each row; the labels in DATA are not looked at. */
import { addDataOptions, type DataFlags } from "../options/dataOptions.ts";
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadFile, writeWhole } from "../../node.ts";
import { InputError } from "../../data/errors.ts";
import { dashed, plural } from "../format.ts";
import { sayNotes } from "../dataNotes.ts";
import { EXIT, say, writeRows, type Io } from "../io.ts";
import { modelPath } from "../modelFile.ts";
import { fraction, whole, word } from "../options/parsers.ts";
import { networkFor, predicted, requireClassesFor } from "../predicted.ts";
import { onRanks, sharedModel } from "../ranks.ts";
import type { MpiRanks } from "../../distributed/openRanks.ts";
import { formatOf, formats, isUnanswered, linesOf, type Format } from "../predictionFormat.ts";
import { predictStream } from "../predictStream.ts";
import { rawKinds, type RawKind } from "../sampleLines.ts";
import { acceptRows, readPart, readPiped } from "../sources.ts";

interface Flags extends DataFlags {
  readonly out?: string;
  readonly format?: Format;
  readonly json?: true;
  readonly intervals?: true;
  readonly safeCsv?: true;
  readonly layer?: string;
  readonly unknown?: number;
  readonly length?: number;
  readonly stream?: true;
  readonly raw?: RawKind;
}

const HELP = `
Formats, a line a row; rows count from 0:
  csv    row,label,p,p(CLASS),...: p is the probability of the label, p(CLASS) of each class. Of a model of
         values: row,value. Fields are quoted as RFC 4180 has it, lines end with a line feed. Names stand as they are, so that a
         program reads what they were; --safe-csv is for a spreadsheet, which runs a name such as =1+1 as a formula: '=1+1.
  jsonl  {"row":0,"label":"up","probabilities":[0.98,0.02]}, in the order of the model's classes. Of a model of
         values: {"row":0,"values":[3.4]}
  text   columns for people
Of several classes at once, csv has row,labels,p(CLASS),..., the labels with ";" between. Of a class at each position it has a line a
position, row,position,label,p,p(CLASS),..., and jsonl a line a row with "labels", "positions" ([position][class]) and "intervals".
--intervals: a line for each stretch of one class: row,start_sample,end_sample,label,p; it goes from a position up to, but not with, the end, both
from 0, and p is the mean probability of its class. Of windows, row and positions are those of the whole recording, and where windows overlap
(--hop) their probabilities are averaged. Where the rate is known (--rate), seconds stand beside positions. --annotations reads such a file.
--layer NAME: the layer's values in place of predictions, [channel] or [channel][position] in each column's name; jsonl has them flat, positions
within channels. Of a classifier with a global pool, its features are those of that pool. A name that no layer has is answered with those there are.
--length N: rows of N values by the weights of a model that was trained on others, where no layer fixes the length; padded and cut to N where
the model pads.
--unknown T: a row whose largest probability is below T has the label unknown, and p is that probability; docs/calibration.md says how T is found.
A row whose outputs are no numbers (NaN, infinite) has no label: its fields are empty, in jsonl null; the rows are named, and the exit code is 3.
--stream: samples from standard input in place of DATA, an answer as soon as it can be known, with the bits of a prediction by direct convolutions:
a number a channel in each line (commas or blanks between), or --raw. A model of a class or value at each position answers each; any other one
answers every --hop samples (default: its length) for the window that ends there. The lines are those of predict, with at, the sample that an
answer is about (of a window its last), in place of row. Memory is bounded; an interrupt ends it with exit code 130.
Where the data name groups (subjects, recordings), a column or field group follows row.

Examples:
  toeplitz predict runs/GunPoint-fcn-0/model.safetensors GunPoint_TEST.ts
  toeplitz predict model.safetensors new.ts --out predictions.csv
  toeplitz predict segments.safetensors x.npy --intervals --rate 250
  toeplitz predict model.safetensors new.ts --layer globalAveragePool_1 --out features.csv
  arecord -t raw -f S16_LE -r 8000 | toeplitz predict model.safetensors --stream --raw s16 --rate 8000 --hop 800
  cat new.ts | toeplitz predict model.safetensors - --json | head -n 3`;

/** Adds the verb. */
export function addPredict(program: Command, io: Io, exit: (code: number) => void): void {
  addDataOptions(program.command("predict"))
    .description("a label and its probability for each row, or the values of a regression")
    .argument("<MODEL>", "a model file that train saved (model.safetensors), or the folder of its run")
    .argument(
      "[DATA]",
      "rows: a path, - (standard input), or mnist1d (its test part); labels are not looked at; none with --stream",
    )
    .option("--out <FILE>", "write there instead of to stdout")
    .option(
      "--format <KIND>",
      `${formats.join(", ")} (default: by the ending of --out, else csv)`,
      word("--format", formats),
    )
    .option("--json", "the same as --format jsonl")
    .option("--safe-csv", "CSV for a spreadsheet: an apostrophe before names that begin with = + - @")
    .option("--intervals", "models of a class a position: a line for each stretch of one class")
    .option("--layer <NAME>", "the values of a layer, such as globalAveragePool_1, in place of predictions")
    .option(
      "--unknown <T>",
      "models of one class a row: call a row unknown whose largest probability is below T, from 0 to below 1",
      fraction("--unknown", 0.5, "1"),
    )
    .option(
      "--length <N>",
      "rows of N values, where the model's layers take them (default: those that it was trained on)",
      whole("--length", 1, 3000),
    )
    .option("--stream", "samples from standard input as they come: numbers a line, or --raw")
    .option(
      "--raw <KIND>",
      `with --stream: raw little-endian values, channels interleaved: ${rawKinds.join(", ")} (s16 from -1 to 1)`,
      word("--raw", rawKinds),
    )
    .addHelpText("after", HELP)
    .action(async (given: string, source: string | undefined, flags: Flags) => {
      exit(await onRanks({}, io, (own, ranks) => predict({ given, source, flags, ranks }, own)));
    });
}

interface Asked {
  readonly given: string;
  readonly source: string | undefined;
  readonly flags: Flags;
  readonly ranks: MpiRanks | null;
}

async function predict({ given, source, flags, ranks }: Asked, io: Io): Promise<number> {
  const file = await modelPath(given);
  if (ranks && (flags.stream || source === "-"))
    throw new InputError("standard input is read by one process; leave mpirun out, or give a path");
  if (flags.stream) return streamed(file, source, flags, io);
  if (flags.raw !== undefined)
    throw new InputError("--raw is given without --stream; it says how samples stream in; give both");
  if (source === undefined)
    throw new InputError("missing required argument 'DATA'; give a path or -, or --stream");
  return predictRows({ file, source, flags, ranks }, io);
}

/** Predicts the rows of DATA; the exit code. */
async function predictRows(
  { file, source, flags, ranks }: { file: string; source: string; flags: Flags; ranks: MpiRanks | null },
  io: Io,
): Promise<number> {
  for (const input of [file, source])
    if (flags.out !== undefined && resolve(flags.out) === resolve(input))
      throw new InputError(`${flags.out}: --out would write over what is read; give another file`);
  const format = formatOf(flags);
  const loaded = await loadFile(file);
  const model =
    flags.length === undefined ? loaded : await networkFor(loaded, file, "--length").withLength(flags.length);
  const read = source === "-" ? await readPiped(io, flags) : await readPart(source, "test", flags);
  sayNotes([read], io);
  const data = acceptRows(read, model, `the model ${file}`, io);
  const { answers, classes } = model;
  requireClassesFor(flags.unknown, answers, file);
  if (flags.unknown !== undefined && flags.layer !== undefined)
    throw new InputError("--unknown and --layer are both given; give one");
  if (flags.intervals && flags.layer !== undefined)
    throw new InputError("--intervals and --layer are both given; give one");
  if (flags.intervals && answers !== "positions")
    throw new InputError(
      `--intervals is for models of a class at each position, and ${file} gives ${answers === "values" ? "values" : "classes of whole rows"}; leave it out`,
    );
  const shared = await sharedModel(model, data, ranks);
  if (ranks && ranks.rank > 0) return EXIT.done;
  const written: string[] = [];
  const put = async (text: string): Promise<void> => {
    if (flags.out === undefined) await writeRows(io.stdout, text);
    else written.push(text);
  };
  const unanswered: number[] = [];
  let lines: ReturnType<typeof linesOf> | null = null;
  for await (const { rows, ...told } of predicted(shared, data, { ...flags, file })) {
    if (lines === null) {
      const width = rows[0]?.values?.length ?? 0;
      const by = flags.intervals && ("interval" as const);
      const grouped = data.groups !== undefined;
      lines = linesOf(format, {
        ...told,
        classes,
        width,
        grouped,
        by,
        rate: data.rate,
        safeCsv: flags.safeCsv,
      });
      if (lines.head) await put(lines.head);
    }
    await put(rows.map(lines.line).join(""));
    for (const row of rows) if (isUnanswered(row)) unanswered.push(row.row);
  }
  if (flags.out !== undefined) {
    await writeWhole(flags.out, written.join(""));
    say(io.stderr, `${plural(data.rows, "prediction")} in ${flags.out}`);
  }
  if (unanswered.length === 0) return EXIT.done;
  say(io.stderr, `toeplitz: ${source}: ${unansweredText(unanswered, data.rows)}`);
  return EXIT.diverged;
}

/** Options that say how rows of DATA are read or told, which a stream has not. */
const STREAMED: readonly string[] = [
  "stream",
  "raw",
  "rate",
  "hop",
  "format",
  "json",
  "safeCsv",
  "length",
  "unknown",
];

/** Standard input as a stream; the exit code. */
async function streamed(file: string, source: string | undefined, flags: Flags, io: Io): Promise<number> {
  if (source !== undefined && source !== "-")
    throw new InputError(`${source}: --stream reads standard input; leave DATA out, or --stream`);
  const [other] = Object.entries(flags).flatMap(([name, value]) =>
    // --no-header makes header false
    value !== undefined && !(name === "header" && value === true) && !STREAMED.includes(name)
      ? [dashed(name)]
      : [],
  );
  if (other !== undefined)
    throw new InputError(`${other} goes with DATA, and --stream reads samples; leave one of them out`);
  const loaded = networkFor(await loadFile(file), file, "--stream");
  const network = flags.length === undefined ? loaded : await loaded.withLength(flags.length);
  requireClassesFor(flags.unknown, network.answers, file);
  return predictStream(network, file, formatOf(flags), flags, io);
}

/** Which rows have no answer, and why that may be. */
function unansweredText(unanswered: readonly number[], rows: number): string {
  const which = [...new Set(unanswered)];
  const some = `${which.slice(0, 5).join(", ")}${which.length > 5 ? ", …" : ""}`;
  return (
    `${which.length} of ${plural(rows, "row")} have no answer (row ${some}), since the model's outputs for them are no numbers: ` +
    "see whether they are in the units of the training rows; their fields are empty"
  );
}
