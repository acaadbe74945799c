/**
 * What a network needs to run position by position: when each signal's positions are known, and how much of its past its
 * readers want. Chunks of the input have a multiple of `block` samples, so that each signal has as many positions a chunk.
 *
 * Of a signal with a position every `stride` samples, a chunk that ends at sample n (not included) makes the positions up
 * to n / stride - lag. Position i exists for a row of n samples where n >= stride i + least.
 */
import { commonDivisor } from "../../numerics/commonDivisor.ts";
import { largestOf, leastOf } from "../../numerics/extremes.ts";
import { InputError } from "../../data/errors.ts";
import type { Resolved } from "../../layers/model.ts";
import type { Flow, Flows, History } from "./flow.ts";
import { streamingOf, type Beyond, type Reach, type Windowed } from "./rules.ts";

/** How a layer reads one of its inputs. */
export interface Reading {
  /** The signal, by its number. */
  readonly signal: number;
  /** The history that it is read from; null: the chunk's own positions are enough. */
  readonly history: number | null;
  /** Where in [history, chunk] the window of the chunk's first result begins. */
  readonly offset: number;
}

export interface Step {
  readonly layer: Resolved;
  /** What makes a windowed layer's nodes; null of a pointwise one. */
  readonly windowed: Windowed | null;
  readonly reads: readonly Reading[];
}

export interface StreamPlan extends Flows {
  readonly steps: readonly Step[];
}

/** The most samples that a block may have: strides that have no small multiple in common. */
const MOST_BLOCK = 2 ** 16;

export interface PlanOptions {
  /** Samples that the input's last one is behind the end of a chunk. Default: 0. */
  readonly lag?: number;
  /** `covered`: what stands beside a signal is there for who reads it. `unread`: nobody asks for what depends on it. */
  readonly ends?: "covered" | "unread";
  /** Positions of signals that are wanted beside what layers read: those before the chunk's own. */
  readonly also?: (
    flows: readonly Flow[],
  ) => readonly { readonly signal: number; readonly positions: number }[];
}

/** The plan of a network of which every layer streams; throws InputError with the layer that does not. */
export function planStream(
  layers: readonly Resolved[],
  channels: number,
  name: string,
  { lag = 0, ends = "covered", also = () => [] }: PlanOptions = {},
): StreamPlan {
  const flows: Flow[] = [{ channels, stride: 1, lag, least: 1, from: 0, to: 1 }];
  const wanted: Wanted[][] = [];
  for (const layer of layers) {
    const refuse = (why: string): never => {
      throw new InputError(`the model ${name} does not stream: ${layer.name}: ${why}`);
    };
    const how = streamingOf(layer);
    if (how.kind === "whole") return refuse(how.why);
    const inputs = layer.from.map((f) => flows[f]);
    const windowed = how.kind === "windowed" ? how : null;
    if (layer.inputs.some(({ length }) => length !== layer.inputs[0].length))
      return refuse("its inputs have positions of different lengths");
    if (inputs.some((x) => x.stride !== inputs[0].stride))
      return refuse(
        `its inputs have a position every ${inputs.map((x) => x.stride).join(" and ")} samples; they stream where both have as many`,
      );
    const flow = windowed ? after(inputs[0], windowed.reach, layer) : joined(inputs, layer);
    flows.push(flow);
    const reach = windowed?.reach ?? SAME;
    const asked = ends === "unread" ? { ...reach, beyond: null } : reach;
    wanted.push(layer.from.map((f) => wantedOf(f, flows[f], flow, asked)));
  }
  const block = flows.reduce((a, { stride }) => (a / commonDivisor(a, stride)) * stride, 1);
  if (block > MOST_BLOCK)
    throw new InputError(
      `the model ${name} does not stream: its strides meet every ${block} samples only; the most is ${MOST_BLOCK}`,
    );
  const others = also(flows).map(({ signal, positions }): Wanted => ({
    signal,
    positions: Math.max(1, positions),
    beyond: null,
    masked: false,
  }));
  const histories = historiesOf([...wanted.flat(), ...others]);
  const steps = layers.map((layer, l): Step => {
    const how = streamingOf(layer);
    const reads = wanted[l].map((want): Reading => {
      const { signal, positions, beyond } = want;
      const history = asksFor(want)
        ? histories.findIndex((h) => h.signal === signal && covers(h, beyond))
        : null;
      const before = history === null ? 0 : histories[history].positions;
      return { signal, history, offset: before - positions };
    });
    return { layer, windowed: how.kind === "windowed" ? how.nodes : null, reads };
  });
  return { block, flows, steps, histories };
}

/** What pointwise layers read. */
const SAME: Reach = { stride: 1, low: 0, high: 0, after: 0, beyond: null };

/** The signal that a windowed layer makes. */
function after(x: Flow, { stride: s, low, high, after: added }: Reach, { output }: Resolved): Flow {
  const stride = x.stride * s;
  const least = x.least + x.stride * (high - added);
  const known = Math.ceil((high + x.lag + 1) / s) - 1;
  return {
    channels: output.channels,
    stride,
    lag: Math.max(0, known, Math.ceil(least / stride) - 1),
    least,
    from: x.from + x.stride * low,
    to: x.to + x.stride * high,
  };
}

/** The signal that a pointwise layer makes of one or several. */
function joined(inputs: readonly Flow[], { output }: Resolved): Flow {
  const most = (of: (x: Flow) => number): number => largestOf(inputs.map(of));
  return {
    channels: output.channels,
    stride: inputs[0].stride,
    lag: most((x) => x.lag),
    least: most((x) => x.least),
    from: leastOf(inputs.map((x) => x.from)),
    to: most((x) => x.to),
  };
}

/** What a layer wants of a signal's past; fewer than 0 positions: it begins within the chunk. */
interface Wanted {
  readonly signal: number;
  readonly positions: number;
  readonly beyond: Beyond | null;
  /** Positions that do not exist are read, and made: before the first where a signal lags, or after the last. */
  readonly masked: boolean;
}

const wantedOf = (signal: number, from: Flow, to: Flow, { stride, low, after, beyond }: Reach): Wanted => ({
  signal,
  positions: stride * to.lag - low - from.lag,
  beyond,
  masked: beyond !== null && (after > 0 || from.lag > 0),
});

/** Whether a reader wants a history: a chunk's own positions are not enough, or not all of them exist. */
const asksFor = ({ positions, masked }: Wanted): boolean => positions > 0 || masked;

/** Whether a history serves a reader for whom that stands beside the signal. */
const covers = (h: { readonly beyond: Beyond | null }, beyond: Beyond | null): boolean =>
  beyond === null || h.beyond === beyond;

/** A history for each signal and what stands beside it; who reads nothing there is served by any. */
function historiesOf(wanted: readonly Wanted[]): History[] {
  const found: History[] = [];
  const order = [...wanted].sort((a, b) => Number(a.beyond === null) - Number(b.beyond === null));
  for (const { signal, positions, beyond, masked } of order.filter(asksFor)) {
    const at = found.findIndex((h) => h.signal === signal && covers(h, beyond));
    const known = at < 0 ? { signal, positions: 0, beyond, masked: false } : found[at];
    const history = {
      ...known,
      positions: Math.max(positions, known.positions),
      masked: known.masked || masked,
    };
    if (at < 0) found.push(history);
    else found[at] = history;
  }
  return found;
}
