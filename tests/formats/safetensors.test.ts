import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { InputError } from "../../src/data/errors.ts";

/** A file from the text of its header and the number of its data bytes, all zero. */
function fileOf(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const refusal = (header: string | Uint8Array, dataBytes = 0) => messageOf(fileOf(header, dataBytes));

function messageOf(bytes: Uint8Array): string {
  try {
    decodeSafetensors(bytes, "m.safetensors");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

const entry = (begin: number | string, end: number | string, shape = "[1]", dtype = '"F32"') =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":[${begin},${end}]}`;

describe("encodeSafetensors", () => {
  it("writes the length, the header padded to 8 bytes with spaces, and little-endian values", () => {
    const bytes = encodeSafetensors([{ name: "w", shape: [2], data: new Float32Array([1, -2]) }], { k: "v" });
    const header = '{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} ';
    expect(bytes[0]).toBe(80);
    expect([...bytes.subarray(1, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 88))).toBe(header);
    expect([...bytes.subarray(88)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it("refuses names that no reader could tell apart, and shapes that do not fit", () => {
    const one = { name: "w", shape: [1], data: new Float32Array(1) };
    expect(() => encodeSafetensors([one, one], {})).toThrow(
      'safetensors: tensor "w" is there twice or reserved; give each tensor its own name',
    );
    expect(() => encodeSafetensors([{ ...one, name: "__metadata__" }], {})).toThrow(
      'safetensors: tensor "__metadata__" is there twice or reserved; give each tensor its own name',
    );
    expect(() => encodeSafetensors([{ ...one, name: "__proto__" }], {})).toThrow(
      'safetensors: tensor "__proto__" is a reserved word of JavaScript; rename it',
    );
    expect(() => encodeSafetensors([{ ...one, shape: [2, 3] }], {})).toThrow(
      'safetensors: tensor "w" has shape [2, 3] but 1 values; make them agree',
    );
  });
});

describe("decodeSafetensors", () => {
  it("gives back tensors in the order of their bytes, whatever their names", () => {
    const tensors = [
      { name: "1", shape: [0, 3], data: new Float32Array(0) },
      { name: "0", shape: [], data: new Float32Array([-0]) },
      { name: 'é\u2028"', shape: [1, 2], data: new Float32Array([Number.MIN_VALUE * 2 ** 925, Infinity]) },
    ];
    expect(decodeSafetensors(encodeSafetensors(tensors, {}), "m")).toEqual({ tensors, metadata: {} });
  });

  it("reads a file that begins anywhere in its buffer", () => {
    const bytes = encodeSafetensors([{ name: "w", shape: [1], data: new Float32Array([7]) }], {});
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeSafetensors(shifted.subarray(3), "m").tensors[0].data[0]).toBe(7);
  });

  it("reads an entry whose key is one of JSON's other spellings, and unknown fields", () => {
    const file = fileOf(
      '{ "\\u0077" : {"extra":[{"a":1}],"dtype":"F32","shape":[],"data_offsets":[0,4]} } ',
      4,
    );
    expect(decodeSafetensors(file, "m").tensors[0].name).toBe("w");
  });

  it.each<[string, Uint8Array]>([
    [
      "3 bytes, a safetensors file has at least 8; it is not a safetensors file, or is cut short",
      new Uint8Array(3),
    ],
    [
      "the header claims 4294967296 bytes, at most 100000000 are allowed; it is not a safetensors file, or is cut short",
      new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0, 0]),
    ],
    [
      "the header claims 5 bytes, the file has 4 after its length; it is not a safetensors file, or is cut short",
      new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
    ],
    [
      "the header is not UTF-8; it is not a safetensors file, or is cut short",
      fileOf(new Uint8Array([0x7b, 0xff])),
    ],
    ["the header is not JSON; it is not a safetensors file, or is cut short", fileOf("")],
    ["the header is not JSON; it is not a safetensors file, or is cut short", fileOf("\ufeff{}")],
    ["the header is not JSON; it is not a safetensors file, or is cut short", fileOf("{'a':1}")],
    ["the header is not a JSON object; it is not a safetensors file, or is cut short", fileOf("[]")],
  ])("refuses a file without a header: %s", (message, bytes) => {
    expect(messageOf(bytes)).toBe(`m.safetensors: ${message}`);
  });

  it.each<[string, string, number]>([
    ['tensor "a" is not a JSON object', '{"a":1}', 0],
    [
      'tensor "a" has dtype "F16"; only "F32" is read; convert it, or let toeplitz import do it',
      `{"a":${entry(0, 2, "[1]", '"F16"')}}`,
      2,
    ],
    [
      'tensor "a" has no dtype that is a string; only "F32" is read; convert it, or let toeplitz import do it',
      `{"a":{}}`,
      0,
    ],
    ['tensor "a" has a shape that is not a list of whole numbers >= 0', `{"a":${entry(0, 4, "[-1]")}}`, 4],
    ['tensor "a" has a shape that is not a list of whole numbers >= 0', `{"a":${entry(0, 4, "[0.5]")}}`, 4],
    ['tensor "a" has a shape that is not a list of whole numbers >= 0', `{"a":${entry(0, 4, "1")}}`, 4],
    ['tensor "a" has data_offsets that are not two whole numbers >= 0', `{"a":${entry(-4, 0)}}`, 4],
    ['tensor "a" has data_offsets that are not two whole numbers >= 0', `{"a":${entry(0, 3.5)}}`, 4],
    ['tensor "a" has data_offsets that are not two whole numbers >= 0', `{"a":${entry(0, 1e300)}}`, 4],
    ['tensor "a" has data_offsets that are not two whole numbers >= 0', `{"a":${entry(0, "4,8")}}`, 8],
    ['tensor "a" has data_offsets [4, 0] in the wrong order', `{"a":${entry(4, 0)}}`, 4],
    [
      'tensor "a" ends at byte 8 of the data, the file at 4; it is cut short',
      `{"a":${entry(0, 8, "[2]")}}`,
      4,
    ],
    ['tensor "a" takes 8 bytes by its shape and 4 by its data_offsets', `{"a":${entry(0, 4, "[2]")}}`, 4],
    [
      'tensor "a" takes 4.056481920730334e+31 bytes by its shape and 4 by its data_offsets',
      `{"a":${entry(0, 4, `[${2 ** 51},${2 ** 52}]`)}}`,
      4,
    ],
    [
      'tensor "b" starts at byte 0, inside the one before it, which ends at 4',
      `{"a":${entry(0, 4)},"b":${entry(0, 4)}}`,
      4,
    ],
    ['bytes 0 to 4, before tensor "a", belong to no tensor', `{"a":${entry(4, 8)}}`, 8],
    ["the tensors end at byte 4 of the data, the file at 8", `{"a":${entry(0, 4)}}`, 8],
    ['the header has the key "a" twice in one object', `{"a":${entry(0, 4)},"\\u0061":${entry(4, 8)}}`, 8],
    ['the header has the key "dtype" twice in one object', '{"a":{"dtype":"F16","dtype":"F32"}}', 0],
    ['tensor "__proto__" is a reserved word of JavaScript; rename it', `{"__proto__":${entry(0, 4)}}`, 4],
    ['tensor "constructor" is a reserved word of JavaScript; rename it', `{"constructor":${entry(0, 4)}}`, 4],
    [
      'metadata key "__proto__" is a reserved word of JavaScript; rename it',
      '{"__metadata__":{"__proto__":"x"}}',
      0,
    ],
    ["__metadata__ is not an object of strings", '{"__metadata__":[]}', 0],
    ['the metadata entry "k" is not a string', '{"__metadata__":{"k":1}}', 0],
    ['tensor "a\\u2028\\nb" is not a JSON object', '{"a\\u2028\\nb":1}', 0],
  ])("refuses a hostile header: %s", (message, header, dataBytes) => {
    expect(refusal(header, dataBytes)).toBe(`m.safetensors: ${message}`);
  });

  it("survives a header of a million open brackets", () => {
    expect(refusal(`{"a":{"dtype":${"[".repeat(1e6)}${"]".repeat(1e6)}}}`)).toBe(
      'm.safetensors: tensor "a" has no dtype that is a string; only "F32" is read; convert it, or let toeplitz import do it',
    );
  });
});

const name = fc
  .string({ unit: "binary" })
  .filter((text) => !/^(__proto__|constructor|prototype|__metadata__)$/.test(text));
const tensor = fc
  .tuple(name, fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }))
  .chain(([text, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return fc
      .float32Array({ minLength: size, maxLength: size, noNaN: true })
      .map((data) => ({ name: text, shape, data }));
  });
const contents = fc.record({
  tensors: fc.uniqueArray(tensor, { selector: (each) => each.name, maxLength: 5 }),
  metadata: fc.dictionary(name, fc.string({ unit: "binary" }), { noNullPrototype: true }),
});

describe("safetensors, for all contents", () => {
  it("gives back what was written", () => {
    fc.assert(
      fc.property(contents, ({ tensors, metadata }) => {
        const bytes = encodeSafetensors(tensors, metadata);
        const again = decodeSafetensors(bytes, "m");
        expect(again.metadata).toEqual(metadata);
        expect(again.tensors).toEqual(tensors);
        expect((8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))) % 8).toBe(0);
      }),
    );
  });

  it("throws nothing but one line of InputError on changed, cut and inserted bytes", () => {
    const edit = fc.record({
      at: fc.nat(),
      byte: fc.nat(255),
      kind: fc.constantFrom("set", "cut", "insert"),
    });
    fc.assert(
      fc.property(
        contents,
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        ({ tensors, metadata }, edits) => {
          let bytes = [...encodeSafetensors(tensors, metadata)];
          for (const { at, byte, kind } of edits) {
            const i = at % (bytes.length + 1);
            if (kind === "set") bytes[Math.min(i, bytes.length - 1)] = byte;
            else if (kind === "cut") bytes = bytes.slice(0, Math.max(i, 1));
            else bytes.splice(i, 0, byte);
          }
          const message = messageOf(Uint8Array.from(bytes));
          expect(message).toMatch(/^(accepted|m\.safetensors: [^\n\r\u2028\u2029]+)$/);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("throws nothing but InputError on any JSON header, and holds no more values than the file has bytes", () => {
    const small = fc.integer({ min: -1, max: 9 }).map((count) => 4 * count);
    const value = fc.record(
      {
        dtype: fc.constantFrom("F32", "F32", "F32", "I64", null),
        shape: fc.array(fc.oneof(fc.nat(3), fc.maxSafeInteger(), fc.double()), { maxLength: 3 }),
        data_offsets: fc.array(small, { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const header = fc.dictionary(
      fc.oneof(fc.constant("__proto__"), fc.string()),
      fc.oneof(value, fc.jsonValue()),
    );
    fc.assert(
      fc.property(header, fc.nat(40), (entries, dataBytes) => {
        const file = fileOf(JSON.stringify(entries), dataBytes);
        try {
          const { tensors } = decodeSafetensors(file, "m");
          expect(tensors.reduce((sum, { data }) => sum + data.byteLength, 0)).toBe(dataBytes);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
