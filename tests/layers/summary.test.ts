/** The summary of a model, by hand. */
import { expect, it } from "vitest";
import * as L from "../../src/layers/functions.ts";
import { summary } from "../../src/layers/summary.ts";

it("counts parameters and multiply-adds, and how far an output sees", () => {
  const model = L.model({ channels: 2, length: 100 }, (x) => {
    const a = L.conv1d(x, { filters: 4, kernelSize: 5, padding: "same" });
    const b = L.maxPool(L.relu(a), { size: 2 });
    const c = L.conv1d(b, { filters: 8, kernelSize: 3, dilation: 2, groups: 2 });
    return L.dense(L.globalAveragePool(c), { units: 3 });
  });
  const { layers, parameters, multiplyAdds } = summary(model);
  expect(layers.map((l) => l.receptiveField)).toEqual([5, 5, 6, 14, 100, 100]);
  expect(layers.map((l) => l.parameters)).toEqual([44, 0, 0, 56, 0, 27]);
  expect(layers.map((l) => l.multiplyAdds)).toEqual([4 * 2 * 5 * 100, 0, 0, 8 * 2 * 3 * 46, 0, 24]);
  expect([parameters, multiplyAdds]).toEqual([127, 4000 + 2208 + 24]);
});

it("prints a table", () => {
  const model = L.model({ channels: 1, length: 1500 }, (x) =>
    L.add(L.conv1d(x, { filters: 1, kernelSize: 3, padding: 1 }), x),
  );
  expect(summary(model).text).toBe(
    [
      "   layer     reads  output    parameters  sees  multiply-adds",
      "0  input            1 x 1500                 1",
      "1  conv1d_1  0      1 x 1500           4     3          4,500",
      "2  add_1     1, 0   1 x 1500                 3",
      "   model                               4                4,500",
    ].join("\n"),
  );
});

it("a transposed convolution sees 1 or 2 positions for each: 4 taps with stride 2", () => {
  const model = L.model({ channels: 1, length: 50 }, (x) =>
    L.conv1d(L.convTranspose1d(x, { filters: 1, kernelSize: 4, stride: 2 }), { filters: 1, kernelSize: 5 }),
  );
  expect(summary(model).layers.map((l) => l.receptiveField)).toEqual([2, 4]);
});
