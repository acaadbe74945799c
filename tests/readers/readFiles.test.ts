/** Files given together are read as the command line reads a folder of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../src/data/errors.ts";
import { gather, type Dataset } from "../../src/data/dataset.ts";
import { readParts } from "../../src/readers/node/readParts.ts";
import { readFiles, type ReadFilesOptions } from "../../src/readers/readFiles.ts";
import { ascii, npy, u16, wav } from "./bytes.ts";
import { dat } from "./signalFiles.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Files = Readonly<Record<string, Uint8Array | string>>;
const bytesOf = (content: Uint8Array | string): Uint8Array =>
  typeof content === "string" ? ascii(content) : content;
const read = (files: Files, options: ReadFilesOptions = {}) =>
  readFiles(
    Object.entries(files).map(([name, content]) => ({ name, read: async () => bytesOf(content) })),
    options,
  );
async function refusal(files: Files, options: ReadFilesOptions = {}): Promise<string> {
  try {
    await read(files, options);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

/** What is compared: all but names and notes, which say where files are. */
const plain = (data: Dataset | null) =>
  data && {
    series: [
      ...gather(
        data,
        Array.from({ length: data.rows }, (_, row) => row),
      ).series,
    ],
    channels: data.channels,
    channelNames: data.channelNames,
    length: data.length,
    lengths: data.lengths && [...data.lengths],
    rate: data.rate,
    groups: data.groups,
    answers: data.answers,
  };

const sound = (...values: readonly number[]): Uint8Array => wav({}, u16(...values));
const ucr = "a\t1\t2\t3\nb\t4\t5\t6\n";
const record = "r 2 100 3\nr.dat 16 200/mV\nr.dat 16 100/mV\n";

let count = 0;
function onDisk(files: Files): string {
  const root = join(folder, `case${++count}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), bytesOf(content));
  }
  return root;
}

describe("readFiles", () => {
  it.each<[string, Files, ReadFilesOptions]>([
    ["NAME_TRAIN and NAME_TEST", { "G_TRAIN.tsv": ucr, "G_TEST.tsv": ucr, "README.md": "x" }, {}],
    [
      "NumPy arrays by their names",
      {
        "x_train.npy": npy("<f4", [2, 3], [1, 2, 3, 4, 5, 6]),
        "y_train.npy": npy("<i4", [2], [0, 1]),
        "x_test.npy": npy("<f4", [1, 3], [7, 8, 9]),
        "y_test.npy": npy("<i4", [1], [1]),
      },
      {},
    ],
    [
      "recordings named by class and group",
      { "0_ann_1.wav": sound(1, 2), "1_bob_1.wav": sound(3, 4, 5) },
      {},
    ],
    [
      "folders named by class",
      {
        "no/a_1.wav": sound(1, 2),
        "yes/b_1.wav": sound(3, 4),
        "_noise_/c.wav": sound(9, 9),
        ".x.wav": sound(9),
      },
      {},
    ],
    [
      "windows of recordings",
      { "0_a_1.wav": sound(1, 2, 3, 4), "1_b_1.wav": sound(3, 4, 5, 6) },
      { window: 2 },
    ],
  ])("reads as the command line does: %s", async (_, files, options) => {
    const [mine, theirs] = [await read(files, options), await readParts(onDisk(files), options)];
    expect(plain(mine.train)).toEqual(plain(theirs.train));
    expect(plain(mine.test)).toEqual(plain(theirs.test));
    expect(mine.train.rows).toBeGreaterThan(0);
  });

  it("takes the folder that was given off the names, so that it is no class", async () => {
    const { train } = await read({ "fsdd/0_ann_1.wav": sound(1, 2), "fsdd/1_bob_1.wav": sound(3, 4) });
    expect(train.classes).toEqual(["0", "1"]);
    expect(train.groups).toEqual(["ann", "bob"]);
    expect(train.name).toBe("fsdd");
  });

  it("reads recordings whose names have no class as rows without an answer, and says so", async () => {
    const { train } = await read({ "a.wav": sound(1, 2), "b.wav": sound(3, 4) });
    expect(train.answers.kind).toBe("none");
    expect(train.notes?.join()).toContain("the rows have no answer");
  });

  it("reads a WFDB record with the file of its samples beside it", async () => {
    const { train } = await read({ "d/r.hea": record, "d/r.dat": dat(16, [200, 100, 400, 200, 0, 0]) });
    expect([train.channels, train.length, train.rate]).toEqual([2, 3, 100]);
    expect([...train.series]).toEqual([1, 2, 0, 1, 2, 0]);
    expect(train.notes ?? []).toEqual([]);
    expect(await refusal({ "r.hea": record })).toBe(
      "r.hea: its samples are in r.dat, which is not there; give both files",
    );
  });

  it("reads several tables of the same columns as one, a series each by its file", async () => {
    const { train } = await read(
      { "a.csv": "t,x,class\n0,1,up\n1,2,up\n", "b.csv": "t,class,x\n0,down,3\n1,down,4\n" },
      { time: "t", label: "class" },
    );
    expect(train.rows).toBe(2);
    expect([...train.series]).toEqual([1, 2, 3, 4]);
    expect(train.classes).toEqual(["down", "up"]);
  });

  it("leaves files out with a note", async () => {
    const { train } = await read({ "a.wav": sound(1, 2), "notes.md": "x" });
    expect(train.notes?.at(-1)).toBe("files that are left out: notes.md");
  });

  it("takes a rate and windows in time", async () => {
    const { train } = await read(
      { "x.npy": npy("<f4", [6], [1, 2, 3, 4, 5, 6]) },
      { rate: 2, window: "1s", hop: "500ms" },
    );
    expect([train.rows, train.length, train.rate]).toEqual([5, 2, 2]);
  });

  it("makes forecasts of channels of a recording and of a table", async () => {
    const array = await read(
      { "x.npy": npy("<f4", [6], [1, 2, 3, 4, 5, 6]) },
      { rate: 2, window: 2, hop: 2, horizon: "1s" },
    );
    expect(array.train.answers).toMatchObject({ kind: "values", outputs: 2 });
    expect([...array.train.targets]).toEqual([3, 4, 5, 6]);
    const table = await read(
      { "a.csv": "t,x,y\n0,1,10\n1,2,20\n2,3,30\n3,4,40\n" },
      { time: "t", window: 2, hop: 1, horizon: 1, target: ["y"] },
    );
    expect([...table.train.targets]).toEqual([30, 40]);
    expect(table.train.channelNames).toEqual(["x", "y"]);
  });

  it.each<[string, Files, ReadFilesOptions, string]>([
    [
      "a horizon without a window",
      { "a.wav": sound(1, 2) },
      { horizon: 2 },
      "horizon is given without window; a forecast is of what comes after a window; give both",
    ],
    [
      "a hop without a window",
      { "a.wav": sound(1, 2) },
      { hop: 2 },
      "hop is given without window; it is the step from window to window; give both",
    ],
    [
      "nothing",
      { ".a": "x" },
      {},
      "there is no file to read (names that begin with ., and folders that begin with _, are left out); give one",
    ],
    [
      "MP3",
      { "a.mp3": Uint8Array.of(0xff, 0xfb, 0x90, 0xc4, ...new Uint8Array(413)) },
      {},
      "decoded on the command line alone",
    ],
    [
      "a label of what has no columns",
      { "a.wav": sound(1) },
      { label: "x" },
      "a.wav: label: only tables (.csv, .tsv, .txt) have columns; leave it out",
    ],
    [
      "a rate beside another",
      { "a.wav": sound(1) },
      { rate: 5 },
      "a.wav: it has 8000 Hz, but rate is 5; leave it out",
    ],
    [
      "a rate of 0",
      { "x.npy": npy("<f4", [2], [1, 2]) },
      { rate: 0 },
      "x.npy: rate is 0; it is a number of samples a second above 0; correct it",
    ],
    [
      "names with and without a class",
      { "a_1.wav": sound(1), "b.wav": sound(2) },
      {},
      "b.wav: the name has no class, and others have one",
    ],
    [
      "a part without the other",
      { "G_TRAIN.tsv": ucr, "H.tsv": ucr },
      {},
      "G_TRAIN.tsv has no G_TEST.tsv beside it",
    ],
    [
      "what belongs to nothing",
      { "a.bin": "x", "b.bin": "y" },
      {},
      "2 files (a.bin, b.bin) are neither recordings",
    ],
    [
      "channels that are not there",
      { "x.npy": npy("<f4", [2], [1, 2]) },
      { channels: ["7"] },
      'there is no channel "7"',
    ],
  ])("refuses %s", async (_, files, options, said) => {
    expect(await refusal(files, options)).toContain(said);
  });
});
