/**
 * A network as C99: one file and its header, no allocation, no library but `sqrt`, and a program that tests it. Kernels are those of
 * `predict` for one row, strictly in its order, so that the bits are those of `predict` wherever float and double are IEEE's.
 */
import type { AnyModel } from "../../formats/modelFile.ts";
import { maskLength } from "../../layers/model.ts";
import { INPUT, OUTPUT } from "../../models/graphs.ts";
import { oneRow } from "../oneRow.ts";
import { sheetOf } from "../sheetOf.ts";
import { answerText, headerText } from "./answer.ts";
import { codeOf, networkFor, scheduleOf, type CFiles, type CodeKind } from "./code.ts";
import { namesOf } from "./names.ts";
import { prepareText } from "./prepare.ts";
import { testText } from "./test.ts";
import { comment } from "./text.ts";

/**
 * A network as C whose files are called `name`.c and the like.
 *
 * @throws InputError for an ensemble and MiniRocket, and for weights that are not finite
 */
export async function encodeC(model: AnyModel, name: string, code: CodeKind = "fast"): Promise<CFiles> {
  const network = networkFor(model, name);
  const row = oneRow(network, { lanes: "samples", schedule: scheduleOf(code) });
  const { program } = row;
  const sheet = sheetOf(network, [network], [program]);
  const input = program.tensors[INPUT];
  const output = program.tensors[OUTPUT];
  const masks = Object.entries(program.tensors).flatMap(([tensor, place]) => {
    const length = maskLength(tensor);
    return length === null ? [] : [{ length, place }];
  });
  const ports = [input, output, ...masks.map(({ place }) => place)];
  const { memory, flash, products, text } = await codeOf(name, row, ["predict"], ports);
  const names = namesOf(name);
  const inMemory = {
    output: { start: memory.start(output), place: output },
    masks: masks.map(({ length, place }) => ({ length, start: memory.start(place) + place.layout.left })),
  };
  const below = [
    prepareText(sheet.preparation, sheet.input, input, memory.start(input), names.sample),
    "",
    answerText(sheet, names, inMemory),
  ].join("\n");
  return {
    source: text(`The network ${comment(sheet.name)}`, below).join("\n"),
    header: headerText(sheet, names, memory.floats.m),
    test: testText(sheet, names, `${name}.h`),
    flash,
    ram: memory.floats.m * 4,
    products,
  };
}
