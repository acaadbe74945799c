/**
 * Tile shapes: how many results a kernel computes together. They decide speed alone; no result's order of summation
 * depends on them. Measured with `bench/tiles.ts` (docs/measurements.md).
 */
/** Results computed together. */
export interface Tile {
  readonly channels: number;
  readonly positions: number;
}

export interface Schedule {
  /** Places whose pointwise operations take turns. */
  readonly together: number;
  /** Output and input forms of convolve, in channel lanes; `channels` are blocks of 16. */
  blockSignal(channels: number, positions: number): Tile;
  /** The filter form in channel lanes; `filters` are blocks of 16. */
  blockFilter(
    filters: number,
    channels: number,
    taps: number,
  ): { filters: number; channels: number; taps: number };
  /** Output and input forms of convolve. */
  signal(channels: number, positions: number): Tile;
  /** How fixed filters of tiles of one position lie in sample lanes: with the channels of a tile side by side, or as they come. */
  readonly fixedFilters?: "channels last";
  /** The filter form. */
  filter(
    filters: number,
    channels: number,
    taps: number,
  ): { filters: number; channels: number; taps: number };
}

/** A tile of so many results a filter: taps first, then as many channels as still fit. */
function share(filters: number, channels: number, taps: number, results: number) {
  const j = Math.min(taps, results);
  return { filters, channels: Math.max(1, Math.min(channels, Math.floor(results / j))), taps: j };
}

/** For 16 registers of 128 bits, where the emitter runs a tile a quarter of its lanes at a time. */
export const registers16: Schedule = {
  together: 1,
  blockSignal: (channels, positions) =>
    channels === 1
      ? { channels: 1, positions: Math.min(positions, 8) }
      : { channels: 2, positions: Math.min(positions, 5) },
  blockFilter: (filters, channels, taps) =>
    filters === 1 ? share(filters, channels, taps, 8) : share(2, channels, taps, 5),
  signal: (channels, positions) => {
    if (channels === 1) return { channels: 1, positions: Math.min(positions, 6) };
    if (positions === 1) return { channels: Math.min(channels, 8), positions: 1 };
    return { channels: Math.min(channels, 4), positions: 2 };
  },
  filter: (filters, channels, taps) => {
    if (filters === 1) return { filters: 1, channels: 1, taps: Math.min(taps, 9) };
    if (taps === 1) return { filters: Math.min(filters, 4), channels: Math.min(channels, 2), taps: 1 };
    return { filters: 2, channels: 1, taps: Math.min(taps, 3) };
  },
};

/** For 16 registers of 256 bits: filter gradients are best one filter at a time (75-96 GFLOP/s, pairs 49-64). */
export const registers16Wide: Schedule = {
  together: 1,
  blockSignal: registers16.blockSignal,
  blockFilter: registers16.blockFilter,
  signal: registers16.signal,
  filter: (filters, channels, taps) => {
    if (taps === 1 && filters > 1) return { filters: 2, channels: Math.min(channels, 3), taps: 1 };
    return { filters: 1, channels: taps < 4 ? Math.min(channels, 2) : 1, taps: Math.min(taps, 6) };
  },
};

/**
 * For 32 registers of 512 bits, 30 of them for values: accumulators, a signal value a position and one filter value.
 * A tile that needs more spills (4 x 6 reached 168 GFLOP/s where 8 x 3 and 4 x 5 reach 245).
 */
export const registers32: Schedule = {
  together: 4,
  blockSignal: (channels, positions) => {
    const rows = Math.min(channels, positions > 8 ? 2 : 3);
    return { channels: rows, positions: Math.min(positions, [14, 13, 8][rows - 1]) };
  },
  blockFilter: (filters, channels, taps) => {
    const rows = Math.min(filters, channels === 1 ? 2 : 4);
    return share(rows, channels, taps, Math.floor((28 - rows) / rows));
  },
  signal: (channels, positions) => {
    if (channels === 1) return { channels: 1, positions: Math.min(positions, 8) };
    if (positions === 1) return { channels: Math.min(channels, 8), positions: 1 };
    const rows = Math.min(channels, 8);
    return { channels: rows, positions: Math.min(positions, Math.floor(29 / (rows + 1))) };
  },
  filter: (filters, channels, taps) => {
    if (filters === 1) return { filters: 1, channels: 1, taps: Math.min(taps, 12) };
    if (taps === 1) return { filters: Math.min(filters, 4), channels: Math.min(channels, 5), taps: 1 };
    return { filters: Math.min(filters, 4), channels: 1, taps: Math.min(taps, 5) };
  },
};
