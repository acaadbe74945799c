/** `toeplitz export` of programs: what is written, what is said, and what is refused. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../../src/formats/modelFile.ts";
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
