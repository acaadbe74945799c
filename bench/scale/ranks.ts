/**
 * What ranks gain, by a model: a message takes alpha, a byte beta; a sum of n bytes over R ranks takes
 * 2 (R - 1) alpha + 2 (R - 1) / R n beta as src/distributed/exchange.ts does it (chunks to all, sums to all), and
 * 2 log2(R) alpha + the same bytes by recursive halving and doubling. Hockney 1994; Thakur, Rabenseifner, Gropp 2005.
 */

export const rankCounts = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

export interface Link {
  readonly name: string;
  /** Milliseconds a message. */
  readonly alphaMs: number;
  /** Milliseconds a byte. */
  readonly betaMs: number;
}

/** A link of so many microseconds a message and Gbit a second. */
export const link = (name: string, alphaUs: number, gbits: number): Link => ({
  name,
  alphaMs: alphaUs / 1e3,
  betaMs: 8 / (gbits * 1e6),
});

/** Messages of one sum that follow one another at a rank, by how chunks travel. */
export const ways = {
  direct: (ranks: number) => 2 * (ranks - 1),
  halving: (ranks: number) => 2 * Math.log2(ranks),
} as const;
export type Way = keyof typeof ways;

/** Milliseconds that a sum of so many bytes takes. */
export const exchangeMs = (
  bytes: number,
  ranks: number,
  { alphaMs, betaMs }: Link,
  way: Way = "direct",
): number => ways[way](ranks) * alphaMs + ((2 * (ranks - 1)) / ranks) * bytes * betaMs;

/** A network's step on one rank. */
export interface Net {
  readonly name: string;
  /** Milliseconds that each row adds. */
  readonly rowMs: number;
  /** Milliseconds of the optimizer, whatever the rows. */
  readonly applyMs: number;
  /** The sums of a step in order: of how many bytes, and which part of a row's work is done before each can begin. */
  readonly sums: readonly { readonly bytes: number; readonly after: number }[];
}

/** `behind`: sums travel while the back pass goes on, one after another; `apart`: all after it. */
export type Overlap = "behind" | "apart";

export interface How {
  readonly way?: Way;
  readonly overlap?: Overlap;
}

/** Milliseconds of a step with so many rows a rank. */
export function stepMs(
  { rowMs, applyMs, sums }: Net,
  rows: number,
  ranks: number,
  on: Link,
  { way = "direct", overlap = "behind" }: How = {},
): number {
  const pass = rows * rowMs;
  let free = 0;
  for (const { bytes, after } of sums)
    free = Math.max(free, overlap === "behind" ? after * pass : pass) + exchangeMs(bytes, ranks, on, way);
  return Math.max(pass, free) + applyMs;
}

const aloneMs = ({ rowMs, applyMs }: Net, rows: number): number => rows * rowMs + applyMs;

/** So many rows a rank: the rows a second of all ranks, over those of as many ranks that exchange nothing. */
export const weak = (net: Net, rows: number, ranks: number, on: Link, how?: How): number =>
  aloneMs(net, rows) / stepMs(net, rows, ranks, on, how);

/** So many rows in all: how many times as fast as one rank, over the ranks. */
export const strong = (net: Net, batch: number, ranks: number, on: Link, how?: How): number =>
  aloneMs(net, batch) / (ranks * stepMs(net, batch / ranks, ranks, on, how));

/** The fewest rows a rank from which weak scaling has at least this efficiency. */
export function rowsFor(efficiency: number, net: Net, ranks: number, on: Link, how?: How): number {
  let enough = 1;
  while (weak(net, enough, ranks, on, how) < efficiency) enough *= 2;
  let few = Math.floor(enough / 2);
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (weak(net, middle, ranks, on, how) >= efficiency) enough = middle;
    else few = middle;
  }
  return enough;
}

/** Times of exchanges between two ranks as 2 alpha + n beta, by least squares of relative errors. */
export function fitted(
  name: string,
  times: readonly { readonly bytes: number; readonly ms: number }[],
): Link {
  let [w, wn, wnn, wt, wnt] = [0, 0, 0, 0, 0];
  for (const { bytes, ms } of times) {
    const weight = 1 / (ms * ms);
    w += weight;
    wn += weight * bytes;
    wnn += weight * bytes * bytes;
    wt += weight * ms;
    wnt += weight * bytes * ms;
  }
  const betaMs = (w * wnt - wn * wt) / (w * wnn - wn * wn);
  return { name, alphaMs: (wt - betaMs * wn) / w / 2, betaMs };
}
