/** Random numbers in kernels: one word of Threefry a value, by its flat index in the batch. */
import { size, type Shape } from "../../numerics/tensor.ts";
import { threefryWord } from "../../numerics/threefry.ts";
import { axes, LANES, rowsOf, VECTOR_BYTES, vectorsOf } from "../../vector/layout.ts";
import type { AnchorGroup, PointwiseGroup } from "../fusion.ts";
import { read, type Operand } from "./operand.ts";
import type { RandomSource, Scope } from "./scope.ts";

/** Those of a group. */
export function randomSource(scope: Scope, group: AnchorGroup | PointwiseGroup): RandomSource {
  const { context, code } = scope;
  const { nodes } = context.graph;
  const { shape } = group.type;
  const lanes = rowsOf(context.batch, "samples") * LANES;
  const rows = context.constant(
    `rows x ${size(shape)}`,
    { space: "weight", shape: [1, 1, lanes] as Shape },
    () => Int32Array.from({ length: lanes }, (_, n) => n * size(shape)),
  );
  const row = scope.eachRow(rows);
  const position = axes[context.lanes].channels.inLanes
    ? placesByChannel(scope, group.type.shape)
    : scope.place(
        context.constant(`positions ${shape.join("x")}`, { space: "weight", shape }, () =>
          Int32Array.from({ length: size(shape) }, (_, i) => i),
        ),
        "read",
      );
  return {
    operands: [row, position],
    value: (id, at, leaf) => {
      const { op, args } = nodes[id];
      if (op.op !== "random") return null;
      const [seed, step] = args.map((a) => leaf(context.fusion.source(a)) ?? code.bits(0));
      const index = code.iadd(read(code, row, {}), read(code, position, at));
      const word = threefryWord(code, seed, code.bits(op.stream), step, index);
      return code.mul(code.toFloat(code.shr(word, 8)), code.float(2 ** -24));
    },
  };
}

/** The flat index of each value of a row, 16 channels side by side. */
function placesByChannel(scope: Scope, shape: Shape): Operand {
  const [, channels, length] = shape;
  const vectors = vectorsOf(channels, "channels");
  const words = scope.context.constant(
    `positions ${shape.join("x")} by channels`,
    { space: "weight", shape: [vectors, length, LANES] },
    () =>
      Int32Array.from({ length: vectors * length * LANES }, (_, i) => {
        const line = Math.floor(i / LANES);
        const channel = Math.floor(line / length) * LANES + (i % LANES);
        return channel * length + (line % length);
      }),
  );
  return scope.operand(words, "read", "vector", { c: length * VECTOR_BYTES, t: VECTOR_BYTES });
}
