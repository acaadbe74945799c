/** Where a program's bytes lie in C: signals in the memory `m`, weights in the constants `w`, each without what nothing touches. */
import { leastOf, largestOf } from "../../numerics/extremes.ts";
import { OUTPUT } from "../../models/graphs.ts";
import { touchedBy } from "../../vector/ranges.ts";
import { tensorBytes } from "../../vector/layout.ts";
import type { Placement, Program } from "../../vector/program.ts";
import { firstEqual, type Code } from "../../vector/vector.ts";
import { bytesAFloat, pointerKinds, type Kind } from "./kernel.ts";

/** Bytes from..to of the arena, and the index of their first float. */
interface Region {
  readonly from: number;
  readonly to: number;
  index: number;
}

/** What is touched of the arena, moved together: stretches that meet are one. */
class Regions {
  readonly #floatBytes: number;
  #all: Region[] = [];

  constructor(kind: "m" | "w") {
    this.#floatBytes = bytesAFloat(kind);
  }

  touch(from: number, to: number): void {
    const meets = this.#all.filter((r) => r.from < to && from < r.to);
    const joined = {
      from: leastOf([from, ...meets.map((r) => r.from)]),
      to: largestOf([to, ...meets.map((r) => r.to)]),
      index: 0,
    };
    this.#all = [...this.#all.filter((r) => !meets.includes(r)), joined];
  }

  /** Gives every region its place; how many floats there are. */
  number(): number {
    let floats = 0;
    for (const region of this.#all.sort((a, b) => a.from - b.from)) {
      region.index = floats;
      floats += (region.to - region.from) / this.#floatBytes;
    }
    return floats;
  }

  /** The index of an address that belongs to the region of what is touched from `touched` on. */
  indexOf(address: number, touched: number): number {
    const region = this.#all.find((r) => r.from <= touched && touched < r.to);
    if (!region) throw new Error("fault: an address outside of every region");
    return region.index + (address - region.from) / this.#floatBytes;
  }

  words(arena: Int32Array, count: number): Int32Array {
    const words = new Int32Array(count);
    for (const { from, to, index } of this.#all) words.set(arena.subarray(from / 4, to / 4), index);
    return words;
  }
}

export interface Call {
  /** The number of the function. */
  readonly kernel: number;
  readonly name: string;
  /** For each pointer that is one of `m` or `w`: its index, and what a step adds to it. */
  readonly pointers: readonly { readonly at: number; readonly step: number }[];
}

export interface Memory {
  readonly kernels: readonly { readonly code: Code; readonly kinds: readonly (Kind | "none")[] }[];
  readonly calls: readonly Call[];
  /** Floats of memory, and of weights. */
  readonly floats: { readonly m: number; readonly w: number };
  /** Where a tensor of rows begins in `m`. */
  readonly start: (place: Placement) => number;
  /** The words of `w`, from those of the arena. */
  readonly weights: (arena: Int32Array) => Int32Array;
}

/**
 * Lays out an entry of a program for one row in sample lanes, or one entry at several steps, which are as far apart; `ports` are
 * tensors that its caller reads or writes.
 */
export function memoryOf(program: Program, entries: readonly string[], ports: readonly Placement[]): Memory {
  const steps = entries.map((entry) => program.entries[entry]);
  const [kernelsAt0] = steps;
  const last = steps[steps.length - 1];
  const first = firstEqual(kernelsAt0.map(({ code }) => code));
  const codes = [...new Set(first.values())];
  const kindsOf = new Map(codes.map((code) => [code, pointerKinds(code)]));
  const regions = { m: new Regions("m"), w: new Regions("w") };
  const isMask = (address: number): boolean => address === program.rows.mask;
  const calls = kernelsAt0.map(({ name, code: own, pointers }, k) => {
    const code = first.get(own) ?? own;
    const { reads, writes } = touchedBy(code.body);
    const spans = pointers.map((address, p) => {
      const runs = [...(reads.get(p) ?? []), ...(writes.get(p) ?? [])];
      if (runs.length === 0 || isMask(address)) return null;
      const from = address + leastOf(runs.map((r) => r.from));
      const to = last[k].pointers[p] + largestOf(runs.map((r) => r.to + (r.count - 1) * r.step));
      const kind = kindsOf.get(code)?.[p];
      if (kind === "m" || kind === "w") regions[kind].touch(from, to);
      return from;
    });
    const aStep = pointers.map(
      (address, p) => (last[k].pointers[p] - address) / Math.max(1, steps.length - 1),
    );
    return { name, code, pointers, aStep, spans };
  });
  for (const place of ports)
    regions.m.touch(place.offset, place.offset + tensorBytes(place.type, place.layout, 1));

  const floats = { m: regions.m.number(), w: regions.w.number() };

  const kernels = codes.map((code) => {
    const of = calls.filter((call) => call.code === code);
    return {
      code,
      kinds: (kindsOf.get(code) ?? []).map((kind, p): Kind | "none" => {
        const masks = of.filter(({ pointers }) => isMask(pointers[p])).length;
        if (masks === 0 || kind === "none") return kind;
        if (masks < of.length) throw new Error("fault: a pointer to the mask of rows in some calls alone");
        return "rows";
      }),
    };
  });
  return {
    kernels,
    calls: calls.map(({ name, code, pointers, aStep, spans }) => {
      const kernel = codes.indexOf(code);
      return {
        kernel,
        name,
        pointers: pointers.flatMap((address, p) => {
          const kind = kernels[kernel].kinds[p];
          if (kind !== "m" && kind !== "w") return [];
          const at = regions[kind].indexOf(address, spans[p] ?? address);
          return [{ at, step: aStep[p] / bytesAFloat(kind) }];
        }),
      };
    }),
    floats,
    start: (place) => regions.m.indexOf(place.offset, place.offset),
    weights: (arena) => regions.w.words(arena, floats.w),
  };
}

/** Rows of positions in `m`: where each begins, from its tensor's start. */
export const rowStart = ({ layout }: Placement, channel: number): number =>
  channel * layout.pitch + layout.left;

export const outputOf = ({ tensors }: Program): Placement => tensors[OUTPUT];
