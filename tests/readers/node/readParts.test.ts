import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { readDataset, readParts } from "../../../src/node.ts";
import { gather } from "../../../src/data/dataset.ts";
import { npy, u16, wav, zip } from "../bytes.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-parts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

const x = (...values: readonly number[]): Uint8Array => npy("<f4", [values.length / 2, 2], values);
const y = (...values: readonly number[]): Uint8Array => npy("<i4", [values.length], values);
const tone = (...samples: readonly number[]): Uint8Array => wav({}, u16(...samples));

describe("readParts", () => {
  it("reads x_train.npy with y_train.npy, x_test.npy and y_test.npy beside it, and their folder alike", async () => {
    const file = put("pair/X_train.npy", x(1, 2, 3, 4));
    put("pair/y_train.npy", y(5, 6));
    put("pair/X_test.npy", x(7, 8));
    put("pair/y_test.npy", y(6));
    for (const path of [file, join(folder, "pair"), join(folder, "pair/")]) {
      const { train, test } = await readParts(path);
      expect([train.name, train.classes, [...train.labels]]).toEqual(["pair", ["5", "6"], [0, 1]]);
      expect([test?.classes, [...(test?.series ?? [])]]).toEqual([["6"], [7, 8]]);
    }
  });

  it("reads an array alone without answers", async () => {
    const { train, test } = await readParts(put("alone/bearing.npy", npy("<f4", [3], [1, 2, 3])));
    expect([train.name, train.rows, train.channels, train.length]).toEqual(["bearing", 1, 1, 3]);
    expect([train.classes.length, train.targets.length, test]).toEqual([0, 0, null]);
  });

  it("takes an archive's own parts, and its test part as `test`", async () => {
    const arrays = { "X_train.npy": x(1, 2), "y_train.npy": y(1), "X_test.npy": x(3, 4), "y_test.npy": y(1) };
    const path = put(
      "both.npz",
      zip(arrays, (data) => deflateRawSync(data)),
    );
    expect([...(await readDataset(path)).series]).toEqual([1, 2]);
    expect([...(await readDataset(path, { test: path })).test.series]).toEqual([3, 4]);
  });

  it("reads a folder of recordings, their class before the first _ of the name, the group before the second", async () => {
    put("flat/7_theo_0.wav", tone(0x4000, 0));
    put("flat/10_anna_0.wav", tone(0));
    put("flat/README.md", tone(1));
    const { train } = await readParts(join(folder, "flat"));
    expect([train.name, train.rows, train.length]).toEqual(["flat", 2, 2]);
    expect([train.classes, [...train.labels], train.groups]).toEqual([
      ["7", "10"],
      [1, 0],
      ["anna", "theo"],
    ]);
    expect([[...(train.lengths ?? [])], [...train.series]]).toEqual([
      [1, 2],
      [0, NaN, 0.5, 0],
    ]);
  });

  it("reads a folder of folders, and the single folder below", async () => {
    put("deep/only/no/a.wav", tone(1));
    put("deep/only/yes/b.wav", tone(1));
    const { train } = await readParts(join(folder, "deep/only"));
    expect([train.classes, train.groups]).toEqual([["no", "yes"], undefined]);
    put("one/inside/a_1.npy", npy("<f4", [2], [1, 2]));
    put("one/inside/b_1.npy", npy("<f4", [2], [3, 4]));
    const one = (await readParts(join(folder, "one"))).train;
    expect([one.name, one.classes, [...one.series]]).toEqual(["one", ["a", "b"], [1, 2, 3, 4]]);
  });

  it("takes class and group from the name by regular expressions", async () => {
    for (const name of ["1797_B_14_DE12_DE", "1797_Normal_DE", "1730_B_14_DE12_DE"])
      put(`rig/${name}.npy`, npy("<f4", [2], [1, 2]));
    const rig = join(folder, "rig");
    const data = await readDataset(rig, { label: "_(.*?)_DE", group: "^\\d+" });
    expect([data.classes, [...data.labels]]).toEqual([
      ["B_14", "Normal"],
      [0, 0, 1],
    ]);
    expect(data.groups).toEqual(["1730", "1797", "1797"]);
    await expect(readDataset(rig, { label: "_B_(..)" })).rejects.toThrow(
      `${join(rig, "1797_Normal_DE.npy")}: label "_B_(..)" does not match the name; its first group is the class of each file; correct it`,
    );
    await expect(readDataset(rig, { label: "(" })).rejects.toThrow(
      /^label is "\(", no regular expression \(.*\); correct it$/,
    );
    await expect(readDataset(rig, { sql: "select 1" })).rejects.toThrow(/: sql: only tables/);
  });

  it("cuts recordings into windows of their own, which say the file's name", async () => {
    put("machine/9_ball_7.npy", npy("<f4", [5], [1, 2, 3, 4, 5]));
    put("machine/9_race_7.npy", npy("<f4", [4], [6, 7, 8, 9]));
    const { train, test } = await readDataset(join(folder, "machine"), {
      label: "_(.*)_",
      window: 2,
      hop: 1,
      test: 0.25,
    });
    expect(train.classes).toEqual(["ball", "race"]);
    // of the windows that begin at 0, 1, 2 and 3 the last is held back; the one before overlaps it
    expect([...(train.spans?.start ?? [])]).toEqual([0, 1, 0]);
    expect([...gather(train, [1, 2]).series]).toEqual([2, 3, 6, 7]);
    expect([...gather(test, [0, 1]).series]).toEqual([4, 5, 8, 9]);
    expect(test.spans?.names).toEqual(["9_ball_7.npy", "9_race_7.npy"]);
  });

  it("brings recordings of several rates to the lowest", async () => {
    const silence = (rate: number, count: number) =>
      wav({ rate }, u16(...Array.from({ length: count }, () => 0)));
    put("rates/a_1.wav", silence(16000, 32));
    put("rates/b_1.wav", silence(8000, 16));
    const { train } = await readParts(join(folder, "rates"));
    expect([train.rows, train.length, train.lengths]).toEqual([2, 16, undefined]);
  });

  it("leaves out folders that begin with _ or . and files that are no recordings, and says so", async () => {
    for (const file of [
      "yes/a_0.wav",
      "no/b_0.wav",
      "_background_noise_/pink.wav",
      ".cache/c.wav",
      "no/._b_0.wav",
    ])
      put(`speech/${file}`, tone(1, 2));
    put("speech/README.md", tone(1));
    const path = join(folder, "speech");
    const { train } = await readParts(path);
    expect([train.rows, train.classes]).toEqual([2, ["no", "yes"]]);
    expect(train.notes).toEqual([
      `${path}: folders that begin with _ or . are left out: .cache/, _background_noise_/; give one of them by itself to read it`,
      `${path}: files that are no recordings are left out: README.md, no/._b_0.wav`,
    ]);
    put("hidden/_one/a_0.wav", tone(1));
    put("hidden/_two/a_0.wav", tone(1));
    await expect(readParts(join(folder, "hidden"))).rejects.toThrow(
      "hidden: the folder has no recordings (.wav or .flac or .edf or .bdf or .rec or .mp3 or .hea or .npy) in it or in its folders (but for _one/, _two/, which are left out by their names), no x_train.npy, and no NAME_TRAIN",
    );
  });

  it.each([
    [
      "one long file",
      [4, 4, 41],
      "c_1.wav",
      "41 values, the median row 4, and rows are padded to the longest;",
    ],
    [
      "two long files",
      [4, 4, 4, 42, 50],
      "e_1.wav",
      "50 values, the median row 4, and rows are padded to the longest (and 1 more such rows);",
    ],
    [
      "the first file",
      [61, 5, 6],
      "a_1.wav",
      "61 values, the median row 6, and rows are padded to the longest;",
    ],
  ])("says which recording made the length: %s", async (name, lengths, file, text) => {
    lengths.forEach((length, i) =>
      put(`${name}/${"abcde"[i]}_1.wav`, tone(...Array.from({ length }, () => i))),
    );
    const path = join(folder, name);
    const note = `${join(path, file)} has ${text} leave it out, or cut rows with --length or --window`;
    expect((await readParts(path)).train.notes).toEqual([note]);
    // windows are not padded
    expect((await readParts(path, { window: 2 })).train.notes).toBeUndefined();
  });

  it("says that recordings are resampled, and what of one was not as its header says", async () => {
    put("sloppy/a_1.wav", wav({ rate: 16000 }, u16(0, 0, 0, 0)));
    put("sloppy/b_1.wav", wav({ rate: 8000 }, [...u16(0, 0), 7]));
    put("sloppy/c_1.wav", wav({ rate: 8000 }, [...u16(0, 0), 7]));
    expect((await readParts(join(folder, "sloppy"))).train.notes).toEqual([
      "sloppy: recordings of 16000, 8000 Hz are resampled to 8000 Hz",
      `${join(folder, "sloppy/b_1.wav")}: the last 1 of 5 bytes of samples fill no frame of 2, and are left out (and 1 more such notes of other files)`,
    ]);
  });

  it("hands axes on to arrays, and refuses them for what has none", async () => {
    const cube = npy("<f4", [1, 3, 2], [0, 1, 2, 3, 4, 5]);
    const path = put("axes3/x.npy", cube);
    const archive = put("axes.npz", zip({ "X.npy": cube }));
    for (const source of [path, join(folder, "axes3"), archive]) {
      const { train } = await readParts(source, { axes: "rows,channels,time" });
      expect([train.channels, train.length, train.notes]).toEqual([3, 2, undefined]);
      expect((await readParts(source)).train.channels).toBe(2);
    }
    for (const source of [
      put("axes.ts", new TextEncoder().encode("@classLabel false\n@data\n1,2\n")),
      put("axes/a_1.wav", tone(1)),
      join(folder, "axes"),
    ])
      await expect(readParts(source, { axes: "rows,channels,time" })).rejects.toThrow(
        `${source}: axes: only NumPy arrays (.npy, .npz) of three axes have an order of axes; leave it out`,
      );
  });

  it.each<[string, string, Uint8Array, string]>([
    [
      "stereo",
      "b_1.wav",
      wav({ channels: 2 }, u16(1, 2)),
      "/b_1.wav: it has 2 channels, but PATH/a_1.wav has 1; all have the same; convert it",
    ],
    [
      "nameless",
      "b.wav",
      tone(1),
      '/b.wav: the name has no class; it begins with one and "_", or the file stands in a folder that is called so; rename it, or give a regular expression as label',
    ],
    [
      "broken",
      "b_1.wav",
      tone(1).subarray(0, 20),
      '/b_1.wav, byte 12: the chunk "fmt " has 16 bytes, but 0 follow; is the file cut short? give it whole',
    ],
    [
      "axes",
      "b_1.npy",
      x(1, 2),
      "/b_1.npy: it has 2 axes; a recording has one; give the file itself, or a folder of recordings",
    ],
  ])("refuses a folder with a recording that does not fit: %s", async (name, file, bytes, message) => {
    put(`${name}/a_1.wav`, tone(1));
    put(`${name}/${file}`, bytes);
    const path = join(folder, name);
    await expect(readParts(path)).rejects.toThrow(`${path}${message.replace("PATH", path)}`);
  });

  it("refuses an empty folder and no file", async () => {
    mkdirSync(join(folder, "empty"));
    await expect(readParts(join(folder, "empty"))).rejects.toThrow(
      "empty: the folder has no recordings (.wav or .flac or .edf or .bdf or .rec or .mp3 or .hea or .npy) in it or in its folders, no x_train.npy, and no NAME_TRAIN and NAME_TEST; give a file, or such a folder",
    );
    await expect(readParts(join(folder, "nope"))).rejects.toThrow(
      "nope: cannot read it: there is no such file or folder; check the path",
    );
  });
});
