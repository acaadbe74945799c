/**
 * A tensor as a loop nest sees it: a pointer, and how far it moves along each axis of the nest. An operand that varies
 * along the lanes is a vector load, one that does not is a broadcast.
 */
import type { CodeWriter } from "../code.ts";
import type { Pointer, Value } from "../../vector/vector.ts";

/**
 * Axes of a nest: g rows (in sample lanes, groups of 16), k convolution groups, c channels and t positions of the result,
 * j taps; the channels summed over are blocks r of channels q (in sample lanes, one block of all).
 */
export type NestAxis = "g" | "k" | "c" | "t" | "r" | "q" | "j";
export type Strides = Partial<Record<NestAxis, number>>;

export interface Operand {
  readonly pointer: Pointer;
  readonly lanes: "vector" | "uniform";
  readonly strides: Strides;
  /** Bytes from where the pointer starts to the first value (a halo, a phase). */
  readonly origin: number;
}

/** How far along each axis a statement of an unrolled body lies from the loop's own place. */
export type Offset = Strides;

const stride = (operand: Operand, axis: NestAxis): number => operand.strides[axis] ?? 0;

export function byteOffset(operand: Operand, at: Offset): number {
  let bytes = operand.origin;
  for (const axis of Object.keys(at) as NestAxis[]) bytes += (at[axis] ?? 0) * stride(operand, axis);
  return bytes;
}

export function read(code: CodeWriter, operand: Operand, at: Offset): Value {
  const offset = byteOffset(operand, at);
  return operand.lanes === "vector"
    ? code.load(operand.pointer, offset)
    : code.splat(operand.pointer, offset);
}

/** One turn of a loop over `axis`, `by` places long, moves these pointers. */
export function advance(
  operands: readonly Operand[],
  axis: NestAxis,
  by = 1,
): (readonly [Pointer, number])[] {
  return operands.map((o) => [o.pointer, stride(o, axis) * by] as const);
}

/**
 * Walks `count` places along an axis in blocks of `block`, then what is left over. `body` gets the size of its block
 * and the place where it starts relative to the pointers.
 */
export function blocks(
  code: CodeWriter,
  operands: readonly Operand[],
  axis: NestAxis,
  count: number,
  block: number,
  body: (size: number, start: number) => void,
): void {
  const full = Math.floor(count / block);
  if (full > 0) {
    code.loop(full, advance(operands, axis, block), [], () => {
      body(block, 0);
      return [];
    });
  }
  if (count % block > 0) body(count % block, full * block);
}
