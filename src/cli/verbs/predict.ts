/** `toeplitz predict`: what the model says of each row; the labels in DATA are not looked at. */
import { addDataOptions, type DataFlags } from "../options/dataOptions.ts";
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadFile, writeWhole } from "../../node.ts";
import { hasClasses } from "../../data/answers.ts";
import { chunks } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { plural } from "../format.ts";
import { sayNotes } from "../dataNotes.ts";
import { say, write, type Io } from "../io.ts";
import { modelPath } from "../modelFile.ts";
import { word } from "../options/parsers.ts";
import { formatOf, formats, linesOf, type Format, type Row } from "../predictionFormat.ts";
import { acceptRows, readPart, readPiped } from "../sources.ts";

interface Flags extends DataFlags {
  readonly out?: string;
  readonly format?: Format;
  readonly json?: true;
  readonly intervals?: true;
}

const HELP = `
Formats, a line a row; rows count from 0:
  csv    row,label,p,p(CLASS),...: p is the probability of the label, p(CLASS) of each class. Of a model of
         values: row,value. Fields are quoted as RFC 4180 has it, lines end with a line feed.
  jsonl  {"row":0,"label":"up","probabilities":[0.98,0.02]}, in the order of the model's classes. Of a model of
         values: {"row":0,"values":[3.4]}
  text   columns for people
Of several classes at once, csv has row,labels,p(CLASS),..., the labels with ";" between. Of a class at each position it has a line a
position, row,position,label,p,p(CLASS),..., and jsonl a line a row with "labels", "positions" ([position][class]) and "intervals".
--intervals: a line for each stretch of one class: row,start,end,label,p; it goes from position start up to, but not with, end, both from 0
within the row, and p is the mean probability of its class. Where the rate is known (--rate), seconds stand beside positions.
Where the data name groups (subjects, recordings), a column or field group follows row.

Examples:
  toeplitz predict runs/GunPoint-fcn-0/model.safetensors GunPoint_TEST.ts
  toeplitz predict model.safetensors new.ts --out predictions.csv
  toeplitz predict segments.safetensors x.npy --intervals --rate 250
  cat new.ts | toeplitz predict model.safetensors - --json | head -n 3`;

/** Adds the verb. */
export function addPredict(program: Command, io: Io): void {
  addDataOptions(program.command("predict"))
    .description("a label and its probability for each row, or the values of a regression")
    .argument("<MODEL>", "a model file that train saved (model.safetensors), or the folder of its run")
    .argument(
      "<DATA>",
      "rows: a path, - (standard input), or mnist1d (its test part); labels are not looked at",
    )
    .option("--out <FILE>", "write there instead of to stdout")
    .option(
      "--format <KIND>",
      `${formats.join(", ")} (default: by the ending of --out, else csv)`,
      word("--format", formats),
    )
    .option("--json", "the same as --format jsonl")
    .option("--intervals", "models of a class a position: a line for each stretch of one class")
    .addHelpText("after", HELP)
    .action(async (given: string, source: string, flags: Flags) => {
      const file = await modelPath(given);
      for (const input of [file, source])
        if (flags.out !== undefined && resolve(flags.out) === resolve(input))
          throw new InputError(`${flags.out}: --out would write over what is read; give another file`);
      const format = formatOf(flags);
      const model = await loadFile(file);
      const read = source === "-" ? await readPiped(io, flags) : await readPart(source, "test", flags);
      sayNotes([read], io);
      const data = acceptRows(read, model, `the model ${file}`, io);
      const { answers, classes } = model;
      const { groups } = data;
      if (flags.intervals && answers !== "positions")
        throw new InputError(
          `--intervals is for models of a class at each position, and ${file} gives ${answers === "values" ? "values" : "classes of whole rows"}; leave it out`,
        );
      const by = flags.intervals ? "interval" : undefined;
      const written: string[] = [];
      const put = async (text: string): Promise<void> => {
        if (flags.out === undefined) await write(io.stdout, text);
        else written.push(text);
      };
      let lines: ReturnType<typeof linesOf> | null = null;
      for (const rows of chunks(data)) {
        const predicted = model.predictRows(rows);
        const said: readonly Omit<Row, "row">[] = hasClasses(answers)
          ? predicted.map((prediction) => ({ prediction }))
          : predicted.map(({ values }) => ({ values }));
        if (lines === null) {
          const width = said[0]?.values?.length ?? 0;
          lines = linesOf(format, {
            answers,
            classes,
            width,
            grouped: groups !== undefined,
            by,
            rate: data.rate,
          });
          if (lines.head) await put(lines.head);
        }
        const { line } = lines;
        const text = said.map((what, i): string => {
          const row: Row = { row: rows.first + i, ...(groups && { group: groups[rows.first + i] }), ...what };
          return line(row);
        });
        await put(text.join(""));
      }
      if (flags.out === undefined) return;
      await writeWhole(flags.out, written.join(""));
      say(io.stderr, `${plural(data.rows, "prediction")} in ${flags.out}`);
    });
}
