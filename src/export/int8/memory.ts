/** Where values stand in the memory of a run: bytes, which are given up when nothing reads them any more. */
import { readBy, type Plan, type Value } from "./steps.ts";

export interface Span {
  readonly start: number;
  readonly bytes: number;
}

export interface Layout {
  readonly bytes: number;
  /** By the number of a value's memory. */
  readonly values: readonly Span[];
  /** By the number of a step, where it wants more than its values. */
  readonly scratch: readonly (Span | null)[];
}

/** Floats need it, and whole words are faster. */
const ALIGNMENT = 4;

interface Block {
  readonly bytes: number;
  /** The steps during which it is there. */
  first: number;
  last: number;
  start: number;
}

const bytesOf = ({ channels, length, grid }: Value): number =>
  Math.ceil((channels * length * (grid ? 1 : 4)) / ALIGNMENT) * ALIGNMENT;

/** Lays out a plan, the largest first, each as low as it fits; `scratch` says the bytes that a step wants besides. */
export function layoutOf(plan: Plan, scratch: readonly number[]): Layout {
  const blocks: Block[] = [];
  for (const value of plan.values)
    blocks[value.memory] ??= { bytes: bytesOf(value), first: Infinity, last: -Infinity, start: 0 };
  const touch = (value: number, step: number): void => {
    const block = blocks[plan.values[value].memory];
    block.first = Math.min(block.first, step);
    block.last = Math.max(block.last, step);
  };
  touch(plan.input, -1);
  plan.steps.forEach((step, i) => [...readBy(step), step.to].forEach((value) => touch(value, i)));
  touch(plan.output, plan.steps.length);
  const extra = scratch.map((bytes, i): Block | null =>
    bytes > 0 ? { bytes, first: i, last: i, start: 0 } : null,
  );
  const all = [...blocks, ...extra.flatMap((block) => block ?? [])].toSorted((a, b) => b.bytes - a.bytes);
  all.forEach((block, i) => {
    const beside = all
      .slice(0, i)
      .filter((other) => other.first <= block.last && block.first <= other.last)
      .toSorted((a, b) => a.start - b.start);
    for (const { start, bytes } of beside)
      if (start < block.start + block.bytes) block.start = Math.max(block.start, start + bytes);
  });
  return {
    bytes: all.reduce((most, { start, bytes }) => Math.max(most, start + bytes), 0),
    values: blocks,
    scratch: extra,
  };
}
