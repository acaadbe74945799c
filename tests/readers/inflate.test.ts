import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inflate } from "../../src/readers/inflate.ts";
import { parseDataset } from "../../src/readers/read.ts";
import { npy, zip } from "./bytes.ts";
import { mat } from "./signalFiles.ts";

describe("inflate", () => {
  it("gives back what zlib packed, whatever the bytes and the level", () => {
    const repeated = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 400 }))
      .map(([piece, times]) =>
        Uint8Array.from({ length: piece.length * times }, (_, i) => piece[i % piece.length]),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), repeated), fc.integer({ min: 0, max: 9 }), (bytes, level) => {
        const back = inflate(deflateRawSync(bytes, { level }), bytes.length);
        expect(Buffer.compare(back, bytes)).toBe(0);
      }),
    );
  });

  it("gives back what takes many steps: 300,000 bytes that repeat little, stored and packed", () => {
    const bytes = Uint8Array.from(
      { length: 300_000 },
      (_, i) => (Math.imul(i ^ (i >>> 5), 2654435761) >>> 20) & 63,
    );
    for (const level of [0, 1, 9])
      expect(Buffer.compare(inflate(deflateRawSync(bytes, { level }), bytes.length), bytes)).toBe(0);
  });

  it("stops at its bound: of a byte too many, and of 64 MiB that 64 kB unpack to, before it has them", () => {
    expect(() => inflate(deflateRawSync(new Uint8Array(100)), 99)).toThrow("more than 99 bytes");
    const bomb = deflateRawSync(new Uint8Array(2 ** 26));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => inflate(bomb, 2 ** 20)).toThrow("more than 1048576 bytes");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });

  it("throws for what is damaged, cut short or not there", () => {
    const packed = deflateRawSync(Uint8Array.from({ length: 1000 }, (_, i) => (i * i) % 251));
    for (const bytes of [packed.subarray(0, 9), Uint8Array.of(7), new Uint8Array(0)])
      expect(() => inflate(bytes, 1000)).toThrow();
  });
});

describe("parseDataset, as pages call it", () => {
  it("reads a deflated archive: 2 rows of 2 values", () => {
    const bytes = zip({ "X.npy": npy("<f4", [2, 2], [1, 2, 3, 4]) }, (data) => deflateRawSync(data));
    expect([...parseDataset(bytes, "a.npz").series]).toEqual([1, 2, 3, 4]);
  });

  it("reads a compressed MATLAB file: columns first, so 1 3, 2 4 are rows 1 2 and 3 4", () => {
    // zlib's two bytes, the deflated data, Adler-32
    const pack = (data: Uint8Array): Uint8Array => {
      let [a, b] = [1, 0];
      for (const byte of data) [a, b] = [(a + byte) % 65521, (b + a + byte) % 65521];
      const sum = new DataView(new ArrayBuffer(4));
      sum.setUint32(0, b * 65536 + a);
      return Uint8Array.of(0x78, 0x9c, ...deflateRawSync(data), ...new Uint8Array(sum.buffer));
    };
    const bytes = mat([{ name: "X", shape: [2, 2], values: [1, 3, 2, 4] }], { pack });
    expect([...parseDataset(bytes, "a.mat").series]).toEqual([1, 2, 3, 4]);
  });
});
