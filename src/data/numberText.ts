/** Numbers as people read them. */
export const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
export const decimals = (x: number): string =>
  Math.abs(x) >= 0.001 || x === 0 ? x.toFixed(4) : x.toExponential(2);
export const grouped = (n: number): string => Math.round(n).toLocaleString("en-US");
export const plural = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;
