/** Each encoding against the GNU disassembler's reading; a few also as literal bytes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Assembler,
  type Memory,
  type Source,
  type VectorOp,
  type Width,
} from "../../../src/backends/x64/assembler.ts";

const available = spawnSync("objdump", ["--version"]).status === 0;
const names = [
  "rax",
  "rcx",
  "rdx",
  "rbx",
  "rsp",
  "rbp",
  "rsi",
  "rdi",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
];

/** Instructions as objdump reads them, blanks folded. */
function disassemble(code: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-x64-"));
  try {
    const file = join(folder, "code.bin");
    writeFileSync(file, code);
    const args = ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", file];
    const { stdout } = spawnSync("objdump", args, { encoding: "utf8" });
    return stdout
      .split("\n")
      .flatMap((line) => /^\s+[0-9a-f]+:\s+(.*)$/.exec(line)?.[1] ?? [])
      .map((text) =>
        text
          .replace(/\s+/g, " ")
          .replace(/ #.*$/, "")
          .replace(/DWORD PTR (\[[^\]]*\])\{1to16\}/, "DWORD BCST $1")
          .trim(),
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const prefix: Record<Width, string> = { 128: "xmm", 256: "ymm", 512: "zmm" };
const memoryText = ({ base, disp, broadcast }: Memory, width: Width, bits: number = width): string => {
  const size = broadcast
    ? "DWORD BCST "
    : { 32: "DWORD PTR ", 128: "XMMWORD PTR ", 256: "YMMWORD PTR ", 512: "ZMMWORD PTR " }[bits];
  const register = names[base as number];
  const offset =
    disp === 0 && register !== "rbp" && register !== "r13"
      ? ""
      : disp < 0
        ? `-0x${(-disp).toString(16)}`
        : `+0x${disp.toString(16)}`;
  return `${size}[${register}${offset}]`;
};
const sourceText = (s: Source, width: Width, bits: number = width): string =>
  typeof s === "number" ? `${prefix[width]}${s}` : memoryText(s, width, bits);

/** Operations of two operands and how objdump names them in VEX and EVEX form. */
const binary: readonly (readonly [VectorOp, string, string])[] = [
  ["add", "vaddps", "vaddps"],
  ["sub", "vsubps", "vsubps"],
  ["mul", "vmulps", "vmulps"],
  ["div", "vdivps", "vdivps"],
  ["min", "vminps", "vminps"],
  ["max", "vmaxps", "vmaxps"],
  ["and", "vpand", "vpandd"],
  ["andnot", "vpandn", "vpandnd"],
  ["or", "vpor", "vpord"],
  ["xor", "vpxor", "vpxord"],
  ["iadd", "vpaddd", "vpaddd"],
  ["isub", "vpsubd", "vpsubd"],
];

const title = available ? "the assembler" : "the assembler against objdump (skipped: there is no objdump)";

describe("the assembler's bytes", () => {
  it("are those of the manual: vaddps ymm1, ymm2, ymm3 is c4 e1 6c 58 cb", () => {
    const a = new Assembler();
    a.vector({ op: "add", width: 256, reg: 1, vvvv: 2, rm: 3 });
    expect([...a.finish(0)].map((b) => b.toString(16))).toEqual(["c4", "e1", "6c", "58", "cb"]);
  });

  it("compress displacements of 512-bit operands: [rax + 64] takes one byte", () => {
    const a = new Assembler();
    a.vector({ op: "add", width: 512, reg: 1, vvvv: 2, rm: { base: 0, disp: 64 } });
    expect([...a.finish(0)].map((b) => b.toString(16))).toEqual(["62", "f1", "6c", "48", "58", "48", "1"]);
  });
});

describe.skipIf(!available)(title, () => {
  const register = fc.integer({ min: 0, max: 31 });
  const displacement = fc.oneof(
    fc.constantFrom(0, 4, 64, -64, 127, 128, 8128, 8192, 65536),
    fc.integer({ min: -70000, max: 70000 }),
  );
  const memory = fc.record({ base: fc.integer({ min: 0, max: 15 }), disp: displacement });

  it("encodes operations of two operands, registers and memory, as objdump reads them", () => {
    const cases = fc.sample(
      fc.record({
        op: fc.constantFrom(...binary),
        width: fc.constantFrom<Width>(256, 512),
        reg: register,
        vvvv: register,
        rm: fc.oneof(
          register,
          memory,
          memory.map((m) => ({ ...m, broadcast: true })),
        ),
      }),
      { numRuns: 600, seed: 7 },
    );
    const a = new Assembler();
    const expected = cases.map(({ op: [op, vex, evex], width, reg, vvvv, rm }) => {
      const wide = width === 512;
      const [r, v] = wide ? [reg, vvvv] : [reg & 15, vvvv & 15];
      const source: Source =
        typeof rm === "number" ? (wide ? rm : rm & 15) : wide ? rm : { base: rm.base, disp: rm.disp };
      a.vector({ op, width, reg: r, vvvv: v, rm: source });
      return `${wide ? evex : vex} ${prefix[width]}${r},${prefix[width]}${v},${sourceText(source, width)}`;
    });
    expect(disassemble(a.finish(0))).toEqual(expected);
  });

  it("encodes loads, stores, broadcasts, shifts, comparisons, selects and the tree's moves", () => {
    const m: Memory = { base: 12, disp: 192 };
    const cases: readonly (readonly [Parameters<Assembler["vector"]>[0], string])[] = [
      [{ op: "load", width: 512, reg: 17, rm: m }, "vmovups zmm17,ZMMWORD PTR [r12+0xc0]"],
      [{ op: "load", width: 256, reg: 7, rm: m }, "vmovups ymm7,YMMWORD PTR [r12+0xc0]"],
      [{ op: "store", width: 512, reg: 30, rm: m }, "vmovups ZMMWORD PTR [r12+0xc0],zmm30"],
      [{ op: "move", width: 512, reg: 20, rm: 3 }, "vmovaps zmm20,zmm3"],
      [
        { op: "broadcast", width: 512, reg: 18, rm: { base: 13, disp: 4 }, bytes: 4 },
        "vbroadcastss zmm18,DWORD PTR [r13+0x4]",
      ],
      [
        { op: "broadcast", width: 256, reg: 9, rm: { base: 5, disp: 0 } },
        "vbroadcastss ymm9,DWORD PTR [rbp+0x0]",
      ],
      [{ op: "broadcast", width: 512, reg: 19, rm: 15 }, "vbroadcastss zmm19,xmm15"],
      [
        { op: "storeScalar", width: 128, reg: 22, rm: { base: 1, disp: 8 }, bytes: 4 },
        "vmovss DWORD PTR [rcx+0x8],xmm22",
      ],
      [
        { op: "storeScalar", width: 128, reg: 2, rm: { base: 1, disp: 8 } },
        "vmovss DWORD PTR [rcx+0x8],xmm2",
      ],
      [{ op: "shift", width: 512, reg: 1, vvvv: 21, rm: 22, imm: 13 }, "vprold zmm21,zmm22,0xd"],
      [{ op: "shift", width: 512, reg: 6, vvvv: 21, rm: 22, imm: 13 }, "vpslld zmm21,zmm22,0xd"],
      [{ op: "shift", width: 256, reg: 2, vvvv: 1, rm: 2, imm: 7 }, "vpsrld ymm1,ymm2,0x7"],
      [{ op: "shift", width: 256, reg: 4, vvvv: 1, rm: 2, imm: 31 }, "vpsrad ymm1,ymm2,0x1f"],
      [{ op: "compare", width: 256, reg: 1, vvvv: 2, rm: 3, imm: 0x11 }, "vcmplt_oqps ymm1,ymm2,ymm3"],
      [{ op: "compare", width: 512, reg: 1, vvvv: 2, rm: 19, imm: 0x12 }, "vcmple_oqps k1,zmm2,zmm19"],
      [{ op: "ieq", width: 512, reg: 1, vvvv: 2, rm: 19 }, "vpcmpeqd k1,zmm2,zmm19"],
      [{ op: "igt", width: 256, reg: 1, vvvv: 2, rm: 3 }, "vpcmpgtd ymm1,ymm2,ymm3"],
      [{ op: "maskToVector", width: 512, reg: 25, rm: 1 }, "vpmovm2d zmm25,k1"],
      [{ op: "ternary", width: 512, reg: 4, vvvv: 5, rm: 6, imm: 0xca }, "vpternlogd zmm4,zmm5,zmm6,0xca"],
      [{ op: "blendMask", width: 512, reg: 4, vvvv: 5, rm: 6, mask: 1 }, "vblendmps zmm4{k1},zmm5,zmm6"],
      [
        { op: "blendVariable", width: 256, reg: 4, vvvv: 5, rm: 6, imm: 7 << 4 },
        "vblendvps ymm4,ymm5,ymm6,ymm7",
      ],
      [{ op: "extract256", width: 512, reg: 15, rm: 14, imm: 1 }, "vextractf64x4 ymm14,zmm15,0x1"],
      [{ op: "extract128", width: 256, reg: 15, rm: 14, imm: 1 }, "vextractf128 xmm14,ymm15,0x1"],
      [{ op: "highToLow", width: 128, reg: 14, vvvv: 15, rm: 15 }, "vmovhlps xmm14,xmm15,xmm15"],
      [{ op: "duplicateOdd", width: 128, reg: 14, rm: 15 }, "vmovshdup xmm14,xmm15"],
      [{ op: "sqrt", width: 512, reg: 14, rm: 31 }, "vsqrtps zmm14,zmm31"],
      [{ op: "toFloat", width: 256, reg: 1, rm: 2 }, "vcvtdq2ps ymm1,ymm2"],
      [{ op: "fusedMultiplyAdd", width: 512, reg: 1, vvvv: 2, rm: 18 }, "vfmadd231ps zmm1,zmm2,zmm18"],
    ];
    const a = new Assembler();
    for (const [instruction] of cases) a.vector(instruction);
    expect(disassemble(a.finish(0))).toEqual(cases.map(([, text]) => text));
  });

  it("encodes what loops and calls need", () => {
    const a = new Assembler();
    const stack = { base: 4, disp: 16 };
    a.push(12);
    a.moveRegister(0, 4);
    a.alignStack();
    a.addImmediate(4, -4096);
    a.addImmediate(13, 64);
    a.addImmediate(stack, 1000);
    a.addImmediate(stack, -8);
    a.loadPointer(15, { base: 7, disp: 8 });
    a.storePointer(stack, 11);
    a.setCounter("eax", 300);
    a.setCounter(stack, 7);
    a.decrement("eax");
    a.decrement(stack);
    a.controlWord("store", { base: 4, disp: 0 });
    a.controlWord("load", { base: 4, disp: 4 });
    a.vzeroupper();
    a.pop(12);
    a.ret();
    expect(disassemble(a.finish(0))).toEqual([
      "push r12",
      "mov rax,rsp",
      "and rsp,0xffffffffffffffc0",
      "add rsp,0xfffffffffffff000",
      "add r13,0x40",
      "add QWORD PTR [rsp+0x10],0x3e8",
      "add QWORD PTR [rsp+0x10],0xfffffffffffffff8",
      "mov r15,QWORD PTR [rdi+0x8]",
      "mov QWORD PTR [rsp+0x10],r11",
      "mov eax,0x12c",
      "mov DWORD PTR [rsp+0x10],0x7",
      "dec eax",
      "dec DWORD PTR [rsp+0x10]",
      "stmxcsr DWORD PTR [rsp]",
      "ldmxcsr DWORD PTR [rsp+0x4]",
      "vzeroupper",
      "pop r12",
      "ret",
    ]);
  });

  it("encodes what threads meet by", () => {
    const a = new Assembler();
    const word = { base: 7, disp: 0 };
    const spare = { base: 4, disp: 4 };
    a.setAddress(7, 0x7f12_3456_789a_bcden);
    a.setAddress(10, 0n);
    a.setWord(6, 129);
    a.loadWord(6, word);
    a.loadWord(0, spare);
    a.storeWord(spare, 0);
    a.compareWord(word, 6);
    a.compareImmediate({ base: 7, disp: 4 }, 0);
    a.compareImmediate({ base: 7, disp: 64 }, -3);
    a.compareToNull({ base: 7, disp: 264 });
    a.atomicCount(word, "up");
    a.atomicCount({ base: 7, disp: 64 }, "down");
    a.pause();
    a.syscall();
    a.callRax();
    const equal = a.skip("equal");
    const other = a.skip("notEqual");
    a.ret();
    a.land(equal);
    a.land(other);
    a.codeAddress(0, 0);
    a.jumpBack(0);
    const code = a.finish(0);
    expect(disassemble(code)).toEqual([
      "movabs rdi,0x7f123456789abcde",
      "movabs r10,0x0",
      "mov esi,0x81",
      "mov esi,DWORD PTR [rdi]",
      "mov eax,DWORD PTR [rsp+0x4]",
      "mov DWORD PTR [rsp+0x4],eax",
      "cmp DWORD PTR [rdi],esi",
      "cmp DWORD PTR [rdi+0x4],0x0",
      "cmp DWORD PTR [rdi+0x40],0xfffffffd",
      "cmp QWORD PTR [rdi+0x108],0x0",
      "lock inc DWORD PTR [rdi]",
      "lock dec DWORD PTR [rdi+0x40]",
      "pause",
      "syscall",
      "call rax",
      `je 0x${(code.length - 12).toString(16)}`,
      `jne 0x${(code.length - 12).toString(16)}`,
      "ret",
      `lea rax,[rip+0x${(2 ** 32 - code.length + 5).toString(16).padStart(16, "f")}]`,
      "jmp 0x0",
    ]);
  });
});
