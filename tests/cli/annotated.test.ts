import { mkdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cli, workshop } from "./harness.ts";
import { npy, u16, wav } from "../readers/bytes.ts";
import { atr, edf, tals } from "../readers/signalFiles.ts";

const { path, put } = workshop();
mkdirSync(path("days"));

/** 16 stretches of 60 samples, in turn a fast wave and a slow one, at 100 Hz; some noise that no generator is needed for. */
const RATE = 100;
const STRETCH = 60;
const kinds = ["fast", "slow"];
const wave = Array.from({ length: 16 * STRETCH }, (_, t) => {
  const slow = Math.floor(t / STRETCH) % 2;
  return Math.sin(t * (slow ? 0.15 : 1.3)) + 0.1 * Math.sin(t * t);
});
const digital = wave.map((x) => Math.round(x * 1000));
const stretches = Array.from({ length: 16 }, (_, i) => ({
  start: (i * STRETCH) / RATE,
  end: ((i + 1) * STRETCH) / RATE,
  label: kinds[i % 2],
}));
const csv = [
  "start,end,label",
  ...stretches.map(({ start, end, label }) => `${start},${end},${label}`),
  "",
].join("\n");

/** Ten seconds, nearly: 96 records of 10 samples in 0.1 s, annotations beside them. */
const night = put(
  "night.edf",
  edf(
    [
      {
        label: "EEG",
        ranges: [-2, 2, -2000, 2000],
        records: Array.from({ length: 96 }, (_, r) => digital.slice(10 * r, 10 * r + 10)),
      },
      {
        label: "EDF Annotations",
        records: Array.from({ length: 96 }, (_, r) =>
          tals(
            60,
            `+${r / 10}\u0014\u0014`,
            ...(r % 6 ? [] : [`+${r / 10}\u0015${STRETCH / RATE}\u0014${kinds[(r / 6) % 2]}\u0014`]),
          ),
        ),
      },
    ],
    { reserved: "EDF+C", seconds: 0.1 },
  ),
);
const sound = put("sound.wav", wav({ rate: RATE }, u16(...digital.map((x) => x & 0xffff))));
const marks = put("marks.csv", csv);

describe("a recording with annotations", () => {
  it("trains a U-Net on a class a position by default, evaluates and predicts", async () => {
    const reading = ["--annotations", night, "--window", "0.6s", "--hop", "0.3s"];
    const out = path("run");
    const trained = await cli([
      "train",
      night,
      ...reading,
      "--test",
      "0.25",
      "--epochs",
      "30",
      "--out",
      out,
      "--json",
    ]);
    expect(trained.stderr).toContain("unet1d");
    expect(trained.code).toBe(0);
    const result = JSON.parse(trained.stdout) as { model: string; test: { accuracy: number } };
    expect(result.model).toBe("unet1d");
    expect(result.test.accuracy).toBeGreaterThan(0.9);
    const model = `${out}/model.safetensors`;
    const evaluated = await cli(["evaluate", model, night, ...reading, "--json"]);
    // 960 positions in windows of 60 every 30: 31 of them
    const figures = JSON.parse(evaluated.stdout) as { rows: number; accuracy: number };
    expect(figures.rows).toBe(31);
    expect(figures.accuracy).toBeGreaterThan(0.9);
    const predicted = await cli(["predict", model, night, "--window", "60", "--json"]);
    const rows = predicted.stdout.trim().split("\n");
    expect(rows.length).toBe(16);
    const first = JSON.parse(rows[0]) as { labels: readonly string[] };
    expect(first.labels.length).toBe(60);
    expect(first.labels.filter((label) => label === "fast").length).toBeGreaterThan(50);
  });

  it("goes in annotated and comes out as intervals that say the same again, scored in report and JSON", async () => {
    const out = path("run");
    const model = `${out}/model.safetensors`;
    const reading = ["--annotations", night, "--window", "0.6s"];
    const scored = await cli(["evaluate", model, night, ...reading, "--json"]);
    interface Figures {
      readonly accuracy: number;
      readonly f1: number;
      readonly classes: readonly { readonly name: string; readonly f1: number }[];
    }
    const { accuracy, f1, classes } = JSON.parse(scored.stdout) as Figures;
    expect(classes.map(({ name }) => name)).toEqual(kinds);
    expect(f1).toBeCloseTo((classes[0].f1 + classes[1].f1) / 2, 12);
    const report = readFileSync(`${out}/report.html`, "utf8");
    expect(report).toMatch(/F1/);

    const intervals = path("intervals.csv");
    const predicted = await cli([
      "predict",
      model,
      night,
      "--window",
      "0.6s",
      "--intervals",
      "--out",
      intervals,
    ]);
    expect(predicted.code).toBe(0);
    const lines = readFileSync(intervals, "utf8").trim().split("\n");
    expect(lines[0]).toBe("row,start_sample,end_sample,start_seconds,end_seconds,label,p");
    // 16 stretches of one recording, though windows begin and end with them
    const ends = lines.slice(1).map((line) => Number(line.split(",")[2]));
    expect([lines[1].split(",")[1], ends[ends.length - 1]]).toEqual(["0", 960]);
    const again = ["--annotations", intervals, "--window", "0.6s"];
    const agreed = await cli(["evaluate", model, night, ...again, "--json"]);
    expect(JSON.parse(agreed.stdout)).toMatchObject({ accuracy: 1, f1: 1 });
    expect(accuracy).toBeGreaterThan(0.9);
    const finely = ["--window", "0.6s", "--hop", "0.1s"];
    const overlapping = await cli(["predict", model, night, ...finely, "--intervals", "--json"]);
    const joined = overlapping.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { row: number; start: number; end: number });
    expect(joined.every(({ row, start }, i) => row === 0 && start === (joined[i - 1]?.end ?? 0))).toBe(true);
  });

  it("takes the length of rows in seconds, at their rate", async () => {
    const pieces = path("pieces");
    mkdirSync(pieces, { recursive: true });
    for (let i = 0; i < 8; i++)
      put(
        `pieces/${kinds[i % 2]}_${i}.wav`,
        wav({ rate: RATE }, u16(...digital.slice(i * 60, i * 60 + 40 + i).map((x) => x & 0xffff))),
      );
    const words = ["train", pieces, "--epochs", "1", "--model", "chain", "--out", path("cut"), "--json"];
    const { code, stdout, stderr } = await cli([...words, "--length", "0.5s"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("length 50")]);
    expect(JSON.parse(stdout)).toMatchObject({ model: "chain" });
    const odd = await cli([...words, "--force", "--length", "0.505s"]);
    expect([odd.code, odd.stderr]).toEqual([
      2,
      expect.stringContaining(
        "--length is 0.505s, which at 100 Hz is 50.5 positions; it is a whole number of at least 1; give another",
      ),
    ]);
  });

  it.each(["tcn", "wavenet"])(
    "trains %s, which then predicts a class of each position too",
    async (model) => {
      const words = [
        "train",
        sound,
        "--annotations",
        marks,
        "--window",
        "96",
        "--model",
        model,
        "--epochs",
        "2",
      ];
      const { code, stdout, stderr } = await cli([...words, "--out", path(model), "--json"]);
      expect([code, stderr.includes("Error")]).toEqual([0, false]);
      expect((JSON.parse(stdout) as { model: string }).model).toBe(model);
    },
  );

  it("reads WAV, .npy with a rate, EDF and annotations in samples alike, and says what it took for granted", async () => {
    const array = put("wave.npy", npy("<f8", [wave.length], wave));
    const beats = put(
      "beats.atr",
      atr(
        stretches.map(({ start, label }) => ({ at: Math.round(start * RATE), code: 28, aux: `(${label}` })),
      ),
    );
    const inspect = async (
      ...words: readonly string[]
    ): Promise<{ classes: unknown; notes: readonly string[] }> => {
      const { stdout, stderr } = await cli(["inspect", ...words, "--json"]);
      expect(stderr).not.toContain("toeplitz:");
      return JSON.parse(stdout) as { classes: unknown; notes: readonly string[] };
    };
    const half = [
      { name: "fast", count: 480 },
      { name: "slow", count: 480 },
    ];
    const read = await inspect(sound, "--annotations", marks);
    expect(read.classes).toEqual(half);
    expect(read.notes).toEqual([
      `${marks}: columns "start" and "end" are read as seconds (--annotation-unit samples or ms says otherwise)`,
    ]);
    expect((await inspect(array, "--annotations", marks, "--rate", "100")).classes).toEqual(half);
    expect((await inspect(night, "--annotations", night)).classes).toEqual(half);
    expect((await inspect(array, "--annotations", beats)).classes).toEqual(half);
    const gap = put("gap.csv", "start_sample,end_sample,label\n0,100,a\n200,960,b\n");
    const { classes, notes } = await inspect(array, "--annotations", gap, "--window", "100");
    expect(classes).toEqual([
      { name: "a", count: 100 },
      { name: "b", count: 700 },
      { name: "none", count: 100 },
    ]);
    expect(notes).toEqual([
      'positions without an annotation are of class "none"',
      "60 positions at the ends of recordings fill no window and are left out",
    ]);
  });

  it("reads a folder of recordings with a file of annotations each, and tells which are too short for a window", async () => {
    put("days/a.wav", wav({ rate: RATE }, u16(...digital.slice(0, 300).map((x) => x & 0xffff))));
    put("days/a.txt", "0\t1.5\tup\n1.5\t3\tdown\n");
    put("days/b.wav", wav({ rate: RATE }, u16(...digital.slice(0, 100).map((x) => x & 0xffff))));
    put("days/b.txt", "0\t1\tup\n");
    put("days/c.wav", wav({ rate: RATE }, u16(...digital.slice(0, 20).map((x) => x & 0xffff))));
    put("days/c.txt", "0\t0.2\tup\n");
    const { stdout } = await cli([
      "inspect",
      path("days"),
      "--annotations",
      "*.txt",
      "--window",
      "50",
      "--json",
    ]);
    const { rows, classes, notes } = JSON.parse(stdout) as Record<string, unknown>;
    expect(rows).toBe(8);
    expect(classes).toEqual([
      { name: "down", count: 150 },
      { name: "up", count: 250 },
    ]);
    expect(notes).toEqual(["recordings shorter than a window are left out: c.wav"]);
    const whole = await cli(["inspect", path("days"), "--annotations", "*.txt"]);
    expect(whole.stderr).toContain("cut windows with --window");
    const missing = await cli(["inspect", path("days"), "--annotations", "*.csv"]);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining(`${path("days/a.csv")}: cannot read it: there is no such file or folder`),
    ]);
  });

  it.each<[string, readonly string[], string]>([
    [
      "a model of a class a row",
      ["train", sound, "--annotations", marks, "--model", "fcn"],
      "predicts a class of a row, but rows of",
    ],
    [
      "minirocket",
      ["train", sound, "--annotations", marks, "--model", "minirocket"],
      "rows have a class at each position, and --model minirocket predicts one class a row",
    ],
    [
      "a time without a rate",
      ["inspect", put("plain.npy", npy("<f8", [wave.length], wave)), "--window", "2s"],
      "--window is 2s, but the sampling rate is not known",
    ],
    [
      "seconds without a rate",
      ["inspect", path("plain.npy"), "--annotations", marks],
      "are in seconds, but the sampling rate of",
    ],
    [
      "another rate than the file's",
      ["inspect", sound, "--rate", "200"],
      "it has 100 Hz, but --rate is 200; leave --rate out",
    ],
    [
      "a time that is no whole number of positions",
      ["inspect", sound, "--window", "15ms"],
      "--window is 15ms, which at 100 Hz is 1.5 positions",
    ],
    [
      "a window that is neither a number nor a time",
      ["inspect", sound, "--window", "2 min"],
      '--window is "2 min"; it is a whole number of at least 1 or a time (2s, 500ms), such as 128',
    ],
    [
      "a unit without annotations",
      ["inspect", sound, "--annotation-unit", "ms"],
      "--annotation-unit is given without --annotations",
    ],
    [
      "annotations beyond the end",
      ["inspect", sound, "--annotations", put("late.csv", "start_s,end_s,label\n9,9.7,a\n")],
      '"a" (9 to 9.7 s) goes beyond the end of the recording, which has 960 positions (9.6 s)',
    ],
    [
      "several series",
      ["inspect", put("two.npy", npy("<f8", [2, 4], [1, 2, 3, 4, 5, 6, 7, 8])), "--annotations", marks],
      "it has 2 series, and annotations are of one recording",
    ],
    [
      "a folder and one file",
      ["inspect", path("days"), "--annotations", marks],
      "of a folder it is a pattern",
    ],
  ])("refuses %s", async (_, words, message) => {
    const { code, stderr } = await cli(words);
    const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("note: "));
    expect([code, lines.length]).toEqual([2, 1]);
    expect(stderr).toContain(message);
  });
});
