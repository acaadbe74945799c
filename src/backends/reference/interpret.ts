/**
 * The interpreter of the reference back end: vector code, one lane after another. It is the oracle of the float32 contract and
 * the readable account of what the code means; every other back end must give these bits.
 *
 * Registers are 16 words each, seen as integers and as floats. Moves and masks work on integers, so that no NaN is
 * ever quieted on the way; each arithmetic operation rounds once, with Math.fround or a float store.
 */
import { multiplyAdd } from "../../numerics/multiplyAdd.ts";
import type { Program } from "../../vector/program.ts";
import type { Code, Instruction, Loop, Operation } from "../../vector/vector.ts";
import type { Executable } from "../backend.ts";

const LANES = 16;
type Step = () => void;

interface Machine {
  readonly f: Float32Array;
  readonly i: Int32Array;
  readonly pointers: Int32Array;
  readonly memory: Int32Array;
}

/** A program ready to run. */
export function interpret(program: Program): Executable {
  const arena = new ArrayBuffer(program.arenaBytes);
  const bits = new Int32Array(arena);
  const prepared = new Map<Code, (pointers: readonly number[]) => void>();
  for (const kernels of Object.values(program.entries)) {
    for (const { code } of kernels) prepared.set(code, prepared.get(code) ?? prepare(code, bits));
  }
  for (const { offset, words } of program.constants) bits.set(words, offset / 4);
  return {
    program,
    threads: 1,
    floats: new Float32Array(arena),
    bits,
    run: (entry) => {
      for (const { code, pointers } of program.entries[entry]) prepared.get(code)?.(pointers);
    },
    alone: null,
    dispose: () => undefined,
  };
}

function prepare(code: Code, memory: Int32Array): (pointers: readonly number[]) => void {
  const registers = new ArrayBuffer(code.values * LANES * 4);
  const machine: Machine = {
    f: new Float32Array(registers),
    i: new Int32Array(registers),
    pointers: new Int32Array(code.pointers),
    memory,
  };
  const steps = code.body.map((i) => step(i, machine));
  return (pointers) => {
    machine.pointers.set(pointers);
    for (const s of steps) s();
  };
}

/** Lanes of one operation; a, b and c are where the operands' registers start, o the result's. */
type Kernel = (m: Machine, o: number, a: number, b: number, c: number) => void;
const lanewise = (lane: (m: Machine, o: number, a: number, b: number, c: number) => void): Kernel => {
  return (m, o, a, b, c) => {
    for (let l = 0; l < LANES; l++) lane(m, o + l, a + l, b + l, c + l);
  };
};

const kernels: Record<Operation, Kernel> = {
  add: (m, o, a, b) => {
    for (let l = 0; l < LANES; l++) m.f[o + l] = m.f[a + l] + m.f[b + l];
  },
  mul: (m, o, a, b) => {
    for (let l = 0; l < LANES; l++) m.f[o + l] = m.f[a + l] * m.f[b + l];
  },
  sub: lanewise((m, o, a, b) => (m.f[o] = m.f[a] - m.f[b])),
  div: lanewise((m, o, a, b) => (m.f[o] = m.f[a] / m.f[b])),
  sqrt: lanewise((m, o, a) => (m.f[o] = Math.sqrt(m.f[a]))),
  lt: lanewise((m, o, a, b) => (m.i[o] = m.f[a] < m.f[b] ? -1 : 0)),
  le: lanewise((m, o, a, b) => (m.i[o] = m.f[a] <= m.f[b] ? -1 : 0)),
  eq: lanewise((m, o, a, b) => (m.i[o] = m.f[a] === m.f[b] ? -1 : 0)),
  select: lanewise((m, o, a, b, c) => (m.i[o] = (m.i[b] & m.i[a]) | (m.i[c] & ~m.i[a]))),
  and: lanewise((m, o, a, b) => (m.i[o] = m.i[a] & m.i[b])),
  or: lanewise((m, o, a, b) => (m.i[o] = m.i[a] | m.i[b])),
  xor: lanewise((m, o, a, b) => (m.i[o] = m.i[a] ^ m.i[b])),
  andnot: lanewise((m, o, a, b) => (m.i[o] = m.i[a] & ~m.i[b])),
  iadd: lanewise((m, o, a, b) => (m.i[o] = (m.i[a] + m.i[b]) | 0)),
  isub: lanewise((m, o, a, b) => (m.i[o] = (m.i[a] - m.i[b]) | 0)),
  ieq: lanewise((m, o, a, b) => (m.i[o] = m.i[a] === m.i[b] ? -1 : 0)),
  igt: lanewise((m, o, a, b) => (m.i[o] = m.i[a] > m.i[b] ? -1 : 0)),
  toFloat: lanewise((m, o, a) => (m.f[o] = m.i[a])),
  muladd: lanewise((m, o, a, b, c) => (m.f[o] = multiplyAdd(m.f[a], m.f[b], m.f[c]))),
  min: lanewise((m, o, a, b) => (m.i[o] = m.f[b] < m.f[a] ? m.i[b] : m.i[a])),
  max: lanewise((m, o, a, b) => (m.i[o] = m.f[a] < m.f[b] ? m.i[b] : m.i[a])),
};

function step(instruction: Instruction, m: Machine): Step {
  const { f, i, pointers, memory } = m;
  switch (instruction.op) {
    case "load": {
      const { pointer, offset } = instruction;
      const o = instruction.out * LANES;
      return () => {
        const at = (pointers[pointer] + offset) >> 2;
        for (let l = 0; l < LANES; l++) i[o + l] = memory[at + l];
      };
    }
    case "splat": {
      const { pointer, offset } = instruction;
      const o = instruction.out * LANES;
      return () => void i.fill(memory[(pointers[pointer] + offset) >> 2], o, o + LANES);
    }
    case "const": {
      const { bits } = instruction;
      const o = instruction.out * LANES;
      return () => void i.fill(bits, o, o + LANES);
    }
    case "lanes": {
      const { count } = instruction;
      const o = instruction.out * LANES;
      return () => void i.fill(-1, o, o + count).fill(0, o + count, o + LANES);
    }
    case "store": {
      const { pointer, offset } = instruction;
      const v = instruction.value * LANES;
      return () => memory.set(i.subarray(v, v + LANES), (pointers[pointer] + offset) >> 2);
    }
    case "store1": {
      const { pointer, offset } = instruction;
      const v = instruction.value * LANES;
      return () => void (memory[(pointers[pointer] + offset) >> 2] = i[v]);
    }
    case "tree": {
      const [a, o] = [instruction.args[0] * LANES, instruction.out * LANES];
      const partial = new Float32Array(LANES);
      return () => {
        partial.set(f.subarray(a, a + LANES));
        for (let half = LANES / 2; half >= 1; half /= 2)
          for (let l = 0; l < half; l++) partial[l] += partial[l + half];
        f.fill(partial[0], o, o + LANES);
      };
    }
    case "shl":
    case "shr":
    case "sar":
    case "rotl": {
      const { op, count } = instruction;
      const [a, o] = [instruction.args[0] * LANES, instruction.out * LANES];
      const shift = {
        shl: (x: number) => x << count,
        shr: (x: number) => x >>> count,
        sar: (x: number) => x >> count,
        rotl: (x: number) => (x << count) | (x >>> (32 - count)),
      }[op];
      return () => {
        for (let l = 0; l < LANES; l++) i[o + l] = shift(i[a + l]);
      };
    }
    case "loop":
      return loopStep(instruction, m);
    default: {
      const run = kernels[instruction.op];
      const [a, b = 0, c = 0] = instruction.args.map((x) => x * LANES);
      const o = instruction.out * LANES;
      return () => run(m, o, a, b, c);
    }
  }
}

function loopStep({ count, advance, carry, body }: Loop, m: Machine): Step {
  const steps = body.map((x) => step(x, m));
  const move = (to: number, from: number): void =>
    void m.i.copyWithin(to * LANES, from * LANES, (from + 1) * LANES);
  // several carried values may feed each other: read all before any is written
  const held = new Int32Array(carry.length * LANES);
  return () => {
    for (const c of carry) move(c.param, c.init);
    for (let turn = 0; turn < count; turn++) {
      for (const s of steps) s();
      carry.forEach((c, k) => held.set(m.i.subarray(c.next * LANES, (c.next + 1) * LANES), k * LANES));
      carry.forEach((c, k) => m.i.set(held.subarray(k * LANES, (k + 1) * LANES), c.param * LANES));
      for (const [p, bytes] of advance) m.pointers[p] += bytes;
    }
    for (const [p, bytes] of advance) m.pointers[p] -= bytes * count;
    for (const c of carry) move(c.out, c.param);
  };
}
