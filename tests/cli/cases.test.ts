/** Kinds of files that go wrong only with a model: channels in another order, rows without answers, an index beside noise. */
import { beforeAll, describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "./harness.ts";

const shop = workshop();
const quick = ["--model", "mnist1d-cnn", "--steps", "30", "--quiet"];

/** A machine that runs and rests: `load` says which, `temp` says nothing. */
const log = Array.from({ length: 320 }, (_, t) => {
  const state = Math.floor(t / 16) % 2 ? "run" : "rest";
  const load = state === "run" ? (t % 4 < 2 ? 10 : -10) : ((t * 5) % 3) / 10;
  return { t, load, temp: 40 + ((t * 7) % 11) / 4, state };
});
const comma = (x: number): string => String(x).replace(".", ",");
const how = ["--time", "t", "--label", "state", "--window", "16"];

describe("K6: rows whose channels stand in another order than a model's", () => {
  const model = shop.path("k6");
  const names = ["t", "load", "temp", "state"] as const;
  const plain = `${names.join(",")}\n${log.map((row) => names.map((name) => row[name]).join(",")).join("\n")}\n`;
  const train = shop.put("k6.csv", plain);
  beforeAll(async () => {
    const run = await cli(["train", train, ...how, ...quick, "--out", model]);
    expect(run.code, run.stderr).toBe(0);
  });

  it.each([
    [
      "semicolons, decimal commas, an index",
      "k6-semicolons.csv",
      `;state;temp;t;load\n${log.map(({ t, load, temp, state }) => [t, state, comma(temp), t, comma(load)].join(";")).join("\n")}\n`,
    ],
    [
      "JSON lines",
      "k6.jsonl",
      log.map(({ t, load, temp, state }) => JSON.stringify({ temp, state, load, t })).join("\n"),
    ],
    [
      "a JSON array",
      "k6.json",
      JSON.stringify(log.map(({ t, load, temp, state }) => ({ temp, load, t, state }))),
    ],
    [
      "tabs, shuffled rows",
      "k6.tsv",
      `temp\tload\tt\tstate\n${log
        .map((_, i) => log[(i * 77) % log.length])
        .map(({ t, load, temp, state }) => [temp, load, t, state].join("\t"))
        .join("\n")}\n`,
    ],
  ])("%s: are predicted and judged alike, with a note", async (_, name, content) => {
    const file = shop.put(name, content);
    const own = await cli(["evaluate", model, train, ...how, "--json"]);
    const other = await cli(["evaluate", model, file, ...how, "--json"]);
    expect(other.stderr).toContain(`${file}: its channels temp, load are put into the order of the model`);
    expect(JSON.parse(other.stdout)).toEqual(JSON.parse(own.stdout));
    const said = await cli(["predict", model, train, ...how]);
    expect((await cli(["predict", model, file, ...how])).stdout).toBe(said.stdout);
  });

  it("under another name are refused with both lists, in JSON lines too", async () => {
    const renamed = log.map(({ t, load, temp, state }) => JSON.stringify({ warmth: temp, state, load, t }));
    const { code, stderr } = await cli([
      "evaluate",
      model,
      shop.put("k6-renamed.jsonl", renamed.join("\n")),
      ...how,
    ]);
    expect(code).toBe(2);
    expect(stderr.trim().split("\n").at(-1)).toMatch(
      /its channels are warmth, load, but those of the model \S+ are load, temp \(temp missing, warmth too many\); .*rename them/,
    );
  });
});

describe("K16: rows without answers", () => {
  const model = shop.path("k16");
  const labelled = tsText(8);
  const train = shop.put("k16_TRAIN.ts", labelled);
  const rows = labelled.split("@data\n")[1].trim().split("\n");
  const values = rows.map((row) => row.split(":")[0]);
  const length = values[0].split(",").length;
  const attributes = Array.from({ length }, (_, t) => `@attribute att${t} numeric\n`).join("");
  const table = (between: string): string =>
    [
      Array.from({ length }, (_, t) => `v${t}`).join(between),
      ...values.map((row) => row.replaceAll(",", between)),
      "",
    ].join("\n");
  beforeAll(async () => {
    const run = await cli(["train", train, ...quick, "--out", model]);
    expect(run.code, run.stderr).toBe(0);
  });

  it.each([
    ["a .ts without classes", "k16-none.ts", `@classLabel false\n@data\n${values.join("\n")}\n`, []],
    [
      "a .ts with ?",
      "k16-asked.ts",
      `@classLabel true up down\n@data\n${values.map((row) => `${row}:?`).join("\n")}\n`,
      [],
    ],
    [
      "ARFF with ?",
      "k16.arff",
      `@relation a\n${attributes}@attribute class {up,down}\n@data\n${values.map((row) => `${row},?`).join("\n")}\n`,
      [],
    ],
    ["a CSV", "k16.csv", table(","), []],
    ["tabs", "k16.csv", table("\t"), []],
  ])("%s: are predicted as those with answers", async (_, name, content, words: readonly string[]) => {
    const said = await cli(["predict", model, train]);
    const run = await cli(["predict", model, shop.put(name, content), ...words]);
    expect([run.code, run.stdout]).toEqual([0, said.stdout]);
  });
});

describe("K5: noise in order of its class, beside numbers of rows", () => {
  const noise = (i: number, t: number): number => ((i * 37 + t * 101 + i * i * 13) % 97) / 16;
  const lines = (index: (i: number) => string): string[] =>
    Array.from({ length: 40 }, (_, i) =>
      [index(i), i < 20 ? "a" : "b", ...Array.from({ length: 12 }, (_none, t) => noise(i, t))].join(","),
    );
  const head = `label,${Array.from({ length: 12 }, (_, t) => `v${t}`).join(",")}`;
  const weights = async (file: string): Promise<unknown> => {
    const words = [
      "train",
      file,
      "--label",
      "label",
      ...quick,
      "--json",
      "--out",
      shop.path(`k5-${Math.random()}`),
    ];
    const { code, stdout, stderr } = await cli(words);
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { weightsSha256: unknown }).weightsSha256;
  };

  it("trains what it trains without them", async () => {
    const bare = shop.put(
      "k5.csv",
      `${head}\n${lines(() => "")
        .map((line) => line.slice(1))
        .join("\n")}\n`,
    );
    const expected = await weights(bare);
    for (const [name, index] of [
      ["", (i: number) => String(i)],
      ["Unnamed: 0", (i: number) => String(i)],
      ['""', (i: number) => `"${i + 1}"`],
      ["index", (i: number) => String(1000 + 5 * i)],
      ["sample", (i: number) => String(3 * i)],
      ["sample_id", (i: number) => String((i * 7) % 11)],
    ] as const)
      expect(
        await weights(shop.put("k5-index.csv", `${name},${head}\n${lines(index).join("\n")}\n`)),
        name,
      ).toBe(expected);
  });
});
