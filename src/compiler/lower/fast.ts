/**
 * Convolutions with fewer products (`operators/toomCook.ts`) as kernels. The signal goes through B and the filter through G;
 * what stays in the middle is, for each of the t products of a block, a convolution of one tap, and so the emitters of
 * `contraction.ts`; the results go through A. Signal forms do all three for a few blocks at a time, so that what is
 * transformed stays in the second-level cache.
 *
 * Orders of summation: for each product channels outer, chunks inner, ascending, then A; a filter's derivative as the direct
 * one does with blocks for positions, then G.
 */
import type { ConvolveMap } from "../../graph/ops.ts";
import { rowStride, type Buffer } from "../buffer.ts";
import type { CodeWriter } from "../code.ts";
import { formOf, plainPhases, type BlockOp, type Plain } from "../fast.ts";
import type { AnchorGroup } from "../fusion.ts";
import { layoutOf, rowsOf, VECTOR_BYTES, vectorsOf, LANES } from "../../vector/layout.ts";
import type { Matrix } from "../../operators/index.ts";
import { emitFilter, emitSignal, nest, type Summed } from "./contraction.ts";
import { emitProduct } from "./linear.ts";
import { advance, byteOffset, type Operand } from "./operand.ts";
import { packsFilters } from "./pack.ts";
import { epilogue, Scope, zeroHalo, type Draft, type Epilogue, type LowerContext } from "./scope.ts";

/** Bytes of signals and results, transformed, that a second-level cache holds beside the filter's. */
const CACHED = 768 * 1024;

/** All that the kernels of one plain form have in common. */
interface Sizes {
  readonly map: ConvolveMap;
  readonly plain: Plain;
  readonly form: ReturnType<typeof formOf>;
  readonly chunks: number;
  /** Chunks of all tap phases: the taps of the middle. */
  readonly parts: number;
  /** Blocks of the largest class of results. */
  readonly blocks: number;
  /** A convolution group's result channels, as vectors, and the channels that are summed over. */
  readonly results: number;
  readonly summed: Summed & { readonly channels: number };
  /** Vectors of all channels of the signal, and of all results. */
  readonly signals: number;
  readonly all: number;
  /** Bytes of a filter value: 4, or 16 of them side by side. */
  readonly unit: number;
  readonly packed: boolean;
}

function sizesOf(context: LowerContext, op: BlockOp, plain: Plain): Sizes {
  const { map, block, of } = op;
  const form = formOf(block);
  const packed = packsFilters(context);
  const [results, summed] = of === "input" ? [map.channels, map.filters] : [map.filters, map.channels];
  const chunks = plain.chunks(block);
  const perGroup = summed / map.groups;
  return {
    map,
    plain,
    form,
    chunks,
    parts: chunks * plain.phases,
    blocks: Math.ceil(plain.count(0) / form.m),
    results: vectorsOf(results / map.groups, context.lanes),
    summed: packed
      ? { blocks: Math.floor(perGroup / LANES), size: LANES, rest: perGroup % LANES, channels: perGroup }
      : { blocks: 0, size: 1, rest: perGroup, channels: perGroup },
    signals: vectorsOf(summed, context.lanes),
    all: vectorsOf(results, context.lanes),
    unit: packed ? VECTOR_BYTES : 4,
    packed,
  };
}

/** The kernels of a signal form: for each phase one that transforms the filter, unless that is done, and the convolution. */
export function lowerBlocks(context: LowerContext, group: AnchorGroup, op: BlockOp): Draft[] {
  const [first, second] = context.graph.nodes[group.anchor].args.map(context.fusion.source);
  const [w, y] = op.of === "output" ? [first, second] : [second, first];
  const leaf = context.graph.nodes[w].op;
  return plainPhases(op.of, op.map).flatMap((plain, i) => {
    if (!plain)
      throw new Error("fault in the compiler: a convolution in blocks whose taps are not evenly spaced");
    const s = sizesOf(context, op, plain);
    const name = leaf.op === "input" ? `${leaf.name} of ${op.of} ${i} F(${s.form.m}, ${s.form.r})` : null;
    const { filter, drafts } = transformedFilter(context, op, s, context.home(w), name);
    return [...drafts, lowerSignal(context, group, s, { signal: context.home(y), filter }, i === 0)];
  });
}

// the filter

/** A filter through G, `[product][result][summed][part]`, and the kernel that makes it, unless it runs once for all. */
function transformedFilter(
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

const floats = (count: number, lanes: LowerContext["lanes"]): Buffer => {
  const type = { space: "weight", shape: [1, count, 1] } as const;
  return { type, layout: layoutOf(type, lanes) };
};

const transformedBuffer = (s: Sizes): Buffer =>
  floats((s.form.t * s.all * s.summed.channels * s.parts * s.unit) / 4, s.packed ? "channels" : "samples");

/** Strides of a transformed filter: k a product (and group), c results, r and q summed channels, j a part. */
function transformedStrides(s: Sizes) {
  const q = s.parts * s.unit;
  const c = s.summed.channels * q;
  return { k: s.results * c, c, r: LANES * q, q, j: s.unit };
}

/** A filter through G, or a filter's derivative back through it, one float at a time. */
function filterKernel(
  context: LowerContext,
  op: BlockOp,
  s: Sizes,
  given: { natural: readonly Buffer[]; transformed: Buffer; to: "products" | "taps" },
): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { map: m, form, plain, packed, parts, unit } = s;
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
  const product = s.all * strides.c;
  const taps = (part: number): (number | undefined)[] =>
    Array.from({ length: form.r }, (_, j) => {
      const at = plain.phases > 1 ? plain.phases * j + part : part * form.r + j;
      return at < plain.taps ? plain.tap(at) : undefined;
    });
  const transposed = transposedOf(form.G);
  const one = (at: number, atNatural: number): void => {
    for (let part = 0; part < parts; part++) {
      const places = Array.from({ length: form.t }, (_, p) => at + p * product + part * unit);
      if (into) {
        const [from] = natural;
        const values = taps(part).map((n) =>
          n === undefined ? code.float(0) : code.splat(from.pointer, atNatural + n * 4),
        );
        emitProduct(code, form.G, values).forEach((x, p) => code.store1(transformed.pointer, places[p], x));
      } else {
        const values = places.map((place) => code.splat(transformed.pointer, place));
        const sums = emitProduct(code, transposed, values);
        taps(part).forEach((n, j) => {
          if (n !== undefined) for (const to of natural) code.store1(to.pointer, atNatural + n * 4, sums[j]);
        });
      }
    }
  };
  const all = [...natural, transformed];
  const lanes = (count: number, at: number, atNatural: number): void => {
    nest(
      code,
      all,
      [
        ["c", count],
        ["q", s.summed.channels],
      ],
      () => one(at, atNatural),
    );
  };
  nest(code, all, [["k", m.groups]], () => {
    if (!packed) return lanes(results, 0, 0);
    const full = Math.floor(results / LANES);
    nest(code, all, [["r", full]], () => lanes(LANES, 0, 0));
    const rest = results % LANES;
    if (rest === 0) return;
    const at = full * strides.c;
    lanes(rest, at, full * LANES * result);
    if (!into) return;
    const zero = code.float(0);
    code.loop(form.t, [[transformed.pointer, product]], [], () => {
      code.loop(s.summed.channels * parts, [[transformed.pointer, unit]], [], () => {
        for (let l = rest; l < LANES; l++) code.store1(transformed.pointer, at + 4 * l, zero);
        return [];
      });
      return [];
    });
  });
  return scope.finish(
    `${into ? "filter" : "unfilter"} F(${form.m}, ${form.r}) ${m.filters}x${m.channels}x${m.taps}`,
  );
}

const transposedOf = (matrix: Matrix): Matrix =>
  Array.from(matrix[0], (_, i) => Float64Array.from(matrix, (row) => row[i]));

// signals

/** A place for transformed vectors, so many a row. */
function scratch(count: number, lanes: LowerContext["lanes"]): Buffer {
  const type = { space: "sample", shape: [1, 1, count] } as const;
  return { type, layout: layoutOf(type, lanes) };
}

/** Vectors of transformed signals and results that are held at once. */
interface Region {
  /** Blocks at a time. */
  readonly blocks: number;
  /** Vectors from one transformed channel to the next. */
  readonly pitch: number;
  readonly signals: number;
  readonly results: number;
}

function regionOf(context: LowerContext, s: Sizes): Region {
  const { form, chunks, plain } = s;
  const tile = s.packed
    ? context.schedule.blockSignal(s.results, s.blocks)
    : context.schedule.signal(s.results, s.blocks);
  const perBlock = form.t * (plain.phases * s.signals + s.all) * VECTOR_BYTES;
  const beside = form.t * plain.phases * s.signals * (chunks - 1) * VECTOR_BYTES;
  const most = Math.max(tile.positions, Math.floor((CACHED - beside) / perBlock));
  const parts = Math.ceil(s.blocks / most);
  const blocks = Math.min(s.blocks, Math.ceil(s.blocks / parts / tile.positions) * tile.positions);
  const pitch = blocks + chunks - 1;
  return {
    blocks,
    pitch,
    signals: plain.phases * form.t * s.signals * pitch,
    results: form.t * s.all * blocks,
  };
}

function lowerSignal(
  context: LowerContext,
  group: AnchorGroup,
  s: Sizes,
  homes: { signal: Buffer; filter: Buffer },
  halos: boolean,
): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { plain, form, map: m } = s;
  const { phase } = plain;
  const region = regionOf(context, s);
  const regions = Math.ceil(s.blocks / region.blocks);
  const count = plain.classes * regions;
  const y = homes.signal;
  const signal = scope.operand(
    y,
    "read",
    "vector",
    { g: rowStride(y), c: y.layout.pitch * VECTOR_BYTES, t: phase.step * VECTOR_BYTES },
    y.layout.left * VECTOR_BYTES,
  );
  const filter = scope.operand(homes.filter, "read", s.packed ? "vector" : "uniform", transformedStrides(s));
  const signals = scratch(count * region.signals, context.lanes);
  const results = scratch(count * region.results, context.lanes);
  const through = scope.operand(signals, "write", "vector", {
    g: rowStride(signals),
    k: region.signals * VECTOR_BYTES,
  });
  const sums = scope.operand(results, "write", "vector", {
    g: rowStride(results),
    k: region.results * VECTOR_BYTES,
  });
  const end = epilogue(scope, group, 1, phase);
  const all = [signal, through, sums, ...end.operands];
  /** `blocks` blocks with `places` results, whose first is result `t` and whose region is the `k`-th. */
  const some = (blocks: number, places: number, at: { t: number; k: number }): void => {
    const here = (o: Operand): Operand => ({ ...o, origin: byteOffset(o, { k: at.k }) });
    transformSignal(code, s, { signal, through: here(through), pitch: region.pitch }, blocks, at.t);
    multiply(context, code, s, { through: here(through), filter, sums: here(sums), region }, blocks);
    transformResults(context, code, s, { group, sums: here(sums), end, region }, places, at.t);
  };
  const classes = (from: number, to: number): void => {
    if (from >= to) return;
    const places = plain.count(from);
    const each = region.blocks * form.m;
    const full = Math.floor(places / each);
    const step = plain.apart * each;
    code.loop(to - from, [...advance(all, "t"), ...advance([through, sums], "k", regions)], [], () => {
      code.loop(full, [...advance(all, "t", step), ...advance([through, sums], "k")], [], () => {
        some(region.blocks, each, { t: from, k: from * regions });
        return [];
      });
      const rest = places - full * each;
      if (rest > 0) some(Math.ceil(rest / form.m), rest, { t: from + full * step, k: from * regions + full });
      return [];
    });
  };
  nest(code, all, [["g", rowsOf(context.batch, context.lanes)]], () => {
    if (halos)
      nest(code, all, [["c", s.all]], () => {
        for (const write of end.writes) zeroHalo(code, write, {});
      });
    const longer = phase.count % plain.apart;
    classes(0, longer);
    classes(longer, plain.classes);
  });
  return scope.finish(
    `convolve F(${form.m}, ${form.r})${group.maps.length ? "+map" : ""} ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`,
  );
}

/** Blocks of the signal through B, `[phase][product][channel][block]`. */
function transformSignal(
  code: CodeWriter,
  s: Sizes,
  { signal, through, pitch }: { signal: Operand; through: Operand; pitch: number },
  blocks: number,
  t: number,
): void {
  const { plain, form, signals } = s;
  const product = signals * pitch * VECTOR_BYTES;
  for (let p = 0; p < plain.phases; p++) {
    const channel: (readonly [number, number])[] = [
      ...advance([signal], "c"),
      [through.pointer, pitch * VECTOR_BYTES],
    ];
    const from = byteOffset(signal, { t }) + plain.start(p) * VECTOR_BYTES;
    const to = through.origin + p * form.t * product;
    code.loop(signals, channel, [], () => {
      const block: (readonly [number, number])[] = [
        ...advance([signal], "t", plain.apart * form.m),
        [through.pointer, VECTOR_BYTES],
      ];
      code.loop(blocks + s.chunks - 1, block, [], () => {
        const apart = plain.apart * (signal.strides.t ?? 0);
        const values = Array.from({ length: form.t }, (_, u) => code.load(signal.pointer, from + u * apart));
        emitProduct(code, form.B, values).forEach((x, k) => code.store(through.pointer, to + k * product, x));
        return [];
      });
      return [];
    });
  }
}

/** The products of transformed blocks and filters, summed over channels and chunks. */
function multiply(
  context: LowerContext,
  code: CodeWriter,
  s: Sizes,
  { through, filter, sums, region }: { through: Operand; filter: Operand; sums: Operand; region: Region },
  blocks: number,
): void {
  const { form, plain, packed, map } = s;
  const row = region.pitch * VECTOR_BYTES;
  const apart = form.t * s.signals * region.pitch;
  emitSignal(code, {
    rows: 1,
    groups: form.t * map.groups,
    channels: s.results,
    summed: s.summed,
    phase: {
      ...plain.phase,
      count: blocks,
      taps: { count: s.parts, tap: 0, tapStep: 1, shift: 0, shiftStep: plain.phases > 1 ? apart : 1 },
    },
    signal: {
      ...through,
      lanes: packed ? "uniform" : "vector",
      strides: {
        k: (s.signals / map.groups) * row,
        r: row,
        q: packed ? 4 : row,
        t: VECTOR_BYTES,
        j: VECTOR_BYTES,
      },
    },
    filter,
    others: [
      {
        ...sums,
        strides: {
          k: s.results * region.blocks * VECTOR_BYTES,
          c: region.blocks * VECTOR_BYTES,
          t: VECTOR_BYTES,
        },
      },
    ],
    tile: packed
      ? context.schedule.blockSignal(s.results, blocks)
      : context.schedule.signal(s.results, blocks),
    together: 1,
    prologue: () => undefined,
    epilogue: (_, sum, { c = 0, t = 0 }) =>
      code.store(sums.pointer, sums.origin + (c * region.blocks + t) * VECTOR_BYTES, sum),
  });
}

/** The sums of products through A, and everything that the group does with the results. */
function transformResults(
  context: LowerContext,
  code: CodeWriter,
  s: Sizes,
  { group, sums, end, region }: { group: AnchorGroup; sums: Operand; end: Epilogue; region: Region },
  places: number,
  t: number,
): void {
  const { form, plain } = s;
  const product = s.all * region.blocks * VECTOR_BYTES;
  const transposed = transposedOf(form.A);
  const block = (first: number, count: number): void => {
    const values = Array.from({ length: form.t }, (_, p) =>
      code.load(sums.pointer, sums.origin + p * product + first * VECTOR_BYTES),
    );
    const results = emitProduct(code, transposed, values);
    code.together(count, context.schedule.together, (i) =>
      end.emit({ t: t + plain.apart * (first * form.m + i) }, new Map([[group.anchor, results[i]]])),
    );
  };
  const full = Math.floor(places / form.m);
  code.loop(s.all, [...advance(end.operands, "c"), [sums.pointer, region.blocks * VECTOR_BYTES]], [], () => {
    code.loop(
      full,
      [...advance(end.operands, "t", plain.apart * form.m), [sums.pointer, VECTOR_BYTES]],
      [],
      () => {
        block(0, form.m);
        return [];
      },
    );
    if (places % form.m > 0) block(full, places % form.m);
    return [];
  });
}

// the filter's derivative

/** v through A, y through B, their products summed over blocks and rows, and the sums back through G. */
export function lowerBlockFilter(context: LowerContext, group: AnchorGroup, op: BlockOp): Draft[] {
  const [plain] = plainPhases("filter", op.map);
  if (!plain)
    throw new Error("fault in the compiler: a convolution in blocks whose taps are not evenly spaced");
  const s = sizesOf(context, op, plain);
  const { form, map: m, packed } = s;
  const [v, y] = context.graph.nodes[group.anchor].args.map((x) => context.home(context.fusion.source(x)));
  const blocks = plain.classes * s.blocks;
  const places = blocks + s.chunks - 1;
  const sides = {
    v: scratch(form.t * s.all * blocks, context.lanes),
    y: scratch(plain.phases * form.t * s.signals * places, context.lanes),
  };
  const products = transformedBuffer(s);
  const scope = new Scope(context);
  const rowV = blocks * VECTOR_BYTES;
  const rowY = places * VECTOR_BYTES;
  const filters = s.results;
  emitFilter(scope.code, {
    rows: rowsOf(context.batch, context.lanes),
    groups: form.t * m.groups,
    filters,
    channels: s.summed,
    positions: blocks,
    taps: s.parts,
    v: scope.operand(sides.v, "read", "vector", {
      g: rowStride(sides.v),
      k: filters * rowV,
      c: rowV,
      t: VECTOR_BYTES,
    }),
    y: scope.operand(sides.y, "read", packed ? "uniform" : "vector", {
      g: rowStride(sides.y),
      k: (s.signals / m.groups) * rowY,
      r: rowY,
      q: packed ? 4 : rowY,
      t: VECTOR_BYTES,
      j: plain.phases > 1 ? form.t * s.signals * rowY : VECTOR_BYTES,
    }),
    results: [scope.operand(products, "write", packed ? "vector" : "uniform", transformedStrides(s))],
    tile: packed
      ? context.schedule.blockFilter(filters, s.summed.channels, s.parts)
      : context.schedule.filter(filters, s.summed.channels, s.parts),
  });
  const name = `F(${form.m}, ${form.r}) ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`;
  return [
    blocksKernel(context, s, {
      from: v,
      to: sides.v,
      matrix: form.A,
      channels: s.all,
      blocks: s.blocks,
      step: 1,
      starts: [0],
    }),
    blocksKernel(context, s, {
      from: y,
      to: sides.y,
      matrix: form.B,
      channels: s.signals,
      blocks: s.blocks + s.chunks - 1,
      step: plain.phase.step,
      starts: Array.from({ length: plain.phases }, (_, p) => plain.start(p)),
    }),
    scope.finish(`convolve.filter ${name}`),
    filterKernel(context, op, s, {
      natural: context.targets(group.anchor),
      transformed: products,
      to: "taps",
    }),
  ];
}

interface Through {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly matrix: Matrix;
  readonly channels: number;
  /** Blocks of a class of results. */
  readonly blocks: number;
  /** Positions from one result to the next, and where the first of each tap phase stands. */
  readonly step: number;
  readonly starts: readonly number[];
}

/** All blocks of a signal through a matrix, `[phase][product][channel][class][block]`. */
function blocksKernel(context: LowerContext, s: Sizes, given: Through): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { from, to, matrix, channels, blocks, step, starts } = given;
  const { plain, form } = s;
  const row = plain.classes * blocks * VECTOR_BYTES;
  const read = scope.operand(
    from,
    "read",
    "vector",
    {
      g: rowStride(from),
      c: from.layout.pitch * VECTOR_BYTES,
      r: step * VECTOR_BYTES,
      t: plain.apart * form.m * step * VECTOR_BYTES,
    },
    from.layout.left * VECTOR_BYTES,
  );
  const write = scope.operand(to, "write", "vector", {
    g: rowStride(to),
    c: row,
    r: blocks * VECTOR_BYTES,
    t: VECTOR_BYTES,
  });
  const product = channels * row;
  const apart = plain.apart * step * VECTOR_BYTES;
  nest(
    code,
    [read, write],
    [
      ["g", rowsOf(context.batch, context.lanes)],
      ["c", channels],
      ["r", plain.classes],
      ["t", blocks],
    ],
    () =>
      starts.forEach((start, p) => {
        const first = read.origin + start * VECTOR_BYTES;
        const values = Array.from({ length: matrix[0].length }, (_, u) =>
          code.load(read.pointer, first + u * apart),
        );
        emitProduct(code, matrix, values).forEach((x, k) =>
          code.store(write.pointer, (p * form.t + k) * product, x),
        );
      }),
  );
  return scope.finish(`blocks of ${channels}x${plain.phase.count} for F(${form.m}, ${form.r})`);
}
