import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const model = shop.path("run/model.safetensors");

beforeAll(async () => {
  const run = await cli([
    "train",
    data,
    "--model",
    "chain",
    "--filters",
    "3,3",
    "--epochs",
    "30",
    "--out",
    shop.path("run"),
    "--quiet",
  ]);
  expect(run).toMatchObject({ code: 0 });
});

describe("evaluate", () => {
  it("prints schema 1 as JSON", async () => {
    const { code, stdout } = await cli(["evaluate", model, data, "--json"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^\{"schema":1,"rows":20,"loss":[\d.e-]+,"accuracy":1,"balancedAccuracy":1,"f1":1,"auroc":1,/,
    );
  });
  it("prints a confusion matrix", async () => {
    expect((await cli(["evaluate", model, data])).stdout).toMatch(
      / +up +down +right\nup +10 +0 +100.00 %\ndown +0 +10 +100.00 %\n$/,
    );
  });
  it("refuses rows of another shape, classes that it does not know, and what is no model", async () => {
    const long = shop.put("long.ts", tsText(4, { length: 13 }));
    expect(await cli(["evaluate", model, long])).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${long}: rows have 1 x 13 values (channels x length), but the model ${model} has 1 x 12; both have one shape; give rows of that shape, or train with --length 12\n`,
    });
    const odd = shop.put("odd.ts", tsText(6, { classes: ["up", "flat"] }));
    expect((await cli(["evaluate", model, odd])).stderr).toMatch(
      /^toeplitz: \S+odd.ts: 3 rows are of class "flat", which \S+model.safetensors does not have; .*\n$/,
    );
    expect(await cli(["evaluate", data, data])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("predict", () => {
  it("gives a CSV row or a JSON line a row, whatever the labels", async () => {
    const strange = shop.put("strange.ts", tsText(4, { classes: ["a", "b"] }));
    const csv = await cli(["predict", model, strange]);
    const [head, ...rows] = csv.stdout.trim().split("\n");
    expect(head).toBe("row,label,p,p(up),p(down)");
    expect(rows.map((row) => row.split(",").slice(0, 2))).toEqual([
      ["0", "up"],
      ["1", "down"],
      ["2", "up"],
      ["3", "down"],
    ]);
    for (const row of rows) {
      const [, label, p, up, down] = row.split(",");
      expect(p).toBe(label === "up" ? up : down);
      expect(Number(up) + Number(down)).toBeCloseTo(1, 5);
    }
    const lines = (await cli(["predict", model, strange, "--json"])).stdout.trim().split("\n");
    const first = JSON.parse(lines[0]) as { row: number; label: string; probabilities: number[] };
    expect(lines).toHaveLength(4);
    expect(Object.keys(first)).toEqual(["row", "label", "probabilities"]);
    expect(first).toMatchObject({ row: 0, label: "up" });
    expect(first.probabilities[0] + first.probabilities[1]).toBeCloseTo(1, 12);
  });
  it("takes the format from --format, else from the ending of --out", async () => {
    const lines = (await cli(["predict", model, data, "--json"])).stdout;
    expect((await cli(["predict", model, data, "--format", "jsonl"])).stdout).toBe(lines);
    const out = shop.path("out.jsonl");
    expect(await cli(["predict", model, data, "--out", out])).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(out, "utf8")).toBe(lines);
    const text = (await cli(["predict", model, data, "--format", "text"])).stdout.split("\n");
    expect(text[0]).toMatch(/^     0  up    +\d+\.\d\d %$/);
    expect((await cli(["predict", model, data, "--json", "--format", "csv"])).stderr).toBe(
      "toeplitz: --json is --format jsonl, but --format csv is given too; give one of them\n",
    );
  });
  it("reads rows from standard input, and names it in errors", async () => {
    const piped = await cli(["predict", model, "-", "--json"], undefined, tsText(3));
    expect(piped).toMatchObject({ code: 0, stderr: "" });
    expect(piped.stdout).toBe(
      (await cli(["predict", model, shop.put("three.ts", tsText(3)), "--json"])).stdout,
    );
    expect((await cli(["predict", model, "-"])).stderr).toMatch(
      /^toeplitz: standard input: the file is empty;/,
    );
    const long = await cli(["predict", model, "-"], undefined, tsText(3, { length: 13 }));
    expect(long).toMatchObject({ code: 2, stdout: "" });
    expect(long.stderr).toMatch(/^toeplitz: standard input: rows have 1 x 13 values/);
  });
  it("writes to a file, but never over what it reads", async () => {
    const out = shop.path("out.csv");
    expect(await cli(["predict", model, data, "--out", out])).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(out, "utf8").split("\n")).toHaveLength(22);
    expect((await cli(["predict", model, data, "--out", data])).stderr).toBe(
      `toeplitz: ${data}: --out would write over what is read; give another file\n`,
    );
    const swallowed = await cli(["predict", model, data, "--out", "--json"]);
    expect(swallowed).toMatchObject({ code: 2, stdout: "" });
    expect(swallowed.stderr).toMatch(/^toeplitz: --out wants a value, but "--json" follows; [^\n]*\n$/);
  });
});

describe("doctor", () => {
  it("finds that every back end that runs gives the same bits", async () => {
    const { code, stdout } = await cli(["doctor", "--json"]);
    expect(code).toBe(0);
    const d = JSON.parse(stdout) as {
      backends: { name: string; weightsSha256: string; unavailable: string | null }[];
    };
    expect(d).toMatchObject({ schema: 1, ok: true, denormals: "kept", node: process.version });
    expect(d.backends.map((b) => b.name)).toEqual(["x64", "wasm", "reference"]);
    const [x64, wasm, reference] = d.backends;
    expect(wasm.weightsSha256).toBe(reference.weightsSha256);
    expect(x64.weightsSha256).toBe(x64.unavailable === null ? reference.weightsSha256 : null);
  });
});

describe("explain", () => {
  it("explains a row in lines of at most 100 characters", async () => {
    const { code, stdout } = await cli(["explain", model, data, "--row", "3"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^row 3 of \S+: of class down; the model says down \(/);
    expect(
      Math.max(
        ...stdout
          .split("\n")
          .slice(1)
          .map((l) => l.length),
      ),
    ).toBeLessThanOrEqual(100);
    expect(stdout).toContain("A(w), 10 x 12: its first 6 rows and 9 columns");
  });
  it("refuses rows that are not there and classes that the model does not know", async () => {
    expect((await cli(["explain", model, data, "--row", "20"])).stderr).toBe(
      `toeplitz: --row is 20; ${data} has 20 rows, 0 to 19\n`,
    );
    const strange = shop.put("other.ts", tsText(4, { classes: ["a", "b"] }));
    expect((await cli(["explain", model, strange])).stderr).toBe(
      `toeplitz: ${strange}: row 0 is of class "a", which ${model} does not know; its classes are up, down; give another --row\n`,
    );
  });
});
