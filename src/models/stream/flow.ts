/** Signals that flow through a stream and what of their past is kept: the part of a plan that a stream is run by, plain data. */
import { largestOf } from "../../numerics/extremes.ts";
import type { Beyond } from "./rules.ts";

/** A signal of the network: the input, or what a layer makes. */
export interface Flow {
  readonly channels: number;
  /** Samples from one position to the next. */
  readonly stride: number;
  /** Positions that a chunk's last one is behind its end. */
  readonly lag: number;
  /** Samples that a row has at least where it has position 0. */
  readonly least: number;
  /** The samples that position 0 depends on: from `from` up to, but not with, `to`. */
  readonly from: number;
  readonly to: number;
}

/** The past of a signal, as its readers want it. */
export interface History {
  readonly signal: number;
  /** Positions before the chunk's own. */
  readonly positions: number;
  /** What stands beside the signal; null where nobody reads there. */
  readonly beyond: Beyond | null;
  /** Whether positions that do not exist are made and must be covered by `beyond`. */
  readonly masked: boolean;
}

export interface Flows {
  /** Samples of a chunk are a multiple of this. */
  readonly block: number;
  /** The input's, then one a layer. */
  readonly flows: readonly Flow[];
  readonly histories: readonly History[];
}

/** Positions of a signal in a chunk. */
export const positionsOf = (
  { stride }: Pick<Flow, "stride">,
  { block }: Pick<Flows, "block">,
  blocks: number,
): number => (blocks * block) / stride;

/** Samples until which positions before the beginning are made. */
export const settledAfter = ({ flows }: Pick<Flows, "flows">): number =>
  largestOf(flows.map(({ stride, lag }) => stride * lag));
