/** Filters through G before the products, and the sums of products back through it to a filter's derivative. */
import { LANES, layoutOf } from "../../../vector/layout.ts";
import type { Buffer } from "../../buffer.ts";
import type { CodeWriter } from "../../code.ts";
import type { BlockOp } from "../../fast.ts";
import { nest } from "../contraction.ts";
import type { Operand } from "../operand.ts";
import { Scope, type Draft, type LowerContext } from "../scope.ts";
import { emitProduct } from "./product.ts";
import { transposedOf, type Sizes } from "./sizes.ts";

/** A filter through G, `[product][result][summed][part]`, and the kernel that makes it, unless it runs once for all. */
export function transformedFilter(
  { once, ...context }: LowerContext,
  op: BlockOp,
  s: Sizes,
  natural: Buffer,
  name: string | null,
): { filter: Buffer; drafts: readonly Draft[] } {
  const known = name === null ? undefined : once?.packed.get(name);
  if (known) return { filter: known, drafts: [] };
  const filter = transformedBuffer(s);
  const draft = filterKernel({ ...context, once }, op, s, {
    natural: [natural],
    transformed: filter,
    to: "products",
  });
  if (name === null || !once) return { filter, drafts: [draft] };
  once.packed.set(name, filter);
  once.drafts.push(draft);
  return { filter, drafts: [] };
}

export function transformedBuffer(s: Sizes): Buffer {
  const floats = (s.form.t * s.all * s.summed.channels * s.parts * s.unit) / 4;
  const type = { space: "weight", shape: [1, floats, 1] } as const;
  return { type, layout: layoutOf(type, s.packed ? "channels" : "samples") };
}

/** Strides of a transformed filter: k a product (and group), c results, r and q summed channels, j a part. */
export function transformedStrides(s: Sizes) {
  const q = s.parts * s.unit;
  const c = s.summed.channels * q;
  return { k: s.results * c, c, r: LANES * q, q, j: s.unit };
}

interface Through {
  readonly natural: readonly Buffer[];
  readonly transformed: Buffer;
  readonly to: "products" | "taps";
}

/** A filter through G, or a filter's derivative back through it, one float at a time: a filter is small beside its work. */
export function filterKernel(context: LowerContext, op: BlockOp, s: Sizes, given: Through): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { map: m, form, packed } = s;
  const into = given.to === "products";
  const [tap, row] = [m.taps * 4, (m.channels / m.groups) * m.taps * 4];
  const [result, summed] = op.of === "input" ? [tap, row] : [row, tap];
  const results = (op.of === "input" ? m.channels : m.filters) / m.groups;
  const strides = transformedStrides(s);
  const natural = given.natural.map((buffer) =>
    scope.operand(buffer, into ? "read" : "write", "uniform", {
      k: (m.filters / m.groups) * row,
      r: LANES * result,
      c: result,
      q: summed,
    }),
  );
  const transformed = scope.operand(given.transformed, into ? "write" : "read", "uniform", {
    k: strides.k,
    r: strides.c,
    c: packed ? 4 : strides.c,
    q: strides.q,
  });
  const all = [...natural, transformed];
  const move = into ? emitProducts : emitTaps;
  const lanes = (count: number, at: number, atNatural: number): void =>
    nest(
      code,
      all,
      [
        ["c", count],
        ["q", s.summed.channels],
      ],
      () => move(code, s, { natural, transformed, at, atNatural }),
    );
  nest(code, all, [["k", m.groups]], () => {
    if (!packed) return lanes(results, 0, 0);
    const full = Math.floor(results / LANES);
    nest(code, all, [["r", full]], () => lanes(LANES, 0, 0));
    const rest = results % LANES;
    if (rest === 0) return;
    lanes(rest, full * strides.c, full * LANES * result);
    if (into) zeroLanes(code, s, transformed, { from: rest, at: full * strides.c });
  });
  return scope.finish(
    `${into ? "filter" : "unfilter"} F(${form.m}, ${form.r}) ${m.filters}x${m.channels}x${m.taps}`,
  );
}

/** A filter of one pair of channels in both forms, and how far from their pointers it lies. */
interface Pair {
  readonly natural: readonly Operand[];
  readonly transformed: Operand;
  readonly at: number;
  readonly atNatural: number;
}

/** Bytes from one product to the next. */
const productBytes = (s: Sizes): number => s.all * transformedStrides(s).c;

const placesOf = (s: Sizes, at: number, part: number): number[] =>
  Array.from({ length: s.form.t }, (_, p) => at + p * productBytes(s) + part * s.unit);

/** The filter's taps of a part; undefined behind its end. */
const tapsOf = ({ form, plain }: Sizes, part: number): (number | undefined)[] =>
  Array.from({ length: form.r }, (_, j) => {
    const at = plain.phases > 1 ? plain.phases * j + part : part * form.r + j;
    return at < plain.taps ? plain.tap(at) : undefined;
  });

function emitProducts(
  code: CodeWriter,
  s: Sizes,
  { natural: [from], transformed, at, atNatural }: Pair,
): void {
  for (let part = 0; part < s.parts; part++) {
    const values = tapsOf(s, part).map((n) =>
      n === undefined ? code.float(0) : code.splat(from.pointer, atNatural + n * 4),
    );
    const places = placesOf(s, at, part);
    emitProduct(code, s.form.G, values).forEach((x, p) => code.store1(transformed.pointer, places[p], x));
  }
}

function emitTaps(code: CodeWriter, s: Sizes, { natural, transformed, at, atNatural }: Pair): void {
  for (let part = 0; part < s.parts; part++) {
    const values = placesOf(s, at, part).map((place) => code.splat(transformed.pointer, place));
    const sums = emitProduct(code, transposedOf(s.form.G), values);
    tapsOf(s, part).forEach((n, j) => {
      if (n !== undefined) for (const to of natural) code.store1(to.pointer, atNatural + n * 4, sums[j]);
    });
  }
}

/** +0 in the lanes of the last block that hold no channel. */
function zeroLanes(
  code: CodeWriter,
  s: Sizes,
  { pointer }: Operand,
  { from, at }: { from: number; at: number },
): void {
  const zero = code.float(0);
  code.loop(s.form.t, [[pointer, productBytes(s)]], [], () => {
    code.loop(s.summed.channels * s.parts, [[pointer, s.unit]], [], () => {
      for (let l = from; l < LANES; l++) code.store1(pointer, at + 4 * l, zero);
      return [];
    });
    return [];
  });
}
