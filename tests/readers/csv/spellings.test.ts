/** One table, spelled in many ways: what is learned from it and predicted of it does not change by a bit. */
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { gather } from "../../../src/data/dataset.ts";
import { fit, layers as L, model, type Dataset, type Run } from "../../../src/index.ts";
import type { TableOptions } from "../../../src/readers/tables/columns.ts";
import { readCsv } from "./csv.ts";
import { Draws, encoded, field, written, type Dialect } from "./dialects.ts";

const STEPS = 96;
const WINDOW = 12;
const CHANNELS = ["load", "temp", "flow"];
/** Quarters, so that all spellings say the same number. */
const numbers = CHANNELS.map((_, c) =>
  Array.from({ length: STEPS }, (_none, t) => (((t * (7 + c)) % 23) - 11 + (t % (24 + c) < 12 ? 8 : 0)) / 4),
);
const states = Array.from({ length: STEPS }, (_, t) => (Math.floor(t / WINDOW) % 2 ? "run" : "rest"));

interface Column {
  readonly name: string;
  readonly cells: readonly string[];
}

/** One of the ways in which people write a number. */
function spelledAs(x: number, draws: Draws, dialect: Dialect): string {
  const plain = draws.pick([
    String(x),
    x.toFixed(2),
    x.toFixed(4),
    x.toExponential(),
    `${x}e0`,
    `${100 * x}e-2`,
  ]);
  const signed = x >= 0 && draws.chance(0.2) ? `+${plain}` : plain;
  return written(signed.replace(/^([+-]?)0\./, draws.chance(0.3) ? "$1." : "$10."), dialect, false);
}

function shuffled<T>(list: readonly T[], draws: Draws): T[] {
  const keys = new Map(list.map((item) => [item, draws.next()]));
  return [...list].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}

/** The table by a seed: order of columns, index, separator, quotes, ends of lines, encoding and spelling of numbers. */
function spelling(seed: number, columnsOf: (draws: Draws, dialect: Dialect) => Column[]): Uint8Array {
  const draws = new Draws(seed);
  const decimal = draws.pick([".", ","] as const);
  const dialect: Dialect = {
    separator: draws.pick(decimal === "," ? [";", "\t"] : [",", ";", "\t", "|"]),
    ends: [draws.pick(["\n", "\r\n", "\r"])],
    quoting: draws.pick(["where needed", "strings", "all"]),
    decimal,
    thousands: "",
    missing: "",
    booleans: ["True", "False"],
    encoding: draws.pick(["utf-8", "utf-8 with mark", "utf-16le", "utf-16be"]),
    index: draws.pick(["none", "", "Unnamed: 0"]),
    firstRow: draws.pick([0, 1]),
    clock: "iso",
    endsLast: draws.chance(0.5),
  };
  const columns = columnsOf(draws, dialect);
  const rows = columns[0].cells.length;
  if (dialect.index !== "none")
    columns.unshift({
      name: dialect.index,
      cells: Array.from({ length: rows }, (_, i) => String(i + dialect.firstRow)),
    });
  const isText = ({ name }: Column): boolean => name === "state";
  const lines = [
    columns.map(({ name }) => field(name, true, dialect)),
    ...Array.from({ length: rows }, (_, row) =>
      columns.map((column) => field(column.cells[row], isText(column), dialect)),
    ),
  ].map((fields) => fields.join(dialect.separator));
  return encoded(lines.join(dialect.ends[0]) + (dialect.endsLast ? dialect.ends[0] : ""), dialect.encoding);
}

/** A row a time step. */
const long = (draws: Draws, dialect: Dialect): Column[] =>
  shuffled(
    [
      { name: "t", cells: states.map((_, t) => String(t)) },
      ...CHANNELS.map((name, c) => ({ name, cells: numbers[c].map((x) => spelledAs(x, draws, dialect)) })),
      { name: "state", cells: states },
    ],
    draws,
  );

/** A row a window, with columns load0 to load11, temp0, ... in any order. */
const wide = (draws: Draws, dialect: Dialect): Column[] => {
  const starts = Array.from({ length: STEPS / WINDOW }, (_, w) => w * WINDOW);
  const steps = CHANNELS.flatMap((name, c) =>
    Array.from({ length: WINDOW }, (_, i) => ({
      name: `${name}${i}`,
      cells: starts.map((start) => spelledAs(numbers[c][start + i], draws, dialect)),
    })),
  );
  return shuffled([...steps, { name: "state", cells: starts.map((start) => states[start]) }], draws);
};

const ofLong: TableOptions = { time: "t", label: "state", window: WINDOW };
const ofWide: TableOptions = { label: "state", channels: CHANNELS };
const net = (data: Dataset) =>
  model(data, (x) =>
    L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 4, kernelSize: 3 }))), { units: 2 }),
  );
const train = (data: Dataset): Promise<Run> => fit(net(data), data, { epochs: 2, batch: 4, backend: "wasm" });
const predicted = (data: Dataset): readonly number[][] =>
  plain.model.predictRows(gather(data, [...Array(data.rows).keys()])).map((row) => [...row.probabilities]);

let plain: Run;
beforeAll(async () => {
  const rows = states.map((state, t) => [t, ...CHANNELS.map((_, c) => numbers[c][t]), state].join(","));
  plain = await train(await readCsv(`t,${CHANNELS.join(",")},state\n${rows.join("\n")}\n`, ofLong));
});

describe("A table in another order of columns, with other separators, quotes, line ends, numbers and an index", () => {
  it("long: trains the same weights", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const data = await readCsv(spelling(seed, long), { ...ofLong, channels: CHANNELS });
        expect((await train(data)).weightsSha256).toBe(plain.weightsSha256);
      }),
      { numRuns: 40 },
    );
  });

  it("wide: trains the same weights as the long one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const data = await readCsv(spelling(seed, wide), ofWide);
        expect((await train(data)).weightsSha256).toBe(plain.weightsSha256);
      }),
      { numRuns: 20 },
    );
  });

  it("is predicted alike, its channels matched by name", async () => {
    const there = predicted(await readCsv(spelling(0, long), ofLong));
    expect(new Set(there.map(([p]) => p)).size).toBe(STEPS / WINDOW);
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        expect(predicted(await readCsv(spelling(seed, long), ofLong))).toEqual(there);
      }),
      { numRuns: 60 },
    );
    const turned = await readCsv(spelling(1, wide), { ...ofWide, channels: CHANNELS.toReversed() });
    expect(predicted(turned)).toEqual(there);
  });
});
