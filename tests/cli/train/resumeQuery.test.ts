/** A query that stands in a checkpoint or a model file is shown and never run. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/index.ts";
import { cli, workshop } from "../harness.ts";

const shop = workshop();
const rows = Array.from({ length: 24 }, (_, i) => [
  ["up", "down"][i % 2],
  ...Array.from({ length: 8 }, (_unused, t) => Math.sin(i * t).toFixed(3)),
]);
const data = shop.put(
  "rows.csv",
  `class,${[0, 1, 2, 3, 4, 5, 6, 7].map((t) => `t${t}`).join(",")}\n${rows.map((r) => r.join(",")).join("\n")}\n`,
);
const FLAGS = "--label class --model chain --filters 3,3 --steps 4 --quiet --out".split(" ");
const words = (out: string, ...more: string[]): string[] => ["train", data, ...FLAGS, out, ...more];
type Notes = { line: string; flags: Record<string, unknown> };

/** Changes what a checkpoint records, its sum made good. */
function tamper(out: string, change: (notes: Notes) => void): void {
  const file = `${out}/checkpoint`;
  const { members, notes } = decodeCheckpoint(readFileSync(file));
  const run = JSON.parse(notes.run) as Notes;
  change(run);
  writeFileSync(file, encodeCheckpoint({ members }, { run: JSON.stringify(run) }));
}

describe("a recorded query", () => {
  const stolen = shop.path("STOLEN.csv");
  const hostile: readonly (readonly [what: string, sql: unknown, shown: RegExp])[] = [
    [
      "one that leaves its parentheses",
      `select 1 as a))); COPY (select 1) TO '${stolen}'; SELECT * FROM ((select 1`,
      /COPY/,
    ],
    ["one that reads a file", "select * from read_text('/etc/hostname')", /read_text/],
    ["one that is like any other", "select * from data", /'select \* from data'/],
    ["one that draws on the terminal", "\u001b[31mselect 1\u202e", /"\\u001b\[31mselect 1\\u202e"/],
    ["one of two lines", "select 1\n-- from data", /"select 1\\n-- from data"/],
    ["a long one", `select ${"1, ".repeat(500)} 2`, /1, …"/],
    ["an object", { toString: "select 1" }, /sql/],
    ["a list", ["select 1"], /sql/],
  ];

  it.each(hostile)("of a checkpoint is shown in one line: %s", async (_what, sql, shown) => {
    const out = shop.path("run");
    expect((await cli(words(out, "--force"))).code).toBe(0);
    tamper(out, ({ flags }) => void (flags.sql = sql));
    for (const again of [["train", data, "--out", out, "--resume"], words(out, "--resume")]) {
      const run = await cli(again);
      expect(run).toMatchObject({ code: 2, stdout: "" });
      expect(run.stderr).toMatch(/^[ -~…]*\n$/);
      expect(run.stderr.length).toBeLessThan(1000);
      expect(run.stderr).toMatch(shown);
      // a file whose notes are of another shape may be refused as such
      if (typeof sql === "string")
        expect(run.stderr).toMatch(/is never run; if you trust it, give the same --sql again\n$/);
    }
    expect(existsSync(stolen)).toBe(false);
  });

  it("that is typed again goes on to the weights of the run that was left alone; another is refused", async () => {
    const sql = "select * exclude (t7) from data where t0 is not null";
    const [out, whole] = [shop.path("typed"), shop.path("whole")];
    const more = ["--sql", sql, "--schedule", "constant", "--json"];
    const hash = (text: string): unknown => (JSON.parse(text) as { weightsSha256: string }).weightsSha256;
    const long = await cli([...words(whole), ...more, "--steps", "8"]);
    expect((await cli([...words(out), ...more])).code).toBe(0);
    const resume = ["train", data, "--out", out, "--resume", "--steps", "8", "--json", "--quiet"];
    expect((await cli(resume)).stderr).toContain(
      `--sql '${sql}'; a query that stands in a file is never run`,
    );
    expect((await cli([...resume, "--sql", "select * from data"])).stderr).toMatch(
      /^toeplitz: --sql is "select \* from data", but the run in [^\n]*\n$/,
    );
    expect(hash((await cli([...resume, "--sql", sql])).stdout)).toBe(hash(long.stdout));
    const config = shop.put("config.json", JSON.stringify({ sql, resume: true, quiet: true }));
    expect((await cli(["train", data, "--out", out, "--config", config])).code).toBe(0);
  });
});

describe("a recorded command line", () => {
  it("is shown to be copied, so one that a shell would run more of is refused", async () => {
    const out = shop.path("line");
    expect((await cli(words(out))).code).toBe(0);
    const { line } = JSON.parse(decodeCheckpoint(readFileSync(`${out}/checkpoint`)).notes.run) as Notes;
    for (const odd of [
      `${line}; touch ${stolenBy}`,
      `${line} $(touch x)`,
      `${line} | sh`,
      `${line}\ntouch x`,
      `${line} 'a'b'`,
      "",
      `${line} \u001b[2K`,
    ]) {
      tamper(out, (notes) => void (notes.line = odd));
      const run = await cli(["train", data, "--out", out, "--resume"]);
      expect([run.code, odd]).toEqual([2, odd]);
      expect(run.stderr).toMatch(/^toeplitz: [ -~…]*command line is [ -~…]*\n$/);
    }
    tamper(out, (notes) => void (notes.line = `${line} --label 'it'\\''s'`));
    expect((await cli(["train", data, "--out", out, "--resume", "--quiet"])).code).toBe(0);
  });
});
const stolenBy = shop.path("x");
