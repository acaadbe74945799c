/** Entries cut in pieces, so that what the first pieces have made can leave while the others run. */
import type { Program } from "./program.ts";
import { meet, shifted, stretch, touchedBy } from "./ranges.ts";
import type { Kernel } from "./vector.ts";

/** A piece of an entry, and the tensors that it is the last to write. */
export interface Piece {
  readonly entry: string;
  readonly whole: readonly string[];
}

/**
 * An entry in pieces, in order: a piece ends where named tensors of at least `bytes` have become whole. Without any, or where
 * the last alone would have some, it stays as it is.
 */
export function cutEntry(
  program: Program,
  entry: string,
  names: readonly string[],
  bytes: number,
): { readonly program: Program; readonly pieces: readonly Piece[] } {
  const kernels = program.entries[entry];
  const lasts = names.map((name) => ({ name, at: lastWrite(program, kernels, name) }));
  const ends: number[] = [];
  let gathered = 0;
  kernels.forEach((_, at) => {
    for (const last of lasts) if (last.at === at) gathered += program.tensors[last.name].bytes;
    if (gathered < bytes || at === kernels.length - 1) return;
    ends.push(at + 1);
    gathered = 0;
  });
  if (ends.length === 0) return { program, pieces: [{ entry, whole: names }] };
  const starts = [0, ...ends];
  const pieces = starts.map((from, k): Piece & { readonly kernels: readonly Kernel[] } => {
    const to = starts[k + 1] ?? kernels.length;
    const whole = lasts.filter(({ at }) => at >= from && at < to).map(({ name }) => name);
    return { entry: `${entry}/${k}`, whole, kernels: kernels.slice(from, to) };
  });
  const { [entry]: _cut, ...others } = program.entries;
  const entries = { ...others, ...Object.fromEntries(pieces.map((piece) => [piece.entry, piece.kernels])) };
  return { program: { ...program, entries }, pieces };
}

/** The last of some kernels that writes to a tensor; the first where none does. */
function lastWrite({ tensors }: Program, kernels: readonly Kernel[], name: string): number {
  const { offset, bytes } = tensors[name];
  const place = [stretch(offset, offset + bytes)];
  const last = kernels.findLastIndex(({ code, pointers }) =>
    [...touchedBy(code.body).writes].some(([p, ranges]) => meet(shifted(ranges, pointers[p]), place)),
  );
  return Math.max(0, last);
}
