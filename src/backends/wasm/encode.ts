/** The bytes of a WebAssembly module: LEB128, sections, and the few opcodes that vector code needs. */

/** Unsigned LEB128. */
export function u32(n: number): number[] {
  const bytes: number[] = [];
  let rest = n >>> 0;
  do {
    const byte = rest & 127;
    rest >>>= 7;
    bytes.push(rest ? byte | 128 : byte);
  } while (rest);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function s32(n: number): number[] {
  const bytes: number[] = [];
  let rest = n | 0;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    const done = (rest === 0 && !(byte & 64)) || (rest === -1 && (byte & 64) !== 0);
    bytes.push(done ? byte : byte | 128);
    if (done) return bytes;
  }
}

export const vector = (items: readonly (readonly number[])[]): number[] => [
  ...u32(items.length),
  ...items.flat(),
];
export const name = (text: string): number[] => {
  const bytes = [...new TextEncoder().encode(text)];
  return [...u32(bytes.length), ...bytes];
};
export const section = (id: number, body: readonly number[]): number[] => [id, ...u32(body.length), ...body];

export const type = { i32: 0x7f, v128: 0x7b, function: 0x60, none: 0x40 } as const;

export const code = {
  loop: 0x03,
  end: 0x0b,
  brIf: 0x0d,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32Add: 0x6a,
  i32Sub: 0x6b,
} as const;

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
} as const;

export const simdOp = (op: number): number[] => [0xfd, ...u32(op)];
