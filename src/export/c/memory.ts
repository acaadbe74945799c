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
  from: number;
  to: number;
  index: number;
}

export interface Call {
  /** The number of the function. */
  readonly kernel: number;
  readonly name: string;
  /** An index for each pointer that is one of `m` or `w`. */
  readonly pointers: readonly number[];
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

/** Lays out the entry `predict` of a program for one row in sample lanes; `ports` are tensors that its caller reads or writes. */
export function memoryOf(program: Program, ports: readonly Placement[]): Memory {
  const { predict } = program.entries;
  const first = firstEqual(predict.map(({ code }) => code));
  const codes = [...new Set(first.values())];
  const kindsOf = new Map(codes.map((code) => [code, pointerKinds(code)]));
  const regions: Record<"m" | "w", Region[]> = { m: [], w: [] };
  const touch = (kind: "m" | "w", from: number, to: number): void => {
    const meets = regions[kind].filter((r) => r.from < to && from < r.to);
    regions[kind] = regions[kind].filter((r) => !meets.includes(r));
    regions[kind].push({
      from: leastOf([from, ...meets.map((r) => r.from)]),
      to: largestOf([to, ...meets.map((r) => r.to)]),
      index: 0,
    });
  };
  const isMask = (address: number): boolean => address === program.rows.mask;
  const calls = predict.map(({ name, code: own, pointers }) => {
    const code = first.get(own) ?? own;
    const { reads, writes } = touchedBy(code.body);
    const spans = pointers.map((address, p) => {
      const runs = [...(reads.get(p) ?? []), ...(writes.get(p) ?? [])];
      if (runs.length === 0 || isMask(address)) return null;
      const from = address + leastOf(runs.map((r) => r.from));
      const to = address + largestOf(runs.map((r) => r.to + (r.count - 1) * r.step));
      const kind = kindsOf.get(code)?.[p];
      if (kind === "m" || kind === "w") touch(kind, from, to);
      return from;
    });
    return { name, code, pointers, spans };
  });
  for (const place of ports)
    touch("m", place.offset, place.offset + tensorBytes(place.type, place.layout, 1));

  const total = (kind: "m" | "w"): number => {
    let floats = 0;
    for (const region of regions[kind].sort((a, b) => a.from - b.from)) {
      region.index = floats;
      floats += (region.to - region.from) / bytesAFloat(kind);
    }
    return floats;
  };
  const floats = { m: total("m"), w: total("w") };
  /** The index of an address that belongs to the region of what is touched from `touched` on. */
  const indexOf = (kind: "m" | "w", address: number, touched: number): number => {
    const region = regions[kind].find((r) => r.from <= touched && touched < r.to);
    if (!region) throw new Error("fault: an address outside of every region");
    return region.index + (address - region.from) / bytesAFloat(kind);
  };

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
    calls: calls.map(({ name, code, pointers, spans }) => {
      const kernel = codes.indexOf(code);
      return {
        kernel,
        name,
        pointers: pointers.flatMap((address, p) => {
          const kind = kernels[kernel].kinds[p];
          return kind === "m" || kind === "w" ? [indexOf(kind, address, spans[p] ?? address)] : [];
        }),
      };
    }),
    floats,
    start: (place) => indexOf("m", place.offset, place.offset),
    weights: (arena) => {
      const words = new Int32Array(floats.w);
      for (const { from, to, index } of regions.w) words.set(arena.subarray(from / 4, to / 4), index);
      return words;
    },
  };
}

/** Rows of positions in `m`: where each begins, from its tensor's start. */
export const rowStart = ({ layout }: Placement, channel: number): number =>
  channel * layout.pitch + layout.left;

export const outputOf = ({ tensors }: Program): Placement => tensors[OUTPUT];
