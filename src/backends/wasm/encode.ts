/** What a WebAssembly module is written with: value types and the few opcodes that vector code needs. */

/** \0asm, version 1. */
export const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;
export const SECTION = {
  types: 1,
  imports: 2,
  functions: 3,
  memories: 5,
  exports: 7,
  code: 10,
  data: 11,
} as const;

export const type = { i32: 0x7f, f32: 0x7d, v128: 0x7b, function: 0x60, none: 0x40 } as const;

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
  splat32: 0x13,
  extract32: 0x1f,
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
