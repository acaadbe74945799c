/** The bytes of a WebAssembly module: LEB128, sections, and the few opcodes that vector code needs. */

/** Bytes that grow; numbers are LEB128. */
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

export const type = { i32: 0x7f, v128: 0x7b, function: 0x60, none: 0x40 } as const;

export const code = {
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32Add: 0x6a,
  i32Sub: 0x6b,
} as const;

/** Opcodes behind the prefix of atomics. */
export const atomic = { notify: 0x00, wait: 0x01, load: 0x10, store: 0x17, add: 0x1e, sub: 0x25 } as const;

/** Opcodes behind the SIMD prefix. */
export const simd = {
  load: 0,
  loadSplat32: 9,
  store: 11,
  const: 12,
  shuffle: 13,
  storeLane32: 0x5a,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  sqrt: 0xe3,
  lt: 0x43,
  le: 0x45,
  eq: 0x41,
  select: 0x52,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  andnot: 0x4f,
  iadd: 0xae,
  isub: 0xb1,
  ieq: 0x37,
  igt: 0x3b,
  toFloat: 0xfa,
  min: 0xea,
  max: 0xeb,
  shl: 0xab,
  sar: 0xac,
  shr: 0xad,
  /** Relaxed SIMD: a b + c, rounded once or twice as the processor likes. */
  relaxedMultiplyAdd: 0x105,
} as const;
