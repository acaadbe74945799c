/** Ranks within one process, for tests: each is a promise of its own, and what they give is put together once all have. */
import type { RankPart, Ranks } from "../../src/training/ranks.ts";
import { addInto, sumTree } from "../../src/training/shardTree.ts";

/** One exchange: what each rank gave, and what waits for it. */
class Meeting<T> {
  readonly #given: (T | undefined)[];
  readonly #all: Promise<readonly T[]>;
  #resolve: (all: readonly T[]) => void = () => undefined;

  constructor(size: number) {
    this.#given = Array.from({ length: size });
    this.#all = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  join(rank: number, value: T): Promise<readonly T[]> {
    this.#given[rank] = value;
    if (this.#given.every((given) => given !== undefined)) this.#resolve(this.#given);
    return this.#all;
  }
}

export function localRanks(size: number): readonly Ranks[] {
  const sums: Meeting<readonly RankPart[]>[] = [];
  const gathers: Meeting<Uint8Array>[] = [];
  return Array.from({ length: size }, (_, rank): Ranks => {
    let [sum, gather] = [0, 0];
    return {
      rank,
      size,
      sum(shards, parts, into) {
        const at = sum++;
        sums[at] ??= new Meeting(size);
        const copies = parts.map(({ of, sum: values }) => ({ of, sum: values.slice() }));
        const met = sums[at].join(rank, copies);
        return {
          progress: () => undefined,
          async done() {
            const all = await met;
            const fresh = all.flat().map(({ of, sum: values }) => ({ of, sum: values.slice() }));
            into.set(sumTree(shards, fresh, addInto));
          },
        };
      },
      gather(bytes) {
        const at = gather++;
        gathers[at] ??= new Meeting(size);
        return gathers[at].join(rank, bytes.slice());
      },
    };
  });
}
