import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DatasetFields, dataset } from "../../src/data/dataset.ts";
import { dataHash } from "../../src/data/dataHash.ts";
import { sha256 } from "../../src/numerics/sha256.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

describe("sha256", () => {
  it("gives the digests of FIPS 180-4's examples", () => {
    expect(sha256(ascii(""))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256(ascii("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256(ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
    expect(sha256(new Uint8Array(1_000_000).fill(0x61))).toBe(
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    );
  });

  it("agrees with Node's for every length round the padding's edges", () => {
    for (let length = 0; length <= 200; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
      expect(sha256(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(sha256(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
      }),
    );
  });
});

describe("dataHash", () => {
  const fields = {
    name: "d",
    series: new Float64Array([1, 2, 3, 4]),
    channels: 1,
    length: 2,
    answers: { kind: "classes", classes: ["a", "b"], labels: new Int32Array([0, 1]) },
  } satisfies DatasetFields;

  it("is the digest of the shape's line of JSON, the series, the labels and the targets", () => {
    const head = ascii('{"rows":2,"channels":1,"length":2,"outputs":0,"classes":["a","b"]}\n');
    const expected = createHash("sha256")
      .update(head)
      .update(new Uint8Array(new Float64Array([1, 2, 3, 4]).buffer))
      .update(new Uint8Array(new Int32Array([0, 1]).buffer))
      .digest("hex");
    expect(dataHash(dataset(fields))).toBe(expected);
  });

  it("changes with a value, a sign of zero, a label, a class name and the shape, and not with the name", () => {
    const hashes = [
      fields,
      { ...fields, series: new Float64Array([0, 2, 3, 4]) },
      { ...fields, series: new Float64Array([-0, 2, 3, 4]) },
      { ...fields, answers: { ...fields.answers, labels: new Int32Array([1, 0]) } },
      { ...fields, answers: { ...fields.answers, classes: ["a", "c"] } },
      { ...fields, channels: 2, length: 1 },
      {
        ...fields,
        answers: { kind: "values" as const, targets: new Float64Array([0, 1]), outputs: 1 },
      },
    ].map((each) => dataHash(dataset(each)));
    expect(new Set(hashes).size).toBe(7);
    expect(dataHash(dataset({ ...fields, name: "other" }))).toBe(hashes[0]);
  });
});
