/**
 * Files that people really have, each kind of them in several forms: with other separators, in other places of the file, in other
 * formats. They have the values that they hold, or are refused in one line that says where and what to do.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { gather } from "../../src/data/dataset.ts";
import { readParts } from "../../src/readers/node/readParts.ts";
import type { SourceOptions } from "../../src/readers/node/readOptions.ts";

const shop = mkdtempSync(join(tmpdir(), "toeplitz-cases-"));
afterAll(() => rmSync(shop, { recursive: true, force: true }));

/** What a file has to be: so many rows of channels and values, the first of each channel, what is said; or a refusal. */
interface Right {
  /** `[rows, channels, length]` */
  readonly shape: readonly [number, number, number];
  /** The first values of the first row, channel after channel. */
  readonly begins?: readonly (readonly number[])[];
  readonly names?: readonly string[];
  readonly classes?: readonly string[];
  readonly lengths?: readonly number[];
  readonly notes?: readonly RegExp[];
}
export type Case = readonly [
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  options: SourceOptions,
  outcome: Right | RegExp,
];

let folders = 0;
/** Writes the files and reads the first of them, or the pattern or folder that `.path` says. */
async function read({ ".path": asked, ...files }: Case[1], options: SourceOptions) {
  const folder = join(shop, String(folders++));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const path = join(folder, typeof asked === "string" ? asked : Object.keys(files)[0]);
  return (await readParts(path, options)).train;
}

/** A kind of files, and its cases. */
export function kind(title: string, cases: readonly Case[]): void {
  describe(title, () =>
    it.each(cases)(`%s`, async (_, files, options, right) => {
      const data = await read(files, options).catch((error: Error) => error);
      if (right instanceof RegExp) {
        if (!(data instanceof Error)) throw new Error(`it is read: ${JSON.stringify(data.notes)}`);
        const message = data.message.replaceAll(/\S*toeplitz-cases-\w+\/\d+\//g, "");
        expect([data.name, message]).toEqual(["InputError", expect.stringMatching(right)]);
        expect(message).not.toContain("\n");
        return;
      }
      if (data instanceof Error) throw data;
      expect([data.rows, data.channels, data.length]).toEqual(right.shape);
      const { series } = gather(data, [0]);
      for (const [c, begins] of (right.begins ?? []).entries())
        expect([...series.subarray(c * data.length, c * data.length + begins.length)]).toEqual(begins);
      if (right.names) expect(data.channelNames).toEqual(right.names);
      if (right.classes) expect(data.classes).toEqual(right.classes);
      if (right.lengths) expect([...(data.lengths ?? [])]).toEqual(right.lengths);
      for (const note of right.notes ?? []) expect(data.notes?.join("\n")).toMatch(note);
    }),
  );
}

export const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("");
export const json = (count: number, row: (i: number) => unknown): string =>
  lines(count, (i) => JSON.stringify(row(i)));
export const wave = (i: number): number => ((i * 7) % 23) / 4 - 2;
export const comma = (x: number): string => String(x).replace(".", ",");
