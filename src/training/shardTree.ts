/**
 * The one order in which the shards of a batch are summed: a binary tree over 0 .. S-1 that follows from S alone, whatever
 * process has which shards. A node of n shards has the largest power of two below n on its left. So a rank that has as
 * many shards as any power of two, at a multiple of it, has a whole subtree, and hands on one sum.
 */

/** Shards `from` to `to`, `to` excluded. */
export interface Span {
  /** The first. */
  readonly from: number;
  /** One behind the last. */
  readonly to: number;
}

/** Where a node of the tree is split: its left part has the largest power of two that is below its size. */
function middle({ from, to }: Span): number {
  let left = 1;
  while (2 * left < to - from) left *= 2;
  return from + left;
}

/** The largest subtrees of which a stretch of shards is made, in order. */
export function subtreesOf(
  shards: number,
  part: Span,
  node: Span = { from: 0, to: shards },
): readonly Span[] {
  if (part.from >= node.to || part.to <= node.from) return [];
  if (part.from <= node.from && node.to <= part.to) return [node];
  const at = middle(node);
  return [
    ...subtreesOf(shards, part, { from: node.from, to: at }),
    ...subtreesOf(shards, part, { from: at, to: node.to }),
  ];
}

/** The shards of a rank: as many as every other has. */
export const shardsOf = (shards: number, { rank, size }: { rank: number; size: number }): Span => ({
  from: (rank * shards) / size,
  to: ((rank + 1) * shards) / size,
});

/**
 * The sum of the whole tree, from the sums of subtrees that together are all of it, in order. `add` adds the second to the
 * first, which it may change, and gives the sum. Each addition is one of the tree's.
 */
export function sumTree<T>(
  shards: number,
  parts: readonly { readonly of: Span; readonly sum: T }[],
  add: (left: T, right: T) => T,
): T {
  let next = 0;
  const sum = (node: Span): T => {
    const part = parts[next];
    if (part.of.from === node.from && part.of.to === node.to) {
      next++;
      return part.sum;
    }
    const at = middle(node);
    const left = sum({ from: node.from, to: at });
    return add(left, sum({ from: at, to: node.to }));
  };
  return sum({ from: 0, to: shards });
}

/** Adds element by element, each sum rounded to binary32; changes and gives the first. */
export function addInto(left: Float32Array, right: Float32Array): Float32Array {
  for (let i = 0; i < left.length; i++) left[i] += right[i];
  return left;
}

/** Whether two stretches are the two parts of one node. */
function areParts(shards: number, left: Span, right: Span): boolean {
  let node: Span = { from: 0, to: shards };
  for (;;) {
    if (node.to - node.from < 2) return false;
    const at = middle(node);
    if (node.from === left.from && node.to === right.to) return at === left.to && at === right.from;
    node = right.to <= at ? { from: node.from, to: at } : { from: at, to: node.to };
    if (left.from < node.from || right.to > node.to) return false;
  }
}

/** The sums of the largest subtrees of the shards that are added, which come in order. Its vectors are used again. */
export class TreeSum {
  readonly #shards: number;
  readonly #length: number;
  readonly #parts: { of: Span; sum: Float32Array }[] = [];
  readonly #free: Float32Array[] = [];

  constructor(shards: number, length: number) {
    this.#shards = shards;
    this.#length = length;
  }

  /** One each subtree, in order. */
  get parts(): readonly { readonly of: Span; readonly sum: Float32Array }[] {
    return this.#parts;
  }

  /** Adds a shard's values, which are copied. */
  add(shard: number, values: Float32Array): void {
    const sum = this.#free.pop() ?? new Float32Array(this.#length);
    sum.set(values);
    let top = { of: { from: shard, to: shard + 1 }, sum };
    for (let left = this.#parts.at(-1); left; left = this.#parts.at(-1)) {
      if (!areParts(this.#shards, left.of, top.of)) break;
      this.#parts.pop();
      addInto(left.sum, top.sum);
      this.#free.push(top.sum);
      top = { of: { from: left.of.from, to: top.of.to }, sum: left.sum };
    }
    this.#parts.push(top);
  }

  /** Begins again. */
  clear(): void {
    for (const { sum } of this.#parts.splice(0)) this.#free.push(sum);
  }
}
