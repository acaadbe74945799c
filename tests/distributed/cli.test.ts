/** The command line under mpirun: rank 0 shows, writes and prints, and the results are those of one process. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, launchers } from "./launch.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-ranks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = join(folder, "rows.csv");
const recipe = `train ${rows} --label class --model fcn --steps 4 --batch 12 --shards 4 --validation 0.2 --keep best --threads 1`;
const train = (out: string, ...more: string[]): string[] => [
  ...`${recipe} --json --out ${join(folder, out)}`.split(" "),
  ...more,
];

/** One process. */
const alone = (...words: string[]): string =>
  execFileSync(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("workers/cli.ts", import.meta.url)), ...words],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );

const hashOf = (stdout: string): unknown => (JSON.parse(stdout) as { weightsSha256: unknown }).weightsSha256;

let one = "";
beforeAll(() => {
  const line = (n: number): string =>
    [
      `c${n % 3}`,
      ...Array.from({ length: 24 }, (_, t) => ((7 * n + 5 * t) % 23) + 20 * Number(t % 3 === n % 3)),
    ].join();
  const header = ["class", ...Array.from({ length: 24 }, (_, t) => `t${t}`)].join();
  writeFileSync(rows, `${[header, ...Array.from({ length: 45 }, (_, n) => line(n))].join("\n")}\n`);
  one = alone(...train("one"));
}, 120_000);

describe.each(launchers)("$family", (launcher) => {
  it("trains to the weights of one process, and says so once", async (context) => {
    if (launcher.skipped !== null) return context.skip(launcher.skipped);
    for (const more of [[], ["--sync-batch-norm", "--force"]]) {
      const wanted = more.length === 0 ? one : alone(...train("sync", ...more));
      const { code, stdout, stderr } = await launch(launcher, 2, "cli", train(launcher.family, ...more));
      expect({ code, hash: hashOf(stdout) }, stderr).toEqual({ code: 0, hash: hashOf(wanted) });
      expect(stderr.match(/fcn \(\d+ parameters\)/g)?.length ?? 0).toBeLessThanOrEqual(1);
    }
  }, 240_000);

  it("evaluates and predicts as one process does", async (context) => {
    if (launcher.skipped !== null) return context.skip(launcher.skipped);
    for (const words of [
      ["evaluate", join(folder, "one"), rows, "--label", "class", "--json"],
      ["predict", join(folder, "one"), rows, "--label", "class", "--json"],
    ]) {
      const { stdout } = await launch(launcher, 3, "cli", words);
      expect(stdout).toBe(alone(...words));
    }
    const out = join(folder, `${launcher.family}.csv`);
    await launch(launcher, 2, "cli", [
      "predict",
      join(folder, "one"),
      rows,
      "--label",
      "class",
      "--out",
      out,
    ]);
    expect(readFileSync(out, "utf8")).toBe(alone("predict", join(folder, "one"), rows, "--label", "class"));
  }, 240_000);

  it("sweeps to the winner of one process", async (context) => {
    if (launcher.skipped !== null) return context.skip(launcher.skipped);
    const words = (out: string): string[] =>
      `sweep ${rows} --label class --model chain --filters 5,3 --steps 9 --trials 5 --generation 4 --json --quiet --force --out ${join(folder, out)}`.split(
        " ",
      );
    const winner = (text: string): unknown => {
      const { best } = JSON.parse(text) as { best: { values: unknown; weightsSha256: unknown } };
      return { values: best.values, weightsSha256: best.weightsSha256 };
    };
    const { stdout, stderr } = await launch(launcher, 2, "cli", words(`sweep-${launcher.family}`));
    expect(stderr).not.toContain("toeplitz:");
    expect(winner(stdout)).toEqual(winner(alone(...words("sweep"), "--workers", "1")));
  }, 240_000);

  it.each([
    [["train", "nowhere.csv"], "nowhere.csv: cannot read it"],
    [["train", rows, "--label", "class", "--shards", "3"], "3 shards cannot be dealt out to 2 ranks"],
    [["train", rows, "--nope"], "unknown option '--nope'"],
    [["train", rows, "--model", "minirocket"], "--model minirocket is the work of one process"],
    [["predict", "model.safetensors", "-"], "standard input is read by one process"],
  ])("says once what is wrong: %j", async (words, said) => {
    if (launcher.skipped !== null) return;
    const file = words[1] === "model.safetensors" ? [words[0], join(folder, "one"), words[2]] : words;
    const { code, stderr } = await launch(launcher, 2, "cli", [...file]);
    const ours = stderr.match(/^toeplitz: .*$/gm) ?? [];
    expect(code).toBe(2);
    expect(ours).toHaveLength(1);
    expect(ours[0]).toContain(said);
  });
});
