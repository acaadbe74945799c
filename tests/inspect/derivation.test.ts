/** The numbers of the derivation: those that a hand can check, in every rendering, and those of dense matrices. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HtmlValidate } from "html-validate";
import { beforeAll, describe, expect, it } from "vitest";
import {
  explain,
  explanationHtml,
  explanationLatex,
  explanationText,
  fit,
  fromArrays,
  gather,
  layers as L,
  model,
  network,
  type Explanation,
  type NetworkFields,
} from "../../src/index.ts";
import { latexText } from "../../src/inspect/explainLatex.ts";
import { entryFormula } from "../../src/inspect/matrices.ts";
import { convolveInput, convolveOutput } from "../../src/operators/index.ts";
import { bumps } from "../training/shared.ts";

/**
 * w = (1, 2, 3) on y = (1, ..., 5), as values; against targets 3/2 below z the mean squared error has v = (1, 1, 1).
 */
const byHand: NetworkFields = {
  model: model({ channels: 1, length: 5 }, (x) => L.conv1d(x, { filters: 1, kernelSize: 3 })),
  classes: [],
  answers: "values",
  preparation: { kind: "none" },
  weights: [
    { name: "conv1d_1.filter", shape: [1, 1, 3], data: Float32Array.of(1, 2, 3) },
    { name: "conv1d_1.bias", shape: [1, 1, 1], data: Float32Array.of(0) },
  ],
  provenance: {},
};
const row = gather(fromArrays({ series: [[1, 2, 3, 4, 5]], targets: [[12.5, 18.5, 24.5]] }), [0]);

describe("n = 5, f = 3, w = (1, 2, 3), y = (1, 2, 3, 4, 5), v = (1, 1, 1)", () => {
  let e: Explanation;
  beforeAll(async () => {
    e = await explain(byHand, row);
  });
  const convolution = () => {
    const [{ convolution: c }] = e.layers;
    if (c === null) throw new Error("no convolution");
    return c;
  };

  it("is A y = (14, 20, 26), v A = (1, 3, 6, 5, 3) and C(v) y = (6, 9, 12) in the data", () => {
    const c = convolution();
    expect(e.form).toBe("chain");
    expect(e.loss).toBe(2.25);
    expect(c.vectors).toEqual({
      y: [1, 2, 3, 4, 5],
      w: [1, 2, 3],
      b: 0,
      Ay: [14, 20, 26],
      z: [14, 20, 26],
      slope: [1, 1, 1],
      out: [14, 20, 26],
      g: [1, 1, 1],
      v: [1, 1, 1],
      vA: [1, 3, 6, 5, 3],
      back: [1, 3, 6, 5, 3],
      dw: [6, 9, 12],
    });
    expect(c.transpose).toEqual({
      row: [1, 3, 6, 5, 3],
      column: [1, 3, 6, 5, 3],
      difference: 0,
      products: 9,
      bytes: { matrixFree: 48, formed: 144 },
    });
    expect(c.bias).toEqual({ operators: 3, compiled: 3 });
    expect(c.gradient.operators).toEqual([6, 9, 12]);
    expect(c.gradient.compiled).toEqual({ values: [6, 9, 12], difference: 0 });
    expect(c.gradient.central?.difference).toBeLessThan(1e-8);
    expect(c.costs).toEqual({ multiplyAdds: 9, stored: { y: 5, z: 3, v: 3, w: 3 }, matrix: 15 });
  });

  it("has A(w), H(y), C(v) and the Jacobians whole", () => {
    const corners = Object.fromEntries(convolution().matrices.map((m) => [m.symbol, m.corner]));
    const o = null;
    const A = [
      [1, 2, 3, o, o],
      [o, 1, 2, 3, o],
      [o, o, 1, 2, 3],
    ];
    const H = [
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
    ];
    const C = [
      [1, 1, 1, o, o],
      [o, 1, 1, 1, o],
      [o, o, 1, 1, 1],
    ];
    const D = [
      [1, o, o],
      [o, 1, o],
      [o, o, 1],
    ];
    expect(corners).toEqual({ A, H, C, D, DA: A, DH: H });
    const [a, h, c, d, da, dh] = convolution().matrices;
    expect([entryFormula(a, 1, 2), entryFormula(a, 0, 4)]).toEqual([
      "A_{2,3} = w_2",
      "A_{1,5} = 0, outside the band",
    ]);
    expect([entryFormula(h, 2, 1), entryFormula(c, 1, 3), entryFormula(d, 0, 1)]).toEqual([
      "H_{3,2} = y_4",
      "C_{2,4} = v_3",
      "D_{1,2} = 0, off the diagonal",
    ]);
    expect([entryFormula(da, 1, 2), entryFormula(dh, 2, 1)]).toEqual([
      "(DA)_{2,3} = s'(z)_2 w_2",
      "(DH)_{3,2} = s'(z)_3 y_4",
    ]);
    expect([a.formula, h.formula]).toEqual([
      "A_{ik} = w_{k-i+1} where 1 <= k-i+1 <= f, else 0",
      "H_{ij} = y_{i+j-1}",
    ]);
  });

  it("says so in text", () => {
    const line = (name: string, ...values: number[]): string =>
      `    ${name.padEnd(10)}${values.map((x) => String(x).padStart(9)).join("")}`;
    const text = explanationText(e);
    for (const expected of [
      "loss 2.250000 against 12.5, 18.5, 24.5",
      line("A(w) y", 14, 20, 26),
      line("v", 1, 1, 1),
      line("v A(w)", 1, 3, 6, 5, 3),
      line("A^T v^T", 1, 3, 6, 5, 3),
      line("C(v) y", 6, 9, 12),
      line("compiled", 6, 9, 12),
      "  A(w), 3 x 5\n    A_{ik} = w_{k-i+1} where 1 <= k-i+1 <= f, else 0\n          1        2        3        .        .\n",
      "  gradient of b: v 1 = 3, compiled 3",
    ])
      expect(text).toContain(expected);
  });

  it("says so in HTML, with the formula of every entry", () => {
    const page = explanationHtml(e);
    expect(page).toContain('title="A_{2,3} = w_2 = 2">2</td>');
    expect(page).toContain('title="C_{3,5} = v_3 = 1">1</td>');
    for (const values of ["14, 20, 26", "1, 3, 6, 5, 3"]) expect(page).toContain(`<td>${values}</td>`);
    expect(page).toMatch(/C\(v\) y \(f64\)<\/th><td>6<\/td><td>9<\/td><td>12<\/td>/);
    expect(page).not.toMatch(/NaN|undefined|https?:/);
  });

  it("says so in LaTeX", () => {
    const tex = explanationLatex(e);
    for (const expected of [
      "A(w)\\,y &= (14,\\ 20,\\ 26)",
      "v A(w) &= (1,\\ 3,\\ 6,\\ 5,\\ 3)",
      "(A(w)^T v^T)^T &= (1,\\ 3,\\ 6,\\ 5,\\ 3)",
      "C(v)\\,y &= (6,\\ 9,\\ 12)",
      "1 & 2 & 3 & \\cdot & \\cdot \\\\\n\\cdot & 1 & 2 & 3 & \\cdot \\\\\n\\cdot & \\cdot & 1 & 2 & 3\n",
    ])
      expect(tex).toContain(expected);
  });
});

const rows = bumps({ rows: 24, channels: 4, length: 20, classes: 3 });
const strided = model(rows, (x) => {
  const y = L.relu(
    L.batchNorm(
      L.conv1d(x, { filters: 6, kernelSize: 3, stride: 2, dilation: 2, padding: [3, 1], groups: 2 }),
    ),
  );
  return L.dense(
    L.globalAveragePool(L.dropout(L.tanh(L.conv1d(y, { filters: 5, kernelSize: 3 })), { rate: 0.4 })),
    {
      units: 3,
    },
  );
});

describe("a network of channels, strides, groups, batch norm and dropout", () => {
  let fields: NetworkFields;
  beforeAll(async () => {
    const { model: trained } = await fit(strided, rows, { epochs: 6, batch: 8 });
    fields = trained;
  });

  it("tells the loss and probabilities of evaluate and predict, by running statistics and without dropout", async () => {
    const net = await network(fields);
    for (const i of [0, 7, 13]) {
      const batch = gather(rows, [i]);
      const e = await explain(net, batch);
      const { loss } = net.evaluate(fromRow(i));
      expect(e.statistics).toBe("prediction");
      expect(e.loss).toBeCloseTo(loss, 6);
      const [{ probabilities }] = net.predictRows(batch);
      e.probabilities?.forEach((p, k) => expect(p).toBeCloseTo(probabilities[k], 6));
      expect(e.probabilities).toHaveLength(3);
    }
  });
  const fromRow = (i: number) =>
    fromArrays({
      name: "one",
      series: [
        Array.from({ length: 4 }, (_, c) => [...gather(rows, [i]).series.subarray(c * 20, (c + 1) * 20)]),
      ],
      labels: [rows.classes[rows.labels[i]]],
      classes: rows.classes,
    });

  it("has other statistics in training, where asked for", async () => {
    const batch = gather(rows, [2]);
    const [told, trained] = [
      await explain(fields, batch),
      await explain(fields, batch, { statistics: "training" }),
    ];
    expect(trained.batchStatistics).toBe(true);
    expect(told.batchStatistics).toBe(false);
    expect(trained.loss).not.toBeCloseTo(told.loss, 3);
    expect(explanationText(told)).toContain("prediction mode: batch norm uses its running statistics");
    // batch norm mixes positions there, so that s is no longer elementwise
    const stage = (e: Explanation) => e.layers[0].convolution?.activation;
    expect([stage(told), stage(trained)]).toEqual([["batchNorm_1", "relu_1"], []]);
  });

  it("has v = g D, A(w) y and v A(w) of the pair that is asked for, as dense matrices have them", async () => {
    const e = await explain(fields, gather(rows, [5]), { layer: "conv1d_1", channel: [4, 3] });
    expect(e.layers.filter((l) => l.convolution !== null).map((l) => l.name)).toEqual(["conv1d_1"]);
    const c = e.layers[0].convolution;
    if (c === null) throw new Error("no convolution");
    const { vectors: x, map } = c;
    expect(map).toMatchObject({ stride: 2, dilation: 2, padding: 3, groups: 2 });
    x.v.forEach((v, i) => expect(v).toBeCloseTo(x.g[i] * x.slope[i], 12));
    const filter = fields.weights[0].data;
    expect(x.w).toEqual([...filter.subarray((4 * 2 + 1) * 3, (4 * 2 + 2) * 3)]);
    const dense = Array.from({ length: map.outLength }, (_, i) =>
      Array.from({ length: 20 }, (_u, k) => {
        const j = (k - 2 * i + 3) / 2;
        return Number.isInteger(j) && j >= 0 && j < 3 ? x.w[j] : 0;
      }),
    );
    const [a] = c.matrices;
    expect(a.corner.map((r) => r.map((v) => v ?? 0))).toEqual(dense);
    x.Ay.forEach((z, i) =>
      expect(z).toBeCloseTo(
        dense[i].reduce((s, w, k) => s + w * x.y[k], 0),
        12,
      ),
    );
    x.vA.forEach((g, k) =>
      expect(g).toBeCloseTo(
        dense.reduce((s, r, i) => s + r[k] * x.v[i], 0),
        12,
      ),
    );
    expect(c.transpose.difference).toBeLessThan(1e-15);
    const own = {
      batch: 1,
      channels: 1,
      length: 20,
      filters: 1,
      kernelSize: 3,
      stride: 2,
      dilation: 2,
    } as const;
    expect(x.Ay).toEqual([...convolveOutput(x.w, x.y, { ...own, padding: [3, 1] })]);
    expect(x.vA).toEqual([...convolveInput(x.v, x.w, { ...own, padding: [3, 1] })]);
    expect(c.gradient.first).toBe((4 * 2 + 1) * 3);
    expect(c.gradient.operators).toHaveLength(3);
    c.gradient.operators.forEach((d, j) => expect(d).toBeCloseTo(x.dw[j], 12));
    expect(c.gradient.compiled?.difference).toBeLessThan(1e-5);
    expect(c.gradient.central?.difference).toBeLessThan(1e-6);
  });

  it("has s'(z) three ways that agree, and says where y does not give it", async () => {
    const e = await explain(fields, gather(rows, [5]), { layer: "conv1d_2" });
    const [z, y, again] = e.layers.find((l) => l.name === "conv1d_2")?.convolution?.slopes ?? [];
    // in prediction dropout does nothing, but it stands behind tanh: a stage of two layers has the graph's own s'
    expect([z.formula, y.values, again.values]).toEqual([null, null, null]);
    const plain = model(rows, (x) =>
      L.dense(L.globalAveragePool(L.tanh(L.conv1d(x, { filters: 2, kernelSize: 3 }))), { units: 3 }),
    );
    const { model: trained } = await fit(plain, rows, { steps: 3, batch: 8 });
    const ways = (await explain(trained, gather(rows, [5]))).layers[0].convolution?.slopes ?? [];
    expect(ways.map((w) => [w.from, w.formula, w.bytes, w.multiplyAdds])).toEqual([
      ["z", "1 / cosh(z)^2", 144, 0],
      ["y", "1 - y^2", 0, 0],
      ["recompute", "1 / cosh(z)^2", 0, 2 * 18 * 4 * 3],
    ]);
    ways[0].values?.forEach((s, i) => {
      expect(ways[1].values?.[i]).toBeCloseTo(s, 12);
      expect(ways[2].values?.[i]).toBeCloseTo(s, 12);
    });
  });

  it("refuses what is not there, in one line", async () => {
    const batch = gather(rows, [0]);
    const refused = async (
      options: Parameters<typeof explain>[2],
      message: string,
      given = batch,
    ): Promise<void> => expect(explain(fields, given, options)).rejects.toThrow(message);
    await refused(
      { layer: "conv1d_9" },
      'layer "conv1d_9" is none of the model\'s; its convolutions are conv1d_1, conv1d_2, dense_1',
    );
    await refused(
      { layer: "relu_1" },
      'layer "relu_1" is no convolution; its convolutions are conv1d_1, conv1d_2, dense_1',
    );
    await refused({ channel: [0, 0] }, "a channel is one of a layer; say which: conv1d_1, conv1d_2, dense_1");
    await refused({ layer: "conv1d_1", channel: [6, 0] }, "output channel 6 of conv1d_1: it has 6, 0 to 5");
    await refused(
      { layer: "conv1d_1", channel: [4, 0] },
      "input channel 0 of conv1d_1: output channel 4 reads 2 to 3",
    );
    await refused({}, "2 rows; one row is explained at a time", gather(rows, [0, 1]));
  });
});

describe("the decomposition of fewer products", () => {
  it("has the first block's numbers, as direct sums have them", async () => {
    const wide = bumps({ rows: 12, channels: 32, length: 64, classes: 2 });
    const net = model(wide, (x) =>
      L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 64, kernelSize: 3, padding: "same" }))), {
        units: 2,
      }),
    );
    const { model: trained } = await fit(net, wide, { steps: 2, batch: 8 });
    const e = await explain(trained, gather(wide, [3]));
    const c = e.layers[0].convolution;
    const b = c?.block;
    if (!c || !b) throw new Error("no block");
    expect([b.products, b.A.length, b.G[0].length, b.B.length]).toEqual([b.m + 2, b.products, 3, b.products]);
    b.forward.forEach((z, i) => expect(z).toBeCloseTo(c.vectors.Ay[i], 10));
    expect(b.difference).toBeLessThan(1e-12);
    expect(explanationText(e, { matrices: "all" })).toContain("the first block:");
  });
});

describe("renderings", () => {
  const evil = '<script>alert(1)</script> \\input{/etc/passwd} $x^2_1$ 100% {} ~ "é" ✓';
  const named: NetworkFields = { ...byHand, model: { ...byHand.model, name: evil } };

  it("let no name out of its place", async () => {
    const e = await explain(named, row);
    expect(explanationHtml(e)).not.toContain("<script>alert");
    expect(explanationLatex(e)).not.toMatch(/\\input|\$x\^/);
    expect(latexText("a_b & \\c {} é")).toBe("a\\_b \\& \\textbackslash{}c \\{\\} U+00E9");
  });

  it("are HTML that a validator has nothing against, as it has against a broken page", async () => {
    const validator = new HtmlValidate({ extends: ["html-validate:standard"] });
    const page = explanationHtml(await explain(named, row));
    expect((await validator.validateString(page)).results.flatMap((r) => r.messages)).toEqual([]);
    expect((await validator.validateString(page.replace("</main>", ""))).valid).toBe(false);
  });

  const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
  it.skipIf(!has("pdflatex"))("are LaTeX that pdflatex compiles (skipped without pdflatex)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "toeplitz-tex-"));
    try {
      writeFileSync(join(folder, "a.tex"), explanationLatex(await explain(named, row)));
      const words = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "a.tex"];
      execFileSync("pdflatex", words, { cwd: folder, stdio: "ignore", timeout: 60_000 });
      const log = readFileSync(join(folder, "a.log"), "latin1");
      expect(log).toContain("Output written on a.pdf");
      expect(log).not.toMatch(/Overfull/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
