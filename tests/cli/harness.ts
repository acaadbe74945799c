/** Runs the command line in this process, with streams that remember; every test has a folder of its own. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterAll } from "vitest";
import { runProgram } from "../../src/cli/program.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function memory(): Writable & { text: string } {
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        stream.text += chunk.toString();
        done();
      },
    }),
    { text: "" },
  );
  return stream;
}

/** Runs `toeplitz ...words`. `interrupt` gets what an interrupt would call; `stdin` is what is piped in. */
export async function cli(
  words: readonly string[],
  interrupt?: (first: () => void) => void,
  stdin = "",
): Promise<Outcome> {
  const stdout = memory();
  const stderr = memory();
  const code = await runProgram(words, {
    stdin: Readable.from(stdin === "" ? [] : [Buffer.from(stdin)]),
    stdout,
    stderr,
    env: {},
    onInterrupt(first) {
      interrupt?.(first);
      return () => undefined;
    },
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A folder for a test file's own files; it goes when the tests are done. */
export function workshop(): {
  readonly path: (name: string) => string;
  readonly put: (name: string, content: string | Uint8Array) => string;
  readonly has: (name: string) => boolean;
} {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    put(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    has: (name) => existsSync(path(name)),
  };
}

/** A `.ts` file of one channel: waves of class "up" rise, those of class "down" fall. */
export function tsText(
  rows: number,
  options: { length?: number; classes?: readonly string[]; header?: readonly string[] } = {},
): string {
  const { length = 12, classes = ["up", "down"], header = classes } = options;
  const lines = ["@problemName Waves", "@univariate true", `@classLabel true ${header.join(" ")}`, "@data"];
  for (let row = 0; row < rows; row++) {
    const k = row % classes.length;
    const values = Array.from(
      { length },
      (_, t) => (k === 0 ? t : k === 1 ? -t : 1) + ((row * 7 + t * 3) % 5) / 10,
    );
    lines.push(`${values.join(",")}:${classes[k]}`);
  }
  return `${lines.join("\n")}\n`;
}
