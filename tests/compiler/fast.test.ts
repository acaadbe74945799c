import { describe, expect, it } from "vitest";
import { blockOf, inBlocks, shareOf } from "../../src/compiler/fast.ts";
import { convolveMap } from "../../src/graph/build.ts";
import type { ConvolveMap, ConvolveOf } from "../../src/graph/ops.ts";
import { resolve } from "../../src/layers/model.ts";
import { trainingGraphs } from "../../src/training/graphs.ts";
import { losses } from "../../src/training/losses.ts";
import { optimizers } from "../../src/training/optimizers.ts";
import { blocksWorkload } from "../training/workloads.ts";

const forms: readonly ConvolveOf[] = ["output", "input", "filter"];
const same = (channels: number, filters: number, taps: number, length: number, dilation = 1): ConvolveMap =>
  convolveMap([1, channels, length], [filters, channels, taps], {
    dilation,
    padding: [dilation * Math.floor((taps - 1) / 2), dilation * Math.ceil((taps - 1) / 2)],
  });

describe("the block of a convolution", () => {
  it.each([
    ["FCN's middle layer", same(128, 256, 5, 150), { m: 4, r: 5 }],
    ["FCN's last layer, whose 150 positions are 25 blocks of 6", same(256, 128, 3, 150), { m: 6, r: 3 }],
    ["long filters in chunks of four", same(32, 32, 40, 128), { m: 4, r: 4 }],
    ["one channel", same(1, 128, 8, 150), null],
    ["one tap", same(64, 64, 1, 150), null],
    ["few channels", same(3, 3, 5, 150), null],
  ])("of %s", (_, map, block) => {
    expect(blockOf("output", map)).toEqual(block);
  });

  it("of three taps with a dilation takes as long blocks as classes of positions fill", () => {
    // 64 classes of 16 positions; 1024 classes of one: no block
    expect(blockOf("output", same(32, 32, 3, 1024, 64))).toEqual({ m: 4, r: 3 });
    expect(blockOf("output", same(32, 32, 3, 1024, 1023))).toBe(null);
  });

  it("is the same for all three forms of a square layer", () => {
    expect(forms.map((of) => blockOf(of, same(64, 64, 3, 96)))).toEqual(forms.map(() => ({ m: 6, r: 3 })));
  });

  it("costs what its products and transforms are, of what the direct form has", () => {
    // 38 blocks of 8 products for 150 x 5: 0.405, and the transforms
    const share = shareOf({ of: "output", map: same(128, 256, 5, 150), block: { m: 4, r: 5 } });
    expect(share).toBeGreaterThan((38 * 8) / (150 * 5));
    expect(share).toBeLessThan(0.5);
  });
});

it("a network of the kinds that are worth it has blocks in every form, but of its first layer and its last", () => {
  const graphs = trainingGraphs(resolve(blocksWorkload.model), losses.crossEntropy(), optimizers.adam());
  const told = inBlocks(graphs.gradients).nodes.flatMap(({ op }) =>
    op.op === "convolve" && op.map.channels > 1 && op.map.taps > 1
      ? [`${op.of}, ${op.map.taps} taps: ${op.block ? `F(${op.block.m}, ${op.block.r})` : "direct"}`]
      : [],
  );
  expect(told.toSorted()).toEqual(
    [
      ["11 taps", "F(4, 4)"],
      ["3 taps", "F(4, 3)"],
      ["4 taps", "F(5, 4)"],
      ["6 taps", "F(5, 3)"],
      ["6 taps", "F(5, 3)"],
    ]
      .flatMap(([taps, block]) => forms.map((of) => `${of}, ${taps}: ${block}`))
      .toSorted(),
  );
});
