/** `toeplitz explain`: what it writes, what it refuses, and its exit codes. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { saidOf } from "../../../src/cli/saidOf.ts";
import { cli, tsText, workshop } from "../harness.ts";

/** Whether the gradient of filters is a tap off. */
const wrong = vi.hoisted(() => ({ is: false }));
vi.mock(import("../../../src/graph/gradient.ts"), async (original) => {
  const actual = await original();
  return {
    ...actual,
    gradient: (graph, ...rest) => {
      const found = actual.gradient(graph, ...rest);
      const nodes = found.graph.nodes.map((node, id) =>
        wrong.is && id >= graph.nodes.length && node.op.op === "convolve" && node.op.of === "filter"
          ? { ...node, op: { ...node.op, map: { ...node.op.map, padding: node.op.map.padding + 1 } } }
          : node,
      );
      return { ...found, graph: { ...found.graph, nodes } };
    },
  };
});

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const model = shop.path("run/model.safetensors");
const values = shop.put(
  "values.csv",
  [
    "target,t0,t1,t2,t3,t4,t5",
    ...Array.from({ length: 12 }, (_, i) =>
      [i * 1.5, ...Array.from({ length: 6 }, (_v, t) => Math.sin(i + t).toFixed(3))].join(","),
    ),
  ].join("\n"),
);

beforeAll(async () => {
  const words = ["train", data, "--model", "chain", "--filters", "3,3", "--epochs", "4"];
  expect(await cli([...words, "--out", shop.path("run"), "--quiet"])).toMatchObject({ code: 0 });
});

describe("toeplitz explain", () => {
  it("writes a page, a LaTeX document and JSON, and says what it says without them", async () => {
    const plain = await cli(["explain", model, data, "--row", "3"]);
    for (const ending of ["html", "tex", "json"]) {
      const to = shop.path(`row.${ending}`);
      const run = await cli(["explain", model, data, "--row", "3", "--to", to]);
      expect(run).toEqual({ code: 0, stdout: plain.stdout, stderr: `${to} written\n` });
    }
    expect(readFileSync(shop.path("row.html"), "utf8")).toMatch(/^<!doctype html>\n.*<\/html>\n$/s);
    expect(readFileSync(shop.path("row.tex"), "utf8")).toMatch(/^\\documentclass.*\\end\{document\}\n$/s);
    const json = await cli(["explain", model, data, "--row", "3", "--json"]);
    expect(readFileSync(shop.path("row.json"), "utf8")).toBe(json.stdout);
    const e = JSON.parse(json.stdout) as Record<string, unknown>;
    expect(e).toMatchObject({ schema: 1, row: 3, statistics: "prediction", form: "chain", target: "down" });
  });

  it("says that there is no class where outputs are no numbers", () => {
    const classes = ["a", "b"];
    const none = { label: "", probabilities: [NaN, NaN] };
    expect(saidOf({ answers: "classes", classes }, none)).toBe("no class");
    expect(saidOf({ answers: "classes", classes }, { label: "b", probabilities: [0.25, 0.75] })).toBe(
      "b (0.7500)",
    );
  });

  it("tells one layer and one pair of channels", async () => {
    const { code, stdout } = await cli(["explain", model, data, "--layer", "dense_1", "--channel", "1,0"]);
    expect(code).toBe(0);
    expect(stdout).toContain("vectors of output channel 1 and input channel 0");
    expect(stdout).not.toContain("A(w), 10 x 12");
    expect(
      Math.max(
        ...stdout
          .split("\n")
          .slice(1)
          .map((l) => l.length),
      ),
    ).toBeLessThanOrEqual(100);
  });

  it("certifies with exit code 0, and with 1 where a gradient is wrong", async () => {
    const held = await cli(["explain", model, data, "--certify"]);
    expect(held.code).toBe(0);
    expect(held.stdout).toMatch(/gradients in f64 against complex steps of 1e-30, training mode, 4 rows\n/);
    expect(held.stdout).toMatch(/bound 1\.0e-9: certified\n$/);
    wrong.is = true;
    try {
      const failed = await cli(["explain", model, data, "--certify"]);
      expect(failed.code).toBe(1);
      expect(failed.stdout).toMatch(/worst relative difference .*: NOT certified\n$/);
      const json = await cli(["explain", model, data, "--certify", "--json"]);
      expect(json.code).toBe(1);
      expect((JSON.parse(json.stdout) as { certificate: { holds: boolean } }).certificate.holds).toBe(false);
    } finally {
      wrong.is = false;
    }
  });

  it("explains values too", async () => {
    const out = shop.path("values");
    const words = [
      "train",
      values,
      "--target",
      "target",
      "--model",
      "chain",
      "--filters",
      "3",
      "--steps",
      "3",
    ];
    expect(await cli([...words, "--out", out, "--quiet"])).toMatchObject({ code: 0 });
    const run = await cli(["explain", out, values, "--target", "target", "--row", "2", "--certify"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^row 2 of \S+: with 3; the model says [-\d.e]+\nloss [\d.]+ against 3\n/);
  });

  const refused: readonly (readonly [string, readonly string[], string])[] = [
    [
      "an ending",
      ["--to", "row.pdf"],
      '--to row.pdf: nothing is written with the ending ".pdf"; it is one of .html, .tex, .json',
    ],
    [
      "a layer",
      ["--layer", "conv1d_7"],
      'layer "conv1d_7" is none of the model\'s; its convolutions are conv1d_1, conv1d_2, dense_1',
    ],
    [
      "a channel without a layer",
      ["--channel", "0,0"],
      "a channel is one of a layer; say which: conv1d_1, conv1d_2, dense_1",
    ],
    [
      "what is no channel",
      ["--layer", "conv1d_1", "--channel", "1"],
      "--channel 1: it is an output channel and an input channel from 0, such as 5,0",
    ],
    [
      "a channel that is not there",
      ["--layer", "conv1d_1", "--channel", "1,0"],
      "output channel 1 of conv1d_1: it has 1, 0 to 0",
    ],
    [
      "statistics",
      ["--statistics", "mine"],
      '--statistics "mine" is unknown; it is one of prediction, training',
    ],
  ];
  it.each(refused)("refuses %s in one line", async (_, words, message) => {
    expect(await cli(["explain", model, data, ...words])).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${message}\n`,
    });
  });

  it("never writes over what it reads", async () => {
    const json = shop.put("rows.json", "[]");
    const run = await cli(["explain", model, json, "--to", json]);
    expect(run).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: --to ${json}: it is read, and would be lost; give another name\n`,
    });
    expect(readFileSync(json, "utf8")).toBe("[]");
  });
});
