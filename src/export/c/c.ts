/**
 * A network as C99: one file and its header, no allocation, no library but `sqrt`, and a program that tests it. Kernels are those of
 * `predict` for one row, strictly in its order, so that the bits are those of `predict` wherever float and double are IEEE's.
 */
import { loadProgram } from "../../models/runtime.ts";
import { InputError } from "../../data/errors.ts";
import { printable } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import { maskLength } from "../../layers/model.ts";
import { INPUT, OUTPUT } from "../../models/graphs.ts";
import type { Network } from "../../models/network.ts";
import { VERSION } from "../../models/version.ts";
import { registers16, type Schedule } from "../../vector/schedule.ts";
import { oneRow, type OneRow } from "../oneRow.ts";
import { networksOf, sheetOf } from "../sheetOf.ts";
import { answerText, headerText } from "./answer.ts";
import { kernelText } from "./kernel.ts";
import { floatLiteral } from "./literals.ts";
import { memoryOf } from "./memory.ts";
import { namesOf } from "./names.ts";
import { prepareText } from "./prepare.ts";
import { testText } from "./test.ts";
import { countOf } from "./count.ts";
import { comment, helpersFor, lines, PRELUDE } from "./text.ts";

/**
 * What the code is for. `fast`: sixteen positions of a channel at once, neighbours in memory, which compilers join to vectors
 * (docs/measurements.md). `small`: two, where flash is scarce. The bits are the same.
 */
export const codeKinds = ["fast", "small"] as const;
export type CodeKind = (typeof codeKinds)[number];
const together: Readonly<Record<CodeKind, number>> = { fast: 16, small: 2 };

export const scheduleOf = (kind: CodeKind): Schedule => ({
  ...registers16,
  signal: (_channels, positions) => ({ channels: 1, positions: Math.min(positions, together[kind]) }),
});

export interface CFiles {
  readonly source: string;
  readonly header: string;
  readonly test: string;
  /** Bytes of constants, of memory that a caller gives, and multiplications for a row. */
  readonly flash: number;
  readonly ram: number;
  readonly products: number;
}

/**
 * A network as C whose files are called `name`.c and the like.
 *
 * @throws InputError for an ensemble and MiniRocket, and for weights that are not finite
 */
export async function encodeC(model: AnyModel, name: string, code: CodeKind = "fast"): Promise<CFiles> {
  const network = networkForC(model, name);
  const row = oneRow(network, { lanes: "samples", schedule: scheduleOf(code) });
  const { program } = row;
  const arena = await afterFolding(row);
  const sheet = sheetOf(network, [network], [program]);
  const input = program.tensors[INPUT];
  const output = program.tensors[OUTPUT];
  const masks = Object.entries(program.tensors).flatMap(([tensor, place]) => {
    const length = maskLength(tensor);
    return length === null ? [] : [{ length, place }];
  });
  const memory = memoryOf(program, [input, output, ...masks.map(({ place }) => place)]);
  const weights = memory.weights(arena);
  if (!new Float32Array(weights.buffer).every(Number.isFinite))
    throw new InputError(`${name}.c: the model has weights that are not finite; train it again`);
  const names = namesOf(name);
  const inMemory = {
    floats: memory.floats.m,
    output: { start: memory.start(output), place: output },
    masks: masks.map(({ length, place }) => ({ length, start: memory.start(place) + place.layout.left })),
  };
  const kernels = memory.kernels.map(({ code: of, kinds }, k) => `${kernelText(`kernel_${k}`, of, kinds)}\n`);
  const source = [
    `/* The network ${comment(sheet.name)}, written by toeplitz ${VERSION}: C99, strict IEEE arithmetic, the bits of its predict. */`,
    `#include "${name}.h"`,
    PRELUDE,
    `static const float w[${Math.max(1, weights.length)}] = {`,
    ...lines(weights.length > 0 ? Array.from(weights, floatLiteral) : ["0"]),
    "};",
    "",
    ...helpersFor(kernels.join("")),
    ...kernels,
    `APART static void run(float *m) {`,
    ...memory.calls.map(
      (call) => `  kernel_${call.kernel}(${["m", ...call.pointers].join(", ")}); /* ${comment(call.name)} */`,
    ),
    "}",
    "",
    prepareText(sheet.preparation, sheet.input, input, memory.start(input), names.sample),
    "",
    answerText(sheet, names, inMemory),
  ].join("\n");
  return {
    source,
    header: headerText(sheet, names, inMemory.floats),
    test: testText(sheet, names, `${name}.h`),
    flash: weights.byteLength,
    ram: inMemory.floats * 4,
    products: countOf(memory),
  };
}

/** The network of a model that goes into `name`.c; throws InputError for others and for names that C cannot include. */
export function networkForC(model: AnyModel, name: string): Network {
  if (/[^\x20-\x7e]|["\\*]/.test(name))
    throw new InputError(
      `${printable(name)}.c: the file's name stands in #include; use letters, digits, - and _`,
    );
  const [network, ...others] = networksOf(model, `${name}.c`);
  if (others.length > 0)
    throw new InputError(
      `${name}.c: an ensemble of ${others.length + 1} networks is not written as C; export one of them, or write .mjs`,
    );
  return network;
}

/** The arena's words when what is made of weights alone has been computed. */
export async function afterFolding({ program, data }: OneRow): Promise<Int32Array> {
  const { bits, run, dispose } = await loadProgram(program, undefined, 1);
  for (const { offset, words } of data) bits.set(words, offset / 4);
  run("weights");
  const words = bits.slice(0, Math.ceil(program.arenaBytes / 4));
  dispose();
  return words;
}
