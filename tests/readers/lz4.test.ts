import { describe, expect, it } from "vitest";
import { unpackLz4 } from "../../src/readers/lz4.ts";
import { ascii, joined, u32 } from "./bytes.ts";

/** A frame of blocks; of each its bytes, and whether it is stored. */
const frame = (
  ...blocks: readonly { readonly bytes: readonly number[]; readonly stored?: boolean }[]
): Uint8Array =>
  joined(
    [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0],
    ...blocks.map(({ bytes, stored }) =>
      joined(u32((bytes.length | (stored ? 0x80000000 : 0)) >>> 0), bytes),
    ),
    u32(0),
  );
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("unpackLz4", () => {
  it("copies literals, and what stands some bytes before: ab, 2 back 10 times, then c", () => {
    const bytes = [0x26, ...ascii("ab"), 2, 0, 0x10, ...ascii("c")];
    expect(text(unpackLz4(frame({ bytes }), 13))).toBe("ababababababc");
  });

  it("reads stored blocks, and refers from one block to the block before it", () => {
    const back = [0x00, 3, 0, 0x10, ...ascii("!")]; // 3 back, 4 bytes
    expect(text(unpackLz4(frame({ bytes: [...ascii("xyz")], stored: true }, { bytes: back }), 8))).toBe(
      "xyzxyzx!",
    );
  });

  it("reads lengths of more than 15: 300 literals, then a run of 1000", () => {
    const literals = Array.from({ length: 300 }, (_, i) => i & 255);
    const bytes = [0xff, 255, 30, ...literals, 1, 0, 255, 255, 255, 216, 0x10, 7];
    const out = unpackLz4(frame({ bytes }), 1301);
    expect([out[299], out[300], out[1299], out[1300]]).toEqual([43, 43, 43, 7]);
  });

  it.each<[string, Uint8Array, number]>([
    ["another size", frame({ bytes: [0x10, 65] }), 2],
    ["more than was said", frame({ bytes: [0x20, 65, 66] }), 1],
    ["a reference before the beginning", frame({ bytes: [0x10, 65, 2, 0, 0x10, 65] }), 6],
    ["no reference", frame({ bytes: [0x10, 65, 0, 0, 0x10, 65] }), 6],
    ["a block cut short", frame({ bytes: [0xf0, 255] }), 300],
    ["a frame cut short", frame({ bytes: [0x10, 65] }).subarray(0, 10), 1],
    ["no frame", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 1],
  ])("throws for %s", (_, bytes, size) => {
    expect(() => unpackLz4(bytes, size)).toThrow();
  });
});
