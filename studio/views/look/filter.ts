/** Which rows are listed. */
import { signal } from "@preact/signals";

export type RowFilter =
  | { readonly which: "all" | "wrong" }
  /** Those of one class that are called another (or the same). */
  | { readonly which: "cell"; readonly actual: number; readonly predicted: number };

export const rowFilter = signal<RowFilter>({ which: "all" });
