/** The tables of docs/scale.md. */
import { digits } from "../../src/bench/tables.ts";
import type { Local, Scale } from "./measure.ts";
import {
  exchangeMs,
  fitted,
  link,
  rowsFor,
  strong,
  weak,
  type How,
  type Link,
  type Net,
  type Way,
} from "./ranks.ts";
import { limitOf, type Lost } from "./threads.ts";

const RANKS = [2, 8, 32, 128, 512, 1024] as const;
/** Rows a rank of weak scaling: the benchmark's batches. */
const rowsOf = (net: Net): number => (net.name === "inception" ? 64 : 16);
/** Rows of all ranks of strong scaling. */
const BATCH = 4096;
const EFFICIENCY = 0.9;

const causes: Readonly<Record<keyof Lost, string>> = {
  script: "script",
  serial: "serial phases",
  uneven: "imbalance",
  barriers: "barriers",
  memory: "memory",
};

type Rows = readonly (readonly string[])[];

const markdown = ([heads, ...body]: Rows, words: number): string =>
  [heads, heads.map((_, i) => (i < words ? "---" : "--:")), ...body]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");

const kinds = { step: "training step", batch: "prediction" } as const;
const times = (value: number | null): string => (value === null ? "" : value.toFixed(value < 10 ? 2 : 1));
const percent = (value: number): string => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
const bytesText = (bytes: number): string => (bytes < 1e6 ? `${bytes / 1e3} KB` : `${bytes / 1e6} MB`);

function speedups({ threads }: Scale): string {
  const heads = [
    "network",
    "of",
    "1 thread, ms",
    "2, measured",
    ...threads[0].counter.slice(1).map((s) => String(s.threads)),
  ];
  const body = threads.map(({ name, of, measuredMs, measuredTwo, counter }) => [
    name,
    kinds[of],
    digits(measuredMs),
    times(measuredTwo),
    ...counter.slice(1).map(({ ms }) => times(counter[0].ms / ms)),
  ]);
  return markdown([heads, ...body], 2);
}

function limits({ threads }: Scale): string {
  const order = Object.keys(causes) as (keyof Lost)[];
  const heads = [
    "network",
    "of",
    "what binds",
    "1/64 of one thread, ms",
    "modelled, ms",
    ...order.map((cause) => causes[cause]),
    "phases",
    "busiest / mean",
    "MB a thread",
  ];
  const body = threads.map(({ name, of, counter }) => {
    const last = counter[counter.length - 1];
    return [
      name,
      kinds[of],
      causes[limitOf(last)],
      digits(counter[0].ms / last.threads),
      digits(last.ms),
      ...order.map((cause) => last.lost[cause].toFixed(3)),
      String(Math.round(last.phases)),
      times(last.unevenness),
      digits(last.bytesAThread / 1e6),
    ];
  });
  return markdown([heads, ...body], 3);
}

export const localLinks = ({ local }: Pick<Scale, "local">): readonly Link[] =>
  local.map(({ name, times: measured }) => fitted(name, measured));

/** Networks of a stated latency, on top of which a message takes what it takes here in shared memory. */
export function clusterLinks({
  local,
}: {
  readonly local: readonly Pick<Local, "messageMs">[];
}): readonly Link[] {
  const ownUs = 1e3 * local[0].messageMs;
  return [link("25 Gbit/s, 20 µs", 20 + ownUs, 25), link("100 Gbit/s, 2 µs", 2 + ownUs, 100)];
}

function exchanges(scale: Scale): string {
  const links = localLinks(scale);
  const heads = ["a vector of", ...links.flatMap(({ name }) => [`${name}, ms`, "the fit, ms"])];
  const body = scale.local[0].times.map(({ bytes }, i) => [
    bytesText(bytes),
    ...links.flatMap((on, k) => [digits(scale.local[k].times[i].ms), digits(exchangeMs(bytes, 2, on))]),
  ]);
  return markdown([heads, ...body], 1);
}

function links(scale: Scale): string {
  const body = [...localLinks(scale), ...clusterLinks(scale)].map(({ name, alphaMs, betaMs }, i) => [
    name,
    i < scale.local.length ? "measured, fitted" : "stated",
    digits(1e3 * alphaMs),
    digits(1e6 * betaMs),
    digits(8e-6 / betaMs),
    i < scale.local.length ? digits(1e3 * scale.local[i].messageMs) : "",
  ]);
  return markdown(
    [["link", "", "alpha, µs", "beta, ns a byte", "Gbit/s", "one more message, µs"], ...body],
    2,
  );
}

function networks({ nets }: Scale): string {
  const body = nets.map(({ name, bytes, sums, rowMs, applyMs }) => [
    name,
    digits(bytes / 1e6),
    sums.map((s) => `${digits(s.bytes / 1e6)} at ${percent(s.after)}`).join(", "),
    digits(rowMs),
    digits(applyMs),
  ]);
  return markdown(
    [["network", "MB a step", "sums, MB, after so much of the pass", "ms a row", "optimizer, ms"], ...body],
    1,
  );
}

const sumsMs = ({ sums }: Net, ranks: number, on: Link, way: Way): number =>
  sums.reduce((ms, { bytes }) => ms + exchangeMs(bytes, ranks, on, way), 0);

function exchangeTimes(scale: Scale): string {
  const body = scale.nets.flatMap((net) =>
    [...localLinks(scale), ...clusterLinks(scale)].flatMap((on) =>
      (["direct", "halving"] as const).map((way) => [
        net.name,
        on.name,
        way,
        ...RANKS.map((ranks) => digits(sumsMs(net, ranks, on, way))),
      ]),
    ),
  );
  return markdown([["network", "link", "way", ...RANKS.map(String)], ...body], 3);
}

const hows: readonly (readonly [string, How])[] = [
  ["direct, after the pass", { overlap: "apart" }],
  ["direct, behind the pass", {}],
  ["halving, behind the pass", { way: "halving" }],
];

/** A row a network, link and way. */
const grid = (
  scale: Scale,
  heads: readonly string[],
  cells: (net: Net, on: Link, how: How) => readonly string[],
): string =>
  markdown(
    [
      heads,
      ...scale.nets.flatMap((net) =>
        clusterLinks(scale).flatMap((on) =>
          hows.map(([name, how]) => [net.name, on.name, name, ...cells(net, on, how)]),
        ),
      ),
    ],
    3,
  );

const heads = ["network", "link", "way", ...RANKS.map(String)];

/** What stands between the markers. */
export function tables(scale: Scale): string {
  const weakly = grid(scale, heads, (net, on, how) =>
    RANKS.map((ranks) => percent(weak(net, rowsOf(net), ranks, on, how))),
  );
  const strongly = grid(scale, heads, (net, on, how) =>
    RANKS.map((ranks) => percent(strong(net, BATCH, ranks, on, how))),
  );
  const enough = grid(scale, heads, (net, on, how) =>
    RANKS.map((ranks) => rowsFor(EFFICIENCY, net, ranks, on, how).toLocaleString("en-US")),
  );
  return [
    `Measured on ${scale.machine}, ${scale.date}; a barrier of two threads: ${digits(1e6 * scale.barrierMs)} ns.`,
    "### Speed-up over one thread, modelled",
    speedups(scale),
    "### What 64 threads lose, in ms, modelled",
    limits(scale),
    "### Two ranks, measured",
    exchanges(scale),
    "### Links",
    links(scale),
    "### What a step exchanges, counted",
    networks(scale),
    "### Exchange of a step by ranks, in ms, modelled",
    exchangeTimes(scale),
    `### Weak scaling, modelled (rows a rank: ${scale.nets.map((net) => `${net.name} ${rowsOf(net)}`).join(", ")})`,
    weakly,
    `### Strong scaling, modelled (${BATCH.toLocaleString("en-US")} rows in all)`,
    strongly,
    "### Rows a rank from which weak scaling reaches 90 %, modelled",
    enough,
  ].join("\n\n");
}
