import { describe, expect, it } from "vitest";
import { InputError } from "../../src/data/errors.ts";
import { isEdf, parseEdf, parseEdfAnnotations } from "../../src/readers/edf.ts";
import { parseDataset, parseParts } from "../../src/readers/read.ts";
import { edf, tals } from "./signalFiles.ts";

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

const eeg = {
  label: "EEG Fpz-Cz",
  records: [
    [0, 1],
    [2, 3],
    [-4, 5],
  ],
} as const;

describe("parseEdf", () => {
  it("reads records one after the other, a signal after the other, scaled to physical units", () => {
    // digital -2048..2047 are physical -100..309.5: 0.1 a step, so 0 is 104.8 and 2 is 105
    const pressure = {
      label: "Pressure",
      unit: "mmHg",
      ranges: [-100, 309.5, -2048, 2047],
      records: [
        [0, 2],
        [-2048, 2047],
        [1, 3],
      ],
    } as const;
    const read = parseEdf(edf([eeg, pressure], { seconds: 0.5 }), "a.edf");
    expect([read.rate, read.channels, read.length]).toEqual([4, 2, 6]);
    expect(read.channelNames).toEqual(["EEG Fpz-Cz", "Pressure"]);
    expect(read.units).toEqual(["uV", "mmHg"]);
    expect([...read.samples.subarray(0, 6)]).toEqual([0, 1, 2, 3, -4, 5]);
    const pressures = [104.8, 105, -100, 309.5, 104.9, 105.1];
    [...read.samples.subarray(6)].forEach((x, i) => expect(x).toBeCloseTo(pressures[i], 10));
    expect(read.notes).toEqual([]);
  });

  it("reads the 24 bits of BDF and leaves the trigger codes of Status out, unless they are asked for", () => {
    const ranges = [-8388608, 8388607, -8388608, 8388607] as const;
    const bytes = edf(
      [
        {
          label: "A1",
          ranges,
          records: [
            [-8388608, 70000],
            [-1, 8388607],
          ],
        },
        {
          label: "Status",
          ranges,
          records: [
            [1, 1],
            [0, 255],
          ],
        },
      ],
      { size: 3, reserved: "24BIT" },
    );
    const read = parseEdf(bytes, "a.bdf");
    expect([...read.samples]).toEqual([-8388608, 70000, -1, 8388607]);
    expect(read.notes).toEqual([
      'the signal "Status" holds trigger codes and is left out; --channels takes it',
    ]);
    expect([...parseEdf(bytes, "a.bdf", { channels: ["Status"] }).samples]).toEqual([1, 1, 0, 255]);
  });

  it("takes the signals of the rate that most have, and names the others with theirs", () => {
    const bytes = edf([
      { label: "EEG", records: [[1, 2, 3, 4]] },
      { label: "EOG", records: [[5, 6, 7, 8]] },
      { label: "Resp", records: [[9]] },
      { label: "Temp", records: [[10, 11]] },
    ]);
    const { notes, channelNames } = parseEdf(bytes, "a.edf");
    expect(channelNames).toEqual(["EEG", "EOG"]);
    expect(notes).toEqual([
      '2 of 4 signals are taken, those of 4 Hz; of other rates are left out: "Resp" (1 Hz), "Temp" (2 Hz); --channels names others',
    ]);
    const asked = parseEdf(bytes, "a.edf", { channels: ["Temp"] });
    expect([asked.rate, ...asked.samples]).toEqual([2, 10, 11]);
    expect(asked.notes).toEqual(['signals that were not asked for are left out: "EEG", "EOG", "Resp"']);
    expect(refusal(() => parseEdf(bytes, "a.edf", { channels: ["EEG", "Resp"] }))).toBe(
      'a.edf, byte 256: signal "Resp" has 1 Hz, "EEG" has 4 Hz; channels have one rate; name those of one',
    );
    expect(refusal(() => parseEdf(bytes, "a.edf", { channels: ["ECG"] }))).toBe(
      'a.edf, byte 256: it has no signal "ECG"; its signals are "EEG", "EOG", "Resp", "Temp"; name one of them',
    );
  });

  it("tells two signals of one name apart, and leaves one without a scale out, and says both", () => {
    const { channelNames, notes } = parseEdf(
      edf([
        { label: "T8-P8", records: [[1]] },
        { label: "-", ranges: [0, 0, -1, 1], records: [[1]] },
        { label: "T8-P8", records: [[1]] },
      ]),
      "a.edf",
    );
    expect(channelNames).toEqual(["T8-P8", "T8-P8 (2)"]);
    expect(notes).toEqual([
      'another signal is called "T8-P8" too: this one is "T8-P8 (2)"',
      'signals whose ranges give no scale (two ends are equal) are left out: "-"',
    ]);
  });

  it("reads annotations of EDF+, their onsets from the first sample, several texts and none of a duration", () => {
    const notes = {
      label: "EDF Annotations",
      records: [
        tals(60, "+0.25\u0014\u0014", "+0.25\u001530\u0014Sleep stage W\u0014"),
        tals(60, "+1.25\u0014\u0014", "+1.75\u0014é\u0014blink\u0014"),
        tals(60, "+2.25\u0014\u0014"),
      ],
    };
    const bytes = edf([eeg, notes], { reserved: "EDF+C" });
    const expected = [
      { onset: 0, duration: 30, text: "Sleep stage W" },
      { onset: 1.5, duration: 0, text: "é" },
      { onset: 1.5, duration: 0, text: "blink" },
    ];
    expect(parseEdf(bytes, "a.edf").annotations).toEqual(expected);
    expect(parseEdfAnnotations(bytes, "a.edf")).toEqual(expected);
  });

  it("reads a file of annotations alone, which has no recording", () => {
    const hypnogram = edf(
      [{ label: "EDF Annotations", records: [tals(40, "+0\u0014\u0014", "+0\u001530\u0014W\u0014")] }],
      {
        reserved: "EDF+C",
        seconds: 0,
      },
    );
    expect(parseEdfAnnotations(hypnogram, "h.edf")).toEqual([{ onset: 0, duration: 30, text: "W" }]);
    expect(refusal(() => parseEdf(hypnogram, "h.edf"))).toBe(
      "h.edf, byte 256: it has annotations and no signal; a series is a signal; give the recording, and this file as --annotations",
    );
  });

  it("takes EDF+D whose records follow on from each other, and refuses one with a gap", () => {
    const at = (second: number): number[] => tals(20, `+${second}\u0014\u0014`);
    const file = (...starts: readonly number[]): Uint8Array =>
      edf([eeg, { label: "EDF Annotations", records: starts.map(at) }], { reserved: "EDF+D" });
    expect(parseEdf(file(0, 1, 2), "d.edf").length).toBe(6);
    expect(refusal(() => parseEdf(file(0, 1, 7), "d.edf"))).toBe(
      "d.edf, byte 816: record 3 begins at 7, the one before ends at 2 s (EDF+D, an interrupted recording); " +
        "a series has no gaps; save each part as a file of its own",
    );
  });

  it("takes the records that are there where the header does not know, and says what is left over", () => {
    const bytes = edf([eeg], { records: -1 });
    const { length, notes } = parseEdf(bytes.subarray(0, -1), "a.edf");
    expect(length).toBe(4);
    expect(notes).toEqual([
      "the header does not know how many records there are: the 2 that are there are taken",
      "3 bytes after the last record are left out",
    ]);
  });

  const plain = edf([eeg]);
  const patched = (at: number, put: string): Uint8Array => {
    const bytes = plain.slice();
    bytes.set(new TextEncoder().encode(put), at);
    return bytes;
  };
  it.each<[Uint8Array, string]>([
    [
      plain.subarray(0, -2),
      "byte 522: the header says 3 records of 4 bytes, but 10 bytes follow it; is the file cut short? give it whole",
    ],
    [plain.subarray(0, 300), "byte 300: the header has 512 bytes; is the file cut short? give it whole"],
    [
      plain.subarray(0, 100),
      "byte 100: the header has 256 bytes and more; is the file cut short? give it whole",
    ],
    [
      patched(252, "9999"),
      "byte 184: the header is said to have 512 bytes; of 9999 signals it has 2560000; convert the file",
    ],
    [
      patched(236, "99999999"),
      "byte 524: the header says 99999999 records of 4 bytes, but 12 bytes follow it; is the file cut short? give it whole",
    ],
    [
      patched(244, "1,5"),
      'byte 244: the duration of a record is "1,5"; it is seconds, at least 0; convert the file with a program that writes EDF',
    ],
    [
      patched(236, "0       "),
      "byte 236: the recording has no records; a series has at least one value; leave the file out",
    ],
  ])("refuses what is damaged, with the byte (%#)", (bytes, message) => {
    expect(refusal(() => parseEdf(bytes, "a.edf"))).toBe(`a.edf, ${message}`);
  });

  it("is told by its content, and a text with a class 0 and blanks is none", () => {
    expect(isEdf(plain)).toBe(true);
    const text = new TextEncoder().encode(
      `0       ${"1.5     ".repeat(40)}\n1       ${"2.5     ".repeat(40)}\n`,
    );
    expect(isEdf(text)).toBe(false);
    expect(parseDataset(text, "a.txt").length).toBe(40);
    const { train } = parseParts(plain, "night.dat");
    expect([train.name, train.rate, train.rows, train.length, train.answers.kind]).toEqual([
      "night",
      2,
      1,
      6,
      "none",
    ]);
  });
});
