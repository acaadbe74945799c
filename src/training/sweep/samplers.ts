/** Where the next trial of a sweep lies: a point of the unit cube that follows from the seed, its number and finished trials. */
import { uniform } from "../../numerics/threefry.ts";
import { sobol } from "./sobol.ts";
import type { Point, Space } from "./space.ts";
import { propose, type Observed } from "./tpe.ts";

/** Gives point `trial` (from 0). */
type Sampler = (space: Space, seed: number, trial: number, observed: Observed) => Point;

const STREAM = 0x5357;
/** Trials that TPE wants to have seen: fewer say nothing. */
const SEEN = 10;

const random: Sampler = (space, seed, trial) =>
  Object.keys(space).map((_, d) => uniform(seed, STREAM, trial, d));
const even: Sampler = (space, seed, trial) => sobol(trial, Object.keys(space).length, seed);

/** The samplers by name. */
export const samplers = {
  random,
  sobol: even,
  // of Sobol's first points, choices of several parameters come together again and again: nothing could tell them apart
  tpe: (space, seed, trial, observed) =>
    (observed.ranked.length >= SEEN ? propose : random)(space, seed, trial, observed),
} as const satisfies Readonly<Record<string, Sampler>>;

/**
 * - `random`: evenly, each by itself (Bergstra and Bengio 2012);
 * - `sobol`: a scrambled Sobol sequence, more even;
 * - `tpe`: tree-structured Parzen estimators, which learn from the trials before; the first are random.
 *
 * @useDeclaredType
 */
export type SamplerName = keyof typeof samplers;
export const samplerNames = Object.keys(samplers) as readonly SamplerName[];
