/** `toeplitz sweep`: what it leaves, the same on several processes and after interrupts, and what it refuses. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { typedIn } from "../../../src/cli/sweep/prepareSweep.ts";
import { uniform } from "../../../src/numerics/threefry.ts";
import { cli, workshop } from "../harness.ts";

const shop = workshop();
/** 40 rows of 12 positions in two classes, a rising and a falling one, with noise that a formula makes. */
const table = [
  ["class", ...Array.from({ length: 12 }, (_, t) => `t${t}`)].join(","),
  ...Array.from({ length: 40 }, (_, r) =>
    [
      r % 2 ? "up" : "down",
      ...Array.from({ length: 12 }, (_, t) => (r % 2 ? t : 12 - t) / 6 + (((r * 31 + t * 17) % 23) - 11) / 9),
    ].join(","),
  ),
].join("\n");
const data = shop.put("rows.csv", table);
const space = shop.put(
  "space.json",
  JSON.stringify({
    lr: { kind: "logUniform", low: 0.0005, high: 0.5 },
    batch: { kind: "choice", values: [8, 16] },
    filters: { kind: "choice", values: ["5", "3,3"] },
    augment: { kind: "choice", values: [null, "jitter=0.05"] },
  }),
);
const LR = JSON.stringify({ lr: { kind: "logUniform", low: 0.001, high: 0.01 } });
const words = ["sweep", data, "--label", "class", "--model", "chain", "--epochs", "9", "--space", space];
const small = [...words, "--trials", "9", "--generation", "6", "--backend", "wasm"];

/** The finished rungs in an order of their own, without the clock. */
const logOf = (out: string): string[] =>
  readFileSync(join(out, "sweep.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.replace(/"seconds":[0-9.]+/, ""))
    .toSorted();
const read = (out: string, name: string): string => readFileSync(join(out, name), "utf8");

const first = shop.path("first");
let json: { best: { values: object; score: number; weightsSha256: string[] }; ranked: object[] };

describe("a sweep", () => {
  it("leaves a log, the best recipe as a config file and a report, and prints one object", async () => {
    const { code, stdout, stderr } = await cli([...small, "--workers", "1", "--out", first, "--json"]);
    expect(stderr).toMatch(
      /9 trials by tpe, 6 at a time, 3 rungs \(0\.111, 0\.333, 1 of the length, 1 of 3 goes on\)/,
    );
    expect(stderr).toMatch(/^trial \d  rung 3 of 3  loss /m);
    expect(code).toBe(0);
    json = JSON.parse(stdout);
    expect(json).toMatchObject({
      schema: 1,
      data: "rows",
      model: "chain",
      trials: 9,
      sampler: "tpe",
      out: first,
    });
    expect(json.ranked).toHaveLength(9);
    expect(readdirSync(first).toSorted()).toEqual(["best.json", "report.html", "sweep.jsonl"]);
    expect(JSON.parse(read(first, "best.json"))).toEqual({
      label: "class",
      model: "chain",
      epochs: "9",
      seed: 0,
      validation: 0.2,
      ...json.best.values,
    });
    const page = read(first, "report.html");
    expect(page).toMatch(
      /<svg role="img" aria-label="Trials over their parameters: 9 lines over lr, batch, filters, augment and loss"/,
    );
    expect(page).not.toMatch(/<script|https?:\/\//);
  });

  it("has its best trial's bits when train follows the recipe", async () => {
    const run = [
      "train",
      data,
      "--config",
      join(first, "best.json"),
      "--out",
      shop.path("run"),
      "--backend",
      "wasm",
    ];
    const { code, stdout } = await cli([...run, "--json", "--quiet"]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as { weightsSha256: string; validation: { loss: number } };
    expect([result.weightsSha256]).toEqual(json.best.weightsSha256);
    expect(result.validation.loss).toBe(json.best.score);
  });

  it("is the same on two processes", async () => {
    const out = shop.path("two");
    const { code, stderr } = await cli([...small, "--workers", "2", "--out", out, "--quiet"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(logOf(out)).toEqual(logOf(first));
    expect(read(out, "best.json")).toBe(read(first, "best.json"));
  }, 60_000);

  it("goes on after it was killed, and after its log was torn", async () => {
    const out = shop.path("killed");
    const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
    const child = spawn(
      process.execPath,
      ["--import", "tsx", main, ...small, "--workers", "1", "--out", out],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let lines = 0;
    child.stderr.on("data", (text: Buffer) => {
      lines += text
        .toString()
        .split("\n")
        .filter((line) => line.startsWith("trial ")).length;
      if (lines >= 4) child.kill("SIGKILL");
    });
    await new Promise((resolve) => child.once("exit", resolve));
    const log = join(out, "sweep.jsonl");
    const before = read(out, "sweep.jsonl").trim().split("\n").length;
    expect(before).toBeGreaterThanOrEqual(5);
    expect(before).toBeLessThan(logOf(first).length);
    truncateSync(log, Buffer.byteLength(read(out, "sweep.jsonl")) - 30);
    const { code, stderr } = await cli([...small, "--workers", "1", "--out", out, "--resume"]);
    expect(stderr).toMatch(new RegExp(`resume    ${before - 2} rungs finished before`));
    expect(code).toBe(0);
    expect(logOf(out)).toEqual(logOf(first));
    expect(read(out, "best.json")).toBe(read(first, "best.json"));
  }, 60_000);

  it("ends at an interrupt with the line that goes on with it", async () => {
    const out = shop.path("interrupted");
    let ends: (() => void) | null = null;
    const running = cli(
      [...small, "--workers", "1", "--out", out, "--quiet"],
      (interrupt) => (ends = interrupt),
    );
    const timer = setInterval(() => {
      if (!readdirSync(shop.path("")).includes("interrupted")) return;
      if (read(out, "sweep.jsonl").split("\n").length > 4) ends?.();
    }, 5);
    const { code, stdout, stderr } = await running;
    clearInterval(timer);
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(
      /^interrupted: what was running is given up; go on with: toeplitz sweep .* --resume$/m,
    );
    const again = await cli([...small, "--workers", "1", "--out", out, "--quiet", "--resume", "--json"]);
    expect(again.code).toBe(0);
    expect(logOf(out)).toEqual(logOf(first));
  }, 60_000);

  it("prints a result that people read, with the line that trains by it", async () => {
    const { stdout, stderr, code } = await cli([...small, "--workers", "1", "--out", first, "--resume"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/rungs finished before/);
    expect(stdout).toMatch(
      /^chain on rows: 9 trials, \d+ rungs, [\d,]+ steps in .* of work, scored by loss on 0\.2 of the rows, held back$/m,
    );
    expect(stdout).toMatch(/^trial +rung +loss +lr +batch +filters +augment$/m);
    expect(stdout).toMatch(/^next {7}toeplitz train .*rows\.csv --config .*best\.json$/m);
  });

  it("scores by folds, and its recipe then trains on every row", async () => {
    const out = shop.path("folds");
    const { code, stdout } = await cli([
      ...words,
      "--trials",
      "2",
      "--folds",
      "2",
      "--workers",
      "1",
      "--out",
      out,
      "--json",
      "--quiet",
    ]);
    expect(code).toBe(0);
    const { best } = JSON.parse(stdout) as typeof json;
    expect(best.weightsSha256).toHaveLength(2);
    const recipe = JSON.parse(read(out, "best.json")) as object;
    expect(recipe).not.toHaveProperty("validation");
    const run = [
      "train",
      data,
      "--config",
      join(out, "best.json"),
      "--folds",
      "2",
      "--out",
      shop.path("run-folds"),
    ];
    const trained = JSON.parse((await cli([...run, "--json", "--quiet"])).stdout) as {
      runs: { weightsSha256: string }[];
    };
    expect(trained.runs.map((each) => each.weightsSha256)).toEqual(best.weightsSha256);
  });

  it("shows the default space, without what is given", async () => {
    const { stdout, stderr } = await cli([
      "sweep",
      data,
      "--label",
      "class",
      "--model",
      "chain",
      "--filters",
      "3",
      "--lr",
      "0.01",
      "--print-space",
    ]);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      "batch",
      "optimizer",
      "weightDecay",
      "schedule",
      "normalize",
      "ema",
      "labelSmoothing",
      "augment",
      "activation",
    ]);
    expect(stderr).toMatch(/--lr, --filters: given, so not a parameter of the default space/);
  });
});

const isLinux = process.platform === "linux";

describe("a worker", () => {
  it.skipIf(!isLinux)(
    "that the system ends is said with its trial and what to do (only Linux lists processes in /proc)",
    async () => {
      const out = shop.path("ended");
      const long = [
        "--epochs",
        "100000",
        "--trials",
        "2",
        "--rungs",
        "1",
        "--workers",
        "2",
        "--backend",
        "wasm",
      ];
      const running = cli([
        "sweep",
        data,
        "--label",
        "class",
        "--space",
        shop.put("lr.json", LR),
        ...long,
        "--out",
        out,
        "--quiet",
      ]);
      const own = (): number[] =>
        readdirSync("/proc")
          .filter((id) => /^\d+$/.test(id))
          .map(Number)
          .filter((id) => {
            try {
              const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, "utf8"))?.[1];
              return (
                Number(parent) === process.pid &&
                readFileSync(`/proc/${id}/cmdline`, "utf8").includes("sweep/worker")
              );
            } catch {
              return false;
            }
          });
      const killed = new Set<number>();
      const timer = setInterval(() => {
        for (const id of own()) {
          killed.add(id);
          process.kill(id, "SIGKILL");
        }
      }, 200);
      const { code, stderr } = await running;
      clearInterval(timer);
      expect(killed.size).toBeGreaterThan(0);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^toeplitz: trial [01]: its process was ended by SIGKILL, as systems do where memory is short; give fewer --workers, and --resume to go on$/m,
      );
      expect(own()).toEqual([]);
    },
    60_000,
  );
});

describe("what was typed", () => {
  it("is the text behind an option, and true of one that has none", () => {
    const line =
      "sweep --detrend rows.csv --lr 0.1 --balance --ema=0.9 --no-header --axes rows,time,channels";
    expect(Object.fromEntries(typedIn(line.split(" ")))).toEqual({
      detrend: true,
      lr: "0.1",
      balance: true,
      ema: "0.9",
      header: true,
      axes: "rows,time,channels",
    });
  });
});

describe("a sweep refuses in one line", () => {
  const refused = async (given: readonly string[], code = 2): Promise<string> => {
    const outcome = await cli(given);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toBe("");
    return outcome.stderr
      .split("\n")
      .filter((line) => line.startsWith("toeplitz: "))
      .join("\n");
  };

  it("a folder that holds something else, and a sweep that is another", async () => {
    expect(await refused([...small, "--out", first])).toMatch(
      /first: it holds another run \((best\.json|report\.html|sweep\.jsonl)\); give --resume/,
    );
    expect(await refused([...small, "--out", first, "--resume", "--seed", "1"])).toBe(
      `toeplitz: seed is 1, but 0 in the sweep in ${first}; give what it was begun with, or start another with --out or --force`,
    );
    expect(await refused([...small, "--out", first, "--resume", "--batch", "4"])).toMatch(
      /batch: --batch is given too/,
    );
    expect(await refused([...small, "--out", shop.path("run"), "--resume"])).toMatch(
      /run: it holds a run \(.*\), not a sweep/,
    );
    expect(await refused([...small, "--resume", "--force"])).toMatch(/give one of them/);
  });

  it("a log that is damaged", async () => {
    const out = shop.path("damaged");
    await cli([...words, "--trials", "1", "--workers", "1", "--out", out, "--quiet"]);
    const lines = read(out, "sweep.jsonl").split("\n");
    lines[1] = lines[1].replace('"trial":0', '"trial":-1');
    writeFileSync(join(out, "sweep.jsonl"), lines.join("\n"));
    expect(await refused([...words, "--trials", "1", "--out", out, "--resume"])).toMatch(
      /sweep\.jsonl: line 2: trial is -1; it is a whole number from 0 to 1000000; put back a copy, or start the sweep over with --force/,
    );
    const again = await cli([
      ...words,
      "--trials",
      "1",
      "--workers",
      "1",
      "--out",
      out,
      "--quiet",
      "--force",
    ]);
    expect(again.code).toBe(0);
    rmSync(out, { recursive: true });
  });

  it("whatever a log has become, or goes on to the same end", async () => {
    const out = shop.path("damaged-anyhow");
    // the states of a sweep that has ended are gone: steps are taken again
    const withoutSteps = (folder: string): string[] =>
      logOf(folder).map((line) => line.replace(/"steps":\d+/, ""));
    const whole = withoutSteps(first);
    const bytes = readFileSync(join(first, "sweep.jsonl"));
    for (let n = 0; n < 12; n++) {
      mkdirSync(out, { recursive: true });
      const damaged = Uint8Array.from(bytes);
      const [at, what] = [uniform(1, 2, n, 0), uniform(1, 2, n, 1)];
      damaged[Math.floor(at * damaged.length)] = Math.floor(256 * what);
      writeFileSync(
        join(out, "sweep.jsonl"),
        n % 3 === 0 ? bytes.subarray(0, Math.floor(at * bytes.length)) : damaged,
      );
      const { code, stderr } = await cli([...small, "--workers", "1", "--out", out, "--quiet", "--resume"]);
      expect([0, 2]).toContain(code);
      if (code === 0 && n % 3 === 0) expect(withoutSteps(out)).toEqual(whole);
      if (code === 2) expect(stderr.trim()).toMatch(/^toeplitz: [^\n]+$/);
      rmSync(out, { recursive: true });
    }
  }, 60_000);

  it("spaces and options that do not go together", async () => {
    const own = (content: object): string[] => [
      "sweep",
      data,
      "--label",
      "class",
      "--space",
      shop.put("own.json", JSON.stringify(content)),
    ];
    const lr = { kind: "logUniform", low: 0.001, high: 0.1 };
    expect(await refused(own({ lrr: lr }))).toMatch(
      /own\.json: parameter "lrr" is unknown \(did you mean lr\?\)/,
    );
    expect(await refused(own({ lr: { ...lr, of: "model" } }))).toMatch(/which only code can build/);
    expect(await refused(own({ filters: { kind: "choice", values: ["9"] } }))).toMatch(
      /belong to --model chain, not to fcn/,
    );
    expect(await refused([...own({ lr }), "--model", "minirocket"])).toMatch(
      /the model minirocket is fitted in closed form; a sweep is of networks/,
    );
    expect(await refused([...own({ lr }), "--folds", "3", "--validation", "0.2"])).toMatch(
      /give one of them/,
    );
    expect(await refused([...own({ lr }), "--monitor", "rmse"])).toMatch(/monitor is "rmse"/);
    expect(await refused([...own({ lr }), "--sampler", "grid"])).toMatch(
      /--sampler "grid" is unknown; it is one of random, sobol, tpe/,
    );
    expect(await refused(["sweep", data, "--label", "class", "--space", shop.path("none.json")])).toMatch(
      /none\.json/,
    );
  });

  it("a sweep of which no trial comes to its end, with code 3, after it has told each", async () => {
    const wild = shop.put("wild.json", JSON.stringify({ lr: { kind: "choice", values: [1e30, 1e31] } }));
    const out = shop.path("wild");
    const given = [
      "sweep",
      data,
      "--label",
      "class",
      "--model",
      "chain",
      "--filters",
      "3",
      "--activation",
      "relu",
      "--epochs",
      "9",
    ];
    const { code, stdout, stderr } = await cli([
      ...given,
      "--space",
      wild,
      "--trials",
      "2",
      "--workers",
      "1",
      "--out",
      out,
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^trial 0  rung 1 of 3  failed: /m);
    expect(stderr).toMatch(/^no trial came to its end, so there is no recipe: /m);
    expect(stdout).toMatch(/^failed {5}2 trials, which count as the worst$/m);
  });
});
