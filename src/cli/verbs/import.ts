/** `toeplitz import`: a network of another program as a model file. */
import { extname } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../data/errors.ts";
import { listed } from "../../data/channelNames.ts";
import { printable, printableJson } from "../../data/printable.ts";
import { encodeModel, load } from "../../formats/modelFile.ts";
import { save } from "../../node.ts";
import { importers, type ImportFlags } from "../importers.ts";
import { say, type Io } from "../io.ts";
import { names, whole } from "../options/parsers.ts";

interface Flags extends ImportFlags {
  readonly out: string;
  readonly json?: true;
}

/** Adds the verb. */
export function addImport(program: Command, io: Io): void {
  const endings = Object.entries(importers).map(([ending, { what }]) => `  ${ending.padEnd(14)}${what}`);
  program
    .command("import")
    .description(`a network of another program as a model file: ${Object.keys(importers).join(", ")}`)
    .argument("<FILE>", "what is read, by its ending")
    .requiredOption("--out <MODEL>", "the model file that is written (MODEL.safetensors)")
    .option(
      "--classes <NAMES>",
      "names of the outputs, with commas between them (default: 0,1,...)",
      names("--classes"),
    )
    .option("--values", "the outputs are numbers, not classes (default: where there is one output)")
    .option("--length <N>", "positions of a row, where the file leaves them open", whole("--length", 1, 128))
    .option("--output <NAME>", "the output that is read, where the file has several (default: the first)")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
The ending of FILE says what is read:
${endings.join("\n")}
The first place that no layer computes is named; docs/formats.md has what is read.

Examples:
  toeplitz import network.onnx --out network.safetensors --classes walk,run,fall
  toeplitz predict network.safetensors new.csv`,
    )
    .action(async (path: string, { out, json, ...flags }: Flags) => {
      const ending = extname(path).toLowerCase();
      const importer = Object.hasOwn(importers, ending) ? importers[ending] : null;
      if (!importer)
        throw new InputError(
          `${path}: nothing is read with the ending ${JSON.stringify(ending)}; it is one of ${Object.keys(importers).join(", ")}`,
        );
      const { model, notes } = await importer.read(path, flags);
      // what is written is what loads
      const loaded = await load(encodeModel(model), { file: path });
      await save(model, out);
      const { takes, classes } = loaded;
      const { name } = loaded.model;
      if (json) return say(io.stdout, printableJson({ schema: 1, model: name, takes, classes, notes, out }));
      const what = classes.length > 0 ? `classes ${listed(classes)}` : "values";
      say(io.stdout, `${printable(name)}: ${takes.channels} x ${takes.length} -> ${what}; ${out}`);
      for (const note of notes) say(io.stderr, note);
    });
}
