/** Arrays, rows of archives and recordings that people really have (cases.ts says how they are judged). */
import { ascii, joined, npy, u16, u32, zip } from "./bytes.ts";
import { kind, lines, wave } from "./cases.ts";

const values = (shape: readonly number[]): number[] =>
  Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i);
kind("K10, axes", [
  [
    "an array alone, more channels than steps",
    { "x.npy": npy("<f8", [6, 12, 8], values([6, 12, 8])) },
    { axes: "rows,channels,time" },
    {
      shape: [6, 12, 8],
      begins: [
        [0, 1],
        [8, 9],
      ],
    },
  ],
  [
    "by the rule, which is said",
    { "x.npy": npy("<f4", [6, 12, 8], values([6, 12, 8])) },
    {},
    {
      shape: [6, 8, 12],
      begins: [
        [0, 8],
        [1, 9],
      ],
      notes: [/shape \(6, 12, 8\) is taken as \[rows, time, channels\].*--axes rows,channels,time/],
    },
  ],
  [
    "an archive",
    {
      "a.npz": zip({
        "X.npy": npy("<f8", [4, 9, 5], values([4, 9, 5])),
        "y.npy": npy("<i4", [4], [0, 1, 0, 1]),
      }),
    },
    { axes: "rows,channels,time" },
    {
      shape: [4, 9, 5],
      begins: [
        [0, 1],
        [5, 6],
      ],
      classes: ["0", "1"],
    },
  ],
  [
    "of what has none",
    { "a.csv": "x0,x1\n1,2\n" },
    { axes: "rows,channels,time" },
    /axes: only NumPy arrays .*; leave it out$/,
  ],
]);

const signal = (i: number, between: string): string =>
  Array.from({ length: 8 }, (_, t) => (Math.sin(i * 8 + t) / 7).toExponential(7)).join(between);
kind("K11, signals without classes", [
  [
    "tabs",
    { "body_acc_x_train.tsv": lines(30, (i) => signal(i, "\t")) },
    {},
    /^body_acc_x_train\.tsv: column 1 is the class, and 30 of 30 rows have one of their own .*; .*put the class first$/,
  ],
  [
    "blanks before each value",
    { "gyro.txt": lines(25, (i) => `  ${signal(i, "  ")}`) },
    {},
    /^gyro\.txt: column 1 is the class, and 25 of 25 rows have one of their own/,
  ],
  [
    "two rows begin alike",
    { "gyro.txt": lines(40, (i) => signal(i === 7 ? 6 : i, " ")) },
    {},
    /^gyro\.txt: column 1 is the class, and \d+ of 40 rows have one of their own/,
  ],
  [
    "a header, which these files have not",
    { "log.tsv": `t\tx\n${lines(9, (i) => `${i}\t${wave(i)}`)}` },
    {},
    /^log\.tsv:1: column 2 is "x", as in a header, and these files have none; name its columns to read it as a table \(--label/,
  ],
]);

const ts = (head: string, rows: readonly string[], between = ""): string =>
  `${head}@data\n${rows.map((row) => `${row}\n${between}`).join("")}`;
const rising = ["1,2,3:A", "3,2,1:B", "1,2,4:A"];
kind("K15, comments of .ts files", [
  [
    "% between the lines of the header",
    { "a.ts": ts("%made by aeon\n@problemName a\n % two\n@classLabel true A B\n", rising) },
    {},
    { shape: [3, 1, 3], classes: ["A", "B"] },
  ],
  [
    "% and # between rows",
    { "a.ts": ts("@classLabel true A B\n", rising, "% next\n# next\n") },
    {},
    { shape: [3, 1, 3], begins: [[1, 2, 3]] },
  ],
  [
    "% in ARFF",
    {
      "a.arff":
        "% a\n@relation a\n%b\n@attribute x0 numeric\n@attribute x1 numeric\n@attribute class {A,B}\n@data\n% c\n1,2,A\n2,1,B\n",
    },
    {},
    { shape: [2, 1, 2], classes: ["A", "B"] },
  ],
]);

kind("K16, rows without answers", [
  [
    "no class label",
    { "a.ts": ts("@classLabel false\n", ["1,2,3", "3,2,1"]) },
    {},
    { shape: [2, 1, 3], classes: [] },
  ],
  [
    "? for the class",
    { "a.ts": ts("@classLabel true A B\n", ["1,2,3:?", "3,2,1:?"]) },
    {},
    { shape: [2, 1, 3], classes: [] },
  ],
  [
    "? in ARFF",
    {
      "a.arff":
        "@relation a\n@attribute x0 numeric\n@attribute x1 numeric\n@attribute class {A,B}\n@data\n1,2,?\n2,1,?\n",
    },
    {},
    { shape: [2, 1, 2], classes: [] },
  ],
  [
    "a CSV without the column",
    { "a.csv": "x0,x1,x2\n1,2.5,3\n3,2,1\n" },
    {},
    { shape: [2, 1, 3], classes: [] },
  ],
]);

const arff = (attribute: string): string =>
  `@relation a\n@attribute x0 numeric\n@attribute x1 numeric\n${attribute}\n@data\n1,2,Walking\n2,1,Running\n`;
kind("K17, ARFF's lists of classes", [
  [
    "no blank before the brace",
    { "a.arff": arff("@attribute class{Walking,Running}") },
    {},
    { shape: [2, 1, 2], classes: ["Walking", "Running"] },
  ],
  [
    "blanks within, a name in quotes",
    { "a.arff": arff("@ATTRIBUTE 'the class'{ Walking , Running }") },
    {},
    { shape: [2, 1, 2], classes: ["Walking", "Running"] },
  ],
  [
    "tabs",
    { "a.arff": arff("@attribute\tclass\t{Walking,\tRunning}") },
    {},
    { shape: [2, 1, 2], classes: ["Walking", "Running"] },
  ],
  [
    "a class that is not in the list",
    { "a.arff": arff("@attribute class{Walking,Standing}") },
    {},
    /^a\.arff:7: .*Running.*; .*$/,
  ],
]);

/** A WAV file of four samples of 16 bits; `size` is what its header says of them. */
function wav(size: number, samples: readonly number[], riff = size + 36): Uint8Array {
  const format = joined(u16(1, 1), u32(100, 200), u16(2, 16));
  const bytes = samples.flatMap((x) => u16(x & 0xffff));
  return joined(
    ascii("RIFF"),
    u32(riff),
    ascii("WAVEfmt "),
    u32(16),
    format,
    ascii("data"),
    u32(size),
    bytes,
  );
}

const tone = [0, 16_384, 0, -16_384];
const right = { shape: [2, 1, 4], begins: [[0, 0.5, 0, -0.5]], classes: ["high", "low"] } as const;
kind("K18, headers of interrupted writers", [
  [
    "a size of 0",
    { ".path": ".", "high_1.wav": wav(0, tone), "low_1.wav": wav(8, tone) },
    {},
    { ...right, notes: [/high_1\.wav: the header has 0 bytes of samples; the 8 bytes to the end/] },
  ],
  [
    "an unknown size",
    { ".path": ".", "high_1.wav": wav(0xffff_ffff, tone, 0xffff_ffff), "low_1.wav": wav(8, tone) },
    {},
    { ...right, notes: [/high_1\.wav: /] },
  ],
  [
    "a size beyond the end",
    { ".path": ".", "high_1.wav": wav(800, tone), "low_1.wav": wav(8, tone) },
    {},
    { ...right, notes: [/high_1\.wav: /] },
  ],
  ["a RIFF size of 0", { ".path": ".", "high_1.wav": wav(8, tone, 0), "low_1.wav": wav(8, tone) }, {}, right],
  [
    "no samples at all",
    { ".path": ".", "high_1.wav": wav(0, []), "low_1.wav": wav(8, tone) },
    {},
    /^high_1\.wav, byte 44: the recording has no samples; a series has at least one; leave it out, or record it again$/,
  ],
]);

const words = { "no/a_1.wav": wav(8, tone), "yes/b_1.wav": wav(8, tone) };
const long = wav(
  8000,
  Array.from({ length: 4000 }, () => 1),
);
kind("K19, folders that are no classes", [
  [
    "_background_noise_",
    { ".path": ".", ...words, "_background_noise_/hum.wav": long },
    {},
    { shape: [2, 1, 4], classes: ["no", "yes"], notes: [/left out: _background_noise_\//] },
  ],
  [
    "hidden ones",
    { ".path": ".", ...words, ".cache/hum.wav": long, "yes/.b_2.wav": long },
    {},
    { shape: [2, 1, 4], classes: ["no", "yes"], notes: [/left out: \.cache\//] },
  ],
  [
    "noise by another name makes a long row, which is said",
    { ".path": ".", ...words, "noise/hum_1.wav": long },
    {},
    { shape: [3, 1, 4000], classes: ["no", "noise", "yes"], notes: [/hum_1\.wav/] },
  ],
  [
    "nothing else",
    { ".path": ".", "_background_noise_/hum.wav": long },
    {},
    /_background_noise_\/, which are left out by their names/,
  ],
]);
