/** Tables on the command line: the same options for every verb. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cli, workshop } from "./harness.ts";

const shop = workshop();
const csv = shop.path("walks.csv");
const states = ["up", "down"];
/** Eight recordings of 40 steps, two classes: a rising and a falling line. */
const lines = Array.from({ length: 320 }, (_, i) => {
  const [walk, t] = [Math.floor(i / 40), i % 40];
  return [walk, t, walk % 2 ? -t : t, (i * 7) % 5, states[walk % 2]].join(",");
});
writeFileSync(csv, `walk,t,x,y,state\n${lines.join("\n")}\n`);
const how = [
  "--series-by",
  "walk",
  "--time",
  "t",
  "--channels",
  "x,y",
  "--label",
  "state",
  "--window",
  "8",
  "--hop",
  "4",
];

describe("tables", () => {
  it("are trained on in windows, the last of each series held back, and evaluated with the same options", async () => {
    const out = shop.path("run");
    const run = await cli([
      "train",
      csv,
      ...how,
      "--test",
      "0.25",
      "--model",
      "mnist1d-cnn",
      "--steps",
      "2",
      "--out",
      out,
    ]);
    expect(run.code, run.stderr).toBe(0);
    // 9 windows a series: 2 are tested on and the 1 that overlaps them is in neither part
    expect(run.stderr).toContain("48 rows of 2 x 8, 2 classes; test 16 rows");
    expect(run.stdout).toContain(`--label state --series-by walk --time t --channels x,y --window 8 --hop 4`);
    const model = `${out}/model.safetensors`;
    const evaluated = await cli(["evaluate", model, csv, ...how, "--json"]);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ schema: 1, rows: 72 });
    const unlabelled = how.filter((_, i) => how[i - 1] !== "--label" && how[i] !== "--label");
    const predicted = await cli(["predict", model, csv, ...unlabelled]);
    expect(predicted.stdout.trim().split("\n")).toHaveLength(73);
  });

  it("are refused where no column is said to be the class, and for a hop without a window", async () => {
    const run = await cli(["train", csv, "--series-by", "walk"]);
    expect(run.code).toBe(2);
    expect(run.stderr.trim().split("\n").at(-1)).toBe(
      `toeplitz: ${csv}: its rows have no class and no target values, so there is nothing to learn from; they can be predicted; give rows with answers, or say which column has them (label or target)`,
    );
    const hop = await cli(["train", csv, "--label", "state", "--hop", "3"]);
    expect(hop.stderr.trim()).toBe(
      "toeplitz: --hop is given without --window; it is the step from window to window; give both",
    );
  });
});
