import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readDataset } from "../../../src/node.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-read-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Rows of two values, the row's number and its class's. */
function file(name: string, classes: string, labels: readonly string[]): string {
  const path = join(folder, name);
  const rows = labels.map((label, n) => `${n},${label === "a" ? 1 : 2}:${label}`);
  writeFileSync(path, `@problemName x\n@classLabel true ${classes}\n@data\n${rows.join("\n")}\n`);
  return path;
}

const train = file("train.ts", "a b", "a a a a a b b b b b".split(" "));

describe("readDataset", () => {
  it("reads one data set from a path alone", async () => {
    expect((await readDataset(train)).rows).toBe(10);
  });

  it("holds a fraction of every class back: of 5 and 5 rows, 0.2 is one and one", async () => {
    const parts = await readDataset(train, { test: 0.2, seed: 0 });
    expect([parts.train.rows, parts.test.rows]).toEqual([8, 2]);
    expect([...parts.test.labels]).toEqual([0, 1]);
    const numbers = [parts.train, parts.test].flatMap((d) => [...d.series].filter((_, i) => i % 2 === 0));
    expect(numbers.sort((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("takes a test file, its labels numbered as in training", async () => {
    const { test } = await readDataset(train, { test: file("test.ts", "b a", ["b", "a"]) });
    expect([...test.labels]).toEqual([1, 0]);
  });

  it("refuses a fraction of 2", async () => {
    await expect(readDataset(train, { test: 2 })).rejects.toThrow(
      "test is 2; it is a file, or a fraction of the rows above 0 and below 1",
    );
  });
});
