/** A program's code in C: its weights, its kernels and `run`, strictly in the order of the library. */
import { loadProgram } from "../../models/runtime.ts";
import { InputError } from "../../data/errors.ts";
import { printable } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import type { Network } from "../../models/network.ts";
import { VERSION } from "../../models/version.ts";
import type { Placement } from "../../vector/program.ts";
import { registers16, type Schedule } from "../../vector/schedule.ts";
import type { OneRow } from "../oneRow.ts";
import { networksOf } from "../sheetOf.ts";
import { countOf } from "./count.ts";
import { kernelText } from "./kernel.ts";
import { floatLiteral } from "./literals.ts";
import { memoryOf, type Memory } from "./memory.ts";
import { AS_WRITTEN, comment, helpersFor, lines, PRELUDE } from "./text.ts";

/**
 * What the code is for. `fast`: sixteen positions of a channel at once, or where there are fewer sixteen channels of a position,
 * neighbours in memory, which compilers join to vectors (docs/measurements.md). `small`: two positions, where flash is scarce. The
 * bits are the same.
 */
export const codeKinds = ["fast", "small"] as const;
export type CodeKind = (typeof codeKinds)[number];

/** Results of a tile in fast code. */
const TOGETHER = 16;
const schedules: Readonly<Record<CodeKind, Schedule>> = {
  fast: {
    ...registers16,
    signal: (channels, positions) =>
      positions === 1
        ? { channels: Math.min(channels, TOGETHER), positions: 1 }
        : { channels: 1, positions: Math.min(positions, TOGETHER) },
    fixedFilters: "channels last",
  },
  small: {
    ...registers16,
    signal: (_channels, positions) => ({ channels: 1, positions: Math.min(positions, 2) }),
  },
};
export const scheduleOf = (kind: CodeKind): Schedule => schedules[kind];

export interface CFiles {
  readonly source: string;
  readonly header: string;
  readonly test: string;
  /** Bytes of constants, of memory that a caller gives, and multiplications for a row. */
  readonly flash: number;
  readonly ram: number;
  readonly products: number;
}

/** The one network of a model; throws InputError where C cannot have it, or a file of that name. */
export function networkFor(model: AnyModel, name: string): Network {
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

export interface Code {
  readonly memory: Memory;
  /** Bytes of constants. */
  readonly flash: number;
  readonly products: number;
  /** The file's text up to `run`; what stands `below` it calls the same helpers. */
  readonly text: (what: string, below: string) => readonly string[];
}

/**
 * A program as C in a file `name`.c. `entries` are one, or the same at one step after another: `run(m, s)` then runs step s.
 * `ports` are tensors that its caller reads or writes.
 */
export async function codeOf(
  name: string,
  row: OneRow,
  entries: readonly string[],
  ports: readonly Placement[],
): Promise<Code> {
  const memory = memoryOf(row.program, entries, ports);
  const weights = memory.weights(await afterFolding(row));
  if (!new Float32Array(weights.buffer).every(Number.isFinite))
    throw new InputError(`${name}.c: the model has weights that are not finite; train it again`);
  const kernels = memory.kernels.map(({ code: of, kinds }, k) => `${kernelText(`kernel_${k}`, of, kinds)}\n`);
  const slides = entries.length > 1;
  const indices = memory.calls.map(({ pointers }) =>
    pointers.map(({ at, step }) => (step === 0 ? String(at) : `${at} + s * ${step}`)),
  );
  const moves = indices.flat().some((index) => index.includes("s"));
  return {
    memory,
    flash: weights.byteLength,
    products: countOf(memory),
    text: (what, below) => [
      `/* ${what}, written by toeplitz ${VERSION}: C99, strict IEEE arithmetic, the bits of its predict. */`,
      `#include "${name}.h"`,
      PRELUDE,
      AS_WRITTEN,
      `static const float w[${Math.max(1, weights.length)}] = {`,
      ...lines(weights.length > 0 ? Array.from(weights, floatLiteral) : ["0"]),
      "};",
      "",
      ...helpersFor(kernels.join("") + below),
      ...kernels,
      `static void run(float *m${slides ? ", ptrdiff_t s" : ""}) {`,
      ...(slides && !moves ? ["  (void)s;"] : []),
      ...memory.calls.map(
        (call, k) =>
          `  kernel_${call.kernel}(${["m", ...indices[k]].join(", ")}); /* ${comment(call.name)} */`,
      ),
      "}",
      "",
      below,
    ],
  };
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
