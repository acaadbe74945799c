/**
 * Convolutions with fewer products (`operators/toomCook.ts`) as kernels. The signal goes through B and the filter through G;
 * what stays in the middle is, for each of the t products of a block, a convolution of one tap, and so the emitter of
 * `contraction.ts`; the results go through A. All three are done for a few blocks at a time, so that what is transformed
 * stays in the second-level cache.
 *
 * Order of summation: for each product channels outer, chunks inner, ascending, then A.
 */
import type { Buffer } from "../../buffer.ts";
import { rowStride } from "../../buffer.ts";
import type { CodeWriter } from "../../code.ts";
import type { Value } from "../../../vector/vector.ts";
import { plainPhases, type BlockOp, type Plain } from "../../fast.ts";
import type { AnchorGroup } from "../../fusion.ts";
import { rowsOf, VECTOR_BYTES } from "../../../vector/layout.ts";
import { emitSignal, nest } from "../contraction.ts";
import { advance, blocks as sideBySide, byteOffset, type Operand } from "../operand.ts";
import { epilogue, Scope, zeroHalo, type Draft, type Epilogue, type LowerContext } from "../scope.ts";
import { transformedFilter, transformedStrides } from "./filter.ts";
import { emitProduct } from "./product.ts";
import { plainly, scratch, sizesOf, transposedOf, type Sizes } from "./sizes.ts";

/** Bytes of signals and results, transformed, that a second-level cache holds beside the filter's. */
const CACHED = 256 * 1024;
/** As many that threads hold together of a single row, or of the 16 of a single group. */
const SHARED = 768 * 1024;

/** The kernels of a signal form: for each phase one that transforms the filter, unless that is done, and the convolution. */
export function lowerBlocks(context: LowerContext, group: AnchorGroup, op: BlockOp): Draft[] {
  const [first, second] = context.graph.nodes[group.anchor].args.map(context.fusion.source);
  const [w, y] = op.of === "output" ? [first, second] : [second, first];
  const leaf = context.graph.nodes[w].op;
  return plainPhases(op.of, op.map).flatMap((plain, i) => {
    const s = sizesOf(context, op, plainly(plain));
    const name = leaf.op === "input" ? `${leaf.name} of ${op.of} ${i} F(${s.form.m}, ${s.form.r})` : null;
    const { filter, drafts } = transformedFilter(context, op, s, context.home(w), name);
    const homes = { signal: context.home(y), filter };
    const region = regionOf(context, s);
    const kernels = isShared(context, s)
      ? lowerStages(context, group, s, homes, region, i === 0)
      : [lowerSignal(context, group, s, homes, region, i === 0)];
    return [...drafts, ...kernels];
  });
}

interface Homes {
  readonly signal: Buffer;
  readonly filter: Buffer;
}

/** Vectors of transformed signals and results that are held at once. */
interface Region {
  /** Neighbouring classes at a time, so that neighbouring positions are read and written together, and blocks of each. */
  readonly across: number;
  readonly blocks: number;
  /** Vectors from one transformed channel to the next, of signals and of results. */
  readonly pitch: number;
  readonly places: number;
  readonly signals: number;
  readonly results: number;
}

/** Bytes of what is transformed, of a block and beside the blocks of a class. */
const bytesOf = ({ form, plain, chunks, signals, all }: Sizes): { perBlock: number; beside: number } => ({
  perBlock: form.t * (plain.phases * signals + all) * VECTOR_BYTES,
  beside: form.t * plain.phases * signals * (chunks - 1) * VECTOR_BYTES,
});

/** Whether it is a single row, or group of 16, whose blocks are all held at once. */
function isShared(context: LowerContext, s: Sizes): boolean {
  const { perBlock, beside } = bytesOf(s);
  return (
    rowsOf(context.batch, context.lanes) === 1 && s.plain.classes * (beside + s.blocks * perBlock) <= SHARED
  );
}

function regionOf(context: LowerContext, s: Sizes): Region {
  const { form, chunks, plain } = s;
  const tile = s.packed
    ? context.schedule.blockSignal(s.results, s.blocks)
    : context.schedule.signal(s.results, s.blocks);
  const { across, blocks } = isShared(context, s)
    ? { across: 1, blocks: s.blocks }
    : sidesOf(s, tile.positions);
  const pitch = across * (blocks + chunks - 1);
  return {
    across,
    blocks,
    pitch,
    places: across * blocks,
    signals: plain.phases * form.t * s.signals * pitch,
    results: form.t * s.all * across * blocks,
  };
}

/** Classes and blocks of a region. Chunks of a filter share blocks: there a class is by itself. */
function sidesOf(s: Sizes, tile: number): { across: number; blocks: number } {
  const { perBlock, beside } = bytesOf(s);
  const inTiles = (n: number): number => Math.ceil(n / tile) * tile;
  const most = Math.max(tile, Math.floor((CACHED - beside) / perBlock));
  const { classes } = s.plain;
  if (s.chunks > 1 || classes === 1) {
    const parts = Math.ceil(s.blocks / most);
    return { across: 1, blocks: Math.min(s.blocks, inTiles(Math.ceil(s.blocks / parts))) };
  }
  if (classes > most) return { across: Math.min(classes, inTiles(most)), blocks: 1 };
  return { across: classes, blocks: Math.min(s.blocks, Math.floor(most / classes)) };
}

const signalOf = (scope: Scope, { plain }: Sizes, { signal: y }: Homes): Operand =>
  scope.operand(
    y,
    "read",
    "vector",
    { g: rowStride(y), c: y.layout.pitch * VECTOR_BYTES, t: plain.phase.step * VECTOR_BYTES },
    y.layout.left * VECTOR_BYTES,
  );

const filterOf = (scope: Scope, s: Sizes, { filter }: Homes): Operand =>
  scope.operand(filter, "read", s.packed ? "vector" : "uniform", transformedStrides(s));

/**
 * A single row (or group of 16) whose blocks are all held at once: each stage is a kernel of its own, so that threads share out channels and
 * products, each with its part of the filter.
 */
function lowerStages(
  context: LowerContext,
  group: AnchorGroup,
  s: Sizes,
  homes: Homes,
  region: Region,
  halos: boolean,
): Draft[] {
  const buffer = (vectors: number): Buffer => scratch(s.plain.classes * vectors, context.lanes);
  const [through, sums] = [buffer(region.signals), buffer(region.results)];
  const place = (scope: Scope, of: Buffer, use: "read" | "write", vectors: number): Operand =>
    scope.operand(of, use, "vector", { k: vectors * VECTOR_BYTES });
  const stage = (name: string, body: (scope: Scope) => void): Draft => {
    const scope = new Scope(context);
    body(scope);
    return scope.finish(name);
  };
  /** A class of neighbours after the other, each with a place of its own for what is transformed. */
  const eachClass = (
    { code }: Scope,
    [from, to]: readonly [number, number],
    { rows = [], places }: { rows?: readonly Operand[]; places: readonly Operand[] },
    body: () => void,
  ): void =>
    void code.loop(to - from, [...advance(rows, "t"), ...advance(places, "k")], [], () => {
      body();
      return [];
    });
  const classes = [0, s.plain.classes] as const;
  return [
    stage(`blocks of ${s.map.channels}x${s.map.length} for F(${s.form.m}, ${s.form.r})`, (scope) => {
      const signal = signalOf(scope, s, homes);
      const to = place(scope, through, "write", region.signals);
      eachClass(scope, classes, { rows: [signal], places: [to] }, () =>
        transformSignal(scope.code, s, { signal, through: to, region }, s.blocks, 0),
      );
    }),
    stage(`products of ${nameOf(s, group)}`, (scope) => {
      const filter = filterOf(scope, s, homes);
      const from = place(scope, through, "read", region.signals);
      const to = place(scope, sums, "write", region.results);
      eachClass(scope, classes, { places: [from, to] }, () =>
        multiply(context, scope.code, s, { through: from, filter, sums: to, region }, s.blocks),
      );
    }),
    stage(nameOf(s, group), (scope) => {
      const from = place(scope, sums, "read", region.results);
      const end = epilogue(scope, group, 1, s.plain.phase);
      if (halos) zeroHalos(scope.code, end, 1, s.all);
      for (const run of classesOf(s.plain)) {
        const [first] = run;
        const here = { ...from, origin: byteOffset(from, { k: first }) };
        const count = s.plain.count(first);
        eachClass(scope, run, { rows: end.operands, places: [from] }, () =>
          transformResults(context, scope.code, s, { group, sums: here, end, region }, count, first),
        );
      }
    }),
  ];
}

const nameOf = ({ form, map: m }: Sizes, group: AnchorGroup): string =>
  `convolve F(${form.m}, ${form.r})${group.maps.length ? "+map" : ""} ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`;

function lowerSignal(
  context: LowerContext,
  group: AnchorGroup,
  s: Sizes,
  homes: Homes,
  region: Region,
  halos: boolean,
): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { plain, form } = s;
  const shares = sharesOf(s, region);
  const slots = shares.reduce((sum, share) => sum + share.slots, 0);
  const signal = signalOf(scope, s, homes);
  const filter = filterOf(scope, s, homes);
  const rows = rowsOf(context.batch, context.lanes);
  // few slots: rows have regions of their own, so that threads can share these out
  const byRows = rows > 1 && slots < SLOTS;
  const place = (vectors: number): Operand => {
    const buffer = scratch((byRows ? rows : 1) * slots * vectors, context.lanes);
    const bytes = vectors * VECTOR_BYTES;
    return scope.operand(buffer, "write", "vector", { g: byRows ? slots * bytes : 0, k: bytes });
  };
  const through = place(region.signals);
  const sums = place(region.results);
  const end = epilogue(scope, group, 1, plain.phase);
  const outer = [signal, ...end.operands];
  if (halos) zeroHalos(code, end, rows, s.all);
  const eachRow = (operands: readonly Operand[], body: () => void): void =>
    nest(code, operands, [["g", rows]], body);
  const share = ({ slots: count, turns, classes, places, first, step }: Share, k: number): void => {
    const here = (o: Operand): Operand => ({ ...o, origin: byteOffset(o, { k }) });
    const moves = [...advance(outer, "t", turns * step), ...advance([through, sums], "k")];
    const blocks = Math.ceil(places / form.m);
    const inRow = byRows ? (body: () => void): void => body() : (body: () => void) => eachRow(outer, body);
    code.loop(count, moves, [], () => {
      inRow(() => {
        code.loop(turns, advance(outer, "t", step), [], () => {
          sideBySide(code, outer, "t", classes, region.across, (across, from) => {
            const t = first + from;
            const part = { ...region, across };
            transformSignal(code, s, { signal, through: here(through), region: part }, blocks, t);
            multiply(
              context,
              code,
              s,
              { through: here(through), filter, sums: here(sums), region: part },
              blocks,
            );
            transformResults(context, code, s, { group, sums: here(sums), end, region: part }, places, t);
          });
          return [];
        });
      });
      return [];
    });
  };
  const all = (): void => {
    let k = 0;
    for (const one of shares) {
      share(one, k);
      k += one.slots;
    }
  };
  if (byRows) eachRow([...outer, through, sums], all);
  else all();
  return scope.finish(nameOf(s, group));
}

/** Zeros around all rows that a group writes. */
function zeroHalos(code: CodeWriter, { operands, writes }: Epilogue, rows: number, channels: number): void {
  nest(
    code,
    operands,
    [
      ["g", rows],
      ["c", channels],
    ],
    () => {
      for (const write of writes) zeroHalo(code, write, {});
    },
  );
}

/** Results that the same code computes: in slots, of which each has a region for what is transformed and takes turns in it. */
interface Share {
  readonly slots: number;
  readonly turns: number;
  /** Classes of neighbours, and the results of each that a turn computes. */
  readonly classes: number;
  readonly places: number;
  /** The first result, and how far the next turn's lies. */
  readonly first: number;
  readonly step: number;
}

/** About so many slots: as many threads can share a convolution out, and their regions stay in the nearest caches. */
const SLOTS = 8;

/** Classes of equally many results, from and to; those that have one more come first. */
function classesOf({ phase, apart, classes }: Plain): (readonly [number, number])[] {
  const longer = Math.min(phase.count % apart, classes);
  const runs = [
    [0, longer],
    [longer, classes],
  ] as const;
  return runs.filter(([from, to]) => from < to);
}

/** All results of a plain form: whole regions, then what is left of them; classes that have one result more come first. */
function sharesOf({ plain, form }: Sizes, { blocks }: Region): Share[] {
  const each = blocks * form.m;
  const step = plain.apart * each;
  return classesOf(plain).flatMap(([from, to]) => {
    const count = plain.count(from);
    const full = Math.floor(count / each);
    const turns = Math.max(1, Math.ceil(full / SLOTS));
    const slots = Math.floor(full / turns);
    const left = full - slots * turns;
    const share = { classes: to - from, places: each, step };
    const shares: Share[] = [
      { ...share, slots, turns, first: from },
      { ...share, slots: 1, turns: left, first: from + slots * turns * step },
      { ...share, slots: 1, turns: 1, places: count - full * each, first: from + full * step },
    ];
    return shares.filter((one) => one.slots * one.turns * one.places > 0);
  });
}

/** Blocks of the signal through B, `[phase][product][channel][block][class]`. */
function transformSignal(
  code: CodeWriter,
  s: Sizes,
  { signal, through, region: { pitch, across } }: { signal: Operand; through: Operand; region: Region },
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
        [through.pointer, across * VECTOR_BYTES],
      ];
      const neighbour = [...advance([signal], "t"), [through.pointer, VECTOR_BYTES] as const];
      code.loop(blocks + s.chunks - 1, block, [], () =>
        code.loop(across, neighbour, [], () => {
          const apart = plain.apart * (signal.strides.t ?? 0);
          const values = Array.from({ length: form.t }, (_, u) =>
            code.load(signal.pointer, from + u * apart),
          );
          emitProduct(code, form.B, values).forEach((x, k) =>
            code.store(through.pointer, to + k * product, x),
          );
          return [];
        }),
      );
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
      count: region.across * blocks,
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
          k: s.results * region.places * VECTOR_BYTES,
          c: region.places * VECTOR_BYTES,
          t: VECTOR_BYTES,
        },
      },
    ],
    tile: packed
      ? context.schedule.blockSignal(s.results, region.across * blocks)
      : context.schedule.signal(s.results, region.across * blocks),
    together: 1,
    prologue: () => undefined,
    epilogue: (_, sum, { c = 0, t = 0 }) =>
      code.store(sums.pointer, sums.origin + (c * region.places + t) * VECTOR_BYTES, sum),
    stage: null,
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
  const { across } = region;
  const product = s.all * region.places * VECTOR_BYTES;
  const transposed = transposedOf(form.A);
  const neighbour = [...advance(end.operands, "t"), [sums.pointer, VECTOR_BYTES] as const];
  const block = (first: number, count: number): readonly Value[] =>
    code.loop(across, neighbour, [], () => {
      const values = Array.from({ length: form.t }, (_, p) =>
        code.load(sums.pointer, sums.origin + p * product + first * across * VECTOR_BYTES),
      );
      const results = emitProduct(code, transposed, values);
      code.together(count, context.schedule.together, (i) =>
        end.emit({ t: t + plain.apart * (first * form.m + i) }, new Map([[group.anchor, results[i]]])),
      );
      return [];
    });
  const full = Math.floor(places / form.m);
  code.loop(s.all, [...advance(end.operands, "c"), [sums.pointer, region.places * VECTOR_BYTES]], [], () => {
    code.loop(
      full,
      [...advance(end.operands, "t", plain.apart * form.m), [sums.pointer, across * VECTOR_BYTES]],
      [],
      () => block(0, form.m),
    );
    if (places % form.m > 0) block(full, places % form.m);
    return [];
  });
}
