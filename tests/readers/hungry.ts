/** Inputs of some MiB that make a reader want much memory, to measure how much it takes. */
import { deflateRawSync } from "node:zlib";
import { parseParts } from "../../src/readers/read.ts";
import { npy, wav, zip } from "./bytes.ts";

const SIZE = 2 ** 23;

/** A text of about `size` bytes: a beginning, then a piece as often as fits, then an end. */
function text(begin: string, piece: string, end: string, size = SIZE): Uint8Array {
  return new TextEncoder().encode(begin + piece.repeat(Math.floor(size / piece.length)) + end);
}

/** Reads one as `readParts` does. */
export const readHungry = (bytes: Uint8Array, file: string): unknown => parseParts(bytes, file);

interface Hungry {
  readonly file: string;
  readonly make: () => Uint8Array;
}
const input = (file: string, make: () => Uint8Array): Hungry => ({ file, make });

const TS = "@classLabel true a\n@data\n";

export const hungry: Readonly<Record<string, Hungry>> = {
  ".ts, one row of short values": input("f.ts", () => text(TS, "1,", "1:a\n")),
  ".ts, rows of one value": input("f.ts", () => text(TS, "1:a\n", "")),
  ".ts, one long row among short ones": input("f.ts", () =>
    text(`${TS}${"1,".repeat(1000)}1:a\n`, "1:a\n", ""),
  ),
  ".ts, a row 100 times as long": input("f.ts", () => text(`${TS}${"1,".repeat(20)}1:a\n`, "1:a\n", "")),
  ".ts, channels without end": input("f.ts", () => text(TS, "1:", "1:a\n")),
  ".ts, only line ends": input("f.ts", () => text(TS, "\n", "")),
  ".ts, only colons": input("f.ts", () => text(TS, ":", "a\n")),
  ".ts, classes without end": input("f.ts", () => text("@classLabel true ", "a ", "b\n@data\n1:a\n")),
  ".ts, time stamps": input("f.ts", () =>
    text("@timeStamps true\n@classLabel true a\n@data\n", "(0,1):", "a\n"),
  ),
  ".ts, letters beyond Latin-1": input("f.ts", () => text(`# \u4e00\n${TS}`, "1,", "1:a\n")),
  ".tsv, rows of one value": input("f.tsv", () => text("", "1\t1\n", "")),
  ".tsv, a class a row": input("f.tsv", () =>
    new TextEncoder().encode(Array.from({ length: 2 ** 20 }, (_, i) => `${i}\t1\n`).join("")),
  ),
  ".tsv, only tabs": input("f.tsv", () => text("1\t1\n1", "\t", "\n")),
  ".txt, one row of blanks": input("f.txt", () => text("1 1\n1", " ", "1\n")),
  ".txt, one row of short values": input("f.txt", () => text("", "1 ", "\n")),
  ".arff, attributes without end": input("f.arff", () =>
    text("@relation r\n", "@attribute a real\n", "@data\n"),
  ),
  ".arff, one row of short values": input("f.arff", () =>
    text(
      "@relation r\n@attribute s relational\n@attribute a real\n@end s\n@attribute t {x}\n@data\n'",
      "1,",
      "1',x\n",
    ),
  ),
  ".arff, channels without end": input("f.arff", () =>
    text(
      "@relation r\n@attribute s relational\n@attribute a real\n@end s\n@attribute t {x}\n@data\n'",
      "1\\n",
      "1',x\n",
    ),
  ),
  ".npy, bytes": input("f.npy", () => npyZeros(SIZE)),
  ".npz, stored": input("f.npz", () => zip({ "x.npy": npyZeros(SIZE) })),
  ".npz, unpacked to 48 times its size": input("f.npz", () => {
    const noise = Uint8Array.from(
      { length: 2 ** 19 },
      (_, i) => (Math.imul(Math.imul(i, i) ^ (i >>> 3), 2654435761) >>> 13) & 255,
    );
    return zip({ "n.npy": noise, "x.npy": npyZeros(48 * 2 ** 19) }, (data) => deflateRawSync(data));
  }),
  ".wav, 8 bits": input("f.wav", () =>
    wav(
      { bits: 8 },
      Array.from({ length: 2 ** 22 }, () => 7),
    ),
  ),
};

function npyZeros(size: number): Uint8Array {
  const head = npy("|u1", [size], []);
  const out = new Uint8Array(head.length + size);
  out.set(head);
  return out;
}
