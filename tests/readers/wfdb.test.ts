import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../src/data/errors.ts";
import { readDataset } from "../../src/node.ts";
import type { SignalOptions, Signals } from "../../src/readers/signals.ts";
import { parseWfdb, parseWfdbHeader } from "../../src/readers/wfdb.ts";
import { ascii, joined } from "./bytes.ts";
import { atr, dat } from "./signalFiles.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-wfdb-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (
  header: string,
  files: Readonly<Record<string, Uint8Array>>,
  options: SignalOptions = {},
): Signals => parseWfdb(parseWfdbHeader(ascii(header), "r.hea"), "r.hea", (name) => files[name], options);

function refusal(
  header: string,
  files: Readonly<Record<string, Uint8Array>>,
  options: SignalOptions = {},
): string {
  try {
    read(header, files, options);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

/** The checksum of a header: the sum of a signal's samples in 16 bits, signed. */
const sum = (...samples: readonly number[]): number => (samples.reduce((a, b) => a + b, 0) << 16) >> 16;

describe("parseWfdb", () => {
  // two signals of five samples, the first beginning at 995 as MIT-BIH's record 100 does
  const first = [995, 1000, -2047, 2047, 30];
  const second = [1011, -1, 0, 7, -500];
  const turns = first.flatMap((x, t) => [x, second[t]]);
  const header = (format: number | string, file = "100.dat"): string =>
    "# made by hand\n100 2 360 5\n" +
    `${file} ${format} 200(1024)/mV 11 1024 995 ${sum(...first)} 0 MLII\n` +
    `${file} ${format} 100/uV 11 -1 1011 ${sum(...second)} 0 V5 right\n#age 69\n`;

  it.each([16, 24, 32, 212] as const)(
    "reads format %i: the baseline, or else the zero, is taken off, then the gain",
    (format) => {
      const signals = read(header(format), { "100.dat": dat(format, turns) });
      expect([signals.rate, signals.channels, signals.length]).toEqual([360, 2, 5]);
      expect(signals.channelNames).toEqual(["MLII", "V5 right"]);
      expect(signals.units).toEqual(["mV", "uV"]);
      expect([...signals.samples]).toEqual([
        ...first.map((x) => (x - 1024) / 200),
        ...second.map((x) => (x + 1) / 100),
      ]);
      expect(signals.notes).toEqual([]);
    },
  );

  it("reads format 80, which is offset by 128, and an odd number of samples in format 212", () => {
    const eight = read("r 1 100 3\nr.dat 80 1/g 8 0 5 -3 0 acc\n", { "r.dat": dat(80, [5, -127, 119]) });
    expect([...eight.samples]).toEqual([5, -127, 119]);
    const odd = read("r 1 100 3\nr.dat 212 1/g 12 0 -5 -3 0 acc\n", { "r.dat": dat(212, [-5, 2, 0]) });
    expect([...odd.samples]).toEqual([-5, 2, 0]);
  });

  it("reads signals in files of their own, after bytes that are passed over, as many as there are", () => {
    const files = { "a.dat": joined([9, 9, 9], dat(16, [1, 2, 3])), "b.dat": dat(32, [4, 5, 6]) };
    const { samples, notes } = read("r 2\na.dat 16+3 1 16 0 1 6 0 a\nb.dat 32 0 16 0 4 15 0 b\n", files);
    expect([...samples]).toEqual([1, 2, 3, 4 / 200, 5 / 200, 6 / 200]);
    expect(notes).toEqual([
      "the header has no sampling rate: 250 Hz are taken, WFDB's default",
      'signals without a gain are taken as 200 a mV: "b"',
    ]);
  });

  it("has NaN where a sample is the value that stands for none, and says how many", () => {
    const { samples, notes } = read("r 1 1\nr.dat 16 1 16 0 1 0 0 a\n".replace(" 0 1 0 0 a", ""), {
      "r.dat": dat(16, [1, -32768, 3]),
    });
    expect([...samples]).toEqual([1, NaN, 3]);
    expect(notes).toEqual(["1 samples are missing (NaN)"]);
  });

  it("takes signals by their names, and names the others", () => {
    const { samples, notes } = read(header(16), { "100.dat": dat(16, turns) }, { channels: ["V5 right"] });
    expect([...samples]).toEqual(second.map((x) => (x + 1) / 100));
    expect(notes).toEqual(['signals that were not asked for are left out: "MLII"']);
  });

  const whole = { "100.dat": dat(16, turns) };
  it.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      header(16),
      { "100.dat": dat(16, turns.with(4, -2046)) },
      'r.hea:3: the checksum of "MLII" is 2026, the header says 2025; its samples are damaged; give the record as it was written',
    ],
    [
      header(16),
      { "100.dat": dat(16, turns.with(0, 994)) },
      'r.hea:3: the first sample of "MLII" is 994, the header says 995; is the file of another record? give the one of this',
    ],
    [
      header(16),
      { "100.dat": dat(16, turns.slice(0, 9)) },
      'r.hea:3: "100.dat" has 18 bytes; 5 samples of 2 signals in format 16 take 20; is the file cut short? give it whole',
    ],
    [
      header(8),
      whole,
      'r.hea:3: the format is "8"; 16, 24, 32, 80, 212 are read; convert the record (xform)',
    ],
    [
      header("16x4"),
      whole,
      'r.hea:3: the format is "16x4", several samples a frame; signals have one rate; convert the record (xform)',
    ],
    [
      "100/3 2 360 5\na 1\n",
      whole,
      'r.hea:1: record "100/3" has several segments, which are not joined; give the header of one segment',
    ],
    [
      "100 3 360 5\n",
      whole,
      'r.hea:1: the number of signals is "3", and 0 lines of signals follow; each signal has one; is the header cut short? give it whole',
    ],
    [
      header(16, "../100.dat"),
      whole,
      'r.hea:3: the samples are in "../100.dat"; they are in a file beside the header; put it there and correct the name',
    ],
  ])("refuses a record that does not agree with itself (%#)", (text, files, message) => {
    expect(refusal(text, files)).toBe(message);
  });

  it("is read from its header's path, with annotations, from a folder of records too", async () => {
    const put = (name: string, bytes: Uint8Array): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const path = put("100.hea", ascii(header(212)));
    put("100.dat", dat(212, turns));
    put(
      "100.atr",
      atr([
        { at: 2, code: 1 },
        { at: 4, code: 5 },
      ]),
    );
    const data = await readDataset(path, { annotations: "*.atr" });
    expect([data.rows, data.channelNames, data.rate, data.classes]).toEqual([
      1,
      ["MLII", "V5 right"],
      360,
      ["N", "V", "none"],
    ]);
    expect([...data.labels]).toEqual([2, 2, 0, 2, 1]);
    put("200.hea", ascii(header(16, "200.dat").replace("100 2", "200 2")));
    put("200.dat", dat(16, turns));
    put("200.atr", atr([{ at: 0, code: 1 }]));
    const both = await readDataset(folder, { annotations: "*.atr" });
    expect([both.rows, ...both.labels]).toEqual([2, 2, 2, 0, 2, 1, 0, 2, 2, 2, 2]);
  });
});
