/** `toeplitz export` of programs: what is written, what is said, and what is refused. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../../src/formats/modelFile.ts";
import { dense as denseLayer, model as modelOf } from "../../src/layers/functions.ts";
import { cli, workshop } from "../cli/harness.ts";
import { everyArchitecture, fieldsOf } from "./models.ts";

const files = workshop();
const model = files.put("digits.safetensors", encodeModel(everyArchitecture.mnist1dCnn()));

describe("toeplitz export", () => {
  it("writes a module that Node runs, with its types", async () => {
    const to = files.path("digits.mjs");
    const { code, stdout, stderr } = await cli(["export", model, "--to", to]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/digits\.mjs: \d+ bytes\n.*digits\.d\.mts: \d+ bytes\n$/);
    expect(stderr).toBe(
      'import { load } from "./digits.mjs"; const model = await load(); model.predict(row)\n',
    );
    const script = `import { load } from ${JSON.stringify(to)}; console.log((await load()).predict(Array(40).fill(0.5)).label)`;
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(said).toMatch(/^class \d\n$/);
  });

  it("writes types whose classes are literal: what is misspelt does not compile", () => {
    const check = (label: string): ReturnType<typeof spawnSync> => {
      const file = files.path("use.mts");
      writeFileSync(
        file,
        `import { load, type Class } from "./digits.mjs";
const model = await load();
const { label, probabilities } = model.predict(new Float32Array(40));
const wanted: Class = ${JSON.stringify(label)};
export const found: boolean = label === wanted && probabilities[0] > 0.5;
`,
      );
      const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
      return spawnSync(tsc, ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", file], {
        cwd: files.path("."),
        encoding: "utf8",
      });
    };
    expect(check("class 3")).toMatchObject({ status: 0, stdout: "" });
    expect(String(check("clas 3").stdout)).toContain(`Type '"clas 3"' is not assignable to type`);
  });

  it("writes C with its header and a test, and says what it takes", async () => {
    const { code, stdout, stderr } = await cli(["export", model, "--to", files.path("digits.c"), "--json"]);
    expect(code).toBe(0);
    const said = JSON.parse(stdout) as { files: { path: string }[]; notes: string[] };
    expect(said.files.map(({ path }) => path)).toEqual(
      ["digits.c", "digits.h", "digits_test.c"].map((name) => files.path(name)),
    );
    expect(said.notes).toEqual([
      "20.4 KiB of weights, 3.3 KiB of memory, 31,750 multiplications a row",
      "check it where it will run: cc -std=c99 -O2 digits.c digits_test.c -lm && ./a.out",
    ]);
    expect(stderr).toBe("");
    expect(readFileSync(files.path("digits.h"), "utf8")).toContain("#define DIGITS_CLASSES 10");
  });

  it("writes a page and WebAssembly beside a module", async () => {
    expect((await cli(["export", model, "--to", files.path("digits.html")])).code).toBe(0);
    const { code } = await cli(["export", model, "--to", files.path("edge.mjs"), "--wasm", "beside"]);
    expect(code).toBe(0);
    expect(files.has("digits.html") && files.has("edge.wasm")).toBe(true);
  });

  it("writes streams, for a hop or for any, with their types, and refuses what does not stream", async () => {
    const module = await cli(["export", model, "--to", files.path("live.mjs"), "--stream", "10"]);
    expect(module).toMatchObject({ code: 0 });
    expect(module.stderr).toContain("model.stream().push(samples)");
    const types = readFileSync(files.path("live.d.mts"), "utf8");
    expect(types).toContain("an answer every `hop` samples (10) for the window that ends there");
    const stream = `import { load } from "./live.mjs";
const stream = (await load()).stream();`;
    const use = `${stream.replace("load }", "load, type Class }")}
export const found: (Class | "")[] = [];
for (const { label } of stream.push(new Float32Array(60))) found.push(label);
`;
    writeFileSync(files.path("live-use.mts"), use);
    const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext"];
    const checked = spawnSync(tsc, [...flags, "live-use.mts"], { cwd: files.path("."), encoding: "utf8" });
    expect(checked).toMatchObject({ status: 0, stdout: "" });
    writeFileSync(
      files.path("live-use.mjs"),
      `${stream} for (const { at, label } of stream.push(new Float32Array(60))) console.log(at, label);`,
    );
    const said = execFileSync(process.execPath, [files.path("live-use.mjs")], { encoding: "utf8" });
    expect(said).toMatch(/^39 class \d\n49 class \d\n59 class \d\n$/);

    expect((await cli(["export", model, "--to", files.path("live.c"), "--stream"])).code).toBe(0);
    expect(readFileSync(files.path("live.h"), "utf8")).toContain("#define LIVE_STREAM_EVERY 40\n");
    const none = await cli(["export", model, "--to", files.path("x.mjs"), "--stream", "0"]);
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toContain('--stream is "0"; it is a whole number from 1 to');
    const members = [everyArchitecture.chain(), everyArchitecture.chain()];
    const pair = files.put("pair.safetensors", encodeModel({ kind: "ensemble", members, provenance: {} }));
    const refused = await cli(["export", pair, "--to", files.path("x.mjs"), "--stream"]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("the ensemble has no streams; export a single network");
    expect(files.has("x.mjs")).toBe(false);
    const page = await cli(["export", model, "--to", files.path("x.html"), "--stream"]);
    expect(page.stderr).toContain("--stream is for .mjs, .c; .html has no use for it; leave it out");
  });

  it("refuses options that a file has no use for, and what cannot be written, before anything is", async () => {
    const idle = await cli(["export", model, "--to", files.path("x.c"), "--wasm", "beside"]);
    expect(idle).toMatchObject({ code: 2 });
    expect(idle.stderr).toBe("toeplitz: --wasm is for .mjs; .c has no use for it; leave it out\n");
    const members = [everyArchitecture.chain(), everyArchitecture.chain()];
    const two = files.put("two.safetensors", encodeModel({ kind: "ensemble", members, provenance: {} }));
    const refused = await cli(["export", two, "--to", files.path("x.c")]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "an ensemble of 2 networks is not written as C; export one of them, or write .mjs",
    );
    const { weights } = everyArchitecture.chain();
    const bad = weights.map((w, i) => (i === 0 ? { ...w, data: w.data.map(() => NaN) } : w));
    const broken = fieldsOf(everyArchitecture.chain().model, { kind: "none" }, 1, { weights: bad });
    const nan = await cli([
      "export",
      files.put("nan.safetensors", encodeModel(broken)),
      "--to",
      files.path("x.c"),
    ]);
    expect(nan.code).toBe(2);
    expect(files.has("x.c") || files.has("x.h")).toBe(false);
  });
});

describe("toeplitz export --int8", () => {
  /** Slow waves and quick ones, of two classes. */
  const rows = Array.from({ length: 40 }, (_, r) => {
    const values = Array.from({ length: 64 }, (_unused, t) => Math.sin(r + t * (r % 2 === 0 ? 0.3 : 2)));
    return `${r % 2 === 0 ? "slow" : "quick"}\t${values.join("\t")}`;
  }).join("\n");
  const good = files.put("good.tsv", rows);

  it("says what is lost beside float, and writes what says the same in C", async () => {
    const run = files.path("run");
    const trained = await cli([
      "train",
      good,
      "--model",
      "mnist1d-cnn",
      "--epochs",
      "30",
      "--test",
      "0.5",
      "--out",
      run,
    ]);
    expect(trained.code).toBe(0);
    const to = files.path("small8.c");
    const { code, stdout, stderr } = await cli(["export", run, "--to", to, "--int8", good]);
    expect(stderr).toMatch(
      /^on 40 rows of .*good\.tsv accuracy 100\.00 % in float, accuracy 100\.00 % in int8, the same class for 100\.00 %\n[\d.]+ KiB of weights instead of [\d.]+ KiB, [\d.]+ KiB of memory instead of [\d.]+ KiB\ncheck it/,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/small8\.c: \d+ bytes\n.*small8\.h: \d+ bytes\n.*small8_test\.c: \d+ bytes\n$/);
    expect(readFileSync(to, "utf8")).toContain("static const int8_t filters_1[");
  });

  it("writes nothing where too much is lost, unless it is forced", async () => {
    const broken = files.put("broken.safetensors", encodeModel(lossy()));
    const data = files.put("lossy.tsv", lossyRows());
    const to = files.path("lossy.c");
    const refused = await cli(["export", broken, "--to", to, "--int8", data]);
    expect(refused.code).toBe(2);
    expect(refused.stdout).toBe("");
    expect(refused.stderr).toMatch(
      /^toeplitz: .*lossy\.c: on 20 rows of .*lossy\.tsv accuracy 100\.00 % in float, accuracy 50\.00 % in int8, the same class for 50\.00 %: int8 loses 0\.5000, more than 0\.02; give rows as the model will see them, a larger --max-loss, or --force; nothing is written\n$/,
    );
    expect(files.has("lossy.c") || files.has("lossy.h")).toBe(false);
    const allowed = await cli(["export", broken, "--to", to, "--int8", data, "--max-loss", "0.5"]);
    expect(allowed.code).toBe(0);
    expect(allowed.stderr).not.toContain("warning");
    const forced = await cli(["export", broken, "--to", to, "--int8", data, "--force", "--json"]);
    expect(forced.code).toBe(0);
    expect((JSON.parse(forced.stdout) as { notes: string[] }).notes[0]).toMatch(
      /^warning: int8 loses 0\.5000/,
    );
  });

  it("refuses options that go with it where it is not given, and rows that the model does not take", async () => {
    for (const [words, said] of [
      [["--force"], "--force goes with --int8 DATA; give both, or neither"],
      [["--max-loss", "0.1"], "--max-loss goes with --int8 DATA; give both, or neither"],
      [["--label", "class"], "--label goes with --int8 DATA; give both, or neither"],
      [["--int8", good], "rows have 1 x 64 values (channels x length), but the model"],
    ] as const) {
      const { code, stderr } = await cli(["export", model, "--to", files.path("no.c"), ...words]);
      expect(code).toBe(2);
      expect(stderr).toContain(said);
    }
    const idle = await cli(["export", model, "--to", files.path("no.mjs"), "--int8", good]);
    expect(idle.stderr).toContain("--int8 is for .c; .mjs has no use for it; leave it out");
    expect(files.has("no.c")).toBe(false);
  });
});

/** A network that asks whether a value is above 0.1, where the other one is 1000: in 8 bits 0.1 is nothing beside it. */
function lossy() {
  const layers = modelOf({ channels: 1, length: 2 }, (x) => denseLayer(x, { units: 2 }), "lossy");
  const made = fieldsOf(layers, { kind: "none" });
  const weights = made.weights.map((w) => ({
    ...w,
    data: Float32Array.from(w.name.endsWith("bias") ? [0.1, 0] : [0, 0, 1, 0]),
  }));
  return { ...made, classes: ["low", "high"], weights };
}
const lossyRows = (): string =>
  Array.from({ length: 20 }, (_, r) => `${r % 2 === 0 ? "low\t0" : "high\t0.2"}\t1000`).join("\n");
