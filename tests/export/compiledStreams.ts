/** Streams as C, compiled by whatever compiler there is, and run on samples. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeStreamC } from "../../src/export/c/stream.ts";
import { namesOf } from "../../src/export/c/names.ts";
import type { Network, StreamAnswer } from "../../src/index.ts";
import { samplesOf } from "../models/stream/shared.ts";
import type { Compiler } from "./compiled.ts";

/** What C and the library say of the same samples: answers, one after another, as bytes in hexadecimal. */
export interface Both {
  readonly said: readonly string[];
  readonly wanted: readonly string[];
  /** What the test program prints and how it ends. */
  readonly golden: { readonly text: string; readonly code: number | null };
  readonly header: string;
}

/** A folder for streams in C. */
export class StreamWorkshop {
  readonly folder = mkdtempSync(join(tmpdir(), "toeplitz-stream-c-"));
  #written = 0;

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Compiles a stream and runs it on `length` samples. */
  async run(
    net: Network,
    hop: number | undefined,
    length: number,
    { command, flags, runner = [], code }: Compiler,
  ): Promise<Both> {
    const name = `net${this.#written++}`;
    const own = join(this.folder, name);
    mkdirSync(own);
    const { source, header, test } = await encodeStreamC(net, name, { hop }, code);
    const texts = { [`${name}.c`]: source, [`${name}.h`]: header, [`${name}_test.c`]: test };
    for (const [file, text] of Object.entries({ ...texts, "driver.c": driver(name) }))
      writeFileSync(join(own, file), text);
    const strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", ...flags];
    const cc = (...words: readonly string[]): void => {
      execFileSync(command, [...strict, ...words], { cwd: own, stdio: ["ignore", "ignore", "pipe"] });
    };
    cc("-c", `${name}.c`, "-o", "stream.o");
    cc(`${name}_test.c`, "stream.o", "-o", "golden", "-lm");
    cc("driver.c", "stream.o", "-o", "driver", "-lm");
    const run = (program: string, input?: Uint8Array) => {
      const [first, ...rest] = [...runner, join(own, program)];
      return spawnSync(first, rest, { input, maxBuffer: 2 ** 28 });
    };
    const golden = run("golden");
    const stream = await net.stream({ hop });
    const samples = samplesOf(length * stream.channels, 11);
    const { stdout, stderr, status } = run("driver", Buffer.from(samples.buffer));
    if (status !== 0) throw new Error(`${name}: ${status}: ${stderr.toString().slice(0, 500)}`);
    const size = stream.outputs * 4 + 36;
    return {
      said: Array.from({ length: stdout.length / size }, (_, k) =>
        stdout.subarray(k * size, (k + 1) * size).toString("hex"),
      ),
      wanted: Array.from(stream.push(samples), (answer) => bytesOf(answer, net).toString("hex")),
      golden: { text: `${golden.stdout.toString()}${golden.stderr.toString()}`, code: golden.status },
      header,
    };
  }
}

/** An answer as the driver writes it. */
function bytesOf(answer: StreamAnswer, { classes }: Network): Buffer {
  const said = new Float64Array(4);
  const label = Int32Array.of(-1);
  if (classes.length > 0) {
    said.set(answer.probabilities);
    label[0] = classes.indexOf(answer.label);
  }
  return Buffer.concat([answer.outputs.slice(), said, label].map(({ buffer }) => Buffer.from(buffer)));
}

/** A program that reads samples as doubles, and writes the answers' outputs, and what they say. */
function driver(file: string): string {
  const { name, macro } = namesOf(file);
  return `#include "${file}.h"
#include <stdio.h>
#include <string.h>
static ${name}_stream stream;
int main(void) {
  double samples[${macro}_CHANNELS];
  float outputs[${macro}_STREAM_ANSWERS * ${macro}_OUTPUTS];
  memset(&stream, 0xff, sizeof stream);
  ${name}_stream_init(&stream);
  while (fread(samples, sizeof samples, 1, stdin) == 1) {
    int k, found = ${name}_stream_push(&stream, samples, outputs);
    if (found < 0) return 1;
    for (k = 0; k < found; k++) {
      double said[64] = {0};
      int label = -1;
#ifdef ${macro}_CLASSES
      label = ${name}_stream_say(outputs + k * ${macro}_OUTPUTS, said);
#endif
      fwrite(outputs + k * ${macro}_OUTPUTS, 4, ${macro}_OUTPUTS, stdout);
      fwrite(said, 8, 4, stdout);
      fwrite(&label, 4, 1, stdout);
    }
  }
  return 0;
}
`;
}
