/** FLAC files made by hand: bits, checksums, frames of verbatim, constant and predicted samples. */
import { crc16, crc8 } from "../../src/readers/flacBits.ts";
import { ascii, joined } from "./bytes.ts";

/** A number of some bits, the highest first. */
export type Field = readonly [bits: number, value: number];

function packed(fields: readonly Field[]): Uint8Array {
  const text = fields.map(([bits, value]) =>
    (value < 0 ? value + 2 ** bits : value).toString(2).padStart(bits, "0"),
  );
  const bits = text.join("");
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    Number.parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, "0"), 2),
  );
}

/** A frame of 16-bit samples: what its channels hold, and how they go together (0 alone, 1 two, 8 to 10 with a side). */
export function frame(
  length: number,
  assignment: number,
  ...subframes: readonly (readonly Field[])[]
): Uint8Array {
  const head = packed([[15, 0x7ffc], [1, 0], [4, 7], [4, 0], [4, assignment], [3, 4], [1, 0], [8, 0], [16, length - 1]]); // prettier-ignore
  const body = packed([
    ...[...joined(head, [crc8(head)])].map((byte): Field => [8, byte]),
    ...subframes.flat(),
  ]);
  const sum = crc16(body);
  return joined(body, [sum >> 8, sum & 255]);
}

export const verbatim = (depth: number, values: readonly number[]): Field[] => [
  [8, 0b00000010],
  ...values.map((value): Field => [depth, value]),
];
export const constant = (depth: number, value: number): Field[] => [[8, 0], [depth, value]]; // prettier-ignore
/** Residuals in Rice's code of one parameter. */
export const rice = (parameter: number, values: readonly number[]): Field[] => [
  [2, 0],
  [4, 0],
  [4, parameter],
  ...values.flatMap((value): Field[] => {
    const code = value < 0 ? -2 * value - 1 : 2 * value;
    const high = Math.floor(code / 2 ** parameter);
    return [[high + 1, 1], ...(parameter > 0 ? [[parameter, code % 2 ** parameter] as const] : [])]; // prettier-ignore
  }),
];

/** A file of 16-bit frames; `total` is the samples that its header has. */
export const flac = (channels: number, total: number, ...frames: readonly Uint8Array[]): Uint8Array =>
  joined(
    ascii("fLaC"),
    [0x80, 0, 0, 34],
    packed([[16, 16], [16, 4096], [24, 0], [24, 0], [20, 8000], [3, channels - 1], [5, 15], [36, total]]), // prettier-ignore
    new Uint8Array(16),
    ...frames,
  );
