import { mkdirSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { losses } from "../../src/training/losses.ts";
import { optimizers } from "../../src/training/optimizers.ts";
import { schedules } from "../../src/training/schedules.ts";
import { cli, tsText, workshop } from "./harness.ts";

const shop = workshop();
const good = shop.put("good.ts", tsText(20));
const out = shop.path("out");
const chain = { format: "toeplitz-model", version: 1, name: "m", input: { channels: 1, length: 12 } };

/** Runs `train` with `--out`, and expects one line and nothing written. */
async function refused(words: readonly string[]): Promise<string> {
  const run = await cli(["train", ...words, "--out", out]);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toMatch(/^toeplitz: [^\n]*\n$/);
  return run.stderr.slice("toeplitz: ".length, -1);
}
afterEach(() => expect(shop.has("out")).toBe(false));

describe("data that cannot be trained on", () => {
  const rows = tsText(20);
  const lines = rows.split("\n");
  const file = (name: string, content: string | Uint8Array): string => shop.put(name, content);

  it("no such file", async () => {
    const path = shop.path("nope.ts");
    expect(await refused([path])).toBe(
      `${path}: cannot read it: there is no such file or folder; check the path`,
    );
  });
  it("the built-in data with options of tables and windows", async () => {
    expect(await refused(["mnist1d", "--label", "x", "--window", "20"])).toBe(
      "mnist1d: --label, --window: it is built in, and has neither columns nor longer series; leave it out",
    );
  });
  it("more runs than anyone waits for", async () => {
    expect(await refused([good, "--seeds", "1e9"])).toBe(
      '--seeds is "1e9"; it is a whole number from 2 to 10000, such as 5',
    );
  });
  it("a folder", async () => {
    const path = shop.path("folder.ts");
    mkdirSync(path);
    expect(await refused([path])).toMatch(
      /^\S+: the folder has no recordings .*; give a file, or such a folder$/,
    );
  });
  it("an empty path, and a name that is too long", async () => {
    expect(await refused([""])).toBe(
      "an empty path: cannot read it: there is no such file or folder; check the path",
    );
    expect(await refused(["x".repeat(300)])).toMatch(
      /^x+: cannot read it: its name is too long; check the path$/,
    );
  });
  it("a file cut short", async () => {
    const path = file("cut.ts", rows.slice(0, -12));
    expect(await refused([path])).toMatch(/cut\.ts:24: .*\(it is the last row: is the file cut short\?\)$/);
  });
  it("a letter among the numbers", async () => {
    const path = file(
      "letter.ts",
      [...lines.slice(0, 5), lines[5].replace(/^[^,]*/, "x1"), ...lines.slice(6)].join("\n"),
    );
    expect(await refused([path])).toBe(
      `${path}:6: column 1 is "x1"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none`,
    );
  });
  it("a row of another length", async () => {
    const longer = ["@equalLength true", ...lines.slice(0, 5), `1,${lines[5]}`, ...lines.slice(6)];
    const path = file("length.ts", longer.join("\n"));
    expect(await refused([path])).toBe(
      `${path}:7: the row has 13 values, but line 6 has 12; @equalLength is true; complete the row, or write @equalLength false`,
    );
  });
  it("one class only", async () => {
    const path = file("one.ts", tsText(6, { classes: ["up"], header: ["up", "down"] }));
    expect(await refused([path])).toBe(
      `${path}: every one of the 6 rows is of class "up"; a classifier needs at least two classes; add rows of another class`,
    );
  });
  it("no rows, and no bytes", async () => {
    const path = file("none.ts", tsText(0));
    expect(await refused([path])).toBe(
      `${path}:5: no row follows "@data"; a data set has at least one; give a file that has rows`,
    );
    const empty = file("empty.ts", "");
    expect(await refused([empty])).toMatch(
      /^\S+: the file is empty; docs\/data\.md lists the formats that are read; convert it to one$/,
    );
  });
  it("binary noise", async () => {
    const path = file(
      "noise.ts",
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256),
    );
    expect(await refused([path])).toMatch(
      /^\S+: the file is binary; docs\/data\.md lists the formats that are read; convert it to one$/,
    );
  });
  it("a test set of a class that training never saw, whether or not its header declares it", async () => {
    const odd = file("odd.ts", tsText(9, { classes: ["up", "down", "flat"] }));
    const message = (train: string): string =>
      `${odd}: 3 rows are of class "flat", which ${train} does not have; ` +
      "a model answers only with classes of its training set; relabel those rows or take them out";
    expect(await refused([good, "--test", odd])).toBe(message(good));
    const declared = file("declared.ts", tsText(20, { header: ["flat", "up", "down"] }));
    expect(await refused([declared, "--test", odd])).toBe(message(declared));
  });
  it("a test set of another shape", async () => {
    const long = file("long.ts", tsText(8, { length: 13 }));
    expect(await refused([good, "--test", long])).toBe(
      `${long}: rows have 1 x 13 values (channels x length), but the training set ${good} has 1 x 12; ` +
        "both have one shape; give rows of that shape, or train with --length 12",
    );
  });
});

describe("models that cannot be trained", () => {
  const broken: readonly [string, unknown, string][] = [
    ["cut.json", '{"format": "toeplitz-model", "layers"', "it is no JSON ("],
    ["list.json", [], "not a model: it is no JSON object; give what JSON.stringify(model(...)) writes"],
    [
      "version.json",
      { ...chain, version: 2 },
      'not a model: format is "toeplitz-model" and version 2, not "toeplitz-model" and 1',
    ],
    [
      "kind.json",
      { ...chain, layers: [{ kind: "convolve", from: [0] }] },
      'not a model: layer 1 is of kind "convolve"; kinds are ',
    ],
    [
      "kernel.json",
      { ...chain, layers: [{ kind: "conv1d", from: [0], options: { filters: 1, kernelSize: 13 } }] },
      'layer 1 (conv1d): kernelSize 13 does not fit 12 positions; shorten the kernel or use padding "same"',
    ],
    [
      "units.json",
      { ...chain, layers: [{ kind: "dense", from: [0], options: { units: 3 } }] },
      `the last layer (dense_1) gives 3 x 1 values, but ${good} has 2 classes; end with dense of 2 units`,
    ],
    [
      "unused.json",
      {
        ...chain,
        layers: [
          { kind: "conv1d", from: [0], options: { filters: 1, kernelSize: 3 } },
          { kind: "dense", from: [0], options: { units: 2 } },
        ],
      },
      "layer 1 (conv1d): nothing reads it; the last layer is the output, and depends on all others",
    ],
    [
      "shape.json",
      {
        ...chain,
        input: { channels: 2, length: 12 },
        layers: [{ kind: "dense", from: [0], options: { units: 2 } }],
      },
      `the model takes rows of 2 x 12 (channels x length), but ${good} has 1 x 12; set its input to that`,
    ],
  ];
  it.each(broken)("%s", async (name, json, message) => {
    const path = shop.put(name, typeof json === "string" ? json : JSON.stringify(json));
    expect((await refused([good, "--model", path])).startsWith(`${path}: ${message}`)).toBe(true);
  });

  it("an unknown name, with what is near", async () => {
    expect(await refused([good, "--model", "fnc"])).toMatch(
      /^--model "fnc" is unknown \(did you mean fcn\?\); it is one of fcn, .*, or a model file \(\.json\)$/,
    );
  });
  it("a chain with an unknown activation, on filters that do not fit, and options for another model", async () => {
    expect(await refused([good, "--model", "chain", "--activation", "tan", "--filters", "3"])).toMatch(
      /^--model chain: activation tan of layer 1; it is one of tanh, /,
    );
    expect(await refused([good, "--model", "chain", "--filters", "9,9"])).toBe(
      '--model chain: layer 3 (conv1d): kernelSize 9 does not fit 4 positions; shorten the kernel or use padding "same"',
    );
    expect(await refused([good, "--filters", "9"])).toBe(
      "--filters and --activation belong to --model chain, not to fcn; write a model file for other shapes",
    );
  });
});

describe("options that say nothing sensible", () => {
  it.each([
    [["--batch", "0"], '--batch is "0"; it is a whole number of at least 1, such as 16'],
    [["--lr", "abc"], '--lr is "abc"; it is a number above 0, such as 0.001'],
    [
      ["--lr", "1e300"],
      '--lr is "1e300", which is outside float32 (1.4e-45 to 3.4e38); give a number such as 0.001',
    ],
    [
      ["--test", "--force"],
      '--test wants a value, but "--force" follows; give the value first (of a path that begins so, ./ and the path)',
    ],
    [
      ["--model", "unet1d"],
      `the model unet1d predicts a class of each of 12 positions, but rows of ${good} have one label each; ` +
        "give another --model, or train it from code (fit on fromArrays with labels a position)",
    ],
    [
      ["--model", "resnet", "--freeze", "nothing"],
      /^freeze names "nothing", which no parameter's name begins with; layers are conv1d_1, .{1,80}, dense_1$/,
    ],
    [["--lr", "0x10"], '--lr is "0x10"; it is a number above 0, such as 0.001'],
    [["--epochs", "-5"], '--epochs is "-5"; it is a whole number of at least 1, such as 300'],
    [["--steps", "1.5"], '--steps is "1.5"; it is a whole number of at least 1, such as 6000'],
    [
      ["--seed", "4294967296"],
      '--seed is "4294967296"; it is a whole number from 0 to 4294967295, such as 0',
    ],
    [
      ["--validation", "1.5"],
      '--validation is "1.5"; it is a fraction of the rows, at least 0 and below 1, such as 0.2',
    ],
    [["--validation", "0.01", "--quiet"], "0.01 of 20 rows holds no row back; give a larger fraction"],
    [
      ["--optimizer", "adm"],
      `--optimizer "adm" is unknown (did you mean adam?); it is one of ${Object.keys(optimizers).join(", ")}`,
    ],
    [
      ["--schedule", "linear"],
      `--schedule "linear" is unknown; it is one of ${Object.keys(schedules).join(", ")}`,
    ],
    [
      ["--loss", "cross-entropy"],
      `--loss "cross-entropy" is unknown (did you mean crossEntropy?); it is one of ${Object.keys(losses).join(", ")}`,
    ],
    [
      ["--loss", "meanSquaredError"],
      `--loss meanSquaredError wants rows with target values, but ${good} has classes; use --loss crossEntropy`,
    ],
    [["--normalize", "batch"], '--normalize "batch" is unknown; it is one of none, sample, channel, minmax'],
    [["--fill", "mean"], '--fill "mean" is unknown; it is one of linear, forward, zero'],
    [["--pad-at", "left"], '--pad-at "left" is unknown; it is one of end, start, centre'],
    [
      ["--length", "0"],
      '--length is "0"; it is a whole number of at least 1 or a time (2s, 500ms), such as 100',
    ],
    [
      ["--resample", "9", "--length", "9"],
      "--resample and --length (--pad, --pad-at) both make rows one length; give one of them",
    ],
    [["--keep", "first"], '--keep "first" is unknown; it is one of last, best'],
    [["--backend", "gpu"], '--backend "gpu" is unknown; it is one of auto, x64, wasm, reference'],
    [["--numerics", "fast"], '--numerics "fast" is unknown; it is one of strict, fused'],
    [["--threads", "0"], '--threads is "0"; it is a whole number from 1 to 64, such as 2'],
    [
      ["--filters", "3,x"],
      '--filters is "3,x"; it is whole numbers of at least 1 with commas between them, such as 9,9,9',
    ],
    [["--resume", "--force"], "--resume goes on with a run and --force starts it over; give one of them"],
    [["--checkpoint-every", "-1"], '--checkpoint-every is "-1"; it is a number of at least 0, such as 30'],
    [["--init", "m"], "m: cannot read it: there is no such file or folder; check the path"],
    [["--epoch", "3"], "unknown option '--epoch' (Did you mean --epochs?); see toeplitz train --help"],
    [["more"], "too many arguments for 'train'. Expected 1 argument but got 2; see toeplitz train --help"],
  ])("%j", async (words, message) => {
    const said = await refused([good, ...words]);
    if (typeof message === "string") expect(said).toBe(message);
    else expect(said).toMatch(message);
  });

  it("shows help where it is asked for", async () => {
    for (const words of [["help"], ["--help"], ["help", "train"]]) {
      const run = await cli(words);
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(run.stdout).toMatch(/^Usage: toeplitz /);
    }
  });

  it("no verb, an unknown verb, no DATA", async () => {
    const said = async (...words: string[]): Promise<string> => (await cli(words)).stderr;
    expect(await said()).toBe(
      "toeplitz: no command; it is one of train, evaluate, predict, explain, inspect, export, import, compare, reproduce, sweep, studio, doctor, bench, completion; see toeplitz --help\n",
    );
    expect(await said("trian")).toBe(
      "toeplitz: unknown command 'trian' (Did you mean train?); see toeplitz --help\n",
    );
    expect(await said("train")).toBe(
      "toeplitz: missing required argument 'DATA'; see toeplitz train --help\n",
    );
  });
});

describe("folders that cannot hold a run", () => {
  const trainTo = (folder: string): ReturnType<typeof cli> =>
    cli(["train", good, "--model", "chain", "--filters", "3", "--epochs", "1", "--out", folder]);

  it("a file, and a path through a file", async () => {
    expect(await trainTo(good)).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${good}: it is a file; --out takes a folder; give another one\n`,
    });
    expect((await trainTo(`${good}/run`)).stderr).toBe(
      `toeplitz: ${good}/run: cannot write it: a part of its path is a file, not a folder; check the path\n`,
    );
  });
  it.skipIf(process.platform !== "linux")("one that the system does not let be made (/proc)", async () => {
    const run = await trainTo("/proc/toeplitz/run");
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(/^toeplitz: \/proc\/toeplitz\/run: cannot write it: [^\n]*\n$/);
  });
});
