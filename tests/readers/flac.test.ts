import { describe, expect, it } from "vitest";
import { InputError } from "../../src/data/errors.ts";
import { isFlac, parseFlac } from "../../src/readers/flac.ts";
import { parseDataset } from "../../src/readers/read.ts";
import { ascii, joined } from "./bytes.ts";
import { constant, flac, frame, rice, verbatim, type Field } from "./flacFiles.ts";

const HALF = 2 ** 14;
/** The samples of 16 bits, as whole numbers. */
const wholes = (bytes: Uint8Array): number[] =>
  [...parseFlac(bytes, "a.flac").samples].map((s) => s * 2 ** 15);

function refusal(bytes: Uint8Array): string {
  try {
    parseFlac(bytes, "d/a.flac");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

describe("parseFlac", () => {
  it("scales samples to [-1, 1): 16384, 0, -32768 of 16 bits are 0.5, 0, -1", () => {
    const bytes = flac(1, 3, frame(3, 0, verbatim(16, [HALF, 0, -2 * HALF])));
    expect(parseFlac(bytes, "a.flac")).toEqual({
      rate: 8000,
      channels: 1,
      length: 3,
      samples: Float64Array.of(0.5, 0, -1),
    });
    const data = parseDataset(bytes, "a.flac");
    expect([data.rows, data.length, data.rate, data.notes ?? []]).toEqual([1, 3, 8000, []]);
  });

  it("joins frames, and passes an ID3 tag over", () => {
    const bytes = flac(1, 5, frame(2, 0, verbatim(16, [1, 2])), frame(3, 0, constant(16, -7)));
    expect(wholes(bytes)).toEqual([1, 2, -7, -7, -7]);
    const tagged = joined(ascii("ID3"), [4, 0, 0, 0, 0, 0, 3, 9, 9, 9], bytes);
    expect([isFlac(tagged), wholes(tagged)]).toEqual([true, wholes(bytes)]);
  });

  it.each<[string, readonly Field[], readonly number[]]>([
    ["the order 0: residuals are the samples", [[8, 0b00010000], ...rice(2, [5, -3, 0, 9])], [5, -3, 0, 9]],
    ["the order 1: differences", [[8, 0b00010010], [16, 10], ...rice(0, [1, 1, -2])], [10, 11, 12, 10]],
    ["the order 2: a line goes on", [[8, 0b00010100], [16, 1], [16, 3], ...rice(1, [0, 0])], [1, 3, 5, 7]],
    ["the order 4: a cubic goes on, 0 1 8 27 64", [[8, 0b00011000], [16, 0], [16, 1], [16, 8], [16, 27], ...rice(0, [0])], [0, 1, 8, 27, 64]],
    ["coefficients: 3/4 of the last, rounded down", [[8, 0b01000000], [16, -9], [4, 3], [5, 2], [4, 3], ...rice(0, [0, 1])], [-9, -7, -5]],
    ["residuals that are stored", [[8, 0b00010000], [2, 0], [4, 0], [4, 15], [5, 6], [6, -20], [6, 31]], [-20, 31]],
    ["parameters of 5 bits, and two partitions", [[8, 0b00010000], [2, 1], [4, 1], [5, 0], [1, 1], [5, 1], [1, 1], [1, 1]], [0, -1]],
    ["wasted bits: two of them", [[8, 0b00000011], [2, 1], [14, 3], [14, -1]], [12, -4]],
  ])("predicts by %s", (_, subframe, samples) => {
    expect(wholes(flac(1, samples.length, frame(samples.length, 0, subframe)))).toEqual(samples);
  }); // prettier-ignore

  it("puts left and right together from a side: 7 and 4, 8 and 10", () => {
    const of = (assignment: number, first: readonly Field[], second: readonly Field[]): number[] =>
      wholes(flac(2, 2, frame(2, assignment, first, second)));
    const both = [7, 8, 4, 10];
    expect(of(1, verbatim(16, [7, 8]), verbatim(16, [4, 10]))).toEqual(both);
    expect(of(8, verbatim(16, [7, 8]), verbatim(17, [3, -2]))).toEqual(both);
    expect(of(9, verbatim(17, [3, -2]), verbatim(16, [4, 10]))).toEqual(both);
    expect(of(10, verbatim(16, [5, 9]), verbatim(17, [3, -2]))).toEqual(both);
  });

  const whole = flac(1, 4, frame(2, 0, verbatim(16, [1, 2])), frame(2, 0, verbatim(16, [3, 4])));
  it("reads a file that is cut short to its last whole frame, and one with more behind it, and says so", () => {
    const cut = parseFlac(whole.subarray(0, -1), "a.flac");
    expect([cut.length, cut.notes]).toEqual([
      2,
      [
        "the file ends within a frame: the last 14 bytes are left out",
        "the header has 4 samples, and the 2 that are there are read",
      ],
    ]);
    const more = parseFlac(joined(whole, ascii("TAG")), "a.flac");
    expect([more.length, more.notes]).toEqual([4, ["after the last frame 3 bytes follow, and are left out"]]);
    expect(parseDataset(whole.subarray(0, -1), "a.flac").notes).toEqual(
      cut.notes?.map((note) => `a.flac: ${note}`),
    );
    const unknown = flac(1, 0, frame(2, 0, verbatim(16, [1, 2])));
    expect(parseFlac(unknown, "a.flac").notes).toBeUndefined();
  });

  it.each<[string, Uint8Array, string]>([
    ["no FLAC", ascii("RIFF"), "byte 0: it is no FLAC file; one begins with fLaC; convert it to one"],
    ["metadata cut short", whole.subarray(0, 20), "byte 4: the metadata is cut short; is the file cut short? give it whole"],
    ["no frame", whole.subarray(0, 42), "byte 42: the recording has no samples; a series has at least one; leave it out, or record it again"],
    ["a flipped bit of a sample", whole.with(52, 255), "byte 42: the checksum of a frame does not agree; give the file as it was written"],
    ["a flipped bit of a header", whole.with(48, 9), "byte 42: the checksum of a frame's header does not agree; give the file as it was written"],
    ["something between frames", joined(whole.subarray(0, 57), ascii("junk"), whole.subarray(57)), "byte 57: no frame begins there; give the file as it was written"],
    ["a frame of other channels", flac(2, 2, frame(2, 0, constant(16, 1))), "byte 42: a frame has 1 channels of 16 bits at 8000 Hz, the file 2 of 16 at 8000; give the file as it was written"],
    ["silence without end", flac(1, 0, ...Array.from({ length: 200 }, () => frame(65536, 0, constant(16, 0)))), "it unpacks to more than 64 values a byte; give the recording as WAV"],
  ])("refuses %s", (_, bytes, message) => {
    expect(refusal(bytes)).toContain(message);
  }); // prettier-ignore
});
