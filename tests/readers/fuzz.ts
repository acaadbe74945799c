/**
 * Damaged files for every reader, and what each must do with them: give a sound data set, or refuse with one InputError
 * that names the file and the place, in memory that its bytes bound. `fuzz.test.ts` runs some, `npm run proof:fuzz` many.
 */
import { deflateRawSync, deflateSync } from "node:zlib";
import * as fc from "fast-check";
import { labelsAt, parseAnnotations } from "../../src/readers/annotations.ts";
import { constant, flac, frame, rice, verbatim } from "./flacFiles.ts";
import { parseNpy } from "../../src/readers/npy.ts";
import { fromNumpy, parseNpz } from "../../src/readers/numpyData.ts";
import { parseParts } from "../../src/readers/read.ts";
import { signalsData } from "../../src/readers/signals.ts";
import { parseWfdb, parseWfdbHeader } from "../../src/readers/wfdb.ts";
import { FREE_BYTES, MOST_TIMES } from "../../src/data/seriesRows.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { InputError } from "../../src/data/errors.ts";
import { ascii, npy, u16, u32, wav, zip } from "./bytes.ts";
import { atr, dat, edf, mat, tals } from "./signalFiles.ts";
import { hasShared, sharedFile } from "../data/shared.ts";

export interface Reader {
  /** What the files are called, so in messages too. */
  readonly file: string;
  readonly seeds: readonly Uint8Array[];
  readonly read: (bytes: Uint8Array) => readonly (Dataset | null)[];
}

const deflate = (data: Uint8Array): Uint8Array => deflateRawSync(data);

const whole = (file: string, seeds: readonly Uint8Array[]): Reader => ({
  file,
  seeds,
  read: (bytes) => {
    const { train, test } = parseParts(bytes, file);
    return [train, test];
  },
});

/** Annotations, and the classes of some positions that they give. */
const annotations = (file: string, seeds: readonly Uint8Array[]): Reader => ({
  file,
  seeds,
  read: (bytes) => {
    const { annotations: list } = parseAnnotations(bytes, file);
    const classes = [...new Set(list.map(({ text }) => text)), "none"];
    const labels = labelsAt(list, {
      length: 60_000,
      rate: 10,
      classes,
      none: "none",
      name: `${file}, labels`,
    });
    if (!labels.every((k) => k >= 0 && k < classes.length)) throw new Error("a position has no class");
    return [];
  },
});

const HEADER = "r 2 360 3\nr.dat 212 200(1024)/mV\nr.dat 212 100/uV 12 -1\n";

/** WFDB records of which the header or the samples are damaged. */
const record = (
  file: string,
  seeds: readonly Uint8Array[],
  headerOf: (bytes: Uint8Array) => Uint8Array,
): Reader => ({
  file,
  seeds,
  read: (bytes) => {
    const samples = headerOf(bytes) === bytes ? dat(212, [995, 1011, 1000, -2047, 7, 8]) : bytes;
    return [
      signalsData(
        parseWfdb(parseWfdbHeader(headerOf(bytes), file), file, () => samples),
        file,
      ),
    ];
  },
});

/** The header of a published text file with the first columns of its first rows, where it is there. */
function firstRows(path: string, rows = 3, columns = 12): Uint8Array[] {
  if (!hasShared) return [];
  const lines = new TextDecoder().decode(sharedFile(path)).split("\n");
  const from = lines.findIndex((line) => /^@data/i.test(line)) + 1;
  const header = lines.slice(0, from).filter((line) => !line.startsWith("#") && !/seriesLength/i.test(line));
  const kept = header.filter((line) => !/^@attribute att(1[3-9]|[2-9]\d|\d{3})/.test(line));
  const cut = (line: string): string => {
    const mark = ["\t", ",", " "].find((m) => line.trim().includes(m)) ?? ",";
    const fields = line.trim().replace(/ +/g, " ").split(mark);
    const last = fields.at(-1) ?? "";
    const values = fields.slice(0, columns);
    if (path.endsWith(".arff")) return [...values, last].join(mark);
    return values.join(mark) + (last.includes(":") ? last.slice(last.lastIndexOf(":")) : "");
  };
  const data = lines.slice(from).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return [ascii([...kept, ...data.slice(0, rows).map(cut), ""].join("\n"))];
}

const x = npy(
  "<f4",
  [3, 2, 4],
  Array.from({ length: 24 }, (_, i) => i - 3.5),
);
const y = npy("<i4", [3], [1, 0, 1]);

export const readers: Readonly<Record<string, Reader>> = {
  ".ts": whole("f.ts", [
    ascii(
      "# toy\n@problemName toy\n@univariate true\n@equalLength true\n@classLabel true a b\n@data\n1,2.5,3:a\n-4,5e-1,6:b\n",
    ),
    ascii("@dimensions 2\n@equalLength false\n@targetLabel true\n@data\n1,?:2,3:0.5\n-4:NaN:-1\n"),
    ascii(
      "@timeStamps true\n@classLabel true a b\n@data\n(0,1),(1,2):(2007-01-31 00:00:00,3),(2007-02-01,?):a\n(0,1),(1,2):(1,3),(2,4):b\n",
    ),
    ...firstRows("GunPoint/GunPoint_TRAIN.ts"),
    ...firstRows("PickupGestureWiimoteZ/PickupGestureWiimoteZ_TRAIN.ts"),
    ...firstRows("Covid3Month/Covid3Month_TRAIN.ts"),
  ]),
  ".tsv": whole("f.tsv", [
    ascii("1\t2\tNaN\t3\n2\t4\t5\tNaN\n"),
    ...firstRows("DodgerLoopDay/DodgerLoopDay_TRAIN.tsv"),
    ...firstRows("TwoLeadECG/TwoLeadECG_TRAIN.tsv"),
  ]),
  ".txt": whole("f.txt", [
    ascii("  6.0e+00  2.5 -1e-3 nan\n 1.0e+00 1 2 3\n"),
    ...firstRows("Plane/Plane_TEST.txt"),
  ]),
  ".arff": whole("f.arff", [
    ascii(
      "% c\n@relation toy\n@attribute 'a b' numeric\n@attribute c real\n@attribute t {x,'y z'}\n@data\n1,?,x\n2,3,'y z'\n",
    ),
    ascii(
      "@relation r\n@attribute s relational\n@attribute a numeric\n@end s\n@attribute t {x,y}\n@data\n'1,2\\n3,4',x\n\"5\\n6\",y\n",
    ),
    ...firstRows("Plane/Plane_TRAIN.arff"),
  ]),
  ".npy": {
    file: "f.npy",
    seeds: [
      x,
      npy("<f8", [2, 3], [1, 2, NaN, 4, NaN, 6]),
      npy("<i8", [2, 2], [1, 2, 3, 4], "True"),
      npy("|b1", [4], [1, 0, 1, 1]),
      y,
    ],
    // also as answers, as they stand beside the series
    read: (bytes) => {
      const array = parseNpy(bytes, "f.npy");
      try {
        fromNumpy(parseNpy(x, "x.npy"), array, "f");
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      return [fromNumpy(array, null, "f")];
    },
  },
  ".npz": whole("f.npz", [
    zip({ "X.npy": x, "y.npy": y }),
    zip({ "x_train.npy": x, "y_train.npy": y, "x_test.npy": x, "y_test.npy": y }, deflate),
  ]),
  // damage below the checksums
  "arrays in .npz": {
    file: "f.npz",
    seeds: [
      x,
      npy(
        "|u1",
        [3, 5],
        Array.from({ length: 15 }, (_, i) => i),
      ),
    ],
    read: (bytes) =>
      Object.values(parseNpz(zip({ "X.npy": bytes, "y.npy": y }, deflate), "f.npz")) as (Dataset | null)[],
  },
  ".flac": whole("f.flac", [
    flac(
      2,
      5,
      frame(2, 1, verbatim(16, [1, 2]), constant(16, 3)),
      frame(3, 8, verbatim(16, [4, 5, 6]), constant(17, 9)),
    ),
    flac(1, 0, frame(4, 0, [[8, 0b00010010], [16, 10], ...rice(0, [1, 1, -2])])), // prettier-ignore
  ]),
  ".wav": whole("f.wav", [
    wav({}, u16(1, 2, 0x8000, 4)),
    wav(
      { channels: 2, bits: 24 },
      Array.from({ length: 24 }, (_, i) => i * 9),
    ),
    wav(
      { tag: 0xfffe, bits: 32, extra: [...u16(22, 32, 3, 0, 3), ...Array.from({ length: 14 }, () => 0)] },
      u32(0, 0x3f800000),
    ),
    ...(hasShared ? [sharedFile("fsdd/recordings/0_theo_0.wav")] : []),
  ]),
  ".edf": whole("f.edf", [
    edf([
      {
        label: "a",
        ranges: [-1, 1, -100, 100],
        records: [
          [1, 2],
          [3, -4],
        ],
      },
      { label: "b", records: [[5], [6]] },
    ]),
    edf(
      [
        {
          label: "a",
          records: [
            [1, 2],
            [3, 4],
          ],
        },
        {
          label: "EDF Annotations",
          records: [tals(30, "+0\u0014\u0014", "+1\u00152\u0014x\u0014"), tals(30, "+1\u0014\u0014")],
        },
      ],
      { reserved: "EDF+D" },
    ),
    edf(
      [
        {
          label: "A1",
          records: [
            [1, 2],
            [3, 70000],
          ],
        },
      ],
      { size: 3, reserved: "24BIT", records: -1 },
    ),
  ]),
  "annotations in a table": annotations("f.csv", [
    ascii("start,end,label\n0,1,a\n1.5,2,b\n"),
    ascii('onset\tduration\ttrial_type\n0\t1\t"a"\n'),
  ]),
  "annotations of Audacity": annotations("f.txt", [ascii("0\t1\ta\n\\\t1\t2\n1.5\t2\tb\n")]),
  "annotations of Label Studio": annotations("f.json", [
    ascii('[{"annotations":[{"result":[{"value":{"start":0,"end":1,"timeserieslabels":["a"]}}]}]}]'),
  ]),
  ".atr": annotations("f.atr", [
    atr([
      { at: 1, code: 1 },
      { at: 5000, code: 5 },
    ]),
    atr([{ at: 0, code: 28, aux: "(N" }]),
  ]),
  // the header, with samples that are whole, and samples below a header that is
  ".hea": record("f.hea", [ascii(HEADER), ascii("r 1 100\nr.dat 80 1(0)/g 8 0\n")], (bytes) => bytes),
  ".dat": record("f.hea", [dat(212, [995, 1011, 1000, -2047, 7, 8])], () => ascii(HEADER)),
  ".mat": whole("f.mat", [
    mat([
      { name: "X", shape: [3, 2], values: [1, 2, 3, 10, 20, 30] },
      { name: "y", shape: [3, 1], values: [7, 5, 7], stored: 2 },
    ]),
    mat([{ name: "data", shape: [2, 2], values: [1, 2, 3, 4], of: 10, stored: 3 }], { little: false }),
    mat([{ name: "x", shape: [4, 1], values: [1, 2, 3, 4] }], { pack: (data) => deflateSync(data) }),
  ]),
};

const TOKENS = [
  "\n",
  "\r\n",
  "\r",
  "\t",
  " ",
  ",",
  ":",
  ";",
  "(",
  ")",
  "{",
  "}",
  "'",
  '"',
  "\\n",
  "\\",
  "%",
  "#",
  "@",
  "?",
  "NaN",
  "-",
  ".",
  "e9",
  "1e999",
  "-Infinity",
  "99999999999999999999999999",
  "0x10",
  "@data\n",
  "@equalLength true\n",
  "@seriesLength 4294967296\n",
  "@classLabel true ",
  "@relation x\n",
  "\u0000",
  "\u001b[2J",
  "\u2028",
  "\ufeff",
  "é",
  "(1,2),",
  "PK\u0003\u0004",
  "RIFF",
  "(9999999999, 9)",
  "'shape': (",
  "<U999999999",
].map((token) => new TextEncoder().encode(token));
const EXTREMES = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

type Edit = (bytes: Uint8Array) => Uint8Array;
const spliced = (bytes: Uint8Array, at: number, gone: number, put: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length - gone + put.length);
  out.set(bytes.subarray(0, at));
  out.set(put, at);
  out.set(bytes.subarray(at + gone), at + put.length);
  return out;
};

/** One piece of damage: places are fractions of the file, so that they hold after the damage before. */
const edit: fc.Arbitrary<Edit> = (() => {
  const place = fc.nat(0xffffff).map((n) => (length: number) => Math.floor((n / 0x1000000) * (length + 1)));
  const flip = fc.tuple(place, fc.nat(7)).map(
    ([at, bit]): Edit =>
      (b) =>
        b.map((v, i) => (i === at(b.length) ? v ^ (1 << bit) : v)),
  );
  const overwrite = fc
    .tuple(place, fc.constantFrom(1, 2, 4), fc.oneof(fc.constantFrom(...EXTREMES), fc.nat(0xffffff)))
    .map(([at, size, value]): Edit => (b) => {
      const put = Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
      const from = at(b.length);
      return spliced(b, from, Math.min(size, b.length - from), put);
    });
  const insert = fc
    .tuple(
      place,
      fc.oneof(fc.constantFrom(...TOKENS), fc.uint8Array({ maxLength: 8 })),
      fc.constantFrom(1, 1, 1, 40),
    )
    .map(([at, token, times]): Edit => (b) => {
      const put = new Uint8Array(token.length * times);
      for (let i = 0; i < times; i++) put.set(token, i * token.length);
      return spliced(b, at(b.length), 0, put);
    });
  const cut = place.map(
    (at): Edit =>
      (b) =>
        b.slice(0, at(b.length)),
  );
  const remove = fc.tuple(place, fc.nat(20)).map(([at, gone]): Edit => (b) => {
    const from = at(b.length);
    return spliced(b, from, Math.min(gone, b.length - from), new Uint8Array(0));
  });
  const repeat = fc.tuple(place, place).map(([a, b]): Edit => (bytes) => {
    const [from, to] = [a(bytes.length), b(bytes.length)].sort((p, q) => p - q);
    return spliced(bytes, to, 0, bytes.subarray(from, to));
  });
  const repeatLine = place.map((at): Edit => (bytes) => {
    const from = bytes.lastIndexOf(10, Math.max(0, at(bytes.length) - 1)) + 1;
    const end = bytes.indexOf(10, from) + 1 || bytes.length;
    return spliced(bytes, end, 0, bytes.subarray(from, end));
  });
  return fc.oneof(flip, overwrite, insert, cut, remove, repeat, repeatLine);
})();

/** A seed of a reader with some damage done to it. */
export const damaged = ({ seeds }: Reader): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([seed, edits]) => edits.reduce((bytes, change) => change(bytes), seed));

/** One line: the file, the place in it (or that it is the file as a whole), and what is wrong. */
const REFUSAL = /^f\.\w+(:\d+:|(, [^:]*)?, (byte|row) \d+:|, [\w. ]+:|: the file |: it ) ?\P{Cc}+; \P{Cc}+$/u;

/** Reads damaged bytes and returns whether they were taken; throws where the reader broke its promises. */
export function outcome(reader: Reader, bytes: Uint8Array): "taken" | "refused" {
  let sets: readonly (Dataset | null)[];
  try {
    sets = reader.read(bytes);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (!REFUSAL.test(error.message) || error.message.length > 1000 || !error.message.startsWith(reader.file))
      throw new Error(`the refusal tells no place: ${error.message}`, { cause: error });
    return "refused";
  }
  for (const data of sets) if (data) requireSound(data, bytes.length);
  return "taken";
}

function requireSound(data: Dataset, inputBytes: number): void {
  const { series, rows, channels, length, lengths, labels, classes, targets } = data;
  const hold = (what: string, holds: boolean): void => {
    if (!holds) throw new Error(`a data set is not sound: ${what}`);
  };
  hold("its shape", Number.isInteger(rows) && rows > 0 && channels > 0 && length > 0);
  hold("its size", series.length === rows * channels * length);
  hold("its memory", series.byteLength <= Math.max(FREE_BYTES, MOST_TIMES * inputBytes));
  hold(
    "its labels",
    labels.length === 0 || (labels.length === rows && labels.every((k) => k >= 0 && k < classes.length)),
  );
  hold("its classes", new Set(classes).size === classes.length && !classes.includes(""));
  hold(
    "its targets",
    targets.every(Number.isFinite) && (targets.length === 0 || targets.length % rows === 0),
  );
  hold(
    "its values",
    series.every((v) => Math.abs(v) < Infinity || Number.isNaN(v)),
  );
  hold("its lengths", lengths === undefined || lengths.length === rows);
  lengths?.forEach((end, row) => {
    hold("a length", end >= 1 && end <= length);
    for (let c = 0; c < channels; c++) {
      const start = (row * channels + c) * length;
      hold("what follows a shorter row", series.subarray(start + end, start + length).every(Number.isNaN));
    }
  });
}
