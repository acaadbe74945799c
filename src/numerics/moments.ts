/**
 * Mean and population deviation of each of some channels, in two passes over `each`, which hands every value to its
 * visitor in the same order each time. Deviation 1 where there is none, or none but rounding; mean 0 without a value.
 */
export function moments(
  channels: number,
  each: (visit: (channel: number, x: number) => void) => void,
): { mean: number[]; deviation: number[] } {
  const zeros = (): number[] => Array.from({ length: channels }, () => 0);
  const count = zeros();
  const sum = zeros();
  each((c, x) => {
    count[c]++;
    sum[c] += x;
  });
  const mean = sum.map((total, c) => (count[c] > 0 ? total / count[c] : 0));
  const squares = zeros();
  each((c, x) => {
    squares[c] += (x - mean[c]) * (x - mean[c]);
  });
  const deviation = squares.map((total, c) => {
    const own = Math.sqrt(total / count[c]);
    return own > 1e-12 * Math.abs(mean[c]) ? own : 1;
  });
  return { mean, deviation };
}
