import { describe, expect, it } from "vitest";
import {
  axes,
  layoutOf,
  rowsOf,
  stepsOf,
  tensorBytes,
  vectorsOf,
  type LaneAxis,
} from "../../src/vector/layout.ts";

describe("a lane axis", () => {
  it.each([
    ["samples", [2, 20, 20]],
    ["channels", [20, 2, 20]],
    ["positions", [20, 20, 2]],
  ] as const)(
    "of %s puts 20 of its own places into 2 vectors, 20 of the others into 20",
    (lanes, vectors) => {
      expect([rowsOf(20, lanes), vectorsOf(20, lanes), stepsOf(20, lanes)]).toEqual(vectors);
    },
  );

  it.each(["samples", "channels", "positions"] as const)("of %s has one extent in the lanes", (lanes) => {
    expect(Object.entries(axes[lanes]).flatMap(([name, e]) => (e.inLanes ? [name] : []))).toEqual([
      lanes === "samples" ? "rows" : lanes,
    ]);
  });

  it("puts place 17 into lane 1 of the second vector, and 17 vectors on where places lie apart", () => {
    const { rows, channels } = axes.channels;
    expect(channels.floats(17, 48)).toBe(48 + 1);
    expect(rows.floats(17, 48)).toBe(17 * 48);
  });

  it("makes 5 rows of 3 channels and 20 positions as many bytes as their vectors take", () => {
    const type = { space: "sample", shape: [1, 3, 20] } as const;
    const bytes = (lanes: LaneAxis): number => tensorBytes(type, layoutOf(type, lanes), 5);
    expect(bytes("samples")).toBe(1 * 3 * 20 * 64);
    expect(bytes("channels")).toBe(5 * 1 * 20 * 64);
    // 20 positions and 15 more that a vector from the last of them reads: 3 vectors
    expect(bytes("positions")).toBe(5 * 3 * 3 * 64);
  });
});
