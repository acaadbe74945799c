/** Values that move without arithmetic. */
import type { NodeId } from "../graph/ops.ts";
import { nest } from "./contraction.ts";
import { groupsOf, VECTOR_BYTES } from "./layout.ts";
import { byteOffset, read, type Operand, type Strides } from "./operand.ts";
import { Scope, zeroHalo, type Buffer, type Draft, type LowerContext } from "./scope.ts";

/** Flattening or its inverse, where the rows carry halos: one position at a time. */
export function lowerCopy(context: LowerContext, id: NodeId): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const from = context.home(context.fusion.source(context.graph.nodes[id].args[0]));
  const flat = (b: Buffer, positions: number): Strides => ({
    g: b.type.shape[1] * b.layout.pitch * VECTOR_BYTES,
    c: positions * b.layout.pitch * VECTOR_BYTES,
    t: b.layout.pitch * VECTOR_BYTES,
  });
  const wide = [from, ...context.targets(id)].find((b) => b.type.shape[2] > 1) ?? from;
  const [, channels, positions] = wide.type.shape;
  const operand = (b: Buffer, use: "read" | "write"): Operand =>
    b.type.shape[2] > 1 || wide === b
      ? scope.place(b, use)
      : scope.operand(b, use, "vector", flat(b, positions), b.layout.left * VECTOR_BYTES);
  const source = operand(from, "read");
  const writes = context.targets(id).map((buffer) => ({ buffer, operand: operand(buffer, "write") }));
  const all = [source, ...writes.map((w) => w.operand)];
  nest(
    code,
    all,
    [
      ["g", groupsOf(context.batch)],
      ["c", channels],
    ],
    () => {
      for (const write of writes) if (write.buffer.type.shape[2] > 1) zeroHalo(code, write, {});
      nest(code, all, [["t", positions]], () => {
        const value = read(code, source, {});
        for (const write of writes) {
          const { buffer, operand: o } = write;
          if (buffer.type.shape[2] === 1 && buffer.layout.pitch > 1) zeroHalo(code, write, {});
          code.store(o.pointer, byteOffset(o, {}), value);
        }
      });
    },
  );
  return scope.finish(`copy ${channels}x${positions}`);
}
