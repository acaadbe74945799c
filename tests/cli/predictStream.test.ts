/** `predict --stream`: samples from standard input, a line an answer; and how it ends. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { architectures, layers as L, model, network } from "../../src/index.ts";
import { save } from "../../src/node.ts";
import { networkOf } from "../models/stream/shared.ts";
import { cli, workshop } from "./harness.ts";

const shop = workshop();
const classes = ["up", "down"];
const task = { channels: 2, length: 30, classes, answers: { kind: "positions" } } as const;

const positions = shop.path("positions.safetensors");
const tcn = architectures.tcn(task, { levels: 2, channels: 4, kernelSize: 3 });
await save(await networkOf(tcn, { classes }), positions);
const windows = shop.path("windows.safetensors");
await save(await networkOf(architectures.chain({ ...task, channels: 1, length: 50 }), { classes }), windows);
/** The mean of the last two samples; its data had 100 Hz. */
const means = shop.path("means.safetensors");
await save(
  await network({
    model: model({ channels: 1, length: 8 }, (x) => L.averagePool(x, { size: 2, stride: 1 })),
    classes: [],
    preparation: { kind: "none" },
    weights: [],
    provenance: { rate: "100" },
  }),
  means,
);

const stream = (file: string, stdin: string, ...more: readonly string[]) =>
  cli(["predict", file, "--stream", ...more], undefined, stdin);

describe("predict --stream", () => {
  it("answers each position as lines of csv: the mean of each two neighbours", async () => {
    const { code, stdout, stderr } = await stream(means, "1\n2\n\n4\n8");
    expect(stdout).toBe("at,value\n0,1.5\n1,3\n2,6\n");
    expect(stderr).toMatch(
      /^model: 1 channel in, an answer every 1 sample, 1 sample late; each depends on 2 samples; about [\d.]+ us a sample, \d+ KiB\n$/,
    );
    expect(code).toBe(0);
  });

  it("answers windows every --hop samples, as jsonl", async () => {
    const { stdout } = await stream(
      windows,
      Array.from({ length: 80 }, (_, i) => i).join("\n"),
      "--hop",
      "15",
      "--json",
    );
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { at: number; label: string });
    expect(lines.map(({ at }) => at)).toEqual([49, 64, 79]);
    expect(Object.keys(lines[0])).toEqual(["at", "label", "probabilities"]);
  });

  it("takes commas and blanks between channels, and says which line is wrong after what was right", async () => {
    const { stdout, stderr, code } = await stream(positions, "1, 2\n3\t4\n5 x\n");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(",")[0]),
    ).toEqual(["at", "0", "1"]);
    expect(stderr).toContain('standard input: line 3: "x" is no finite number; a stream takes no others');
    expect(code).toBe(2);
    expect((await stream(positions, "1\n")).stderr).toContain(
      "standard input: line 1 has 1 number; a line is one sample of 2 (a number a channel, with commas or blanks between)",
    );
  });

  it("takes times for --hop where the rate is known, and no other rate than the model's", async () => {
    expect((await stream(windows, "1\n", "--hop", "200ms", "--rate", "50")).code).toBe(0);
    expect((await stream(windows, "1\n", "--hop", "200ms")).stderr).toContain(
      "the sampling rate is not known",
    );
    expect((await stream(means, "1\n", "--rate", "50")).stderr).toContain(
      `standard input: --rate is 50 Hz, and the model ${means} was trained on 100 Hz; resample it before`,
    );
    expect((await stream(means, "1\n", "--raw", "f32")).stderr).toContain("its rate is not said");
  });

  it("refuses what goes with DATA, and DATA itself", async () => {
    const refused = async (...words: readonly string[]): Promise<string> =>
      (await cli(["predict", windows, ...words])).stderr;
    expect(await refused("--stream", "--layer", "x")).toContain("--layer goes with DATA");
    expect(await refused("rows.csv", "--stream")).toContain("--stream reads standard input; leave DATA out");
    expect(await refused("rows.csv", "--raw", "s16")).toContain("--raw is given without --stream");
    expect(await refused()).toContain("missing required argument 'DATA'");
  });
});

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** The program with raw bytes on its standard input, which stays open until an answer is there. */
function run(words: readonly string[], bytes: Uint8Array, then: "end" | "SIGINT") {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = spawn(process.execPath, ["--import", "tsx", main, ...words]);
    const said = { stdout: "", stderr: "" };
    child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.stdout.on("data", (chunk: Buffer) => {
      said.stdout += chunk.toString();
      // the answers came while the input was open
      if (said.stdout.split("\n").length < 4) return;
      if (then === "end") child.stdin.end();
      else child.kill("SIGINT");
    });
    child.on("close", (code) => done({ code, ...said }));
    child.stdin.write(bytes);
  });
}

describe("predict --stream as a process", () => {
  it("reads raw 16-bit samples as parts of 1, and answers before the input ends", async () => {
    const bytes = new Uint8Array(Int16Array.of(0, 16384, 32767, -32768).buffer);
    const { stdout, code } = await run(
      ["predict", means, "--stream", "--raw", "s16", "--rate", "100"],
      bytes,
      "end",
    );
    expect(stdout).toBe("at,value\n0,0.25\n1,0.7499847412109375\n2,-0.0000152587890625\n");
    expect(code).toBe(0);
  });

  it("ends at an interrupt with 130, and at half a sample with 2", async () => {
    const words = ["predict", means, "--stream", "--raw", "f32", "--rate", "100"];
    const bytes = new Uint8Array(Float32Array.of(1, 3, 5, 7).buffer);
    const interrupted = await run(words, bytes, "SIGINT");
    expect([interrupted.code, interrupted.stderr.split("\n")[1]]).toEqual([
      130,
      "interrupted after 4 samples",
    ]);
    const half = await run(words, Uint8Array.of(...bytes, 9), "end");
    expect(half.stderr).toContain("standard input: it ends within a sample, after 1 of 4 bytes (1 x f32)");
    expect(half.code).toBe(2);
  });
});
