/** `toeplitz predict`: a label and probabilities for each row; the labels in DATA are not looked at. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { writeWhole } from "../node.ts";
import { chunks } from "../training/dataset.ts";
import { InputError } from "../training/errors.ts";
import type { Prediction } from "../training/network.ts";
import { loadClassifier } from "./evaluate.ts";
import { plural } from "./format.ts";
import { addDataOptions, type DataFlags } from "./dataOptions.ts";
import { say, type Io } from "./io.ts";
import { readPart, requireShape } from "./sources.ts";

interface Flags extends DataFlags {
  readonly out?: string;
  readonly json?: true;
}

/** Adds the verb. */
export function addPredict(program: Command, io: Io): void {
  addDataOptions(program.command("predict"))
    .description("a label and its probability for each row")
    .argument("<MODEL>", "a model file that train saved (model.safetensors)")
    .argument("<DATA>", "rows: a path, or mnist1d (its test part); their labels are not looked at")
    .option("--out <FILE>", "write there instead of to stdout")
    .option("--json", 'print one JSON object a row: {"row","label","probabilities"}; rows count from 0')
    .action(async (file: string, source: string, flags: Flags) => {
      for (const input of [file, source])
        if (flags.out !== undefined && resolve(flags.out) === resolve(input))
          throw new InputError(`${flags.out}: --out would write over what is read; give another file`);
      const network = await loadClassifier(file);
      const data = await readPart(source, "test", flags);
      requireShape(data, network.model.input, `the model ${file}`);
      const predictions = Array.from(chunks(data), (rows) => network.predictRows(rows)).flat();
      const lines = flags.json ? jsonLines(predictions) : csv(predictions, network.classes);
      if (flags.out === undefined) return void io.stdout.write(lines);
      await writeWhole(flags.out, lines);
      say(io.stderr, `${plural(data.rows, "prediction")} in ${flags.out}`);
    });
}

const jsonLines = (predictions: readonly Prediction[]): string =>
  predictions
    .map(({ label, probabilities }, row) => `${JSON.stringify({ row, label, probabilities })}\n`)
    .join("");

/** `row,label,p`: p is the probability of the label. */
function csv(predictions: readonly Prediction[], classes: readonly string[]): string {
  const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = predictions.map(
    ({ label, probabilities }, row) =>
      `${row},${field(label)},${probabilities[classes.indexOf(label)].toFixed(6)}\n`,
  );
  return ["row,label,p\n", ...rows].join("");
}
