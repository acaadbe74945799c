/** Bits of a FLAC file, the highest of each byte first, and its two checksums. */

/** The file ends within what is read. */
export class EndOfFile extends Error {}

export class Bits {
  readonly #bytes: Uint8Array;
  #at: number;
  #bit = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** The byte in which the next bit is. */
  get at(): number {
    return this.#at;
  }

  /** The next 32 bits of whole bytes, from the one in which the next bit is. */
  #word(): number {
    const [b, at] = [this.#bytes, this.#at];
    return (b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3];
  }

  #skip(count: number): void {
    const bit = this.#bit + count;
    this.#at += bit >> 3;
    this.#bit = bit & 7;
    if (this.#at + (this.#bit > 0 ? 1 : 0) > this.#bytes.length) throw new EndOfFile();
  }

  /** A number of up to 40 bits from 0 on. */
  read(count: number): number {
    if (count === 0) return 0;
    if (count > 25) return this.read(count - 16) * 65536 + this.read(16);
    const value = (this.#word() << this.#bit) >>> (32 - count);
    this.#skip(count);
    return value;
  }

  /** A number with a sign, in two's complement. */
  signed(count: number): number {
    const value = this.read(count);
    return count > 0 && value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** How many 0s stand before the next 1, which is passed over too. */
  zeros(): number {
    for (let count = 0; ;) {
      const here = Math.clz32(this.#word() << this.#bit);
      if (here < 32 - this.#bit) {
        this.#skip(here + 1);
        return count + here;
      }
      count += 32 - this.#bit;
      this.#skip(32 - this.#bit);
    }
  }

  /** Goes on to where a byte begins. */
  align(): void {
    if (this.#bit > 0) this.#skip(8 - this.#bit);
  }
}

const tableOf = (width: number, polynomial: number): Uint16Array =>
  Uint16Array.from({ length: 256 }, (_, n) => {
    let c = n << (width - 8);
    for (let k = 0; k < 8; k++) c = (c << 1) ^ (c >> (width - 1) ? polynomial | (1 << width) : 0);
    return c;
  });
const CRC8 = tableOf(8, 0x07);
const CRC16 = tableOf(16, 0x8005);

/** The checksum of a frame's header. */
export const crc8 = (bytes: Uint8Array): number => bytes.reduce((c, byte) => CRC8[c ^ byte], 0);
/** The checksum of a frame. */
export const crc16 = (bytes: Uint8Array): number =>
  bytes.reduce((c, byte) => ((c << 8) & 0xffff) ^ CRC16[(c >> 8) ^ byte], 0);
