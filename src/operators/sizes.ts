/** The sizes that follow from an index map, and the checks that tensors have them. */
import type { Vector } from "./convolution.ts";

/** The sizes and the index map s i + d j - left of a convolution; all whole numbers. */
export interface IndexMap {
  /** rows */
  readonly batch: number;
  /** input channels */
  readonly channels: number;
  /** positions of y */
  readonly length: number;
  /** output channels */
  readonly filters: number;
  /** taps of each filter, f */
  readonly kernelSize: number;
  /** s, 1 unless given */
  readonly stride?: number;
  /** d, 1 unless given */
  readonly dilation?: number;
  /** zeros before and after y, [0, 0] unless given */
  readonly padding?: readonly [left: number, right: number];
  /** divides channels and filters, 1 unless given */
  readonly groups?: number;
}

/** An index map with its defaults filled in and its derived sizes: n_out, and the channels and filters of one group. */
export interface CompleteMap extends Required<IndexMap> {
  readonly outputs: number;
  readonly groupChannels: number;
  readonly groupFilters: number;
}

export function complete(map: IndexMap): CompleteMap {
  const { batch, channels, length, filters, kernelSize } = map;
  const { stride = 1, dilation = 1, padding = [0, 0], groups = 1 } = map;
  const counts = { batch, channels, length, filters, kernelSize, stride, dilation, groups };
  for (const [name, value] of Object.entries(counts)) requireWhole(name, value, 1);
  for (const side of padding) requireWhole("padding", side, 0);
  for (const [name, value] of Object.entries({ channels, filters })) {
    if (value % groups !== 0) {
      throw new RangeError(`groups ${groups} does not divide ${name} ${value}; each group takes as many`);
    }
  }
  const padded = length + padding[0] + padding[1];
  const reach = dilation * (kernelSize - 1) + 1;
  if (reach > padded) {
    throw new RangeError(
      `filter of ${kernelSize} with dilation ${dilation} reaches over ${reach} positions, but the padded signal has ${padded}; n_out must be at least 1`,
    );
  }
  const outputs = Math.floor((padded - reach) / stride) + 1;
  return { ...counts, padding, outputs, groupChannels: channels / groups, groupFilters: filters / groups };
}

function requireWhole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${name} is ${value}; it must be a whole number of at least ${least}`);
  }
}

export function requireV(v: Vector, m: CompleteMap): void {
  requireSize("v [batch, filters, n_out]", v, [m.batch, m.filters, m.outputs]);
}

export function requireW(w: Vector, m: CompleteMap): void {
  requireSize("w [filters, channels / groups, kernelSize]", w, [m.filters, m.groupChannels, m.kernelSize]);
}

export function requireY(y: Vector, m: CompleteMap): void {
  requireSize("y [batch, channels, length]", y, [m.batch, m.channels, m.length]);
}

function requireSize(what: string, tensor: Vector, shape: readonly number[]): void {
  const size = shape.reduce((product, side) => product * side, 1);
  if (tensor.length !== size) {
    throw new RangeError(
      `${what} holds ${tensor.length} numbers; the map needs ${shape.join(" x ")} = ${size}`,
    );
  }
}
