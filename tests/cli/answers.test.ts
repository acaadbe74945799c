/** Several classes at once, and a class at each position, through every verb: from NumPy arrays to what is printed. */
import { mkdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { npy } from "../readers/bytes.ts";
import { cli, workshop } from "./harness.ts";

const shop = workshop();
const LENGTH = 16;

/** A folder of x.npy and y.npy. */
function folder(
  name: string,
  x: readonly number[][],
  type: Parameters<typeof npy>[0],
  y: readonly number[][],
): string {
  const path = shop.path(name);
  mkdirSync(path);
  shop.put(`${name}/x.npy`, npy("<f4", [x.length, LENGTH], x.flat()));
  shop.put(`${name}/y.npy`, npy(type, [y.length, y[0].length], y.flat()));
  return path;
}

/** Rows that are 0, and 1 or 2 from a position on: classes 0, 1 and 2 there. */
const steps = Array.from({ length: 18 }, (_, r) =>
  Array.from({ length: LENGTH }, (_t, t) => (t < 3 + (r % 9) ? 0 : 1 + (r % 2))),
);
const positions = folder("steps", steps, "<i4", steps);

/** Rows that rise or not, and are high or not. */
const marks = Array.from({ length: 16 }, (_, r) => [r % 2, Math.floor(r / 2) % 2]);
const several = folder(
  "marks",
  marks.map(([rises, high], r) =>
    Array.from({ length: LENGTH }, (_t, t) => (rises * t) / 4 + 3 * high + (r % 3) / 20),
  ),
  "<i4",
  marks,
);

/** What a run that must be done prints. */
async function told(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await cli(words);
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  return { stdout, stderr };
}
const lines = (text: string): string[] => text.trim().split("\n");

interface Scored {
  readonly accuracy: number;
  readonly f1: number;
  readonly classes: readonly { readonly name: string; readonly f1: number; readonly support: number }[];
}

describe("a class at each position", () => {
  const out = shop.path("steps-run");
  const model = `${out}/model.safetensors`;

  it("is told by inspect, with how many positions each class has", async () => {
    const { stdout, stderr } = await told("inspect", positions);
    expect(stderr).toBe(
      `note: ${positions}/y.npy: y has a class at each of the 16 positions; --answers values for anything else\n`,
    );
    expect(stdout).toContain("  classes   3, one at each position\n");
    const zeros = steps.flat().filter((v) => v === 0).length;
    expect(stdout).toMatch(new RegExp(`class +positions +share\\s+0 +${zeros} `));
    expect(stdout).toContain("would use unet1d, 100 epochs, batch 16, adam 0.001, cosine, crossEntropy");
    expect(JSON.parse((await told("inspect", positions, "--json")).stdout)).toMatchObject({
      answers: "positions",
      train: { model: "unet1d", loss: "crossEntropy" },
    });
  });

  it("is trained by unet1d, and its report counts positions", async () => {
    const { stdout, stderr } = await told("train", positions, "--epochs", "40", "--lr", "0.01", "--out", out);
    expect(stderr).toContain("18 rows of 1 x 16, 3 classes, one at each of 16 positions; no test rows");
    expect(stdout).toMatch(/train +\S+ +\d+\.\d+ %/);
    const report = readFileSync(`${out}/report.html`, "utf8");
    expect(report).toMatch(/\d+ of 288 positions right, \d+ wrong\./);
    expect(report).toContain('<th scope="col">positions</th>');
  });

  it("is evaluated with the F1 of each class", async () => {
    const { accuracy, f1, classes } = JSON.parse(
      (await told("evaluate", model, positions, "--json")).stdout,
    ) as Scored;
    expect(accuracy).toBeGreaterThan(0.9);
    expect(classes.map(({ name, support }) => [name, support])).toEqual(
      ["0", "1", "2"].map((name) => [name, steps.flat().filter((v) => String(v) === name).length]),
    );
    expect(f1).toBeCloseTo(classes.reduce((sum, c) => sum + c.f1, 0) / 3, 12);
    const { stdout } = await told("evaluate", model, positions);
    expect(stdout).toContain(`mean F1 of the classes ${f1.toFixed(4)}\n`);
    expect(stdout).toMatch(/class +precision +recall +F1 +positions\n/);
    expect(stdout).toContain("positions; rows: what they are; columns: what the model says");
  });

  it("is predicted as a line a position, and as intervals that say the same", async () => {
    const csv = lines((await told("predict", model, positions)).stdout);
    expect(csv[0]).toBe("row,position,label,p,p(0),p(1),p(2)");
    expect(csv).toHaveLength(1 + 18 * LENGTH);
    const cells = csv.slice(1).map((line) => line.split(","));
    expect(cells[LENGTH + 2].slice(0, 2)).toEqual(["1", "2"]);
    for (const [, , label, p, ...each] of cells) {
      expect(each.map(Number).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(p).toBe(each[Number(label)]);
      expect(Number(p)).toBe(Math.max(...each.map(Number)));
    }
    const right = cells.filter(([row, t, label]) => Number(label) === steps[Number(row)][Number(t)]).length;
    const { accuracy } = JSON.parse((await told("evaluate", model, positions, "--json")).stdout) as Scored;
    expect(right / cells.length).toBeCloseTo(accuracy, 12);

    const found = lines((await told("predict", model, positions, "--intervals", "--rate", "4")).stdout);
    expect(found[0]).toBe("row,start_sample,end_sample,start_seconds,end_seconds,label,p");
    const spelt = found.slice(1).flatMap((line) => {
      const [row, start, end, from, to, label] = line.split(",");
      expect([Number(from), Number(to)]).toEqual([Number(start) / 4, Number(end) / 4]);
      return Array.from({ length: Number(end) - Number(start) }, (_, i) => [
        row,
        String(Number(start) + i),
        label,
      ]);
    });
    expect(spelt).toEqual(cells.map(([row, t, label]) => [row, t, label]));
  });

  it("is predicted as one JSON object a row, with probabilities, labels and intervals", async () => {
    const rows = lines((await told("predict", model, positions, "--json")).stdout).map(
      (line) =>
        JSON.parse(line) as {
          readonly labels: string[];
          readonly positions: number[][];
          readonly intervals: { start: number; end: number; label: string; p: number }[];
        },
    );
    expect(rows).toHaveLength(18);
    for (const { labels, positions: each, intervals } of rows) {
      expect([labels.length, each.length, each[0].length]).toEqual([LENGTH, LENGTH, 3]);
      expect(intervals.map(({ label }) => label)).toEqual(
        labels.filter((label, t) => label !== labels[t - 1]),
      );
      expect(intervals[0].start).toBe(0);
      expect(intervals[intervals.length - 1].end).toBe(LENGTH);
    }
    const one = lines((await told("predict", model, positions, "--json", "--intervals")).stdout);
    expect(JSON.parse(one[0])).toEqual({ row: 0, ...rows[0].intervals[0] });
    expect(lines((await told("predict", model, positions, "--format", "text")).stdout)[0]).toMatch(
      /^0 {2}0 to \d+ +0 +\d+\.\d\d %$/,
    );
  });

  it("is refused where a whole row is answered, and the other way round", async () => {
    const { code, stderr } = await cli(["evaluate", model, several]);
    expect([code, lines(stderr).at(-1)]).toEqual([
      2,
      `toeplitz: ${several}: rows have several classes at once, but those of the model ${model} have a class a position; docs/data.md says where each format has its answers`,
    ]);
    const rocket = await cli(["train", positions, "--model", "minirocket"]);
    expect([rocket.code, lines(rocket.stderr).at(-1)]).toEqual([
      2,
      `toeplitz: ${positions}: rows have a class at each position, and --model minirocket predicts one class a row; give another --model`,
    ]);
  });
});

describe("several classes at once", () => {
  const out = shop.path("marks-run");
  const model = `${out}/model.safetensors`;

  it("are told by inspect and trained by binary cross-entropy", async () => {
    const { stdout } = await told("inspect", several);
    expect(stdout).toContain("  classes   2, several at once\n");
    expect(stdout).toContain("would use fcn, 300 epochs, batch 16, adam 0.001, cosine, binaryCrossEntropy");
    const words = ["train", several, "--model", "chain", "--filters", "3", "--epochs", "60", "--lr", "0.05"];
    const run = await told(...words, "--out", out);
    expect(run.stderr).toContain("2 classes, several at once; no test rows");
    expect(run.stderr).toContain("binaryCrossEntropy");
    const report = readFileSync(`${out}/report.html`, "utf8");
    expect(report).toMatch(
      /16 rows, each with several classes at once; \d+\.\d+ % of all answers are right\./,
    );
    expect((await told("reproduce", model, several, "--quiet")).stdout).toMatch(/^met: /);
  });

  it("are evaluated with the F1 of each class, and predicted as labels with a probability each", async () => {
    const { accuracy, classes } = JSON.parse(
      (await told("evaluate", model, several, "--json")).stdout,
    ) as Scored;
    expect(accuracy).toBeGreaterThan(0.9);
    expect(classes.map(({ name, support }) => [name, support])).toEqual([
      ["0", 8],
      ["1", 8],
    ]);
    const text = (await told("evaluate", model, several)).stdout;
    expect(text).toMatch(/mean F1 of the classes \d\.\d{4}\n\nclass +precision +recall +F1 +rows\n/);
    expect(text).not.toContain("columns: what the model says");
    const csv = lines((await told("predict", model, several)).stdout);
    expect(csv[0]).toBe("row,labels,p(0),p(1)");
    let right = 0;
    csv.slice(1).forEach((line, r) => {
      const [, labels, ...p] = line.split(",");
      const said = labels === "" ? [] : labels.split(";");
      expect(said).toEqual(["0", "1"].filter((_, k) => Number(p[k]) >= 0.5));
      right += ["0", "1"].filter((name, k) => said.includes(name) === (marks[r][k] === 1)).length;
    });
    expect(right / 32).toBeCloseTo(accuracy, 12);
    const { labels, probabilities } = JSON.parse(
      lines((await told("predict", model, several, "--json")).stdout)[3],
    ) as {
      labels: string[];
      probabilities: number[];
    };
    expect(labels).toEqual(["0", "1"].filter((_, k) => probabilities[k] >= 0.5));
  });

  it.each([
    [
      ["train", several, "--loss", "crossEntropy"],
      `--loss crossEntropy does not go with several classes at once, which ${several} has; use --loss binaryCrossEntropy`,
    ],
    [
      ["train", several, "--label-smoothing", "0.1"],
      `--label-smoothing is for one class a row, but ${several} has several at once; leave it out`,
    ],
    [
      ["predict", model, several, "--intervals"],
      `--intervals is for models of a class at each position, and ${model} gives classes of whole rows; leave it out`,
    ],
  ])("refuse what does not go with them: %#", async (words, message) => {
    const { code, stderr } = await cli(words);
    expect([code, lines(stderr).at(-1)]).toEqual([2, `toeplitz: ${message}`]);
  });
});

describe("--answers", () => {
  it("makes whole numbers targets, and is no option of other files", async () => {
    const { stdout } = await told("inspect", several, "--answers", "values");
    expect(stdout).toContain("  targets   2 a row: 0 to 1");
    expect(stdout).toContain("meanSquaredError, normalize channel, targets standardize");
    const csv = shop.put("a.ts", "@classLabel true a b\n@data\n1,2:a\n2,3:b\n");
    const { code, stderr } = await cli(["inspect", csv, "--answers", "classes"]);
    expect([code, stderr]).toEqual([
      2,
      `toeplitz: ${csv}: answers is classes, which is for NumPy arrays x and y; other files say themselves what their answers are; leave it out\n`,
    ]);
  });
});
