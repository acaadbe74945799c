/** The examples run and print what their readers are promised. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { figure, printed, root } from "./run.ts";

const hasDuckDb = await import("@duckdb/node-api").then(
  () => true,
  () => false,
);

describe("examples", () => {
  it.skipIf(!hasDuckDb)(
    `csv-to-model${hasDuckDb ? "" : " (skipped: @duckdb/node-api is not installed)"}`,
    async () => {
      const output = await printed("csv-to-model");
      expect(output).toContain("180 rows to train on, 60 held back; classes idle, pumping, worn");
      expect(figure(output, /held back: ([\d.]+)/)).toBeGreaterThan(0.85);
      expect(output).toContain("the same loss to the last bit");
      expect(output).toMatch(/the first row held back is (\w+), predicted \1/);
    },
  );

  it("segmentation", async () => {
    const output = await printed("segmentation");
    expect(figure(output, /24 other days: ([\d.]+) %/)).toBeGreaterThan(96);
    expect(output).toContain("has 6 intervals, and 6 were found");
    const lines = output.split("\n").filter((line) => line.includes("(in truth"));
    const wholly = lines.map((line) => /\d+ to \d+ (\w+) +\(in truth \d+ to \d+ (\w+)\)/.exec(line));
    expect(wholly.map((found) => found?.[1])).toEqual(wholly.map((found) => found?.[2]));
    expect(wholly).toHaveLength(6);
  });

  it("streaming", async () => {
    const output = await printed("streaming");
    expect(output).toContain("an answer every 1 sample, at once; each depends on 61 samples");
    const [, all, found, falseAlarms] =
      /with (\d+) knocks and whines: (\d+) found, (\d+) false/.exec(output) ?? [];
    expect(Number(found) / Number(all)).toBeGreaterThan(0.85);
    expect(Number(falseAlarms)).toBeLessThan(10);
    expect(output).toContain("36000 of 36000 readings have the class that predict gives them");
  });

  it("several-classes", async () => {
    const output = await printed("several-classes");
    expect(figure(output, /F1 ([\d.]+)/)).toBeGreaterThan(0.9);
    const table = output.split("\n").filter((line) => /^0\.\d /.test(line));
    expect(table.map((line) => line.split(/ +/)[0])).toEqual(["0.2", "0.5", "0.8"]);
    for (const line of table)
      for (const f1 of line.trim().split(/ +/).slice(1)) expect(Number(f1)).toBeGreaterThan(0.8);
    expect(output).toMatch(/the first five: (.+; ){4}/);
  });

  it("forecast", async () => {
    const output = await printed("forecast");
    const [tcn, last] = [figure(output, /TCN +([\d.]+) MW/), figure(output, /the last value +([\d.]+) MW/)];
    expect(tcn).toBeLessThan(4);
    expect(last).toBeGreaterThan(4 * tcn);
  });

  it("fine-tune", async () => {
    const output = await printed("fine-tune");
    const scratch = figure(output, /from scratch +([\d.]+)/);
    expect(figure(output, /fine-tuned +([\d.]+)/)).toBeGreaterThan(scratch);
    expect(figure(output, /the head alone +([\d.]+)/)).toBeGreaterThan(scratch + 0.05);
  });

  it("two-branches", async () => {
    const output = await printed("two-branches");
    const lines = output.split("\n");
    expect(JSON.parse(lines[0])).toMatchObject({
      format: "toeplitz-model",
      input: { channels: 1, length: 120 },
    });
    for (const one of ["short filters", "long filters"])
      expect(figure(output, new RegExp(`${one} +([\\d.]+) %`))).toBeLessThan(70);
    expect(figure(output, /both branches +([\d.]+) %/)).toBeGreaterThan(90);
    const [both, read] = lines.slice(3, 5).map((line) => line.replace(/^.*? {2,}/, ""));
    expect(both).toMatch(/ %  weights [\da-f]{16}$/);
    expect(read).toBe(both);
  });

  it("embedding", async () => {
    const output = await printed("embedding");
    expect(figure(output, /by the values +([\d.]+)/)).toBeLessThan(0.75);
    expect(figure(output, /by the embedding +([\d.]+)/)).toBeGreaterThan(0.9);
    expect(figure(output, /rows of 300 values +([\d.]+)/)).toBeGreaterThan(0.9);
  });

  it("are all in the table of examples/README.md", () => {
    const table = readFileSync(`${root}examples/README.md`, "utf8");
    const programs = readdirSync(`${root}examples`).filter(
      (name) => !["README.md", "random.ts"].includes(name),
    );
    expect(programs).toHaveLength(10);
    for (const name of programs) expect(table).toContain(`examples/${name}`);
  });
});
