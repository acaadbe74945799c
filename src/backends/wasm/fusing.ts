/** Whether the engine's multiply-add rounds once: relaxed SIMD leaves that to the processor, so it is tried, once. */
import { Bytes } from "../../numerics/bytes.ts";
import { code as op, HEADER, SECTION, simd, type } from "./encode.ts";

let fuses: boolean | undefined;

/** Whether this engine has a multiply-add and rounds it once. */
export function fusesMultiplyAdd(): boolean {
  fuses ??= tryMultiplyAdd();
  return fuses;
}

/**
 * By one whose product needs a bit more than a float has: (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24, and 0 where the product is
 * rounded first. The function takes floats and has no memory: where addresses are few, each memory counts.
 */
function tryMultiplyAdd(): boolean {
  const bytes = new Bytes()
    .byte(...HEADER)
    .section(SECTION.types, (to) => to.byte(1, type.function, 3, type.f32, type.f32, type.f32, 1, type.f32))
    .section(SECTION.functions, (to) => to.byte(1, 0))
    .section(SECTION.exports, (to) => to.u32(1).name("run").byte(0, 0))
    .section(SECTION.code, (to) =>
      to.byte(1).sized((body) => {
        body.byte(0);
        for (let i = 0; i < 3; i++) body.byte(op.localGet).u32(i).simd(simd.splat32);
        body.simd(simd.relaxedMultiplyAdd).simd(simd.extract32).byte(0, op.end);
      }),
    )
    .view();
  if (!WebAssembly.validate(bytes)) return false;
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as {
    readonly run: (x: number, y: number, sum: number) => number;
  };
  return run(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24;
}
