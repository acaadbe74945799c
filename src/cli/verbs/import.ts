/** `toeplitz import`: a network of another program as a model file. */
import { extname, resolve } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../data/errors.ts";
import { listed } from "../../data/channelNames.ts";
import { printable, printableJson } from "../../data/printable.ts";
import { load } from "../../formats/load.ts";
import { encodeModel } from "../../formats/modelFile.ts";
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
    .option("--classes <NAMES>", "names of the outputs, with commas between them", names("--classes"))
    .option("--length <N>", "positions of a row, where nothing says them", whole("--length", 1, 128))
    .option("--values", "ONNX: the outputs are numbers, not classes (default: where there is one output)")
    .option("--output <NAME>", "ONNX: the output that is read, where there are several (default: the first)")
    .option("--model <NAME|FILE>", "the layers, of weights that come alone: as of train, or a saved model")
    .option("--names <FILE>", "of such weights: JSON of names, theirs to ours, where they cannot be told")
    .option("--channels <N>", "of --model NAME: channels of a row (default: 1)", whole("--channels", 1, 2))
    .option(
      "--outputs <N>",
      "of --model NAME: values of a row, where there are no classes",
      whole("--outputs", 1, 3),
    )
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
The ending of FILE says what is read:
${endings.join("\n")}

Of ONNX the first node that no layer computes is named; docs/formats.md has what is read. Without --classes its outputs are called 0, 1, ...

Weights that come alone (.pt, .pth, .safetensors) are matched to the layers of --model by their names, where those are ours (as export writes them), else
module by module in their order or by their shapes; what is which is said. A tensor too many, too few or of another shape is refused. --names MAP.json says what cannot be
told: {"features.0": "conv1d_1", "fc.weight": "dense_1.weight", "extra": null}, modules or tensors, null for what is not wanted. A saved model as --model
keeps its classes, preparation and channel names, and takes new weights. docs/pytorch.md has more.

Examples:
  toeplitz import network.onnx --out network.safetensors --classes walk,run,fall
  toeplitz import gun.pt --model fcn --length 150 --classes up,down --out gun.safetensors
  toeplitz import weights.safetensors --model net.json --classes a,b,c --out net.safetensors
  toeplitz import retrained.pt --model runs/GunPoint-fcn-0 --out gun2.safetensors`,
    )
    .action(async (path: string, { out, json, ...flags }: Flags) => {
      const ending = extname(path).toLowerCase();
      const importer = Object.hasOwn(importers, ending) ? importers[ending] : null;
      if (!importer)
        throw new InputError(
          `${path}: nothing is read with the ending ${JSON.stringify(ending)}; it is one of ${Object.keys(importers).join(", ")}`,
        );
      if (extname(out).toLowerCase() !== ".safetensors" || resolve(out) === resolve(path))
        throw new InputError(
          `--out ${out}: a model file beside ${path}, with the ending .safetensors; name one`,
        );
      const idle = Object.keys(flags).find((flag) => !importer.flags.some((own) => own === flag));
      if (idle !== undefined)
        throw new InputError(`--${idle} says nothing of a ${ending} file; leave it out`);
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
