/** `rowWeights` of tables: a column that weighs rows and is no channel. */
import { describe, expect, it } from "vitest";
import { readDataset } from "../../../src/node.ts";
import { cli, workshop } from "../../cli/harness.ts";

const shop = workshop();
/** Rows rise or fall; `trust` says how much each counts. */
const table = (weights: readonly string[]): string =>
  [
    "trust,kind,t0,t1,t2,t3,t4",
    ...weights.map((w, i) => {
      const up = i % 2 === 0;
      const values = Array.from({ length: 5 }, (_, t) => (up ? t : -t) + ((i * 7 + t * 3) % 5) / 10);
      return [w, up ? "up" : "down", ...values].join(",");
    }),
  ].join("\n");
const file = shop.put("rows.csv", table(["1", "0.5", "2", "0", "1", "1", "3.25", "1"]));
const long = "--model chain --filters 2,2 --steps 6 --quiet --json --out".split(" ");

describe("rowWeights of tables", () => {
  it("are read from their column, which is no channel", async () => {
    const data = await readDataset(file, { label: "kind", rowWeights: "trust" });
    expect([...(data.rowWeights ?? [])]).toEqual([1, 0.5, 2, 0, 1, 1, 3.25, 1]);
    expect([data.length, data.channels]).toEqual([5, 1]);
    expect(data.notes?.[0]).toContain("row weights trust");
    const values = await readDataset(file, { target: "t4", rowWeights: "trust", channels: ["t"] });
    expect([values.targets[0], values.rowWeights?.[2]]).toEqual([4.2, 2]);
  });

  it("train other weights than none, and are met again", async () => {
    const run = async (name: string, ...more: string[]): Promise<string> => {
      const out = shop.path(name);
      const given = await cli(["train", file, "--label", "kind", "--channels", "t", ...more, ...long, out]);
      expect(given).toMatchObject({ code: 0 });
      return (JSON.parse(given.stdout) as { weightsSha256: string }).weightsSha256;
    };
    expect(await run("weighed", "--row-weights", "trust")).not.toBe(await run("plain"));
    expect(await cli(["reproduce", shop.path("weighed"), file, "--quiet"])).toMatchObject({ code: 0 });
  });

  it("are refused where they are missing or negative, in long tables, and by minirocket", async () => {
    const read = (weights: string[]) =>
      readDataset(shop.put(`w${weights.join("_")}.csv`, table(weights)), {
        label: "kind",
        rowWeights: "trust",
      });
    await expect(read(["1", "-2"])).rejects.toThrow(
      /, column "trust" \(row-weights\) is -2; the weight of a row is a number of at least 0; correct it/,
    );
    await expect(read(["1", "", "3"])).rejects.toThrow(/column "trust" \(row-weights\) is missing/);
    await expect(readDataset(file, { label: "kind", rowWeights: "trust", window: 2 })).rejects.toThrow(
      'column "trust" (row-weights) weighs rows of a table with a row a series, and here rows are time steps; leave it out',
    );
    await expect(readDataset(file, { rowWeights: "trusted" })).rejects.toThrow(
      'there is no column "trusted" (row-weights)',
    );
    const rocket = ["train", file, "--label", "kind", "--row-weights", "trust", "--model", "minirocket"];
    expect((await cli([...rocket, "--out", shop.path("r")])).stderr).toMatch(/--row-weights/);
  });
});
