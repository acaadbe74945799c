/**
 * SHA-256 (FIPS 180-4), synchronous: Web Crypto answers only in promises and only in secure contexts.
 */

/** Round constants (section 4.2.2): the fractional bits of the cube roots of the first 64 primes. */
const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

const rotate = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));

/** The digest of some bytes as 64 lower-case hexadecimal digits. */
export const sha256 = (bytes: Uint8Array): string => new Sha256().update(bytes).digest();

/** The digest of bytes that come in parts. */
export class Sha256 {
  readonly #hash = new Int32Array([
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]);
  readonly #schedule = new Int32Array(64);
  /** The start of a block whose rest has not come yet. */
  readonly #block = new Uint8Array(64);
  #bytes = 0;

  update(bytes: Uint8Array): this {
    const held = this.#bytes % 64;
    this.#bytes += bytes.length;
    let at = 0;
    if (held > 0) {
      at = Math.min(64 - held, bytes.length);
      this.#block.set(bytes.subarray(0, at), held);
      if (held + at < 64) return this;
      compress(this.#hash, this.#schedule, this.#block, 0);
    }
    for (; at + 64 <= bytes.length; at += 64) compress(this.#hash, this.#schedule, bytes, at);
    this.#block.set(bytes.subarray(at));
    return this;
  }

  /** The digest; no more bytes may come. */
  digest(): string {
    // Padding (section 5.1.1): one bit, zeros, and the length in bits as a big-endian 64-bit number.
    const rest = this.#bytes % 64;
    const tail = new Uint8Array(rest < 56 ? 64 : 128);
    tail.set(this.#block.subarray(0, rest));
    tail[rest] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(this.#bytes / 2 ** 29));
    view.setUint32(tail.length - 4, (this.#bytes << 3) >>> 0);
    for (let at = 0; at < tail.length; at += 64) compress(this.#hash, this.#schedule, tail, at);
    return Array.from(this.#hash, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

/** One block of 64 bytes into the state (section 6.2.2). `w` is scratch, 64 words. */
function compress(hash: Int32Array, w: Int32Array, bytes: Uint8Array, at: number): void {
  for (let t = 0; t < 16; t++) {
    const i = at + 4 * t;
    w[t] = (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
  }
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15];
    const y = w[t - 2];
    const small0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const small1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[t] = small1 + w[t - 7] + small0 + w[t - 16];
  }
  let [a, b, c, d, e, f, g, h] = hash;
  for (let t = 0; t < 64; t++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const first = (h + big1 + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
  hash[5] += f;
  hash[6] += g;
  hash[7] += h;
}
