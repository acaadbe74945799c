/**
 * Unpacks a frame of LZ4, as Arrow files have their buffers by default. Blocks may refer to those before them. Source:
 * lz4_Frame_format.md 1.6.4 and lz4_Block_format.md of the LZ4 project.
 */

const MAGIC = 0x184d2204;
/** The bit of a block's size that says that it is stored as it is. */
const STORED = 0x80000000;

/** The `size` bytes that a frame holds. Throws, whatever the error, where it is damaged or holds more or fewer. */
export function unpackLz4(data: Uint8Array, size: number): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("it is no LZ4 frame");
  const flags = data[4];
  if (flags >> 6 !== 1 || flags & 1) throw new Error("the LZ4 frame is of a kind that is not read");
  const out = new Uint8Array(size);
  /** After the flags stand the size of all, where it is said, and a byte of checksum. */
  let at = 7 + (flags & 8 ? 8 : 0);
  let to = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const bytes = word & ~STORED;
    if (at + bytes > data.length) throw new Error("the LZ4 frame is cut short");
    const block = data.subarray(at, at + bytes);
    if (word & STORED) {
      out.set(block, to);
      to += bytes;
    } else to = unpackBlock(block, out, to);
    at += bytes + (flags & 16 ? 4 : 0);
  }
  if (to !== size) throw new Error(`the LZ4 frame holds ${to} bytes, not ${size}`);
  return out;
}

/** Unpacks a block to `out` from `to` on; gives where it ends. */
function unpackBlock(block: Uint8Array, out: Uint8Array, to: number): number {
  let at = 0;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    for (let more = nibble === 15; more; at++) {
      if (at >= block.length) throw new Error("an LZ4 block is cut short");
      length += block[at];
      more = block[at] === 255;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = lengthOf(token >> 4);
    if (at + literals > block.length || to + literals > out.length)
      throw new Error("an LZ4 block goes beyond its end");
    out.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === block.length) break; // the last sequence is literals alone
    const back = block[at] | (block[at + 1] << 8);
    at += 2;
    const count = lengthOf(token & 15) + 4;
    if (!(back > 0 && back <= to) || to + count > out.length)
      throw new Error("an LZ4 block refers to what is not there");
    for (const end = to + count; to < end; to++) out[to] = out[to - back]; // may overlap: a run repeats
  }
  return to;
}
