/**
 * The least and the largest of every 16, 256, 4096, ... samples of a long series, so that any stretch of it is drawn from about
 * two values a pixel, whatever its length, and these are exactly those of its samples: a spike of one sample is seen.
 */
export interface Pyramid {
  readonly values: Float32Array | Float64Array;
  /** Level k holds pairs (least, largest) of `16 ** (k + 1)` samples; NaN where none of them is a number. */
  readonly levels: readonly Float64Array[];
}

const FOLD = 16;

/** Makes the levels: two values for 16 samples, and a little. */
export function pyramidOf(values: Float32Array | Float64Array): Pyramid {
  const levels: Float64Array[] = [];
  let size = values.length;
  while (size > 4 * FOLD) {
    const below = levels.at(-1);
    const count = Math.ceil(size / FOLD);
    const level = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      let least = Infinity;
      let most = -Infinity;
      const end = Math.min(size, (i + 1) * FOLD);
      for (let j = i * FOLD; j < end; j++) {
        // NaN is neither less nor more: a gap stays one only where nothing else is
        const a = below ? below[2 * j] : values[j];
        const b = below ? below[2 * j + 1] : values[j];
        if (a < least) least = a;
        if (b > most) most = b;
      }
      level[2 * i] = least > most ? NaN : least;
      level[2 * i + 1] = least > most ? NaN : most;
    }
    levels.push(level);
    size = count;
  }
  return { values, levels };
}

/** The least and the largest of samples `from` up to, but not with, `to`; NaN where none of them is a number. */
export function extremes({ values, levels }: Pyramid, from: number, to: number): [number, number] {
  let [first, last, level] = [Math.max(0, from), Math.min(values.length, to), -1];
  let least = Infinity;
  let most = -Infinity;
  const take = (at: number): void => {
    const a = level < 0 ? values[at] : levels[level][2 * at];
    const b = level < 0 ? values[at] : levels[level][2 * at + 1];
    if (a < least) least = a;
    if (b > most) most = b;
  };
  while (level + 1 < levels.length && last - first > 2 * FOLD) {
    while (first % FOLD !== 0) take(first++);
    while (last % FOLD !== 0) take(--last);
    first /= FOLD;
    last /= FOLD;
    level++;
  }
  while (first < last) take(first++);
  return least > most ? [NaN, NaN] : [least, most];
}

/** Points of a stretch of several series over the same samples. */
export interface Drawn {
  /** The sample of each point, going up. */
  readonly x: number[];
  /** Of each series, its value there; null in a gap. */
  readonly y: (number | null)[][];
  /** Whether points come in pairs at one place: the least and the largest of a bin. */
  readonly isBinned: boolean;
}

/**
 * Samples `from` to `to` in at most about `2 * width` points: each sample, or the least and the largest of each bin. Bins begin
 * at multiples of their size, so that what is drawn does not flicker as it is moved.
 */
export function stretch(series: readonly Pyramid[], from: number, to: number, width: number): Drawn {
  const length = Math.max(0, ...series.map(({ values }) => values.length));
  // one more to each side: the line goes on to the edge
  const first = Math.max(0, Math.floor(from) - 1);
  const last = Math.min(length, Math.ceil(to) + 2);
  const x: number[] = [];
  const y = series.map((): (number | null)[] => []);
  const gap = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const bin = Math.ceil((to - from) / width);
  if (!(bin > 2)) {
    for (let i = first; i < last; i++) {
      x.push(i);
      series.forEach(({ values }, s) => y[s].push(i < values.length ? gap(values[i]) : null));
    }
    return { x, y, isBinned: false };
  }
  for (let start = first - (first % bin); start < last; start += bin) {
    // both at one place: a line up and down, of which there are as many as pixels
    x.push(start + (bin - 1) / 2, start + (bin - 1) / 2);
    series.forEach((one, s) => {
      const [least, most] = extremes(one, start, start + bin);
      y[s].push(gap(least), gap(most));
    });
  }
  return { x, y, isBinned: true };
}
