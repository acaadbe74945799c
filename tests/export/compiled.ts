/** Networks as C, compiled by whatever compiler there is, and run on rows. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RawRows } from "../../src/data/dataset.ts";
import { encodeC } from "../../src/export/c/c.ts";
import type { CFiles } from "../../src/export/c/code.ts";
import type { CodeKind } from "../../src/export/c/code.ts";
import { namesOf } from "../../src/export/c/names.ts";
import type { AnyModel } from "../../src/formats/modelFile.ts";

/** Null where a program can be run, else the reason why not. */
export function missing(command: string): string | null {
  const { error, status } = spawnSync(command, ["--version"], { stdio: "ignore" });
  return error || status !== 0 ? `${command} is not there` : null;
}

export interface Compiler {
  readonly command: string;
  readonly flags: readonly string[];
  /** What runs the program, where this machine does not by itself. */
  readonly runner?: readonly string[];
  /** Which code. */
  readonly code?: CodeKind;
}

export const gcc: Compiler = { command: "gcc", flags: ["-O2"] };

/** What C says of a row; null where it refuses it. */
export type Said = {
  readonly outputs: Float32Array;
  readonly probabilities: Float64Array;
  readonly label: number;
  readonly labels: Int32Array;
} | null;

/** What is compiled. */
type Sources = Pick<CFiles, "source" | "header" | "test">;

export interface CProgram<F extends Sources = CFiles> {
  readonly files: F;
  /** What the test program prints, and its exit code. */
  golden(): { readonly code: number | null; readonly text: string };
  run(rows: readonly RawRows[]): Said[];
}

/** A folder for C and what becomes of it. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), "toeplitz-c-"));
  readonly #written = new Map<string, Sources>();

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a model, once, and compiles it. */
  async compiled(model: AnyModel, name: string, compiler: Compiler): Promise<CProgram> {
    const files =
      (this.#written.get(name) as CFiles | undefined) ?? (await encodeC(model, name, compiler.code));
    return this.compiledFiles(files, name, compiler);
  }

  /** The same of files that are there. */
  compiledFiles<F extends Sources>(
    files: F,
    name: string,
    { command, flags, runner = [] }: Compiler,
  ): CProgram<F> {
    const folder = join(this.folder, name);
    const path = (file: string): string => join(folder, file);
    if (!this.#written.has(name)) {
      mkdirSync(folder);
      writeFileSync(path(`${name}.c`), files.source);
      writeFileSync(path(`${name}.h`), files.header);
      writeFileSync(path(`${name}_test.c`), files.test);
      writeFileSync(path("driver.c"), driver(name));
      this.#written.set(name, files);
    }
    const strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", ...flags];
    const cc = (...words: readonly string[]): void => {
      execFileSync(command, [...strict, ...words], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    };
    cc("-c", `${name}.c`, "-o", "model.o");
    cc(`${name}_test.c`, "model.o", "-o", "golden", "-lm");
    cc("driver.c", "model.o", "-o", "driver", "-lm");
    const { outputs, classes, positions } = sizesIn(files.header);
    const size = 4 + outputs * 4 + classes * 8 + (classes > 0 ? 4 : 0) + positions * 4;
    const run = (program: string, input?: Uint8Array) => {
      const [first, ...rest] = [...runner, path(program)];
      return spawnSync(first, rest, { input, maxBuffer: 2 ** 30 });
    };
    return {
      files,
      golden: () => {
        const { status, stdout, stderr } = run("golden");
        return { code: status, text: `${stdout.toString()}${stderr.toString()}` };
      },
      run: (rows) => {
        const channels = Number(/_CHANNELS (\d+)/.exec(files.header)?.[1]);
        const parts = rows.flatMap(({ series }) => [
          new Uint8Array(Uint32Array.of(series.length / channels).buffer),
          new Uint8Array(Float64Array.from(series).buffer),
        ]);
        const { status, stdout, stderr } = run("driver", Buffer.concat(parts));
        if (status !== 0 || stdout.length !== size * rows.length)
          throw new Error(`${name}: ${status}, ${stdout.length} bytes: ${stderr.toString().slice(0, 500)}`);
        return rows.map((_, r): Said => {
          const bytes = Uint8Array.from(stdout.subarray(r * size, (r + 1) * size)).buffer;
          const view = new DataView(bytes);
          if (view.getInt32(0, true) !== 0) return null;
          const at = 4 + outputs * 4;
          const after = at + classes * 8;
          return {
            outputs: new Float32Array(bytes.slice(4, at)),
            probabilities: new Float64Array(bytes.slice(at, after)),
            label: classes > 0 ? view.getInt32(after, true) : -1,
            labels: new Int32Array(bytes.slice(after + 4, after + 4 + positions * 4)),
          };
        });
      },
    };
  }
}

const sizesIn = (header: string): { outputs: number; classes: number; positions: number } => {
  const of = (what: string): number => Number(new RegExp(`_${what} (\\d+)`).exec(header)?.[1] ?? 0);
  return { outputs: of("OUTPUTS"), classes: of("CLASSES"), positions: of("POSITIONS") };
};

/** A program that reads rows (a length, then doubles) and writes answers, as they lie in memory. */
function driver(file: string): string {
  const { name, macro } = namesOf(file);
  return `#include "${file}.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static ${name}_work work;
static ${name}_answer answer;
int main(void) {
  uint32_t length;
  while (fread(&length, 4, 1, stdin) == 1) {
    const size_t count = (size_t)length * ${macro}_CHANNELS;
    double *row = malloc(count * 8 + 8);
    int32_t status;
    if (fread(row, 8, count, stdin) != count) return 1;
    memset(&work, 0xff, sizeof work);
    memset(&answer, 0, sizeof answer);
    status = (int32_t)${name}_predict(&work, row, length, &answer);
    free(row);
    fwrite(&status, 4, 1, stdout);
    fwrite(answer.outputs, 4, ${macro}_OUTPUTS, stdout);
#ifdef ${macro}_CLASSES
    fwrite(answer.probabilities, 8, ${macro}_CLASSES, stdout);
    fwrite(&answer.label, 4, 1, stdout);
#endif
#ifdef ${macro}_POSITIONS
    fwrite(answer.labels, 4, ${macro}_POSITIONS, stdout);
#endif
  }
  return 0;
}
`;
}
