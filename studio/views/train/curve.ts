/** A curve that grows as long as a run does, in bounded memory: where it is full, neighbours become their mean. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** How many told values a point is the mean of. */
  readonly fold: number;
  /** The point that is being made. */
  readonly rest: { readonly sum: number; readonly count: number };
}

export const MOST_POINTS = 1000;
export const emptyCurve: Curve = { x: [], y: [], fold: 1, rest: { sum: 0, count: 0 } };

export function withPoint(curve: Curve, at: number, value: number): Curve {
  const rest = { sum: curve.rest.sum + value, count: curve.rest.count + 1 };
  if (rest.count < curve.fold) return { ...curve, rest };
  const grown = {
    x: [...curve.x, at],
    y: [...curve.y, rest.sum / rest.count],
    fold: curve.fold,
    rest: { sum: 0, count: 0 },
  };
  return grown.x.length < MOST_POINTS ? grown : halved(grown);
}

const halved = ({ x, y, fold, rest }: Curve): Curve => ({
  x: x.filter((_, i) => i % 2 === 1),
  y: y.filter((_, i) => i % 2 === 1).map((value, i) => (value + y[2 * i]) / 2),
  fold: 2 * fold,
  rest,
});
