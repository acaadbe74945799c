import { describe, expect, it } from "vitest";
import { markOf } from "../../src/readers/recordings.ts";
import { resample } from "../../src/readers/resample.ts";
import { parseWav } from "../../src/readers/wav.ts";
import { InputError } from "../../src/data/errors.ts";
import { ascii, joined, u16, u32, wav } from "./bytes.ts";

function refusal(bytes: Uint8Array): string {
  try {
    parseWav(bytes, "d/a.wav");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

const floats = (...values: readonly number[]): number[] => [
  ...new Uint8Array(Float32Array.from(values).buffer),
];

/** A recording whose header has a size of samples that need not be true. */
function sized(said: number, samples: readonly number[]): Uint8Array {
  const bytes = wav({}, samples);
  new DataView(bytes.buffer).setUint32(52, said, true);
  return bytes;
}

describe("parseWav", () => {
  const HALF = u16(0x4000, 0, 0xc000); // 0.5, 0, -0.5
  it.each([
    [
      "is 0",
      sized(0, HALF),
      "the header has 0 bytes of samples; the 6 bytes to the end of the file are read",
    ],
    [
      "is unknown",
      sized(0xffffffff, HALF),
      "the header does not know the size of the samples; the 6 bytes to the end of the file are read",
    ],
    [
      "lies beyond the end",
      sized(8, HALF),
      "the header has 8 bytes of samples; the 6 bytes to the end of the file are read",
    ],
    [
      "is what sox writes to a pipe",
      sized(0x7ffff000, HALF),
      "the header has 2147479552 bytes of samples; the 6 bytes to the end of the file are read",
    ],
    [
      "was true once",
      joined(sized(6, HALF), u16(0, 0, 0, 0, 0)),
      "after the 6 bytes of samples that the header has, 10 bytes follow that are no chunk; they are left out",
    ],
    [
      "is of no whole frames",
      sized(7, [...HALF, 1]),
      "the last 1 of 7 bytes of samples fill no frame of 2, and are left out",
    ],
  ])("reads what is there where the size of the samples %s, and says so", (_, bytes, note) => {
    const { samples, notes } = parseWav(bytes, "a.wav");
    expect([[...samples], notes]).toEqual([[0.5, 0, -0.5], [note]]);
  });

  it("passes chunks over, before and after the samples, with and without the byte that makes them even", () => {
    const format = joined(ascii("fmt "), u32(16), u16(1, 1), u32(8000, 16000), u16(2, 16));
    const file = (...chunks: readonly (Uint8Array | readonly number[])[]) =>
      joined(ascii("RIFF"), u32(0), ascii("WAVE"), ...chunks);
    const data = joined(ascii("data"), u32(6), HALF);
    const list = joined(ascii("LIST"), u32(4), ascii("INFO"));
    for (const bytes of [
      file(format, data, list),
      file(list, format, data, list, list),
      file(format, ascii("note"), u32(3), [1, 2, 3, 0], data),
      file(format, ascii("note"), u32(3), [1, 2, 3], data),
      file(ascii("note"), u32(1), [65], format, data, ascii("id3 "), u32(1), [7]),
    ]) {
      const { samples, notes } = parseWav(bytes, "a.wav");
      expect([[...samples], notes]).toEqual([[0.5, 0, -0.5], undefined]);
    }
  });

  it.each([
    ["RF64", 6, undefined],
    ["BW64", 6, undefined],
    ["RF64", 0, ["the header has 0 bytes of samples; the 6 bytes to the end of the file are read"]],
  ])("reads %s, whose size of samples stands in ds64: %i", (id, size, notes) => {
    const format = joined(ascii("fmt "), u32(16), u16(1, 1), u32(8000, 16000), u16(2, 16));
    const ds64 = joined(ascii("ds64"), u32(28, 100, 0, size, 0, 3, 0, 0));
    const bytes = joined(
      ascii(id),
      u32(0xffffffff),
      ascii("WAVE"),
      ds64,
      format,
      ascii("data"),
      u32(0xffffffff),
      HALF,
    );
    const read = parseWav(bytes, "a.wav");
    expect([[...read.samples], read.notes]).toEqual([[0.5, 0, -0.5], notes]);
  });

  it("reads PCM of 8, 16, 24 and 32 bits as fractions of full scale, and floats as they are", () => {
    const samples = (bits: number, bytes: readonly number[], tag = 1) => [
      ...parseWav(wav({ bits, tag }, bytes), "a.wav").samples,
    ];
    expect(samples(8, [0, 128, 192])).toEqual([-1, 0, 0.5]);
    expect(samples(16, u16(0x8000, 0, 0x4000))).toEqual([-1, 0, 0.5]);
    expect(samples(24, [0, 0, 0x80, 0, 0, 0x40, 1, 0, 0])).toEqual([-1, 0.5, 2 ** -23]);
    expect(samples(32, [0, 0, 0, 0x80, 0, 0, 0, 0x40])).toEqual([-1, 0.5]);
    expect(samples(32, floats(1.5, -2), 3)).toEqual([1.5, -2]);
  });

  it("reads two channels, WAVE_FORMAT_EXTENSIBLE and a rate, and passes other chunks over", () => {
    const extra = [...u16(22, 16, 3, 0, 1), ...Array.from({ length: 14 }, () => 0)];
    const stereo = parseWav(
      wav({ tag: 0xfffe, channels: 2, rate: 44100, extra }, u16(0x4000, 0, 0x2000, 0xc000)),
      "a.wav",
    );
    expect([stereo.rate, stereo.channels, stereo.length]).toEqual([44100, 2, 2]);
    expect([...stereo.samples]).toEqual([0.5, 0.25, 0, -0.5]);
  });

  it.each<[Uint8Array, string]>([
    [ascii("RIFX1234WAVE"), "byte 0: it is no WAV file; one begins with RIFF and WAVE; convert it to one"],
    [
      wav({}, u16(1, 2)).subarray(0, 30),
      'byte 12: the chunk "fmt " has 16 bytes, but 10 follow; is the file cut short? give it whole',
    ],
    [
      wav({}, u16(1, 2)).subarray(0, 48),
      'byte 48: the file ends without a "data" chunk; is the file cut short? give it whole',
    ],
    [
      wav({}, []),
      "byte 56: the recording has no samples; a series has at least one; leave it out, or record it again",
    ],
    [
      joined(sized(0, []), ascii("LIST"), u32(4), ascii("INFO")),
      "byte 56: the recording has no samples; a series has at least one; leave it out, or record it again",
    ],
    [
      wav({ tag: 85 }, [1, 2]),
      "byte 20: the samples are of format 85 with 16 bits; PCM of 8, 16, 24 or 32 bits and floats of 32 or 64 are read; convert the file",
    ],
    [wav({ rate: 0 }, [1, 2]), "byte 20: it has 1 channels at 0 Hz; both are above 0; convert the file"],
    [
      wav({ tag: 3, bits: 32 }, floats(0, NaN)),
      "byte 60: a sample is NaN; samples are finite; convert the file",
    ],
  ])("refuses what is not right: %#", (bytes, message) => {
    expect(refusal(bytes)).toBe(`d/a.wav, ${message}`);
  });
});

describe("markOf", () => {
  it("takes the folder for the class, else what stands before the first _ or -", () => {
    expect(markOf("7_theo_12.wav")).toEqual({ label: "7", group: "theo" });
    expect(markOf("dog-1.wav")).toEqual({ label: "dog", group: null });
    expect(markOf("yes/0a7c_nohash_0.wav")).toEqual({ label: "yes", group: "0a7c" });
    expect(markOf("yes/one.wav")).toEqual({ label: "yes", group: null });
    expect(markOf("one.wav")).toBeNull();
  });
});

describe("resample", () => {
  const tone = (rate: number, hertz: number, length: number) =>
    Float64Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));

  it("keeps a tone below half the new rate, but for its ends", () => {
    for (const [from, to] of [
      [16000, 8000],
      [44100, 16000],
      [8000, 16000],
    ]) {
      const got = resample(tone(from, 1000, from / 10), from, to);
      const want = tone(to, 1000, to / 10);
      expect(got).toHaveLength(want.length);
      for (let i = 100; i < want.length - 100; i++) expect(Math.abs(got[i] - want[i])).toBeLessThan(2e-3);
    }
  });

  it("takes away a tone above half the new rate, and keeps a constant", () => {
    const gone = resample(tone(16000, 6000, 1600), 16000, 8000);
    expect(Math.max(...gone.slice(50, -50).map(Math.abs))).toBeLessThan(2e-3);
    const flat = resample(new Float64Array(1000).fill(3), 44100, 8000);
    for (const x of flat.slice(40, -40)) expect(x).toBeCloseTo(3, 12);
    expect(resample(flat, 5, 5)).toBe(flat);
  });

  it("refuses rates without a small ratio", () => {
    expect(() => resample(new Float64Array(9), 4294967291, 8000)).toThrow(
      /^4294967291 Hz to 8000 Hz is a ratio of 8000 to 4294967291; /,
    );
  });
});
