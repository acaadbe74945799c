/**
 * Graphs to a Program, in phases: fuse nodes into kernels, choose layouts (halos from every reader), lower each kernel,
 * plan the arena. Named tensors are placed once for all entries and keep their values; temporaries share what is left.
 */
import { checkGraph } from "../graph/check.ts";
import type { Graph } from "../graph/ops.ts";
import { largestOf } from "../numerics/extremes.ts";
import { sameType, showType, type TensorType } from "../numerics/tensor.ts";
import { apart } from "./fixed.ts";
import { ArenaPlan } from "./arenaPlan.ts";
import { fuse, type Fusion } from "./fusion.ts";
import { axes, LANES, layoutOf, tensorBytes, type Halo, type LaneAxis } from "../vector/layout.ts";
import { halosOf, lowerEntry, widerHalo, type Shared } from "./entry.ts";
import { storage, viewOffset, type Buffer } from "./buffer.ts";
import type { Draft, TrainingKernels } from "./lower/scope.ts";
import { trainingKernels } from "./training.ts";
import type { Placement, Program, Numerics } from "../vector/program.ts";
import { fuseMultiplyAdd } from "./fused.ts";
import { requireWithin } from "../vector/ranges.ts";
import { registers16, type Schedule } from "../vector/schedule.ts";
import type { Kernel } from "../vector/vector.ts";

export interface CompileOptions {
  /** The most rows of a run. */
  readonly batch: number;
  /**
   * Weight tensors that lie one after another, under a name of their own: a graph may read and write the whole as one
   * `[1, 1, floats]`, where each member takes a multiple of 16 floats.
   */
  readonly packs?: Readonly<Record<string, readonly string[]>>;
  readonly schedule?: Schedule;
  readonly numerics?: Numerics;
  /** What the lanes of a vector are; `laneAxis` says which is faster. */
  readonly lanes?: LaneAxis;
  /** Weights seldom change: what is made of them alone is an entry `weights`, to run after they are written. */
  readonly fixedWeights?: boolean;
  readonly slides?: Slides;
}

/**
 * Tensors that move along longer ones, so that the end of a history grows without being moved. A graph sees one of them
 * as it lies at the present step.
 */
export interface Slides {
  /** By name, how many positions a step moves it. */
  readonly by: Readonly<Record<string, number>>;
  /** The steps at which entries run: each becomes one entry a step, `slidEntry(name, step)`. */
  readonly at: Readonly<Record<string, readonly number[]>>;
}

/** The name of an entry at a step. */
export const slidEntry = (entry: string, step: number): string => `${entry}@${step}`;

const NO_SLIDES: Slides = { by: {}, at: {} };

/** A graph with what is known of it before anything is lowered. */
interface Entry {
  readonly name: string;
  readonly graph: Graph;
  readonly fusion: Fusion;
  readonly halos: readonly Halo[];
}

/** The kernels of an entry, whose pointers are still buffers. */
interface Lowered {
  readonly name: string;
  readonly kernels: readonly Draft[];
}

type Graphs = Readonly<Record<string, Graph>>;

/** A program with an entry a graph; throws Error for a graph that breaks a rule. */
export const compile = (graphs: Graphs, options: CompileOptions): Program =>
  compileWith(graphs, options, trainingKernels);

/** The same of graphs of predictions, without what only training has: it is then no part of a bundle. */
export const compilePrediction = (graphs: Graphs, options: CompileOptions): Program =>
  compileWith(graphs, options, null);

function compileWith(graphs: Graphs, options: CompileOptions, training: TrainingKernels | null): Program {
  const { batch, lanes = "samples", numerics = "strict", slides = NO_SLIDES } = options;
  const entries = (options.fixedWeights ? withWeights(graphs) : Object.entries(graphs)).map(([name, graph]) =>
    analyse(name, graph),
  );
  const homes = homesOf(entries, lanes, slides);
  const constants = new Constants(lanes);
  const shared = { ...sharedBy(options, constants), training };
  const each = entries.map(({ name, graph, fusion, halos }): Lowered => ({
    name,
    kernels: lowerEntry(graph, fusion, halos, homes, shared),
  }));
  const lowered = shared.once ? weightsTogether(each, shared.once.drafts) : each;

  const plan = planArena(lowered, homes, constants, shared, options);
  const tensors = [...homes].map(([name, b]): [string, Placement] => [
    name,
    { type: b.type, layout: b.layout, offset: plan.offsetOf(b), bytes: plan.bytesOf(b) },
  ]);
  const bytesAStep = bytesAStepOf(homes, slides);
  const steady = (): number => 0;
  return {
    batch,
    arenaBytes: plan.bytes,
    entries: Object.fromEntries(
      lowered.flatMap(({ name, kernels }) => {
        const coded = kernels.map((k) => ({
          ...k,
          code: numerics === "fused" ? fuseMultiplyAdd(k.code) : k.code,
        }));
        if (!Object.hasOwn(slides.at, name)) return [[name, coded.map((k) => placed(k, plan, steady))]];
        return slides.at[name].map((step) => [
          slidEntry(name, step),
          coded.map((k) => placed(k, plan, (b) => step * bytesAStep(b))),
        ]);
      }),
    ),
    tensors: Object.fromEntries(tensors),
    rows: { count: plan.offsetOf(shared.rows), mask: plan.offsetOf(shared.mask) },
    constants: constants.all.map(({ buffer, words }) => ({ offset: plan.offsetOf(buffer), words })),
  };
}

/** What is made of weights alone is an entry of this name. */
const WEIGHTS = "weights";

/** Graphs whose weights are fixed: what they compute of these alone comes first, for an entry of its own. */
function withWeights(graphs: Readonly<Record<string, Graph>>): [string, Graph][] {
  const { weights, graphs: others } = apart(graphs);
  const own: [string, Graph][] = weights ? [[WEIGHTS, weights]] : [];
  return [...own, ...Object.entries(others)];
}

/** One entry for all that is made of weights alone: what graphs compute, then filters in the order of a convolution. */
function weightsTogether(entries: readonly Lowered[], filters: readonly Draft[]): Lowered[] {
  const kernels = entries.flatMap((entry) => (entry.name === WEIGHTS ? entry.kernels : []));
  return [
    ...entries.filter(({ name }) => name !== WEIGHTS),
    { name: WEIGHTS, kernels: [...kernels, ...filters] },
  ];
}

function analyse(name: string, graph: Graph): Entry {
  checkGraph(graph);
  const fusion = fuse(graph);
  return { name, graph, fusion, halos: halosOf(graph, fusion) };
}

/** Buffers of the tensors that have a name in any entry, with the widest halo that one of them wants. */
function homesOf(entries: readonly Entry[], lanes: LaneAxis, slides: Slides): Map<string, Buffer> {
  const named = new Map<string, { readonly type: TensorType; readonly halo: Halo }>();
  const declare = (name: string, type: TensorType, halo: Halo): void => {
    const known = named.get(name);
    if (known && !sameType(known.type, type)) {
      throw new Error(`${name} is ${showType(type)} here and ${showType(known.type)} elsewhere`);
    }
    named.set(name, { type, halo: known ? widerHalo(known.halo, halo) : halo });
  };
  for (const { graph, fusion, halos } of entries) {
    graph.nodes.forEach(({ op, type }, id) => {
      if (op.op === "input") declare(op.name, type, halos[id]);
    });
    for (const [name, id] of Object.entries(graph.outputs)) {
      declare(name, graph.nodes[id].type, halos[fusion.source(id)]);
    }
  }
  const farthest = Math.max(0, largestOf(Object.values(slides.at).flat()));
  return new Map(
    [...named].map(([name, { type, halo }]) => {
      const right = halo.right + farthest * (slides.by[name] ?? 0);
      return [name, { type, layout: layoutOf(type, lanes, { ...halo, right }) }];
    }),
  );
}

/** How far a step moves a buffer. */
function bytesAStepOf(homes: ReadonlyMap<string, Buffer>, { by }: Slides): (b: Buffer) => number {
  const bytes = new Map<Buffer | undefined, number>(
    Object.entries(by).map(([name, positions]) => {
      const home = homes.get(name);
      const position = home ? 4 * axes[home.layout.lanes].positions.floats(1, LANES) : 0;
      return [home, positions * position];
    }),
  );
  return (b) => bytes.get(b) ?? 0;
}

/** Words that never change, made on first use. */
class Constants {
  readonly #lanes: LaneAxis;
  readonly #known = new Map<string, { readonly buffer: Buffer; readonly words: Int32Array }>();
  readonly #buffers = new Set<Buffer>();

  constructor(lanes: LaneAxis) {
    this.#lanes = lanes;
  }

  get all(): readonly { readonly buffer: Buffer; readonly words: Int32Array }[] {
    return [...this.#known.values()];
  }

  has(buffer: Buffer): boolean {
    return this.#buffers.has(buffer);
  }

  get(key: string, type: TensorType, words: () => Int32Array): Buffer {
    const known = this.#known.get(key);
    if (known) return known.buffer;
    const buffer = { type, layout: layoutOf(type, this.#lanes) };
    this.#known.set(key, { buffer, words: words() });
    this.#buffers.add(buffer);
    return buffer;
  }
}

/** What all entries lower with. */
function sharedBy(options: CompileOptions, constants: Constants): Omit<Shared, "training"> {
  const { batch, lanes = "samples", schedule = registers16, fixedWeights } = options;
  const scalar = (space: TensorType["space"]): Buffer => {
    const type: TensorType = { space, shape: [1, 1, 1] };
    return { type, layout: layoutOf(type, "samples") };
  };
  const rows = scalar("weight");
  const mask = scalar("sample");
  return {
    batch,
    lanes,
    schedule,
    mask,
    rows,
    once: fixedWeights ? { packed: new Map(), drafts: [] } : null,
    reuse: new Map(),
    lasting: (b) => b === mask || b === rows || constants.has(b),
    constant: (key, type, words) => constants.get(key, type, words),
  };
}

/** Places for everything: what the runs need, what has a name, filters that are packed once, then temporaries. */
function planArena(
  lowered: readonly Lowered[],
  homes: ReadonlyMap<string, Buffer>,
  constants: Constants,
  { rows, mask, once }: Shared,
  { batch, packs = {} }: CompileOptions,
): ArenaPlan {
  const entries = lowered.map(({ kernels }) => kernels);
  const plan = new ArenaPlan(batch, entries.flat());
  for (const buffer of [rows, mask, ...constants.all.map(({ buffer }) => buffer)]) plan.place(buffer);
  for (const [name, members] of Object.entries(packs)) plan.placePack(name, members, homes);
  for (const buffer of [...homes.values(), ...(once?.packed.values() ?? [])]) plan.place(buffer);
  plan.placeTemporaries(entries);
  return plan;
}

/** A kernel whose pointers are bytes of the arena, found to stay within the tensors that they are meant for. */
function placed({ name, code, pointers }: Draft, plan: ArenaPlan, slid: (buffer: Buffer) => number): Kernel {
  const rooms = pointers.map((b) => ({
    before: viewOffset(b) + slid(storage(b)),
    bytes: plan.bytesOf(storage(b)),
  }));
  requireWithin(name, code, rooms);
  return { name, code, pointers: pointers.map((b, i) => plan.offsetOf(storage(b)) + rooms[i].before) };
}

/** Floats of a pack: each member padded to 16. */
export function packFloats(types: readonly TensorType[]): number {
  return types.reduce((sum, type) => sum + tensorBytes(type, layoutOf(type, "samples"), 1) / 4, 0);
}
