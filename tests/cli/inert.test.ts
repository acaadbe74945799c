/** Whatever names a file brings, a terminal and a spreadsheet get text: no verb prints a character that moves, hides or runs. */
import { readFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { linesOf } from "../../src/cli/predictionFormat.ts";
import { runProgram } from "../../src/cli/program.ts";
import { loadFile } from "../../src/node.ts";
import { cli, workshop } from "./harness.ts";

const shop = workshop();
const HIDDEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Names that a stranger's file may have; those of .ts have no white space. */
const names: readonly (readonly [what: string, name: string, shown: string])[] = [
  ["an escape sequence", "\u001b]0;pwned\u0007\u001b[31mx", "\\u{1b}]0;pwned\\u{7}\\u{1b}[31mx"],
  ["a sequence of C1", "\u009b31mred\u009c", "\\u{9b}31mred\\u{9c}"],
  ["writing turned round", "a\u202egnp.exe", "a\\u{202e}gnp.exe"],
  ["what has no width", "a\u200b\u2060b", "a\\u{200b}\\u{2060}b"],
];
const values = (i: number, ending: string): string =>
  `${Array.from({ length: 12 }, (_, t) => Math.sin(i * t).toFixed(2)).join()}${ending}\n`;

describe.each(names)("a class whose name has %s", (what, name, shown) => {
  const classes = [name, "b"];
  const rows = Array.from({ length: 20 }, (_, i) => values(i, `:${classes[i % 2]}`)).join("");
  const data = shop.put(`${what}.ts`, `@classLabel true ${classes.join(" ")}\n@data\n${rows}`);
  const out = shop.path(`run of ${what}`);
  const model = `${out}/model.safetensors`;
  const words = [
    "train",
    data,
    "--model",
    "chain",
    "--filters",
    "3,3",
    "--steps",
    "5",
    "--validation",
    "0.2",
  ];

  it("is one printable line in every verb", async () => {
    const runs: readonly (readonly [readonly string[], RegExp | null])[] = [
      [["inspect", data], /pwned|red|exe|b  /],
      [[...words, "--out", out], null],
      [["evaluate", model, data], /rows: what they are/],
      [["explain", model, data], /of class/],
      [["predict", model, data, "--format", "text"], /%/],
      [["predict", model, data, "--json"], /probabilities/],
      [["compare", out], /model/],
      [["reproduce", model, data], /met/],
      [["evaluate", model, data, "--label", name], null],
      [["explain", model, data, "--row", name], null],
    ];
    for (const [line, wanted] of runs) {
      const run = await cli(line);
      expect(run.stdout + run.stderr, line.join(" ")).not.toMatch(HIDDEN);
      if (wanted) expect(run.stdout, line.join(" ")).toMatch(wanted);
      if (["inspect", "explain"].includes(line[0]) && wanted)
        expect(run.stdout).toContain(shown.slice(0, 12));
    }
  });

  it("is itself for scripts: in JSON, in CSV, and in the model", async () => {
    const run = await cli(["inspect", data, "--json"]);
    expect((JSON.parse(run.stdout) as { classes: { name: string }[] }).classes.map((c) => c.name)).toContain(
      name,
    );
    expect((await cli(["predict", model, data])).stdout).toContain(`p(${name})`);
    expect((await loadFile(model)).classes).toContain(name);
    const result: unknown = JSON.parse(readFileSync(`${out}/result.json`, "utf8"));
    expect(result).toMatchObject({ schema: 1 });
  });

  it("is printable in CSV too where that goes to a terminal", async () => {
    let text = "";
    const stdout = Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          text += chunk.toString();
          done();
        },
      }),
      { isTTY: true },
    );
    const io = {
      stdin: Readable.from([]),
      stdout,
      stderr: stdout,
      env: {},
      onInterrupt: () => () => undefined,
    };
    expect(await runProgram(["predict", model, data], io)).toBe(0);
    expect(text).toContain(shown);
    expect(text).not.toMatch(HIDDEN);
  });
});

describe("names of columns, channels and groups", () => {
  it("are printable in notes and refusals, with line breaks too", async () => {
    const odd = "\u001b[2Jx\u202e";
    const lines = Array.from(
      { length: 20 },
      (_, i) => `s${i >> 2},${i % 4},${Math.sin(i)},${i},"k\n${i >> 3}"`,
    );
    const table = shop.put("odd.csv", `"id\u001b[1m","t\n",${odd},y,"state\u0007"\n${lines.join("\n")}\n`);
    const long = ["--series-by", "id\u001b[1m", "--time", "t\n", "--label", "state\u0007"];
    for (const line of [
      ["inspect", table],
      ["inspect", table, ...long],
      ["inspect", table, ...long, "--channels", `${odd},y`],
      ["inspect", table, "--label", "nope\u001b[0m"],
      ["train", table, ...long, "--steps", "2", "--out", shop.path("odd"), "--batch", "2"],
      ["inspect", shop.path("none\u001b]0;x\u0007.csv")],
      ["inspect", table, "--sql", "select \u001b[31m from data"],
      [`\u001b[31mverb`],
      ["train", table, `--\u001b[31moption`],
    ]) {
      const run = await cli(line);
      expect(run.stdout + run.stderr, line.join(" ")).not.toMatch(HIDDEN);
      expect(run.stdout + run.stderr).not.toMatch(/^\d+"?\s*$|^k$/m);
      if (run.code !== 0) expect(run.stderr.trim().split("\n").at(-1)).toMatch(/^toeplitz: /);
    }
  });
});

describe("CSV of predictions for a spreadsheet (--safe-csv)", () => {
  const classes = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "-7", "plain", '=a,"b"'];
  const told = { answers: "classes", classes, width: 0, grouped: true } as const;
  const probabilities = classes.map(() => 0.125);

  it("has an apostrophe before names that begin as formulas do, and numbers as they are", () => {
    const { head, line } = linesOf("csv", { ...told, safeCsv: true });
    const cells = classes.map(
      (label) => line({ row: 3, group: label, prediction: { label, probabilities } }).split(",0.125")[0],
    );
    expect(cells.slice(0, 8)).toEqual([
      "3,'=1+1,'=1+1",
      "3,'+cmd|' /C calc'!A0,'+cmd|' /C calc'!A0",
      "3,'-2+3,'-2+3",
      "3,'@SUM(A1),'@SUM(A1)",
      "3,'\tx,'\tx",
      `3,"'\rx","'\rx"`,
      "3,-7,-7",
      "3,plain,plain",
    ]);
    expect(cells[8]).toBe(`3,"'=a,""b""","'=a,""b"""`);
    expect(head.startsWith("row,group,label,p,p(=1+1),")).toBe(true);
    const numbers = linesOf("csv", {
      answers: "values",
      classes: [],
      width: 3,
      grouped: false,
      safeCsv: true,
    });
    expect(numbers.line({ row: 0, values: [-1.5, 1e-7, -2e-9] })).toBe("0,-1.5,1e-7,-2e-9\n");
  });

  it("is asked for: otherwise programs read names as they are", () => {
    const { line } = linesOf("csv", told);
    expect(line({ row: 3, group: "=1", prediction: { label: "=1+1", probabilities } })).toMatch(
      /^3,=1,=1\+1,/,
    );
  });

  it("goes with CSV alone", async () => {
    const run = await cli(["predict", "model.safetensors", "x.ts", "--json", "--safe-csv"]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
  });
});
