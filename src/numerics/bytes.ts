/** Bytes that grow, as WebAssembly modules and protocol buffers are written: whole numbers in LEB128, parts behind their length. */
export class Bytes {
  #buffer = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  byte(...bytes: readonly number[]): this {
    for (const b of bytes) this.#push(b);
    return this;
  }

  all(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Unsigned LEB128. */
  u32(n: number): this {
    let rest = n >>> 0;
    for (; rest > 127; rest >>>= 7) this.#push((rest & 127) | 128);
    this.#push(rest);
    return this;
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(n: number): this {
    let rest = n | 0;
    for (; rest < -64 || rest > 63; rest >>= 7) this.#push((rest & 127) | 128);
    this.#push(rest & 127);
    return this;
  }

  /** An opcode behind the SIMD prefix. */
  simd(opcode: number): this {
    this.#push(0xfd);
    return this.u32(opcode);
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).all(bytes);
  }

  /** A count, then each item. */
  list<T>(items: readonly T[], write: (to: this, item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  /** What `write` writes, behind its length in bytes. */
  sized(write: (to: Bytes) => void): this {
    const inner = new Bytes();
    write(inner);
    return this.u32(inner.length).all(inner.view());
  }

  /** An opcode behind the prefix of atomics, on a 32-bit word at the address given. */
  atomic(opcode: number): this {
    return this.byte(0xfe).u32(opcode).byte(2, 0);
  }

  section(id: number, write: (to: Bytes) => void): this {
    return this.byte(id).sized(write);
  }

  #push(b: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = b;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + more));
    grown.set(this.view());
    this.#buffer = grown;
  }
}
