/** The page of a sweep: where its lines lie, by hand, and names that cannot break out of it. */
import { describe, expect, it } from "vitest";
import { parallelChart } from "../../src/inspect/report/parallel.ts";
import { sweepPage, type SweepData } from "../../src/inspect/report/sweepPage.ts";
import type { Space } from "../../src/training/sweep/space.ts";

const space: Space = {
  model: { kind: "choice", values: ["fcn", "chain"] },
  filters: { kind: "choice", values: ["9", "5"], when: { model: ["chain"] } },
  lr: { kind: "uniform", low: 0, high: 1 },
};
const pathsOf = (html: string): string[] =>
  [...html.matchAll(/<path class="[^"]+" d="([^"]+)"/g)].map(([, d]) => d);

describe("parallel coordinates", () => {
  // axes stand at 92, 204, 316 and 428, from 300 up to 34; a choice of two has its values at a quarter and three
  const chart = parallelChart("Trials", space, { score: "loss", isLow: true }, [
    { name: "a", point: [0.75, 0.25, 0.5], score: 0.2, kind: "best" },
    { name: "b", point: [0.25, 0.25, 1], score: 0.9, kind: "first" },
    { name: "c", point: [0.25, 0.25, 0], score: NaN, kind: "first" },
  ]);

  it("put each value and each score's rank where it belongs, the best at the top and drawn last", () => {
    const lines = pathsOf(chart);
    expect(lines[lines.length - 1]).toBe("M92 100.5L204 233.5L316 167L428 34");
  });

  it("pass by the axis of what a trial did not have, and end before the score where it failed", () => {
    expect(pathsOf(chart).slice(0, 2)).toEqual(["M92 233.5L316 34L428 300", "M92 233.5L316 300"]);
  });

  it("turn over where more is better", () => {
    const lines = [0.2, 0.9].map((score) => ({ name: "x", point: [0, 0, 0], score, kind: "first" }) as const);
    const [low, high] = pathsOf(parallelChart("t", space, { score: "accuracy", isLow: false }, lines));
    expect([low.endsWith("L428 300"), high.endsWith("L428 34")]).toEqual([true, true]);
  });
});

describe("the page of a sweep", () => {
  const name = `<script>alert("x")</script>`;
  const hostile: Space = { augment: { kind: "choice", values: [name, null] }, lr: space.lr };
  const scored = {
    kind: "scored",
    score: 0.5,
    figures: { loss: 0.5, accuracy: 0.5 },
    steps: 10,
    seconds: 1,
    weightsSha256: [],
  } as const;
  const failed = { kind: "failed", why: name, steps: 3, seconds: 1 } as const;
  const trial = { trial: 0, values: { augment: name, lr: 0.5 }, rung: 0 };
  const other = { trial: 1, values: { lr: 0.5 }, rung: 0 };
  const ranked = [
    { ...trial, outcome: scored, outcomes: [scored] },
    { ...other, outcome: failed, outcomes: [failed] },
  ];
  const data: SweepData = {
    title: name,
    about: name,
    space: hostile,
    how: { trials: 2, sampler: "tpe", eta: 3, rungs: 1, generation: 8, seed: 0, monitor: "loss" },
    searched: {
      ranked,
      best: ranked[0],
      finished: ranked.map(({ outcomes: _outcomes, ...job }) => job),
      points: [
        [0, 0.5],
        [0.9, 0.5],
      ],
      aborted: false,
    },
    importances: [{ name: "augment", part: null }],
    settings: [["space", name]],
  };

  it("shows names as text, fetches nothing and runs nothing", () => {
    const page = sweepPage(data);
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;");
    expect(page).toContain("default-src 'none'; style-src-elem 'sha256-");
    expect(page).not.toMatch(/src=|href=|url\(/);
  });

  it("says of each trial what came of it", () => {
    const page = sweepPage(data).replaceAll(/<[^>]+>/g, " ");
    expect(page).toMatch(/best loss\s+0\.5\s+trial 0/);
    expect(page).toMatch(/trials\s+2\s+2 ran the whole length, 1 failed/);
    // no importance is known of two trials, so nothing is said of it
    expect(page).not.toContain("What mattered");
  });

  it("is a page also where nothing was scored", () => {
    const none = sweepPage({
      ...data,
      searched: { ...data.searched, ranked: [ranked[1]], best: null, finished: [] },
    });
    expect(none).toContain("no trial came to its end");
  });
});
