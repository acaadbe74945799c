/** The models behind docs/scale.md: numbers that a hand can check, and its tables are those of the saved run. */
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import { withTable } from "../../bench/publish.ts";
import { counting, workOfKernels } from "../../bench/scale/counting.ts";
import type { Scale } from "../../bench/scale/measure.ts";
import { tables } from "../../bench/scale/page.ts";
import { picture } from "../../bench/scale/picture.ts";
import {
  exchangeMs,
  fitted,
  link,
  rowsFor,
  stepMs,
  strong,
  weak,
  type Link,
  type Net,
} from "../../bench/scale/ranks.ts";
import { barriers, countPhases, limitOf, scaled } from "../../bench/scale/threads.ts";
import { sumTree } from "../../src/training/shardTree.ts";
import type { Kernel } from "../../src/vector/vector.ts";
import { root } from "../house/house.ts";
import { textOf } from "../docs/markdown.ts";

describe("the model of threads", () => {
  /** A loop that moves `count` vectors of 64 bytes from one place to another: two instructions a turn. */
  const moves = (count: number, from: number, to: number): Kernel => ({
    name: "move",
    code: {
      pointers: 2,
      values: 1,
      body: [
        {
          op: "loop",
          count,
          advance: [
            [0, 64],
            [1, 64],
          ],
          carry: [],
          body: [
            { op: "load", out: 0, pointer: 0, offset: 0 },
            { op: "store", pointer: 1, offset: 0, value: 0 },
          ],
        },
      ],
    },
    pointers: [from, to],
  });

  it("counts work, threads that have some, and bytes, those that two read once for each and once together", () => {
    // both threads read from 0: the first 10 vectors, the second 4; they write 10 and 4 vectors elsewhere
    const [first, second] = countPhases([
      [[moves(10, 0, 6400)], [moves(4, 0, 12_800)]],
      [[moves(3, 0, 6400)], []],
    ]);
    expect(first).toEqual({
      busiest: 20,
      work: 28,
      active: 2,
      bytes: 64 * 28,
      mostBytes: 64 * 20,
      distinctBytes: 64 * 24,
      barrier: true,
    });
    expect(second).toMatchObject({ busiest: 6, work: 6, active: 1 });
    expect(workOfKernels([moves(10, 0, 6400), moves(3, 0, 6400)])).toBe(26);
  });

  it("has no barrier where the first thread has all", () => {
    expect(countPhases([[[moves(3, 0, 6400)], []]])[0].barrier).toBe(false);
  });

  const phase = { bytes: 0, mostBytes: 0, distinctBytes: 0, barrier: true };
  const phases = [
    { ...phase, busiest: 60, work: 100, active: 2 },
    { ...phase, busiest: 20, work: 20, active: 1 },
  ];
  const machine = { workAMs: 10, barrierMs: 0.5, bytesAMs: 1000, threadBytesAMs: 100 };
  const at = { threads: 2, scriptMs: 1, work: 120 };

  it("divides what is lost among its causes, which are all that a step takes beyond its share", () => {
    const { ms, lost, unevenness } = scaled(phases, at, machine);
    // 1 ms of script, 6 and 2 ms of phases, two barriers; one thread takes 13 ms
    expect(ms).toBe(10);
    expect(lost).toEqual({ script: 0.5, serial: 1, uneven: 1, barriers: 1, memory: 0 });
    expect(Object.values(lost).reduce((a, b) => a + b)).toBe(ms - 13 / 2);
    expect(unevenness).toBeCloseTo(4 / 3, 12);
  });

  it("takes the longest of a phase's work, its busiest thread's bytes and all bytes", () => {
    const [one] = phases;
    const memory = (mostBytes: number, distinctBytes: number): number =>
      scaled([{ ...one, mostBytes, distinctBytes }], at, machine).lost.memory;
    expect(memory(600, 6000)).toBe(0);
    expect(memory(900, 6000)).toBe(3);
    expect(memory(600, 7000)).toBe(1);
    expect(limitOf(scaled([{ ...one, mostBytes: 9000, distinctBytes: 0 }], at, machine))).toBe("memory");
  });

  it("lets one thread's barriers and memory cost nothing, and a counter's barrier grow with the threads", () => {
    const whole = { ...phase, busiest: 120, work: 120, active: 1, mostBytes: 1e6, distinctBytes: 1e6 };
    expect(scaled([whole], { ...at, threads: 1 }, machine)).toMatchObject({ ms: 13, unevenness: 1 });
    expect([2, 64].map(barriers.counter)).toEqual([1, 32]);
    expect([2, 64].map(barriers.tree)).toEqual([1, 6]);
  });

  it("counts on a back end that computes nothing", async () => {
    const ran: number[] = [];
    const { backend, loaded } = counting((work) => ran.push(work));
    const program = {
      batch: 1,
      arenaBytes: 64,
      entries: { a: [moves(5, 0, 0)] },
      tensors: {},
      rows: { count: 0, mask: 0 },
      constants: [],
    };
    (await backend.load(program)).run("a");
    expect(ran).toEqual([10]);
    expect(loaded.map((one) => one.program)).toEqual([program]);
  });
});

describe("the model of ranks", () => {
  const slow: Link = { name: "slow", alphaMs: 1, betaMs: 0.001 };

  it("sends 2 (R - 1) messages, or 2 log2 R, and 2 (R - 1) / R of the bytes", () => {
    expect(exchangeMs(800, 4, slow)).toBeCloseTo(6 + 1.2, 12);
    expect(exchangeMs(800, 4, slow, "halving")).toBeCloseTo(4 + 1.2, 12);
    expect(exchangeMs(800, 2, slow)).toBe(exchangeMs(800, 2, slow, "halving"));
    // a thousand ranks at 2 microseconds: 2 x 1023 messages
    expect(exchangeMs(0, 1024, link("", 2, 100))).toBeCloseTo(4.092, 12);
    expect(exchangeMs(0, 1024, link("", 2, 100), "halving")).toBeCloseTo(0.04, 12);
  });

  it("takes microseconds and gigabits", () => {
    // 25 Gbit/s are 3.125 GB/s: a MB in 0.32 ms
    const { alphaMs, betaMs } = link("", 20, 25);
    expect([alphaMs, 1e6 * betaMs]).toEqual([0.02, 0.32]);
  });

  it("finds alpha and beta of times between two ranks", () => {
    const times = [1e3, 1e5, 1e7].map((bytes) => ({ bytes, ms: 0.02 + bytes * 3e-7 }));
    const { alphaMs, betaMs } = fitted("found", times);
    expect(alphaMs).toBeCloseTo(0.01, 10);
    expect(betaMs).toBeCloseTo(3e-7, 15);
  });

  // each sum takes a millisecond between two ranks
  const on: Link = { name: "", alphaMs: 0.5, betaMs: 0 };
  const net: Net = {
    name: "net",
    rowMs: 1,
    applyMs: 2,
    sums: [
      { bytes: 8, after: 0.5 },
      { bytes: 8, after: 1 },
    ],
  };

  it("hides a sum behind the rest of the pass", () => {
    // ten rows: the first sum from 5 to 6, the second from 10 to 11, then the optimizer's 2
    expect(stepMs(net, 10, 2, on)).toBe(13);
    expect(stepMs(net, 10, 2, on, { overlap: "apart" })).toBe(14);
    // one row: the first from 0.5 to 1.5, the second waits for it
    expect(stepMs(net, 1, 2, on)).toBe(4.5);
  });

  it("has efficiencies over one rank, which exchanges nothing but has the optimizer too", () => {
    expect(weak(net, 10, 2, on)).toBe(12 / 13);
    expect(strong(net, 20, 2, on)).toBe(22 / 26);
  });

  it("finds the fewest rows for 90 %", () => {
    // (r + 2) / (r + 3) is 0.9 at 7
    expect(rowsFor(0.9, net, 2, on)).toBe(7);
    expect(rowsFor(0.9, { ...net, sums: [] }, 2, on)).toBe(1);
  });

  it("by recursive halving, nearest ranks first, adds in the order of the shards' tree", () => {
    for (const ranks of [2, 4, 8, 16]) {
      const parts = Array.from({ length: ranks }, (_, n) => ({ of: { from: n, to: n + 1 }, sum: String(n) }));
      const add = (left: string, right: string): string => `(${left}+${right})`;
      let sums = parts.map(({ sum }) => sum);
      for (let distance = 1; distance < ranks; distance *= 2)
        sums = sums.map((own, rank) => {
          const other = sums[rank ^ distance];
          return rank & distance ? add(other, own) : add(own, other);
        });
      expect(new Set(sums)).toEqual(new Set([sumTree(ranks, parts, add)]));
    }
  });
});

describe("docs/scale.md", () => {
  it("has the tables and the picture of the saved run (npm run bench:scale -- --redraw)", async () => {
    const scale = JSON.parse(textOf("docs/scale.json")) as Scale;
    const options = { ...(await resolveConfig(`${root}README.md`)), parser: "markdown" };
    const page = textOf("docs/scale.md");
    expect(page).toContain("<!-- bench -->");
    expect(await format(withTable(page, tables(scale)), options)).toBe(page);
    expect(textOf("docs/scale.svg")).toBe(picture(scale));
  });
});
