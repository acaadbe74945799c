/** Streams in C answer what the library's streams answer, to the bit; compiled by gcc where it is there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeStreamC } from "../../src/export/c/stream.ts";
import { ensemble } from "../../src/models/ensemble.ts";
import { network, type Network } from "../../src/index.ts";
import { randomNetwork } from "../models/stream/randomNetworks.ts";
import { networkOf } from "../models/stream/shared.ts";
import { blocksOf, textOf } from "../docs/markdown.ts";
import { gcc, missing, type Compiler } from "./compiled.ts";
import { StreamWorkshop } from "./compiledStreams.ts";
import { fieldsOf } from "./models.ts";
import { streamingNetworks } from "./streams.ts";

const workshop = new StreamWorkshop();
afterAll(() => workshop.remove());
const { folder } = workshop;
const why = missing("gcc");
const withGcc = it.skipIf(why !== null);
const reason = why === null ? "" : ` (skipped: ${why})`;

/** The golden stream is right, and a series is answered as the library answers it. */
async function expectSame(
  net: Network,
  hop: number | undefined,
  length: number,
  compiler: Compiler = gcc,
): Promise<void> {
  const { said, wanted, golden, header } = await workshop.run(net, hop, length, compiler);
  expect(golden).toEqual({
    text: expect.stringMatching(/^\d+ answers of the golden stream: equal bits\n$/) as string,
    code: 0,
  });
  const stream = await net.stream({ hop });
  const macro = (what: string): number => Number(new RegExp(`_${what} (\\d+)`).exec(header)?.[1]);
  expect([macro("STREAM_EVERY"), macro("STREAM_LATENCY"), macro("STREAM_FIELD")]).toEqual([
    stream.every,
    stream.latency,
    stream.receptiveField,
  ]);
  expect(wanted.length).toBeGreaterThan(3);
  expect(said).toEqual(wanted);
}

describe(`a stream in C has the bits of the library's${reason}`, () => {
  for (const [name, { make, hops, length }] of Object.entries(streamingNetworks))
    withGcc(name, { timeout: 120_000 }, async () => {
      const net = await make();
      for (const hop of hops) await expectSame(net, hop, length);
    });

  withGcc("of random networks", { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= 6; seed++)
      await expectSame(
        await networkOf(randomNetwork(seed), { runtime: { convolution: "fast" } }),
        undefined,
        300,
      );
  });

  withGcc("of values in the targets' own units, and of several labels", { timeout: 120_000 }, async () => {
    const { model } = await streamingNetworks.chain.make();
    const fields = fieldsOf(model, { kind: "channel", mean: [1], deviation: [2] }, 1, {
      classes: [],
      targets: { mean: [10, 20, 30], deviation: [2, 3, 4] },
    });
    for (const hop of [8, 64]) await expectSame(await network(fields, { threads: 1 }), hop, 400);
    const labels = { answers: "multiLabel", channelNames: ['the "x" */ of it'] } as const;
    await expectSame(await network(fieldsOf(model, { kind: "none" }, 2, labels), { threads: 1 }), 8, 400);
  });

  withGcc("by smaller code, without optimisation and with all of it", { timeout: 120_000 }, async () => {
    const net = await streamingNetworks.strided.make();
    const watched = { ...gcc, flags: ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"] };
    await expectSame(net, undefined, 300, { ...gcc, flags: ["-O0"], code: "small" });
    await expectSame(net, undefined, 300, { ...gcc, flags: ["-O3", "-march=native"] });
    await expectSame(net, undefined, 300, watched);
    await expectSame(await streamingNetworks.chain.make(), 5, 300, watched);
  });

  withGcc("as docs/exports.md calls it, of numbers in float too", { timeout: 60_000 }, async () => {
    const [, { text }] = blocksOf("docs/exports.md", textOf("docs/exports.md")).filter(
      ({ language }) => language === "c",
    );
    const own = join(folder, "docs");
    mkdirSync(own);
    const { source, header } = await encodeStreamC(await streamingNetworks.chain.make(), "gun", { hop: 10 });
    writeFileSync(join(own, "gun.c"), source);
    writeFileSync(join(own, "gun.h"), header);
    for (const [type, more] of [
      ["double", []],
      ["float", ["-DGUN_SAMPLE=float"]],
    ] as const) {
      writeFileSync(join(own, "hear.c"), text.replace("const double", `const ${type}`));
      const strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", ...more];
      execFileSync("gcc", [...strict, "-c", "hear.c", "gun.c"], { cwd: own });
    }
  });

  withGcc("and takes nothing of a sample that is not finite", { timeout: 60_000 }, async () => {
    const net = await streamingNetworks.tcn.make();
    const own = join(folder, "finite");
    mkdirSync(own);
    const { source, header } = await encodeStreamC(net, "tcn", {});
    writeFileSync(join(own, "tcn.c"), source);
    writeFileSync(join(own, "tcn.h"), header);
    writeFileSync(
      join(own, "main.c"),
      `#include "tcn.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
static tcn_stream stream, before;
int main(void) {
  const double fine[2] = {1, 2}, bad[2] = {1, NAN}, worse[2] = {INFINITY, 1};
  float outputs[TCN_OUTPUTS];
  tcn_stream_init(&stream);
  printf("%d ", tcn_stream_push(&stream, fine, outputs));
  before = stream;
  printf("%d %d ", tcn_stream_push(&stream, bad, outputs), tcn_stream_push(&stream, worse, outputs));
  printf("%d", memcmp(&stream, &before, sizeof stream));
  return 0;
}
`,
    );
    execFileSync("gcc", ["-std=c99", "tcn.c", "main.c", "-o", "main", "-lm"], { cwd: own });
    expect(execFileSync(join(own, "main"), { encoding: "utf8" })).toBe("1 -1 -1 0");
  });
});

describe("a stream as C", () => {
  it("says in its header how it answers, allocates nothing, and is the same each time", async () => {
    const net = await streamingNetworks.strided.make();
    const files = await encodeStreamC(net, "steps", {});
    expect(await encodeStreamC(net, "steps", {})).toEqual(files);
    expect(files.header).toContain("#define STEPS_STREAM_EVERY 6\n");
    expect(files.header).toContain("#define STEPS_STREAM_ANSWERS 1\n");
    expect(files.source).not.toMatch(/malloc|memcpy|#include <(stdlib|string|stdio)/);
  });

  it("shares what windows have in common: a hop of 1 is fewer products than a window", async () => {
    const net = await streamingNetworks.chain.make();
    const [one, all] = [await encodeStreamC(net, "one", { hop: 1 }), await encodeStreamC(net, "all", {})];
    expect(one.products * 4).toBeLessThan(all.products);
  });

  it("of an ensemble, and of what does not stream, is refused by name", async () => {
    const net = await streamingNetworks.chain.make();
    await expect(encodeStreamC(ensemble([net, net]), "two", {})).rejects.toThrow(
      "two.c: an ensemble of 2 networks is not written as C",
    );
    await expect(encodeStreamC(await streamingNetworks.tcn.make(), "tcn", { hop: 2 })).rejects.toThrow(
      "answers each position, and hop is for networks that answer whole series; leave it out",
    );
  });
});
