import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readDataset, readParts } from "../../../src/node.ts";
import { gather } from "../../../src/data/dataset.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-signals-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Channel c, row r, time t of a part is c.rt, as UCI HAR writes numbers. */
const value = (c: number, r: number, t: number): number => c + r / 10 + t / 100;
const signal = (c: number, rows: number, length = 3): string =>
  Array.from({ length: rows }, (_, r) =>
    Array.from({ length }, (_none, t) => `  ${value(c, r, t).toExponential(7).replace("e+", "e+00")}`).join(
      "",
    ),
  ).join("\n") + "\n";

/** A folder as UCI HAR has it; `edit` changes some of its files, null leaves one out. */
function har(name: string, edit: Readonly<Record<string, string | null>> = {}): string {
  const files: Record<string, string | null> = {
    "activity_labels.txt": "1 WALKING\n2 SITTING\n3 LAYING\n",
    "features.txt": "1 tBodyAcc-mean()-X\n",
    ...Object.fromEntries(
      (["train", "test"] as const).flatMap((part) => {
        const rows = part === "train" ? 4 : 2;
        return [
          [`${part}/X_${part}.txt`, "1 2 3\n"],
          [`${part}/y_${part}.txt`, part === "train" ? "2\n1\n1\n2\n" : "1\n2\n"],
          [`${part}/subject_${part}.txt`, part === "train" ? "1\n1\n3\n3\n" : "2\n2\n"],
          ...["total_acc_x", "body_acc_x", "body_gyro_z"].map((channel, c) => [
            `${part}/Inertial Signals/${channel}_${part}.txt`,
            signal(c, rows),
          ]),
        ];
      }),
    ),
    ...edit,
  };
  for (const [file, text] of Object.entries(files)) {
    if (text === null) continue;
    const path = join(folder, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return join(folder, name);
}

// channels in the order of their files' names: body_acc_x is 1, body_gyro_z 2, total_acc_x 0
const row = (r: number): number[] =>
  [1, 2, 0].flatMap((c) => [0, 1, 2].map((t) => Number(value(c, r, t).toExponential(7))));

describe("a folder of signals", () => {
  it("is read as one row of all channels a line, with classes by their names, subjects as groups and both parts", async () => {
    const { train, test } = await readParts(har("UCI HAR Dataset"));
    expect([train.name, train.rows, train.channels, train.length]).toEqual(["UCI HAR Dataset", 4, 3, 3]);
    expect([...gather(train, [0, 3]).series]).toEqual([...row(0), ...row(3)]);
    expect([train.classes, [...train.labels]]).toEqual([
      ["WALKING", "SITTING", "LAYING"],
      [1, 0, 0, 1],
    ]);
    expect(train.groups).toEqual(["1", "1", "3", "3"]);
    expect(train.channelNames).toEqual(["body_acc_x", "body_gyro_z", "total_acc_x"]);
    expect(train.notes).toEqual([
      "UCI HAR Dataset: the 3 channels are, in this order, body_acc_x, body_gyro_z, total_acc_x",
    ]);
    expect([test?.rows, [...(test?.labels ?? [])], test?.groups]).toEqual([2, [0, 1], ["2", "2"]]);
  });

  it("is read by a part, or the signals of a part, alone", async () => {
    const path = har("parts");
    for (const [below, rows] of [
      ["train", 4],
      ["test", 2],
      ["test/Inertial Signals", 2],
    ] as const) {
      const { train, test } = await readParts(join(path, below));
      expect([train.rows, train.channels, train.classes[2], test]).toEqual([rows, 3, "LAYING", null]);
    }
  });

  it("has numbers for classes without activity_labels.txt, and no answers or groups without their files", async () => {
    const numbers = await readDataset(har("numbers", { "activity_labels.txt": null }));
    expect([numbers.classes, [...numbers.labels]]).toEqual([
      ["1", "2"],
      [1, 0, 0, 1],
    ]);
    const bare = await readDataset(
      har("bare", { "train/y_train.txt": null, "train/subject_train.txt": null }),
    );
    expect([bare.answers, bare.groups]).toEqual([{ kind: "none" }, undefined]);
    expect(bare.notes?.[1]).toBe("bare: no file y_PART.txt stands beside the signals: rows have no answer");
  });

  it.each([
    [
      "lines",
      { "train/y_train.txt": "1\n2\n1\n" },
      "train/y_train.txt: it has 3 lines for 4 rows of signals; each row has one class; make them agree",
    ],
    [
      "subjects",
      { "test/subject_test.txt": "1\n2\n1\n" },
      "test/subject_test.txt: it has 3 lines for 2 rows of signals; each row has one subject; make them agree",
    ],
    [
      "unnamed",
      { "train/y_train.txt": "1\n7\n1\n1\n" },
      'train/y_train.txt: row 1 (from 0) is of class "7", which PATH/activity_labels.txt does not name; it names every class; correct one of them',
    ],
    [
      "short",
      { "train/Inertial Signals/body_gyro_z_train.txt": signal(1, 3) },
      "train/Inertial Signals/body_gyro_z_train.txt: it has 3 rows of 3 values, but PATH/train/Inertial Signals/body_acc_x_train.txt has 4 of 3; the channels of a row have one length; complete it",
    ],
    [
      "torn",
      { "train/Inertial Signals/body_gyro_z_train.txt": `${signal(1, 3)}1 2\n${signal(1, 1)}` },
      "train/Inertial Signals/body_gyro_z_train.txt:4: the row has 2 values, but the first has 3; rows of a signal have one length; complete it",
    ],
    [
      "text",
      { "test/Inertial Signals/body_gyro_z_test.txt": "1 2 x\n1 2 3\n" },
      'test/Inertial Signals/body_gyro_z_test.txt:1: column 3 is "x"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none',
    ],
  ])("is refused where its files do not agree: %s", async (name, edit, message) => {
    const path = har(name, edit);
    await expect(readParts(path)).rejects.toThrow(`${path}/${message.replaceAll("PATH", path)}`);
  });

  it("takes no option of other sources", async () => {
    const path = har("options");
    await expect(readParts(path, { label: "x" })).rejects.toThrow(
      `${path}: label: signals have their classes in y_train.txt and their subjects in subject_train.txt; leave it out`,
    );
    await expect(readParts(path, { axes: "rows,time,channels" })).rejects.toThrow(
      /: axes: only NumPy arrays/,
    );
  });
});
