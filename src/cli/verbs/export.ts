/** `toeplitz export`: a saved model as a file for another program. */
import { basename, dirname, extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { codeKinds } from "../../export/c/code.ts";
import { wasmPlaces } from "../../export/sheet.ts";
import { alignClasses } from "../../data/classes.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { printableJson } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import { writeWhole } from "../../node.ts";
import { sayNotes } from "../dataNotes.ts";
import { exporters, MAX_LOSS, type ExportOptions } from "../../export/exporters.ts";
import { dashed } from "../format.ts";
import { say, type Io } from "../io.ts";
import { dataOptionsOf, dataRows, type DataFlags } from "../options/dataOptions.ts";
import { addRows } from "../options/option.ts";
import { fraction, whole, word } from "../options/parsers.ts";
import { loadModel, modelPath } from "../modelFile.ts";
import { acceptRows, readPart, requireAnswers } from "../sources.ts";
import { answeredBy } from "./evaluate.ts";

/** Options as they are typed: the rows are a path. */
interface Typed extends Omit<ExportOptions, "int8"> {
  readonly int8?: string;
}

interface Flags extends Typed, DataFlags {
  readonly to: string;
  readonly json?: true;
}

const endings = Object.entries(exporters).map(([ending, { what }]) => `  ${ending.padEnd(14)}${what}`);
const HELP = `
The ending of FILE says what is written:
${endings.join("\n")}

Examples:
  toeplitz export runs/GunPoint-fcn-0 --to gun.onnx --any-length
  toeplitz export runs/GunPoint-fcn-0 --to gun.pt
  toeplitz export runs/GunPoint-fcn-0 --to gun.mjs --wasm beside
  toeplitz export runs/GunPoint-fcn-0 --to gun.mjs --stream 10
  toeplitz export runs/GunPoint-fcn-0 --to gun.html
  toeplitz export runs/GunPoint-fcn-0 --to gun.c --code small
  toeplitz export runs/GunPoint-fcn-0 --to gun.c --int8 GunPoint_TEST.ts`;

/** Adds the verb. */
export function addExport(program: Command, io: Io): void {
  const command = program
    .command("export")
    .description(`a saved model as a file for other programs: ${Object.keys(exporters).join(", ")}`)
    .argument("<MODEL>", "a model file that train saved (model.safetensors), or the folder of its run")
    .requiredOption("--to <FILE>", "what is written, by its ending")
    .option("--any-length", "of .onnx: rows of any length, where no layer holds to the one of training")
    .option(
      "--wasm <PLACE>",
      "of .mjs, where its WebAssembly is: inside, or beside it for hosts that compile no bytes (default: inside)",
      word("--wasm", wasmPlaces),
    )
    .option(
      "--code <FOR>",
      "of .c, what its code is for: fast, or small where flash is scarce (default: fast)",
      word("--code", codeKinds),
    )
    .option(
      "--stream [HOP]",
      "of .mjs and .c: it streams too; of a network that answers whole series, HOP samples from answer to answer",
      whole("--stream", 1, 10, 2 ** 31 - 1),
    )
    .option(
      "--int8 <DATA>",
      "of .c: weights and signals in 8 bits, by the ranges of labelled rows: a path, or mnist1d (its test part)",
    )
    .option(
      "--max-loss <X>",
      `with --int8: how much accuracy (R2 of values) it may lose on them, else nothing is written (default: ${MAX_LOSS})`,
      fraction("--max-loss", MAX_LOSS, "the accuracy"),
    )
    .option("--force", "with --int8: write it whatever is lost")
    .option("--json", "print one JSON object");
  addRows(command, dataRows)
    .addHelpText("after", HELP)
    .action(async (given: string, { to, json, ...flags }: Flags) => {
      const data = dataOptionsOf(flags);
      const options = withoutData(flags);
      const ending = extname(to).toLowerCase();
      const exporter = Object.hasOwn(exporters, ending) ? exporters[ending] : null;
      if (!exporter)
        throw new InputError(
          `--to ${to}: nothing is written with the ending ${JSON.stringify(ending)}; it is one of ${Object.keys(exporters).join(", ")}`,
        );
      const names = Object.keys(options) as (keyof ExportOptions)[];
      const idle = names.find((name) => !exporter.uses.includes(name));
      if (idle !== undefined) {
        const users = Object.keys(exporters).filter((name) => exporters[name].uses.includes(idle));
        throw new InputError(
          `${dashed(idle)} is for ${users.join(", ")}; ${ending} has no use for it; leave it out`,
        );
      }
      requireInt8With(options, data);
      if (resolve(to) === resolve(await modelPath(given)))
        throw new InputError(`--to ${to}: it is the model itself, which would be lost; give another name`);
      const model: AnyModel = await loadModel(given);
      const { int8: source, ...rest } = options;
      const int8 = source === undefined ? {} : { int8: await rowsFor(model, given, source, data, io) };
      const exported = await exporter.write(model, { to, file: basename(to), ...rest, ...int8 });
      const { notes } = exported;
      const files = exported.files.map(({ name, bytes }, i) => ({
        path: i === 0 ? to : join(dirname(to), name),
        bytes,
      }));
      for (const { path, bytes } of files) await writeWhole(path, bytes);
      if (json)
        return say(
          io.stdout,
          printableJson({
            schema: 1,
            files: files.map(({ path, bytes }) => ({ path, bytes: bytes.length })),
            notes,
          }),
        );
      for (const { path, bytes } of files) say(io.stdout, `${path}: ${bytes.length} bytes`);
      for (const note of notes) say(io.stderr, note);
    });
}

/** The options of the verb alone. */
const withoutData = (flags: Typed & DataFlags): Typed =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => !Object.hasOwn(dataRows, name)));

/** Refuses (InputError) what goes with --int8 alone. */
function requireInt8With({ int8, maxLoss, force }: Typed, data: DataFlags): void {
  if (int8 !== undefined) return;
  const given = Object.entries({ maxLoss, force, ...data }).find(([, value]) => value !== undefined);
  if (given) throw new InputError(`${dashed(given[0])} goes with --int8 DATA; give both, or neither`);
}

/** Labelled rows, as evaluate takes them. */
async function rowsFor(
  model: AnyModel,
  file: string,
  source: string,
  flags: DataFlags,
  io: Io,
): Promise<Dataset> {
  const read = await readPart(source, "test", flags);
  sayNotes([read], io);
  requireAnswers(read, answeredBy(model), `the model ${file}`);
  const data = acceptRows(read, model, `the model ${file}`, io);
  return alignClasses({ name: file, classes: model.classes }, data);
}
