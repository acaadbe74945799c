/** `toeplitz explain`: one row through a saved model, layer by layer. */
import type { Command } from "commander";
import { listed } from "../../data/channelNames.ts";
import { printable, printableJson } from "../../data/printable.ts";
import { explain } from "../../inspect/explain.ts";
import { explanationText } from "../../inspect/explainText.ts";
import { gather } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import type { Network } from "../../models/network.ts";
import { lineOf } from "../../models/preparation.ts";
import { answeredBy, loadClassifier } from "./evaluate.ts";
import { sayNotes } from "../dataNotes.ts";
import { addDataOptions, type DataFlags } from "../options/dataOptions.ts";
import { say, showsBlocks, type Io } from "../io.ts";
import { modelPath } from "../modelFile.ts";
import { whole } from "../options/parsers.ts";
import { acceptRows, readPart, requireAnswers } from "../sources.ts";
import { addWhy, explainWhy, requireNoWhy, WHY_HELP, type WhyFlags } from "../why.ts";

interface Flags extends DataFlags, WhyFlags {
  readonly row: number;
  readonly json?: true;
}

/** Adds the verb. */
export function addExplain(program: Command, io: Io): void {
  addWhy(addDataOptions(program.command("explain")))
    .description("one row through a saved model, and the gradient of each filter three ways")
    .argument("<MODEL>", "a model file that train saved (model.safetensors), or the folder of its run")
    .argument("<DATA>", "labelled rows: a path, or mnist1d (its test part)")
    .option("--row <I>", "which row, from 0", whole("--row", 0, 0), 0)
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  toeplitz explain runs/GunPoint-fcn-0/model.safetensors GunPoint_TEST.ts --row 3
  toeplitz explain runs/mnist1d-mnist1d-cnn-0/model.safetensors mnist1d --json
  toeplitz explain runs/GunPoint-fcn-0 GunPoint_TEST.ts --row 3 --why${WHY_HELP}`,
    )
    .action(async (given: string, source: string, flags: Flags) => {
      if (flags.why !== undefined) return explainWhy(given, source, flags, io);
      requireNoWhy(flags);
      const { row, json } = flags;
      const file = await modelPath(given);
      const network = explained(await loadClassifier(file), file);
      const read = await readPart(source, "test", flags);
      sayNotes([read], io);
      requireAnswers(read, answeredBy(network), `the model ${file}`);
      const data = acceptRows(read, network, `the model ${file}`, io);
      if (row >= data.rows)
        throw new InputError(`--row is ${row}; ${source} has ${data.rows} rows, 0 to ${data.rows - 1}`);
      const batch = gather(data, [row]);
      const target = data.classes[data.labels[row]];
      if (!network.classes.includes(target))
        throw new InputError(
          `${source}: row ${row} is of class ${JSON.stringify(target)}, which ${file} does not know; ` +
            `its classes are ${listed(network.classes)}; give another --row`,
        );
      const [{ label: predicted, probabilities }] = network.predictRows(batch);
      const series = Array.from({ length: data.channels }, (_, c) => [...lineOf(batch, data.channels, 0, c)]);
      const explanation = await explain(network, Float64Array.from(series.flat()), target);
      if (json)
        return say(io.stdout, printableJson({ schema: 1, row, predicted, probabilities, ...explanation }));
      const p = probabilities[network.classes.indexOf(predicted)];
      say(
        io.stdout,
        `row ${row} of ${source}: of class ${printable(target)}; the model says ${printable(predicted)} (${p.toFixed(4)})\n` +
          explanationText(explanation, { style: showsBlocks(io) ? "blocks" : "plain" }),
      );
    });
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
    case "minirocket":
      throw new InputError(
        `${file}: it holds a minirocket, which has no layers to explain; give a network, as --model fcn trains`,
      );
  }
}
