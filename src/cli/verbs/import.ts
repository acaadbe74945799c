/** `toeplitz import`: a network from elsewhere as a model file. */
import { extname } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../data/errors.ts";
import { printableJson } from "../../data/printable.ts";
import { encodeModel, load } from "../../formats/modelFile.ts";
import { writeWhole } from "../../node.ts";
import { grouped } from "../format.ts";
import { importers, type ImportFlags } from "../importers.ts";
import { say, type Io } from "../io.ts";
import { classList, whole } from "../options/parsers.ts";

interface Flags extends ImportFlags {
  readonly out: string;
  readonly json?: true;
}

/** Adds the verb. */
export function addImport(program: Command, io: Io): void {
  const endings = Object.entries(importers).map(([ending, { what }]) => `  ${ending.padEnd(14)}${what}`);
  program
    .command("import")
    .description(`a network from elsewhere as a model file: ${Object.keys(importers).join(", ")}`)
    .argument("<FILE>", "what is read, by its ending")
    .requiredOption("--out <FILE>", "the model file that is written (.safetensors)")
    .option("--model <NAME|FILE>", "the layers, of weights that come alone: as of train, or a saved model")
    .option("--names <FILE>", "JSON of names, theirs to ours, where they cannot be told")
    .option(
      "--classes <NAMES>",
      "class names with commas between them, in the order of the outputs",
      classList("--classes"),
    )
    .option("--outputs <N>", "values of a row, of a model that has no classes", whole("--outputs", 1, 3))
    .option(
      "--channels <N>",
      "channels of a row, of a --model that is a name (default: 1)",
      whole("--channels", 1, 2),
    )
    .option("--length <N>", "positions of a row, of a --model that is a name", whole("--length", 1, 150))
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
The ending of FILE says what is read:
${endings.join("\n")}

Weights that come alone are matched to the layers of --model by their names, where those are ours (as export writes them), else module by module in
their order or by their shapes; what is which is said. A tensor too many, too few or of another shape is refused. --names MAP.json says what cannot be told:
{"features.0": "conv1d_1", "fc.weight": "dense_1.weight", "extra": null}, modules or tensors, null for what is not wanted.
A saved model as --model keeps its classes, preparation and names, and takes new weights.

Examples:
  toeplitz import gun.pt --model fcn --length 150 --classes up,down --out gun.safetensors
  toeplitz import weights.safetensors --model net.json --classes a,b,c --out net.safetensors
  toeplitz import retrained.pt --model runs/GunPoint-fcn-0 --out gun2.safetensors`,
    )
    .action(async (path: string, { out, json, ...options }: Flags) => {
      const ending = extname(path).toLowerCase();
      const importer = Object.hasOwn(importers, ending) ? importers[ending] : null;
      if (!importer)
        throw new InputError(
          `${path}: nothing is read with the ending ${JSON.stringify(ending)}; it is one of ${Object.keys(importers).join(", ")}`,
        );
      if (extname(out).toLowerCase() !== ".safetensors")
        throw new InputError(`--out ${out}: a model file has the ending .safetensors; give it one`);
      const { model: fields, notes } = await importer.read(path, options);
      const bytes = encodeModel(fields);
      const model = await load(bytes, { file: path, backend: "reference" }); // what it refuses is not written
      await writeWhole(out, bytes);
      for (const note of notes) say(io.stderr, `note: ${note}`);
      const { name } = model.kind === "ensemble" ? model.members[0].model : model.model;
      if (json)
        return say(
          io.stdout,
          printableJson({ schema: 1, file: out, bytes: bytes.length, model: name, notes }),
        );
      say(io.stdout, `${out}: ${name}, ${grouped(bytes.length)} bytes`);
    });
}
