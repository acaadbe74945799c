/** `toeplitz export`: a saved model as a file for another program. */
import { extname, resolve } from "node:path";
import type { Command } from "commander";
import { codeKinds } from "../../export/c/code.ts";
import { wasmPlaces } from "../../export/sheet.ts";
import { InputError } from "../../data/errors.ts";
import { printableJson } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import { writeWhole } from "../../node.ts";
import { exporters, type ExportOptions } from "../exporters.ts";
import { say, type Io } from "../io.ts";
import { whole, word } from "../options/parsers.ts";
import { loadModel, modelPath } from "../modelFile.ts";

interface Flags extends ExportOptions {
  readonly to: string;
  readonly json?: true;
}

/** Adds the verb. */
export function addExport(program: Command, io: Io): void {
  const endings = Object.entries(exporters).map(([ending, { what }]) => `  ${ending.padEnd(14)}${what}`);
  program
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
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
The ending of FILE says what is written:
${endings.join("\n")}

Examples:
  toeplitz export runs/GunPoint-fcn-0 --to gun.onnx --any-length
  toeplitz export runs/GunPoint-fcn-0 --to gun.pt
  toeplitz export runs/GunPoint-fcn-0 --to gun.mjs --wasm beside
  toeplitz export runs/GunPoint-fcn-0 --to gun.mjs --stream 10
  toeplitz export runs/GunPoint-fcn-0 --to gun.html
  toeplitz export runs/GunPoint-fcn-0 --to gun.c --code small`,
    )
    .action(async (given: string, { to, json, ...options }: Flags) => {
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
          `--${idle === "anyLength" ? "any-length" : idle} is for ${users.join(", ")}; ${ending} has no use for it; leave it out`,
        );
      }
      if (resolve(to) === resolve(await modelPath(given)))
        throw new InputError(`--to ${to}: it is the model itself, which would be lost; give another name`);
      const model: AnyModel = await loadModel(given);
      const { files, notes } = await exporter.write(model, { to, ...options });
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
