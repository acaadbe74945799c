/** Rows without an answer: predict says which and ends with 3, evaluate counts them as wrong, training that goes there ends with 3. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { cli, workshop } from "./harness.ts";

const shop = workshop();
const text = (value: (row: number, t: number) => number): string =>
  `@classLabel true a b\n@data\n${Array.from({ length: 20 }, (_, row) => `${Array.from({ length: 12 }, (_v, t) => value(row, t)).join()}:${"ab"[row % 2]}`).join("\n")}\n`;
const plain = (row: number, t: number): number => Number(Math.sin(row * t).toFixed(4));
const good = shop.put("good.ts", text(plain));
/** Rows 3 and 8 overflow in the first layer. */
const far = shop.put(
  "far.ts",
  text((row, t) => (row === 3 || row === 8 ? 3e38 : plain(row, t))),
);
const out = shop.path("run");
const model = `${out}/model.safetensors`;

beforeAll(async () => {
  const { code } = await cli(["train", good, "--model", "fcn", "--steps", "3", "--quiet", "--out", out]);
  expect(code).toBe(0);
});

describe("predict", () => {
  const told =
    `toeplitz: ${far}: 2 of 20 rows have no answer (row 3, 8), since the model's outputs for them are no numbers: ` +
    "see whether they are in the units of the training rows; their fields are empty\n";

  it("leaves the fields of such rows empty, names them and ends with 3", async () => {
    const { code, stdout, stderr } = await cli(["predict", model, far]);
    expect([code, stderr]).toEqual([3, told]);
    const lines = stdout.trim().split("\n");
    expect([lines.length, lines[4], lines[9]]).toEqual([21, "3,,,,", "8,,,,"]);
    expect(lines[1]).toMatch(/^0,[ab],0\.\d{6},/);
  });

  it("has null in jsonl, and says so in text", async () => {
    const json = await cli(["predict", model, far, "--json"]);
    expect(json.stdout.split("\n")[3]).toBe('{"row":3,"label":null,"probabilities":[null,null]}');
    const file = shop.path("p.txt");
    expect((await cli(["predict", model, far, "--out", file])).code).toBe(3);
    expect(readFileSync(file, "utf8").split("\n")[3]).toMatch(/^ +3 +no class +-$/);
  });

  it("ends with 0 where every row has one", async () => {
    expect((await cli(["predict", model, good])).code).toBe(0);
  });
});

describe("evaluate", () => {
  it("counts such rows as wrong, in a column of their own, and says so", async () => {
    const { code, stdout, stderr } = await cli(["evaluate", model, far]);
    expect(code).toBe(0);
    expect(stdout).toContain("no class");
    expect(stderr).toContain("outputs for 2 of 20 rows are no numbers (NaN or infinite) and count as wrong");
    const json = JSON.parse((await cli(["evaluate", model, far, "--json"])).stdout) as object;
    expect(json).toMatchObject({ rows: 20, loss: null, unanswered: 2 });
  });
});

describe("train", () => {
  it.each(["1e8", "1e20", "1e30"])("at --lr %s ends with 3, step and layer", async (rate) => {
    const words = ["train", good, "--model", "fcn", "--epochs", "20", "--lr", rate, "--quiet"];
    const { code, stderr } = await cli([...words, "--out", shop.path(`lr-${rate}`)]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^toeplitz: training diverged at step \d+: .*, first seen in \w+(\.\w+)?; /);
    expect(shop.has(`lr-${rate}/model.safetensors`)).toBe(false);
  });

  it("says where a few values look like marks of what is missing", async () => {
    const marked = shop.put(
      "marked.ts",
      text((row, t) => (row === 3 && t === 4 ? 3e38 : plain(row, t))),
    );
    const { stderr } = await cli([
      "train",
      marked,
      "--model",
      "fcn",
      "--steps",
      "2",
      "--out",
      shop.path("marked"),
    ]);
    expect(stderr).toContain(
      "note: channel 0 has few values as large as 3.0e+38 (row 3, position 4), which set its scale",
    );
  });

  it("leaves a report and comparable results where the test rows have no answer", async () => {
    const to = shop.path("tested");
    const words = ["train", good, "--test", far, "--model", "fcn", "--steps", "2", "--out", to];
    expect((await cli(words)).code).toBe(0);
    const page = readFileSync(`${to}/report.html`, "utf8");
    expect(page).toContain("no class");
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    const compared = await cli(["compare", to, out]);
    expect([compared.code, compared.stderr]).toEqual([0, ""]);
  });
});
