/**
 * The x86-64 instructions that vector code needs, as bytes (Intel SDM volume 2; Agner Fog's tables for what they cost).
 * Vector instructions come in VEX (AVX2, 256 bits) and EVEX (AVX-512, 512 bits) form; memory operands are a base
 * register or the instruction pointer, and a displacement.
 */
export type Gpr = number;
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;

/** A place in memory: [base + disp], or a constant of the pool by its offset there. `broadcast` reads one float. */
export interface Memory {
  readonly base: Gpr | "pool";
  readonly disp: number;
  readonly broadcast?: boolean;
}
export type Source = number | Memory;
export const isMemory = (s: Source): s is Memory => typeof s !== "number";

/** Opcode map (1: 0F, 2: 0F38, 3: 0F3A), mandatory prefix (0 none, 1: 66, 2: F3), opcode, and the W bit. */
interface Opcode {
  readonly map: 1 | 2 | 3;
  readonly pp: 0 | 1 | 2;
  readonly byte: number;
  readonly w?: 0 | 1;
}
const opcode = (map: 1 | 2 | 3, pp: 0 | 1 | 2, byte: number, w: 0 | 1 = 0): Opcode => ({ map, pp, byte, w });

const opcodes = {
  add: opcode(1, 0, 0x58),
  mul: opcode(1, 0, 0x59),
  sub: opcode(1, 0, 0x5c),
  min: opcode(1, 0, 0x5d),
  div: opcode(1, 0, 0x5e),
  max: opcode(1, 0, 0x5f),
  sqrt: opcode(1, 0, 0x51),
  load: opcode(1, 0, 0x10),
  store: opcode(1, 0, 0x11),
  move: opcode(1, 0, 0x28),
  broadcast: opcode(2, 1, 0x18),
  and: opcode(1, 1, 0xdb),
  andnot: opcode(1, 1, 0xdf),
  or: opcode(1, 1, 0xeb),
  xor: opcode(1, 1, 0xef),
  iadd: opcode(1, 1, 0xfe),
  isub: opcode(1, 1, 0xfa),
  ieq: opcode(1, 1, 0x76),
  igt: opcode(1, 1, 0x66),
  shift: opcode(1, 1, 0x72),
  toFloat: opcode(1, 0, 0x5b),
  compare: opcode(1, 0, 0xc2),
  blendVariable: opcode(3, 1, 0x4a),
  blendMask: opcode(2, 1, 0x65),
  ternary: opcode(3, 1, 0x25),
  maskToVector: opcode(2, 2, 0x38),
  extract256: opcode(3, 1, 0x1b, 1),
  extract128: opcode(3, 1, 0x19),
  highToLow: opcode(1, 0, 0x12),
  duplicateOdd: opcode(1, 2, 0x16),
  storeScalar: opcode(1, 2, 0x11),
  fusedMultiplyAdd: opcode(2, 1, 0xb8),
} as const satisfies Readonly<Record<string, Opcode>>;
export type VectorOp = keyof typeof opcodes;

/** Register sizes in bits. */
export type Width = 128 | 256 | 512;

export interface VectorInstruction {
  readonly op: VectorOp;
  readonly width: Width;
  /** The register field: mostly the result. */
  readonly reg: number;
  /** The second register, where the instruction has one. */
  readonly vvvv?: number;
  readonly rm: Source;
  readonly imm?: number;
  /** A mask register that chooses lanes (EVEX). */
  readonly mask?: number;
  /** Bytes that a memory operand reads or writes, for compressed displacements. */
  readonly bytes?: number;
}

/** A displacement to the pool, filled in when the pool's place is known. */
interface Fix {
  readonly at: number;
  readonly target: number;
}

export class Assembler {
  #buffer = new Uint8Array(4096);
  #length = 0;
  readonly #pool: Fix[] = [];

  get length(): number {
    return this.#length;
  }

  byte(...bytes: readonly number[]): void {
    if (this.#length + bytes.length > this.#buffer.length) {
      const grown = new Uint8Array(this.#buffer.length * 2);
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
    for (const b of bytes) this.#buffer[this.#length++] = b;
  }

  int32(value: number): void {
    this.byte(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  }

  /** Puts the pool at `pool` bytes from the start and returns the code. */
  finish(pool: number): Uint8Array {
    const code = this.#buffer.slice(0, this.#length);
    const view = new DataView(code.buffer);
    for (const { at, target } of this.#pool) {
      // the displacement counts from the instruction's end, which its own bytes hold for now
      view.setInt32(at, pool + target - view.getInt32(at, true), true);
    }
    return code;
  }

  // general registers

  /** mov reg, [base + disp], 64 bits */
  loadPointer(reg: Gpr, from: Memory): void {
    this.#integer(0x8b, reg, from, true);
  }
  /** mov [base + disp], reg, 64 bits */
  storePointer(to: Memory, reg: Gpr): void {
    this.#integer(0x89, reg, to, true);
  }
  /** lea reg, [memory] */
  address(reg: Gpr, of: Memory): void {
    this.#integer(0x8d, reg, of, true);
  }
  /** mov to, from */
  moveRegister(to: Gpr, from: Gpr): void {
    this.byte(0x48 | ((from >> 3) << 2) | (to >> 3), 0x89, 0xc0 | ((from & 7) << 3) | (to & 7));
  }
  /** add reg, imm or add qword [memory], imm */
  addImmediate(to: Gpr | Memory, value: number): void {
    const small = value >= -128 && value <= 127;
    if (typeof to === "number") this.byte(0x48 | (to >> 3), small ? 0x83 : 0x81, 0xc0 | (to & 7));
    else this.#integer(small ? 0x83 : 0x81, 0, to, true, small ? 1 : 4);
    if (small) this.byte(value & 255);
    else this.int32(value);
  }
  /** and rsp, -64 */
  alignStack(): void {
    this.byte(0x48, 0x83, 0xe4, 0xc0);
  }
  /** mov eax, imm or mov dword [memory], imm */
  setCounter(to: "eax" | Memory, value: number): void {
    if (to === "eax") this.byte(0xb8);
    else this.#integer(0xc7, 0, to, false, 4);
    this.int32(value);
  }
  /** dec eax or dec dword [memory] */
  decrement(counter: "eax" | Memory): void {
    if (counter === "eax") this.byte(0xff, 0xc8);
    else this.#integer(0xff, 1, counter, false);
  }
  /** jnz to a place behind */
  jumpBackIfNotZero(to: number): void {
    this.byte(0x0f, 0x85);
    this.int32(to - (this.#length + 4));
  }
  /** A jump over what comes next; `land` says where it ends. */
  skip(when: "equal" | "notEqual"): number {
    this.byte(0x0f, when === "equal" ? 0x84 : 0x85);
    this.int32(0);
    return this.#length;
  }
  /** A jump made by `skip` comes down here. */
  land(jump: number): void {
    new DataView(this.#buffer.buffer).setInt32(jump - 4, this.#length - jump, true);
  }
  /** jmp to a place behind */
  jumpBack(to: number): void {
    this.byte(0xe9);
    this.int32(to - (this.#length + 4));
  }
  push(reg: Gpr): void {
    if (reg > 7) this.byte(0x41);
    this.byte(0x50 | (reg & 7));
  }
  pop(reg: Gpr): void {
    if (reg > 7) this.byte(0x41);
    this.byte(0x58 | (reg & 7));
  }
  /** call to a place in the code */
  call(to: number): void {
    this.byte(0xe8);
    this.int32(to - (this.#length + 4));
  }
  /** call to the address in rax */
  callRax(): void {
    this.byte(0xff, 0xd0);
  }
  /** jmp to the address in rax */
  jumpRax(): void {
    this.byte(0xff, 0xe0);
  }
  ret(): void {
    this.byte(0xc3);
  }
  vzeroupper(): void {
    this.byte(0xc5, 0xf8, 0x77);
  }
  /** stmxcsr or ldmxcsr [memory] */
  controlWord(what: "store" | "load", at: Memory): void {
    const [prefix, modrm] = modrmOf(what === "store" ? 3 : 2, at, 1);
    if (prefix & 1) this.byte(0x41);
    this.byte(0x0f, 0xae);
    this.#tail(modrm, at, 0);
  }
  // words that threads share

  /** mov reg, imm, 64 bits */
  setAddress(reg: Gpr, value: bigint): void {
    this.byte(0x48 | (reg >> 3), 0xb8 | (reg & 7));
    this.int32(Number(BigInt.asIntN(32, value)));
    this.int32(Number(BigInt.asIntN(32, value >> 32n)));
  }
  /** lea reg, [place in the code] */
  codeAddress(reg: Gpr, to: number): void {
    this.byte(0x48 | ((reg >> 3) << 2), 0x8d, ((reg & 7) << 3) | 5);
    this.int32(to - (this.#length + 4));
  }
  /** mov reg, imm, 32 bits (rax to rdi) */
  setWord(reg: Gpr, value: number): void {
    this.byte(0xb8 | reg);
    this.int32(value);
  }
  /** mov reg, [memory], 32 bits */
  loadWord(reg: Gpr, from: Memory): void {
    this.#integer(0x8b, reg, from, false);
  }
  /** mov [memory], reg, 32 bits */
  storeWord(to: Memory, reg: Gpr): void {
    this.#integer(0x89, reg, to, false);
  }
  /** cmp [memory], reg, 32 bits */
  compareWord(at: Memory, reg: Gpr): void {
    this.#integer(0x39, reg, at, false);
  }
  /** cmp dword [memory], imm */
  compareImmediate(at: Memory, value: number): void {
    this.#integer(0x81, 7, at, false, 4);
    this.int32(value);
  }
  /** cmp qword [memory], 0 */
  compareToNull(at: Memory): void {
    this.#integer(0x83, 7, at, true, 1);
    this.byte(0);
  }
  /** lock inc or lock dec dword [memory]: seen by all threads at once, and everything before it too */
  atomicCount(at: Memory, way: "up" | "down"): void {
    this.byte(0xf0);
    this.#integer(0xff, way === "up" ? 0 : 1, at, false);
  }
  pause(): void {
    this.byte(0xf3, 0x90);
  }
  syscall(): void {
    this.byte(0x0f, 0x05);
  }
  cpuid(): void {
    this.byte(0x0f, 0xa2);
  }
  xgetbv(): void {
    this.byte(0x0f, 0x01, 0xd0);
  }

  #integer(byte: number, reg: number, memory: Memory, wide: boolean, immediate = 0): void {
    const [base, modrm] = modrmOf(reg, memory, 1);
    const rex = (wide ? 0x48 : 0x40) | ((reg >> 3) << 2) | base;
    if (rex !== 0x40) this.byte(rex);
    this.byte(byte);
    this.#tail(modrm, memory, immediate);
  }

  // vectors

  vector(i: VectorInstruction): void {
    if (needsEvex(i)) this.#evex(i);
    else this.#vex(i);
  }

  #vex({ op, width, reg, vvvv = 0, rm, imm }: VectorInstruction): void {
    const { map, pp, byte, w = 0 } = opcodes[op];
    const immediate = imm === undefined ? 0 : 1;
    const [base, modrm] = isMemory(rm)
      ? modrmOf(reg, rm, 1)
      : [rm >> 3, [0xc0 | ((reg & 7) << 3) | (rm & 7)]];
    const r = (~reg >> 3) & 1;
    this.byte(0xc4, (r << 7) | (1 << 6) | ((~base & 1) << 5) | map);
    this.byte((w << 7) | ((~vvvv & 15) << 3) | (width === 256 ? 4 : 0) | pp, byte);
    if (isMemory(rm)) this.#tail(modrm, rm, immediate);
    else this.byte(...modrm);
    if (imm !== undefined) this.byte(imm);
  }

  #evex({ op, width, reg, vvvv = 0, rm, imm, mask = 0, bytes }: VectorInstruction): void {
    const { map, pp, byte, w = 0 } = opcodes[op];
    const immediate = imm === undefined ? 0 : 1;
    const memory = isMemory(rm);
    const scale = memory && rm.broadcast ? 4 : (bytes ?? width / 8);
    const [base, modrm] = memory
      ? modrmOf(reg, rm, scale)
      : [(rm >> 3) & 1, [0xc0 | ((reg & 7) << 3) | (rm & 7)]];
    const x = memory ? 1 : (~rm >> 4) & 1;
    const length = width === 512 ? 2 : width === 256 ? 1 : 0;
    const broadcast = memory && rm.broadcast ? 1 : 0;
    this.byte(0x62);
    this.byte((((~reg >> 3) & 1) << 7) | (x << 6) | ((~base & 1) << 5) | (((~reg >> 4) & 1) << 4) | map);
    this.byte((w << 7) | ((~vvvv & 15) << 3) | 4 | pp);
    this.byte((length << 5) | (broadcast << 4) | (((~vvvv >> 4) & 1) << 3) | mask, byte);
    if (memory) this.#tail(modrm, rm, immediate);
    else this.byte(...modrm);
    if (imm !== undefined) this.byte(imm);
  }

  /** ModRM, SIB and displacement; a pool displacement is noted for `finish`. */
  #tail(modrm: readonly number[], memory: Memory, immediate: number): void {
    if (memory.base !== "pool") {
      this.byte(...modrm);
      return;
    }
    this.byte(modrm[0]);
    this.#pool.push({ at: this.#length, target: memory.disp });
    this.int32(this.#length + 4 + immediate);
  }
}

/** EVEX serves 512 bits, registers above 15, masks and broadcasts. */
function needsEvex({ width, reg, vvvv = 0, rm, mask = 0 }: VectorInstruction): boolean {
  return (
    width === 512 || reg > 15 || vvvv > 15 || mask > 0 || (isMemory(rm) ? rm.broadcast === true : rm > 15)
  );
}

/** The base register's high bit, and ModRM with SIB and displacement; displacements are scaled in EVEX. */
function modrmOf(reg: number, { base, disp }: Memory, scale: number): [number, number[]] {
  const field = (reg & 7) << 3;
  if (base === "pool") return [0, [field | 5]];
  const low = base & 7;
  const sib = low === 4 ? [0x24] : [];
  const head = (mod: number): number[] => [(mod << 6) | field | low, ...sib];
  if (disp === 0 && low !== 5) return [base >> 3, head(0)];
  const scaled = disp / scale;
  if (Number.isInteger(scaled) && scaled >= -128 && scaled <= 127)
    return [base >> 3, [...head(1), scaled & 255]];
  return [base >> 3, [...head(2), disp & 255, (disp >> 8) & 255, (disp >> 16) & 255, (disp >> 24) & 255]];
}
