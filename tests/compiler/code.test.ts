import { describe, expect, it } from "vitest";
import { CodeWriter } from "../../src/compiler/code.ts";
import { printCode } from "../../src/vector/vector.ts";

/** Stores x * x + 1 of `count` places side by side. */
function squares(count: number, ways: number): string[] {
  const code = new CodeWriter();
  const p = code.pointer();
  code.together(count, ways, (i) => {
    const x = code.load(p, 64 * i);
    code.store(p, 64 * i, code.add(code.mul(x, x), code.float(1)));
  });
  return printCode(code.finish()).split("\n");
}

describe("together", () => {
  it("leaves one body after another where one is at work", () => {
    expect(squares(2, 1)).toEqual([
      "v0 = load p0+0",
      "v1 = mul v0, v0",
      "v2 = const 0x3f800000",
      "v3 = add v1, v2",
      "store p0+0, v3",
      "v4 = load p0+64",
      "v5 = mul v4, v4",
      "v6 = add v5, v2",
      "store p0+64, v6",
    ]);
  });

  it("takes an instruction of each in turn, and waits for what another body makes first", () => {
    expect(squares(3, 2)).toEqual([
      "v0 = load p0+0",
      "v4 = load p0+64",
      "v1 = mul v0, v0",
      "v5 = mul v4, v4",
      "v2 = const 0x3f800000",
      "v6 = add v5, v2",
      "v3 = add v1, v2",
      "store p0+64, v6",
      "store p0+0, v3",
      "v7 = load p0+128",
      "v8 = mul v7, v7",
      "v9 = add v8, v2",
      "store p0+128, v9",
    ]);
  });
});

describe("a loop's carried value", () => {
  it("stays where its own stores alone read it: running sums of 3 values", () => {
    const code = new CodeWriter();
    const p = code.pointer();
    code.loop(3, [[p, 64]], [code.float(0)], ([sum]) => {
      const next = code.add(sum, code.load(p, 0));
      code.store(p, 0, next);
      return [next];
    });
    expect(printCode(code.finish()).split("\n")).toEqual([
      "v0 = const 0x0",
      "loop 3 {p0+=64} [v4: v1 = v0 -> v3]",
      "  v2 = load p0+0",
      "  v3 = add v1, v2",
      "  store p0+0, v3",
    ]);
  });

  it("goes where nothing reads it, and what only it reads goes too", () => {
    const code = new CodeWriter();
    const p = code.pointer();
    code.loop(3, [[p, 64]], [code.float(0)], ([sum]) => {
      const x = code.load(p, 0);
      code.store(p, 0, x);
      return [code.add(sum, x)];
    });
    expect(printCode(code.finish()).split("\n")).toEqual([
      "loop 3 {p0+=64} []",
      "  v2 = load p0+0",
      "  store p0+0, v2",
    ]);
  });
});
