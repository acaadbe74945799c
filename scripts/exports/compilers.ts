/** Networks as C, by every compiler and for every processor that this machine has or emulates. */
import { spawnSync } from "node:child_process";
import { encodeInt8, int8Network, type Int8Files, type Int8Network } from "../../src/export/int8/encode.ts";
import type { Network, NetworkFields } from "../../src/models/network.ts";
import { missing, type Compiler, type Workshop } from "../../tests/export/compiled.ts";
import type { StreamWorkshop } from "../../tests/export/compiledStreams.ts";
import { labelledRows } from "../../tests/export/int8Rows.ts";
import { randomRow } from "../../tests/export/models.ts";
import { streamingNetworks } from "../../tests/export/streams.ts";

/** The most multiplications of a proof, where the processor is itself and where it is emulated or watched. */
const WORK = 8e9;
const SLOW_WORK = 1.5e8;

/** The most rows in 8 bits. */
const INT8 = 100;
const SLOW_INT8 = 12;

interface Cell extends Compiler {
  readonly name: string;
  readonly slow?: true;
  /** What it needs beside the compiler. */
  readonly needs?: string;
}

const arm = { command: "arm-linux-gnueabihf-gcc", needs: "qemu-arm", slow: true } as const;
const runner = ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"] as const;

export const cells: readonly Cell[] = [
  ...["-O0", "-O1", "-O2", "-O3", "-Os"].map((level): Cell => ({
    name: `gcc ${level}`,
    command: "gcc",
    flags: [level],
  })),
  {
    name: "gcc -O3 -march=native, told to fuse",
    command: "gcc",
    flags: ["-O3", "-march=native", "-ffp-contract=fast"],
  },
  ...["-O0", "-O2", "-O3"].map((level): Cell => ({
    name: `clang ${level}`,
    command: "clang",
    flags: [level],
  })),
  { name: "clang -O3 -march=native", command: "clang", flags: ["-O3", "-march=native"] },
  // NEON of 32 bits has no denormal numbers, so no vectors there
  { name: "arm -O2, vfpv4", ...arm, runner, flags: ["-O2", "-march=armv7-a", "-mfpu=vfpv4"] },
  {
    name: "aarch64 -O3",
    command: "aarch64-linux-gnu-gcc",
    needs: "qemu-aarch64",
    slow: true,
    runner: ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
    flags: ["-O3"],
  },
  {
    name: "address and undefined-behaviour sanitizers",
    command: "gcc",
    slow: true,
    flags: ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
  },
  {
    name: "valgrind",
    command: "gcc",
    needs: "valgrind",
    slow: true,
    runner: ["valgrind", "-q", "--error-exitcode=9"],
    flags: ["-O1", "-g"],
  },
];

/** Null where a cell can run, else why not. */
export const absent = ({ command, needs }: Cell): string | null =>
  missing(command) ?? (needs === undefined ? null : missing(needs));

/** How many rows of a network were equal; throws where one was not. */
export async function proveCell(
  workshop: Workshop,
  cell: Cell,
  { name, model, fields }: { name: string; model: Network; fields: NetworkFields },
  most: number,
): Promise<number> {
  const program = await workshop.compiled(model, name, cell);
  const golden = program.golden();
  if (golden.code !== 0) throw new Error(`${cell.name}, ${name}: ${golden.text}`);
  const count = Math.max(
    5,
    Math.min(most, Math.floor((cell.slow ? SLOW_WORK : WORK) / program.files.products)),
  );
  const rows = Array.from({ length: count }, (_, seed) => randomRow(fields, seed));
  program.run(rows).forEach((said, r) => {
    const given = model.outputs(rows[r]);
    const equal = said !== null && Buffer.from(said.outputs.buffer).equals(Buffer.from(given.buffer));
    const [{ probabilities }] = model.predictRows(rows[r]);
    if (!equal || !probabilities.every((p, k) => Object.is(p, said.probabilities[k])))
      throw new Error(`${cell.name}, ${name}: row ${r} has other bits`);
  });
  return count;
}

/** A network in 8 bits: its C, and the reference whose bits it has. */
export interface Int8Pair {
  readonly name: string;
  readonly files: Int8Files;
  readonly reference: Int8Network;
  readonly fields: NetworkFields;
}

/** A network in 8 bits by the ranges of random rows. */
export async function int8Pair(name: string, model: Network, fields: NetworkFields): Promise<Int8Pair> {
  const data = await labelledRows(fields, 12);
  const file = `${name}_int8`;
  return {
    name: file,
    files: await encodeInt8(model, file, data),
    reference: await int8Network(model, data),
    fields,
  };
}

/** How many rows of an int8 network were equal; throws where one was not. */
export function proveInt8(
  workshop: Workshop,
  cell: Cell,
  { name, files, reference, fields }: Int8Pair,
  most: number,
): number {
  const program = workshop.compiledFiles(files, name, cell);
  const golden = program.golden();
  if (golden.code !== 0) throw new Error(`${cell.name}, ${name}: ${golden.text}`);
  const count = Math.min(most, cell.slow ? SLOW_INT8 : INT8);
  const rows = Array.from({ length: count }, (_, seed) => randomRow(fields, seed));
  program.run(rows).forEach((said, r) => {
    const given = reference.outputs(rows[r]);
    if (said === null || !Buffer.from(said.outputs.buffer).equals(Buffer.from(given.buffer)))
      throw new Error(`${cell.name}, ${name}: row ${r} has other bits`);
  });
  return count;
}

/** How many answers of each network that streams were equal; throws where one was not. */
export async function proveStreams(workshop: StreamWorkshop, cell: Cell): Promise<string[]> {
  const counts: string[] = [];
  for (const [name, { make, hops, length }] of Object.entries(streamingNetworks))
    for (const hop of hops) {
      const { said, wanted, golden } = await workshop.run(await make(), hop, length, cell);
      if (golden.code !== 0) throw new Error(`${cell.name}, stream of ${name}: ${golden.text}`);
      if (said.length !== wanted.length || said.some((answer, k) => answer !== wanted[k]))
        throw new Error(`${cell.name}, stream of ${name}: other bits`);
      counts.push(`${name}${hop === undefined ? "" : ` every ${hop}`} ${said.length}`);
    }
  return counts;
}

export const versionOf = (command: string): string =>
  spawnSync(command, ["--version"], { encoding: "utf8" }).stdout.split("\n")[0];
