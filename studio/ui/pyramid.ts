/**
 * The least and the largest of every 16, 256, 4096, ... samples of a long series, so that any stretch of it is drawn from about
 * two values a pixel, whatever its length.
 */
export interface Pyramid {
  readonly values: ArrayLike<number>;
  /** Level k holds pairs (least, largest) of `16 ** (k + 1)` samples. */
  readonly levels: readonly Float32Array[];
}

const FOLD = 16;

export function pyramidOf(values: ArrayLike<number>): Pyramid {
  const levels: Float32Array[] = [];
  let size = values.length;
  while (size > 4 * FOLD) {
    const below = levels.length > 0 ? levels[levels.length - 1] : null;
    const count = Math.ceil(size / FOLD);
    const level = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      let least = Infinity;
      let most = -Infinity;
      const end = Math.min(size, (i + 1) * FOLD);
      for (let j = i * FOLD; j < end; j++) {
        // what is no number is in neither comparison: a gap stays a gap only where nothing else is
        const a = below ? below[2 * j] : values[j];
        const b = below ? below[2 * j + 1] : values[j];
        if (a < least) least = a;
        if (b > most) most = b;
      }
      level[2 * i] = least === Infinity ? NaN : least;
      level[2 * i + 1] = most === -Infinity ? NaN : most;
    }
    levels.push(level);
    size = count;
  }
  return { values, levels };
}

/** Samples `from` to `to` as at most about `2 * width` points; NaN where there is a gap. */
export function stretch(
  { values, levels }: Pyramid,
  from: number,
  to: number,
  width: number,
): { x: number[]; y: number[] } {
  const first = Math.max(0, Math.floor(from));
  const last = Math.min(values.length, Math.ceil(to));
  const x: number[] = [];
  const y: number[] = [];
  if ((last - first) / width <= 2) {
    for (let i = first; i < last; i++) {
      x.push(i);
      y.push(values[i]);
    }
    return { x, y };
  }
  let level = -1;
  let fold = 1;
  while (level + 1 < levels.length && (last - first) / (fold * FOLD) >= width) {
    level++;
    fold *= FOLD;
  }
  for (let p = 0; p < width; p++) {
    const start = first + Math.floor((p * (last - first)) / width);
    const end = Math.max(start + 1, first + Math.floor(((p + 1) * (last - first)) / width));
    let least = Infinity;
    let most = -Infinity;
    for (
      let j = Math.floor(start / fold);
      j < Math.max(Math.floor(start / fold) + 1, Math.floor(end / fold));
      j++
    ) {
      const a = level < 0 ? values[j] : levels[level][2 * j];
      const b = level < 0 ? values[j] : levels[level][2 * j + 1];
      if (a < least) least = a;
      if (b > most) most = b;
    }
    const middle = (start + end - 1) / 2;
    x.push(middle, middle);
    y.push(least === Infinity ? NaN : least, most === -Infinity ? NaN : most);
  }
  return { x, y };
}
