/** The reasons that a report draws: which rows, how much work, what stands in the page. */
import { beforeAll, describe, expect, it } from "vitest";
import { ensemble, fit, layers as L, miniRocket, model, network, type Network } from "../../src/index.ts";
import { judge, type Judged } from "../../src/inspect/report/judge.ts";
import { reportPage } from "../../src/inspect/report/page.ts";
import { reasonsOf, stepsFor } from "../../src/inspect/report/reasons.ts";
import { bumps } from "../training/shared.ts";

const evil = "<b>up";
const bare = bumps({ rows: 40, length: 30, classes: 2 });
const data = bare.with({
  rate: 10,
  answers: { kind: "classes", classes: [evil, "down"], labels: bare.labels },
});
const build = model(data, (x) =>
  L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 6, kernelSize: 5, padding: "same" }))), {
    units: 2,
  }),
);
let net: Network;
let judged: Judged;
beforeAll(async () => {
  net = (await fit(build, data, { epochs: 5, batch: 8 })).model;
  judged = judge(net, data, "test") as Judged;
});

const pageOf = (reasons: Awaited<ReturnType<typeof reasonsOf>>, of = judged): string =>
  reportPage({
    title: "t",
    about: "a",
    scores: {},
    history: [],
    judged: of,
    reasons,
    filters: null,
    settings: [],
    reproduce: [],
  });

describe("a report's reasons", () => {
  it("are of the hardest rows and of a typical one of each class: the row of the median probability", async () => {
    const typical = judged.typical ?? [];
    expect(typical.map(({ truth }) => truth)).toEqual([evil, "down"]);
    typical.forEach(({ row, probability }, k) => {
      const own = Array.from(data.labels.keys()).filter((r) => data.labels[r] === k);
      const all = net.predictRows(data).map(({ probabilities }) => probabilities[k]);
      const below = own.filter((r) => all[r] < (probability?.truth ?? NaN)).length;
      expect(own).toContain(row);
      expect(below).toBe(10); // of 20
    });
    const reasons = await reasonsOf(net, data, judged, 200);
    const rows = new Set([...judged.hardest, ...typical].map(({ row }) => row));
    expect(new Set(reasons?.byRow.keys())).toEqual(rows);
    for (const [row, why] of reasons?.byRow ?? []) {
      const said = net.predictRows(data)[row].label;
      expect(why).toMatchObject({ target: said, method: "integratedGradients" });
      expect(why.completeness?.relative).toBeLessThan(1e-3);
    }
  });

  it("are drawn as shades with axes in seconds, named for those who do not see them, and stand in a table", async () => {
    const page = pageOf(await reasonsOf(net, data, judged, 200));
    expect(page).toContain(
      "Shades are the contributions of positions, all channels together, in the logit of the class that was said",
    );
    expect(page).toMatch(/<rect class="for" x="[\d.]+" y="0" width="4" height="84" fill-opacity="0\.\d+"\/>/);
    expect(page).toContain('<rect class="against"');
    expect(page).toContain('<text class="foot" x="3" y="94">0 s</text>');
    expect(page).toContain('text-anchor="end">2.9 s</text>');
    expect(page).toMatch(/aria-label="row \d+, 1 x 30 values; (for|against): [\d.]+( to [\d.]+)? s \([+-]/);
    expect(page.match(/data-table="reasons"/g)).toHaveLength(1);
    expect(page).toContain("A typical row of each class");
    expect(page).not.toContain(evil);
  });

  it("take as many gradients as training's work allows: FCN on 14 rows of 150 takes 18, after 15,000 rows 48", () => {
    const fcn = 39_475_456;
    expect(stepsFor(fcn, 14, 3000)).toBe(18);
    expect(stepsFor(fcn, 14, 15_000)).toBe(48);
    expect(stepsFor(fcn, 14, 1e9)).toBe(54);
    expect(stepsFor(1000, 14, 3000)).toBe(256);
    // 10 times the work: a gradient a row in place of a line of them
    expect(stepsFor(10 * fcn, 14, 3000)).toBeNull();
  });

  it("are of an ensemble's first network, of no MiniRocket, and of no row whose outputs are no numbers", async () => {
    const both = ensemble([net, net]);
    expect((await reasonsOf(both, data, judged, 200))?.about).toContain("by the first of 2 networks");
    expect(await reasonsOf(miniRocket(data), data, judged, 200)).toBeNull();
    const broken = await network({
      ...net,
      kind: "network",
      weights: net.weights.map((w) => ({ ...w, data: w.data.map(() => NaN) })),
    });
    const none = judge(broken, data, "test") as Judged;
    const nothing = await reasonsOf(broken, data, none, 200);
    expect(nothing).toBeNull();
    expect(pageOf(nothing, none)).not.toContain('class="key"><i class="for"');
  });
});
