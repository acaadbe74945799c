/** MP3 recordings, alone and in folders with others. They are encoded here. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Mp3Encoder } from "@breezystack/lamejs";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../../src/data/errors.ts";
import { readDataset } from "../../../src/node.ts";
import { isMp3, mp3Frames } from "../../../src/readers/mp3.ts";
import { ascii, joined, u16, wav } from "../bytes.ts";
import { flac, frame, verbatim } from "../flacFiles.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-mp3-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

const RATE = 16000;
const tone = (hertz: number): number[] =>
  Array.from({ length: RATE / 2 }, (_, t) => 0.5 * Math.sin((2 * Math.PI * hertz * t) / RATE));

function mp3(rate: number, ...channels: readonly (readonly number[])[]): Uint8Array {
  const encoder = new Mp3Encoder(channels.length, rate, 64);
  const lines = channels.map((line) => Int16Array.from(line, (s) => s * 32767));
  return joined(encoder.encodeBuffer(lines[0], lines[1] ?? null), encoder.flush());
}

/** How strong a tone is in samples, from 0 to its amplitude. */
function strength(samples: ArrayLike<number>, hertz: number): number {
  let [re, im] = [0, 0];
  for (let t = 0; t < samples.length; t++) {
    re += samples[t] * Math.cos((2 * Math.PI * hertz * t) / RATE);
    im += samples[t] * Math.sin((2 * Math.PI * hertz * t) / RATE);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

const refusal = async (path: string): Promise<string> => {
  const error: unknown = await readDataset(path).catch((e: unknown) => e);
  return error instanceof InputError ? error.message.replaceAll(folder, "") : "(it was read)";
};

describe("an MP3 recording", () => {
  const whole = mp3(RATE, tone(440));
  it("alone is one row with its rate: a tone of 440 Hz and amplitude 0.5", async () => {
    const data = await readDataset(write("tone.mp3", whole));
    expect([data.rows, data.channels, data.rate]).toEqual([1, 1, RATE]);
    expect(data.length).toBeGreaterThanOrEqual(RATE / 2);
    expect(data.length).toBeLessThan(RATE / 2 + 3000); // what the encoder puts before and after
    const middle = data.series.subarray(2000, 2000 + RATE / 4);
    expect(strength(middle, 440)).toBeCloseTo(0.5, 1);
    expect(strength(middle, 1000)).toBeLessThan(0.02);
  });

  it("of two channels has both, under any ending, after an ID3 tag and before another", async () => {
    const bytes = joined(
      ascii("ID3"),
      [4, 0, 0, 0, 0, 0, 2, 1, 2],
      mp3(RATE, tone(440), tone(1000)),
      ascii("TAG"),
      new Uint8Array(125),
    );
    const data = await readDataset(write("two.bin", bytes));
    expect([data.channels, data.notes ?? []]).toEqual([2, []]);
    expect(strength(data.series.subarray(2000, 6000), 440)).toBeCloseTo(0.5, 1);
    expect(strength(data.series.subarray(data.length + 2000, data.length + 6000), 1000)).toBeCloseTo(0.5, 1);
  });

  it("that is cut short is read to its last whole frame, with a note", async () => {
    const path = write("cut.mp3", whole.subarray(0, -100));
    const data = await readDataset(path);
    expect(data.notes?.[0]).toMatch(
      /cut\.mp3: the file ends within a frame: the last \d+ bytes are left out$/,
    );
    const more = await readDataset(write("more.mp3", joined(whole, ascii("what is this?"))));
    expect(more.notes?.[0]).toMatch(/after the last frame 13 bytes follow that are none, and are left out$/);
  });

  it("is refused where it is none, has no whole frame, or frames of two rates", async () => {
    write("none/a_1.mp3", ascii("hello"));
    expect(await refusal(join(folder, "none"))).toBe(
      "/none/a_1.mp3, byte 0: it is no MP3 file; one begins with a frame of layer III; convert it to one, or to WAV",
    );
    expect(() => mp3Frames(whole.subarray(0, 50), "a.mp3")).toThrow(
      "a.mp3, byte 0: the file ends within its first frame",
    );
    const other = joined(whole, mp3(22050, tone(440)));
    expect(() => mp3Frames(other, "a.mp3")).toThrow(
      `a.mp3, byte ${whole.length}: a frame has 1 channels at 22050 Hz, the first 1 at 16000; all have the same; convert the file`,
    );
    expect([whole, ascii("a\t1\n"), Uint8Array.of(0xff, 0xfe, 65, 0)].map(isMp3)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("a folder of recordings", () => {
  it("may have WAV, FLAC and MP3 side by side, brought to one rate", async () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((k) => 1000 * k);
    write("mixed/wav/a_1.wav", wav({ rate: 8000 }, u16(...eight)));
    write("mixed/flac/b_2.flac", flac(1, 8, frame(8, 0, verbatim(16, eight))));
    write("mixed/mp3/c_3.mp3", mp3(RATE, tone(440)));
    const data = await readDataset(join(folder, "mixed"));
    expect([data.rows, data.classes, data.rate]).toEqual([3, ["flac", "mp3", "wav"], 8000]);
    const row = (r: number): number[] => [...data.series.subarray(r * data.length, r * data.length + 8)];
    expect(row(0)).toEqual(eight.map((s) => s / 2 ** 15));
    expect(row(2)).toEqual(row(0));
    expect(data.notes?.[0]).toContain("are resampled to 8000 Hz");
  });
});
