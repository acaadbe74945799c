/**
 * A Program: kernels in order, an entry each for what a model does (predict, gradients, apply), over one arena that
 * they share. This is all that a back end sees.
 */
import type { TensorType } from "../numerics/tensor.ts";
import type { Layout } from "./layout.ts";
import type { Kernel } from "./vector.ts";

/** Whether multiplications and additions are rounded each, or fused (compiler/fused.ts). */
export type Numerics = "strict" | "fused";

/** Where a named tensor lies. */
export interface Placement {
  readonly type: TensorType;
  readonly layout: Layout;
  /** Bytes from the start of the arena, a multiple of 64. */
  readonly offset: number;
  readonly bytes: number;
}

export interface Program {
  /** The most rows that a run can take. */
  readonly batch: number;
  readonly arenaBytes: number;
  /** Kernels run one after another. */
  readonly entries: Readonly<Record<string, readonly Kernel[]>>;
  readonly tensors: Readonly<Record<string, Placement>>;
  /** Where the true number of rows stands, as a float, and the mask of rows: `[group][16]`, all ones where a row is. */
  readonly rows: { readonly count: number; readonly mask: number };
  /** Words that stand in the arena from the start. */
  readonly constants: readonly { readonly offset: number; readonly words: Int32Array }[];
}
