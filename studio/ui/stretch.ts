/** The stretch of samples that a plot shows, and how keys, wheel and fingers change it. */

/** Samples `from` up to, but not with, `to`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The least number of samples that a plot shows. */
const LEAST = 8;

/** The stretch inside of `length` samples: as wide where it fits, moved to within. */
export function within({ from, to }: Stretch, length: number): Stretch {
  const width = Math.min(length, Math.max(to - from, Math.min(LEAST, length)));
  const start = Math.min(Math.max(0, (from + to - width) / 2), length - width);
  return { from: start, to: start + width };
}

/** Moved by a share of its width. */
export const moved = ({ from, to }: Stretch, share: number): Stretch => ({
  from: from + share * (to - from),
  to: to + share * (to - from),
});

/** `factor` times as wide, with the sample `at` where it was. */
export const zoomed = ({ from, to }: Stretch, factor: number, at = (from + to) / 2): Stretch => ({
  from: at - factor * (at - from),
  to: at + factor * (to - at),
});

/** What a key of a plot does to its stretch; null of other keys. */
export function byKey(key: string, now: Stretch, length: number): Stretch | null {
  const width = now.to - now.from;
  switch (key) {
    case "ArrowLeft":
      return moved(now, -0.1);
    case "ArrowRight":
      return moved(now, 0.1);
    case "PageUp":
      return moved(now, -0.9);
    case "PageDown":
      return moved(now, 0.9);
    case "Home":
      return { from: 0, to: width };
    case "End":
      return { from: length - width, to: length };
    case "+":
    case "=":
      return zoomed(now, 0.5);
    case "-":
      return zoomed(now, 2);
    case "0":
      return { from: 0, to: length };
    default:
      return null;
  }
}
