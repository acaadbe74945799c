import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { loadFile } from "../../src/node.ts";
import { trainRows } from "../../src/cli/options/trainRows.ts";
import { dashed } from "../../src/cli/format.ts";
import { cli, tsText, workshop } from "./harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
let files = 0;
const config = (options: unknown): string =>
  shop.put(`config-${files++}.json`, typeof options === "string" ? options : JSON.stringify(options));
const json = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await cli(["train", data, "--json", "--quiet", ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe("train --config", () => {
  const options = {
    model: "chain",
    filters: [3, 5],
    epochs: 2,
    "weight-decay": 0.01,
    labelSmoothing: 0.1,
    seed: 7,
  };
  const typed = "--model chain --filters 3,5 --epochs 2 --weight-decay 0.01 --label-smoothing 0.1 --seed 7";

  it("is what its options are typed, to the bits and in the provenance", async () => {
    const [fromFile, fromWords] = [shop.path("file"), shop.path("words")];
    const a = await json("--config", config(options), "--out", fromFile);
    const b = await json(...typed.split(" "), "--out", fromWords);
    expect(a.weightsSha256).toBe(b.weightsSha256);
    const { command } = (await loadFile(`${fromFile}/model.safetensors`)).provenance;
    expect(command).toBe(`train ${typed} ${data} --json --quiet --out ${fromFile}`);
    expect((await cli(["reproduce", fromFile, data, "--quiet"])).code).toBe(0);
  });

  it("gives way to what is typed, wherever --config stands; --epochs to a file's steps too", async () => {
    const file = config({ ...options, seed: 1 });
    expect((await json(`--config=${file}`, "--seed", "7", "--out", shop.path("after"))).seed).toBe(7);
    expect((await json("--seed", "7", "--config", file, "--out", shop.path("before"))).seed).toBe(7);
    const steps = config({ model: "chain", filters: 3, steps: 9 });
    expect((await json("--config", steps, "--epochs", "1", "--out", shop.path("epochs"))).epochs).toBe(1);
  });

  it("of flags takes true and false", async () => {
    const flags = { json: true, quiet: true, resume: false, balance: true };
    const file = config({ model: "chain", filters: "3", epochs: 1, ...flags });
    const { code, stdout, stderr } = await cli([
      "train",
      data,
      "--config",
      file,
      "--out",
      shop.path("flags"),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ epochs: 1 });
  });

  it.each([
    [{ epoch: 3 }, 'option "epoch" is unknown (did you mean epochs?); it is one of test, '],
    [{ "wieght-decay": 3 }, 'option "wieght-decay" is unknown (did you mean weightDecay?); it is one of '],
    [{ config: "b.json" }, 'option "config" is unknown'],
    [{ weightDecay: 1, "weight-decay": 1 }, "weightDecay and weight-decay are one option; give it once"],
    [{ quiet: "yes" }, 'quiet is "yes"; it is true or false'],
    [{ epochs: null }, "epochs is null; it is a number, a text or a list of them, as --epochs <N> takes it"],
    [{ epochs: true }, "epochs is true; it is a number, a text or a list"],
    [{ channels: ["a,b"] }, 'channels is ["a,b"]; it is a list of one or more, whose texts hold no comma'],
    [{ channels: [] }, "channels is []; it is a list of one or more"],
    [[1], "it is no object; a config file is one"],
    ["{'a': 1}", "it is no JSON ("],
  ])("refuses %j in one line", async (given, message) => {
    const file = config(given);
    const { code, stdout, stderr } = await cli(["train", data, "--config", file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.startsWith(`toeplitz: ${file}: ${message}`)).toBe(true);
    expect(stderr.split("\n")).toHaveLength(2);
  });

  it("checks values as typed ones are, and says which file is not there, or wanted", async () => {
    const batch = config({ batch: 0 });
    expect((await cli(["train", data, "--config", batch])).stderr).toBe(
      'toeplitz: --batch is "0"; it is a whole number of at least 1, such as 16\n',
    );
    expect((await cli(["train", data, "--config", "none.json"])).stderr).toContain(
      "none.json: cannot read it",
    );
    expect((await cli(["train", data, "--config"])).code).toBe(2);
    expect((await cli(["train", data, "--config", batch, "--config", batch])).stderr).toContain(
      "given twice",
    );
  });
});

describe("completion", () => {
  const script = async (shell: string): Promise<string> => (await cli(["completion", shell])).stdout;
  const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

  /** What bash offers for the words, the last of which is being typed. */
  async function offered(...words: string[]): Promise<string[]> {
    const text = `${await script("bash")}
COMP_WORDS=(toeplitz ${words.map((w) => `'${w}'`).join(" ")}); COMP_CWORD=${words.length}; _toeplitz
printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["--norc", "-c", text], { encoding: "utf8" }).split("\n").filter(Boolean);
  }

  it.skipIf(!has("bash"))("of bash offers verbs, every option of train, and an option's words", async () => {
    expect(await offered("tr")).toEqual(["train"]);
    expect(await offered("")).toContain("completion");
    const flags = Object.values(trainRows).map((row) => row.flags.split(" ")[0]);
    expect((await offered("train", "--")).sort()).toEqual([...flags, "--help"].sort());
    expect(await offered("train", "data.ts", "--keep", "")).toEqual(["last", "best"]);
    expect(await offered("train", "--model", "mini")).toEqual(["minirocket"]);
    expect(await offered("predict", "m", "d", "--format", "j")).toEqual(["jsonl"]);
    expect(await offered("help", "ev")).toEqual(["evaluate"]);
    expect(await offered("completion", "z")).toEqual(["zsh"]);
    // files are the shell's own
    expect(await offered("train", "")).toEqual([]);
    expect(await offered("train", "--out", "--")).toEqual([]);
  });

  it.each(["zsh", "fish"])("of %s names every verb and option", async (shell) => {
    const text = await script(shell);
    for (const name of Object.keys(trainRows)) expect(text).toContain(dashed(name).slice(2));
    for (const verb of ["predict", "inspect", "doctor", "completion"]) expect(text).toContain(verb);
    if (has(shell)) expect(spawnSync(shell, ["-n"], { input: text }).status).toBe(0);
  });

  it("refuses a shell that it does not know", async () => {
    expect(await cli(["completion", "tcsh"])).toMatchObject({ code: 2, stdout: "" });
  });
});
