/** `train --init` where the rows have the model's classes in another order, some of them, one, or others. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { load, type Network } from "../../../src/index.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const three = shop.put("three.ts", tsText(18, { classes: ["up", "down", "flat"] }));
const start = shop.path("start");
const how = ["--model", "chain", "--filters", "3,3", "--steps", "12"];

async function networkOf(folder: string): Promise<Network> {
  const net = await load(new Uint8Array(readFileSync(`${folder}/model.safetensors`)));
  if (net.kind !== "network") throw new Error("it is a network");
  return net;
}
const headOf = (net: Network): Float32Array =>
  net.weights.findLast(({ name }) => name.endsWith("filter"))?.data ?? new Float32Array(0);

/** Steps that change nothing: what a run starts from is what it ends with. */
const still = ["--optimizer", "sgd", "--lr", "1e-30", "--schedule", "constant", "--steps", "1"];
async function tuned(
  name: string,
  file: string,
  ...more: string[]
): Promise<{ net: Network; stderr: string }> {
  const out = shop.path(name);
  const { code, stderr } = await cli(["train", file, "--init", start, ...still, ...more, "--out", out]);
  expect(stderr).not.toContain("toeplitz: ");
  expect(code).toBe(0);
  expect(await cli(["reproduce", out, file, "--quiet"])).toMatchObject({ code: 0 });
  return { net: await networkOf(out), stderr };
}

beforeAll(async () => {
  expect(await cli(["train", three, ...how, "--out", start, "--quiet"])).toMatchObject({ code: 0 });
});

describe("train --init", () => {
  it("matches the same classes by name, in whatever order", async () => {
    const turned = shop.put(
      "turned.ts",
      tsText(18, { classes: ["up", "down", "flat"], header: ["flat", "down", "up"] }),
    );
    const { net, stderr } = await tuned("turned", turned);
    expect(net.classes).toEqual(["up", "down", "flat"]);
    expect(headOf(net)).toEqual(headOf(await networkOf(start)));
    expect(stderr).not.toContain("note:");
    expect((await cli(["evaluate", shop.path("turned"), turned])).code).toBe(0);
  });

  it.each([
    ["two", ["up", "down"], 2],
    ["one", ["up"], 1],
  ])("keeps the head where the rows have %s of its classes", async (name, classes, count) => {
    const file = shop.put(`${name}.ts`, tsText(8, { classes }));
    const { net, stderr } = await tuned(name, file, "--validation", "0.25");
    expect(net.classes).toEqual(["up", "down", "flat"]);
    expect(headOf(net)).toEqual(headOf(await networkOf(start)));
    expect(stderr).toContain(
      `note: the rows have ${count} of the 3 classes of ${start}, whose head goes on with all of them\n`,
    );
    const log = readFileSync(shop.path(`${name}/result.json`), "utf8");
    if (count === 1) expect((JSON.parse(log) as { verdict: unknown[] }).verdict).toEqual([]);
  });

  it("goes on with such a run", async () => {
    const file = shop.put("again.ts", tsText(8, { classes: ["down"] }));
    const out = shop.path("again");
    const words = ["train", file, "--init", start, "--schedule", "constant", "--steps"];
    expect(await cli([...words, "4", "--out", shop.path("whole"), "--quiet"])).toMatchObject({ code: 0 });
    expect(await cli([...words, "2", "--out", out, "--quiet"])).toMatchObject({ code: 0 });
    const on = await cli(["train", file, "--out", out, "--resume", "--steps", "4", "--quiet"]);
    expect(on).toMatchObject({ code: 0 });
    const [whole, resumed] = [await networkOf(shop.path("whole")), await networkOf(out)];
    expect(resumed.provenance.weightsSha256).toBe(whole.provenance.weightsSha256);
    expect(resumed.classes).toEqual(["up", "down", "flat"]);
  });

  it("starts the head anew where a class is new, also of as many classes, and says so", async () => {
    const file = shop.put("others.ts", tsText(18, { classes: ["up", "left", "right"] }));
    const { net, stderr } = await tuned("others", file);
    expect(net.classes).toEqual(["up", "left", "right"]);
    const first = await networkOf(start);
    expect(headOf(net)).not.toEqual(headOf(first));
    expect(net.weights[0]).toEqual(first.weights[0]);
    expect(stderr).toMatch(
      /note: the rows have classes "left", "right", which \S+start does not have: its head, \w+, starts anew\n/,
    );
    const out = shop.path("others");
    const on = await cli(["train", file, "--out", out, "--resume", "--steps", "2", "--quiet"]);
    expect(on).toMatchObject({ code: 0, stderr: "" });
  });

  it("is refused for one class without --init, or with a class of its own", async () => {
    const one = shop.put("alone.ts", tsText(6, { classes: ["up"] }));
    expect((await cli(["train", one, ...how, "--out", shop.path("x")])).stderr).toContain(
      "a classifier needs at least two classes",
    );
    const other = shop.put("other.ts", tsText(6, { classes: ["left"] }));
    expect((await cli(["train", other, "--init", start, "--out", shop.path("x")])).stderr).toContain(
      "a classifier needs at least two classes",
    );
  });
});
