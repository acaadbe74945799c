/** Channels by name on the command line: a model takes them in whatever order they stand, or refuses them. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { loadFile } from "../../src/node.ts";
import { npy } from "../readers/bytes.ts";
import { cli as run, workshop, type Outcome } from "./harness.ts";

/** Runs, without the notes of how DATA was read, which are told elsewhere. */
async function cli(...given: Parameters<typeof run>): Promise<Outcome> {
  const outcome = await run(...given);
  return { ...outcome, stderr: outcome.stderr.replace(/^note: (columns:|left out:|\S+: shape ).*\n/gm, "") };
}

const shop = workshop();
const STEPS = 320;
/** A machine that runs (load swings by 10 around 0) or rests (it does not), and a temperature that says nothing. */
const log = Array.from({ length: STEPS }, (_, t) => {
  const state = Math.floor(t / 16) % 2 ? "run" : "rest";
  const load = state === "run" ? (t % 4 < 2 ? 10 : -10) : ((t * 5) % 3) / 10;
  return { t, load, temp: 40 + ((t * 7) % 11), state };
});
const long = (names: readonly string[], of: (step: (typeof log)[number]) => readonly (number | string)[]) =>
  `${names.join(",")}\n${log.map((step) => of(step).join(",")).join("\n")}\n`;
const trained = shop.put(
  "train.csv",
  long(["t", "load", "temp", "state"], (s) => [s.t, s.load, s.temp, s.state]),
);
const turned = shop.put(
  "turned.csv",
  long(["state", "temp", "t", "load"], (s) => [s.state, s.temp, s.t, s.load]),
);
const renamed = shop.put(
  "renamed.csv",
  long(["t", "temperature", "load", "state"], (s) => [s.t, s.temp, s.load, s.state]),
);
const wider = shop.put(
  "wider.csv",
  long(["t", "temp", "load", "flow", "state"], (s) => [s.t, s.temp, s.load, (s.t * 3) % 7, s.state]),
);
/** The windows of 16 as rows of a wide table: `load_0` to `load_15` and `temp_0` to `temp_15`, in that order or turned. */
const wide = (channels: readonly ("load" | "temp")[]): string => {
  const head = channels.flatMap((c) => Array.from({ length: 16 }, (_, i) => `${c}_${i}`));
  const rows = Array.from({ length: STEPS / 16 }, (_, w) => {
    const steps = log.slice(16 * w, 16 * (w + 1));
    return [...channels.flatMap((c) => steps.map((s) => s[c])), steps[0].state].join(",");
  });
  return `${[...head, "state"].join(",")}\n${rows.join("\n")}\n`;
};
const wideTurned = shop.put("wideTurned.csv", wide(["temp", "load"]));
/** The same windows without names, `[20, 2, 16]`, in the model's order. */
const array = shop.put("x.npy", npy("<f8", [20, 2, 16], windowsOf()));
shop.put(
  "y.npy",
  npy(
    "<i4",
    [20],
    Array.from({ length: 20 }, (_, w) => w % 2),
  ),
);
function windowsOf(): number[] {
  return Array.from({ length: STEPS / 16 }, (_, w) => {
    const steps = log.slice(16 * w, 16 * (w + 1));
    return [...steps.map((s) => s.load), ...steps.map((s) => s.temp)];
  }).flat();
}

const how = ["--time", "t", "--label", "state", "--window", "16"];
const train = ["--model", "mnist1d-cnn", "--steps", "40", "--quiet"];
const out = shop.path("run");
const model = `${out}/model.safetensors`;
const json = async (words: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const { code, stdout, stderr } = await cli(words);
  expect(code, stderr).toBe(0);
  return { ...(JSON.parse(stdout) as Record<string, unknown>), stderr };
};
const reordered = (file: string): string =>
  `note: ${file}: its channels temp, load are put into the order of the model ${model}: load, temp\n`;

beforeAll(async () => {
  const run = await cli(["train", trained, ...how, ...train, "--out", out]);
  expect(run.code, run.stderr).toBe(0);
});

describe("A model's channels", () => {
  it("are in its file, and its rows are told apart by them", async () => {
    expect((await loadFile(model)).channelNames).toEqual(["load", "temp"]);
    expect(await json(["evaluate", model, trained, ...how, "--json"])).toMatchObject({
      accuracy: 1,
      stderr: "",
    });
  });

  it("long: the same rows in another order of columns have the same figures and predictions, with a note", async () => {
    const { stderr: _none, ...figures } = await json(["evaluate", model, trained, ...how, "--json"]);
    const found = await json(["evaluate", model, turned, ...how, "--json"]);
    expect(found).toEqual({ ...figures, stderr: reordered(turned) });
    const said = await cli(["predict", model, trained, ...how]);
    expect((await cli(["predict", model, turned, ...how])).stdout).toBe(said.stdout);
    const [row, same] = [turned, trained].map((file) => cli(["explain", model, file, ...how]));
    const body = async (said: typeof row): Promise<string[]> => (await said).stdout.split("\n").slice(1);
    expect(await body(row)).toEqual(await body(same));
    expect(await body(row)).toContain("input  2 x 16 (load, temp), load:");
    expect((await row).stderr).toBe(reordered(turned));
  });

  it("wide: prefixes are names, in whatever order they are given", async () => {
    const { stderr: _none, ...figures } = await json(["evaluate", model, trained, ...how, "--json"]);
    const words = ["evaluate", model, wideTurned, "--label", "state", "--json"];
    expect(await json([...words, "--channels", "load,temp"])).toEqual({ ...figures, stderr: "" });
    expect(await json([...words, "--channels", "temp,load"])).toEqual({
      ...figures,
      stderr: reordered(wideTurned),
    });
  });

  it("are refused with both lists where one was renamed or added, and the remedy works", async () => {
    for (const verb of ["evaluate", "predict", "explain"]) {
      const { code, stdout, stderr } = await cli([verb, model, renamed, ...how]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toBe(
        `toeplitz: ${renamed}: its channels are temperature, load, but those of the model ${model} are load, temp ` +
          "(temp missing, temperature too many); channels are matched by name; rename them, or give rows that have them all\n",
      );
    }
    const { code, stderr } = await cli(["evaluate", model, wider, ...how]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `toeplitz: ${wider}: its channels are temp, load, flow, but those of the model ${model} are load, temp ` +
        "(flow too many); channels are matched by name; choose with --channels load,temp (in code: chooseChannels)\n",
    );
    const chosen = await json(["evaluate", model, wider, ...how, "--channels", "load,temp", "--json"]);
    expect(chosen).toMatchObject({ accuracy: 1, stderr: "" });
  });

  it("are taken by position of rows that have no names, with a note, and chosen by number", async () => {
    const predicted = await cli(["predict", model, array]);
    expect(predicted.stderr.split("\n")).toContain(
      `note: ${array} has no channel names: its channels are taken by position as load, temp of the model ${model}`,
    );
    expect(predicted.stdout).toBe((await cli(["predict", model, trained, ...how])).stdout);
    const swapped = await cli(["predict", model, array, "--channels", "1,0"]);
    expect(swapped.code).toBe(0);
    expect(swapped.stdout).not.toBe(predicted.stdout);
    const refused = await cli(["predict", model, array, "--channels", "load,temp"]);
    expect(refused.stderr).toBe(
      `toeplitz: ${array}: there is no channel "load" (channels); they have no names and go by numbers from 0 to 1\n`,
    );
    const fewer = await cli(["predict", model, array, "--channels", "0"]);
    expect(fewer.stderr).toContain(
      `rows have 1 x 16 values (channels x length), but the model ${model} has 2 x 16 (load, temp); both have one shape`,
    );
  });
});

describe("train", () => {
  it("matches --test by name, and says so", async () => {
    const words = ["train", trained, ...how, ...train, "--json"];
    const straight = await json([...words, "--test", trained, "--out", shop.path("straight")]);
    const other = await json([...words, "--test", turned, "--out", shop.path("other")]);
    expect(other.test).toEqual(straight.test);
    expect(other.stderr).toContain(
      `note: ${turned}: its channels temp, load are put into the order of the training set ${trained}: load, temp\n`,
    );
    // rows that are in both parts are seen in whatever order their channels stand
    expect(other.baselines).toEqual(straight.baselines);
    const refused = await cli([...words, "--test", renamed, "--out", shop.path("refused")]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`those of the training set ${trained} are load, temp (temp missing,`);
    expect(shop.has("refused")).toBe(false);
  });

  it("shows the names at its start and in its report", async () => {
    const named = shop.path("named");
    const run = await cli(["train", trained, ...how, "--model", "minirocket", "--out", named]);
    expect(run.stderr).toContain("\n  channels  load, temp\n");
    const page = readFileSync(`${named}/report.html`, "utf8");
    expect(page).toContain('<span class="key"><i class="s0"></i>load</span>');
    expect(page).toContain('<span class="key"><i class="s1"></i>temp</span>');
    const found = await json(["evaluate", `${named}/model.safetensors`, turned, ...how, "--json"]);
    expect(found).toMatchObject({ accuracy: 1 });
  });

  it("reproduces, starts and goes on with the columns in another order", async () => {
    const met = await json(["reproduce", model, turned, "--json", "--quiet"]);
    expect(met).toMatchObject({ met: true, stderr: reordered(turned) });

    const words = [...how, ...train, "--init", model, "--json"];
    const tuned = await json(["train", trained, ...words, "--out", shop.path("tuned")]);
    const tunedTurned = await json(["train", turned, ...words, "--out", shop.path("tunedTurned")]);
    expect(tunedTurned.weightsSha256).toBe(tuned.weightsSha256);
    expect(tunedTurned.stderr).toContain(reordered(turned));
    const refused = await cli(["train", renamed, ...words, "--out", shop.path("refused")]);
    expect(refused.stderr).toContain(`but those of the model ${model} are load, temp (temp missing,`);

    const constant = [...how, "--model", "mnist1d-cnn", "--schedule", "constant", "--quiet", "--json"];
    const whole = await json(["train", trained, ...constant, "--steps", "20", "--out", shop.path("whole")]);
    const part = shop.path("part");
    await json(["train", trained, ...constant, "--steps", "10", "--out", part]);
    const on = ["--out", part, "--resume", "--steps", "20", "--json", "--quiet"];
    const resumed = await json(["train", turned, ...on]);
    expect(resumed.weightsSha256).toBe(whole.weightsSha256);
    expect(resumed.stderr).toContain(
      `note: ${turned}: its channels temp, load are put into the order of the checkpoint: load, temp\n`,
    );
    expect((await loadFile(`${part}/model.safetensors`)).channelNames).toEqual(["load", "temp"]);
  });
});

describe("inspect", () => {
  it("shows names in the place of numbers", async () => {
    const { stdout } = await cli(["inspect", turned, ...how]);
    expect(stdout).toContain("\n  channels  2: temp, load\n");
    expect(stdout).toContain("\n  values    temp 40 to 50; load -10 to 10\n");
    expect(stdout).toContain("mean of temp");
    expect(await json(["inspect", turned, ...how, "--json"])).toMatchObject({
      channels: 2,
      channelNames: ["temp", "load"],
    });
    const wideOnes = ["inspect", wideTurned, "--label", "state", "--json"];
    expect(await json(wideOnes)).toMatchObject({ channels: 1, channelNames: null });
    expect(await json([...wideOnes, "--channels", "load,temp"])).toMatchObject({
      channelNames: ["load", "temp"],
    });
  });

  it("takes --channels of sources without names by number", async () => {
    const ts = shop.put("three.ts", "@classLabel true a b\n@data\n1,2:30,40:5,6:a\n7,8:90,10:1,2:b\n");
    const some = await cli(["inspect", ts, "--channels", "2,0"]);
    expect(some.stdout).toContain("\n  channels  2\n");
    expect(some.stdout).toContain("\n  values    1 to 6; 1 to 8\n");
    const refused = await cli(["inspect", ts, "--channels", "0,3"]);
    expect(refused.stderr).toBe(
      `toeplitz: ${ts}: there is no channel "3" (channels); they have no names and go by numbers from 0 to 2\n`,
    );
    const twice = await cli(["inspect", ts, "--channels", "1,1"]);
    expect(twice.stderr).toContain('channel "1" is given twice (channels); give each once');
  });
});
