/** Where the default normalisation hides what tells rows apart, it is said. */
import { describe, expect, it } from "vitest";
import { architectures, fit, fromArrays, type Dataset } from "../../src/index.ts";
import { uniform } from "../../src/numerics/threefry.ts";
import { levelsNote } from "../../src/training/levels.ts";
import { cli, workshop } from "../cli/harness.ts";

/** Rows of 16 values: the class is the direction of a small slope, or a level, as `by` says; the other is by chance. */
function rows(by: "shape" | "level", count = 40): Dataset {
  const labels = Array.from({ length: count }, (_, r) => (r % 2 ? "b" : "a"));
  const series = labels.map((label, r) => {
    const own = label === "a" ? -1 : 1;
    const chance = 2 * uniform(1, by === "shape" ? 1 : 2, 0, r) - 1;
    const [slope, level] = by === "shape" ? [0.05 * own, 50 * chance] : [0.1 * chance, 50 * own];
    return Array.from({ length: 16 }, (_, t) => level + slope * (t - 7.5) + 0.01 * uniform(2, 1, r, t));
  });
  return fromArrays({ name: by, series, labels });
}

describe("a normalisation that hides what tells rows apart", () => {
  it("is told with both figures, whichever it is", () => {
    expect(levelsNote(rows("shape"), {}, "channel")).toMatch(
      /^with normalize sample the nearest other training row is of a row's class for 100 % of 40 rows, with channel, the default, for [3-7]\d %: rows differ in level more than in shape; try normalize sample$/,
    );
    expect(levelsNote(rows("level"), {}, "sample")).toMatch(
      /^with normalize channel .* for 100 % of 40 rows, with sample, .*: levels tell rows apart; try normalize channel$/,
    );
  });

  it("is not told where it hides nothing, nor of few rows or of values", () => {
    expect(levelsNote(rows("level"), {}, "channel")).toBeNull();
    expect(levelsNote(rows("shape"), {}, "sample")).toBeNull();
    expect(levelsNote(rows("shape", 12), {}, "channel")).toBeNull();
    const values = fromArrays({
      series: Array.from({ length: 20 }, (_, r) => [r, 1, 2]),
      targets: Array(20).fill(1),
    });
    expect(levelsNote(values, {}, "channel")).toBeNull();
  });

  it("is told by fit, unless a normalisation is asked for", async () => {
    const data = rows("shape");
    const model = architectures.chain(data, { filters: [3] });
    const notes: string[] = [];
    await fit(model, data, { epochs: 1, onNote: (note) => notes.push(note) });
    expect(notes).toEqual([expect.stringMatching(/^shape: with normalize sample /)]);
    await fit(model, data, { epochs: 1, normalize: "channel", onNote: (note) => notes.push(note) });
    expect(notes).toHaveLength(1);
  });

  it("is told once by train, with the option", async () => {
    const shop = workshop();
    const data = rows("shape");
    const line = (r: number): string =>
      `${[...data.series.subarray(16 * r, 16 * r + 16)].join(",")}:${data.classes[data.labels[r]]}`;
    const lines = Array.from({ length: data.rows }, (_, r) => line(r));
    const file = shop.put("shape.ts", `@classLabel true a b\n@data\n${lines.join("\n")}\n`);
    const words = ["train", file, "--model", "chain", "--filters", "3", "--epochs", "1", "--quiet"];
    const { code, stderr } = await cli([...words, "--out", shop.path("r")]);
    expect(code).toBe(0);
    expect(stderr.match(/try --normalize sample/g)).toHaveLength(1);
    const asked = await cli([...words, "--out", shop.path("s"), "--normalize", "channel"]);
    expect(asked.stderr).not.toContain("try --normalize");
  });
});
