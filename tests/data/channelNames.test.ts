import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataHash } from "../../src/data/dataHash.ts";
import { chunks, dataset, gather, rowsOf, type Dataset } from "../../src/data/dataset.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { chooseChannels, matchChannels } from "../../src/data/matchChannels.ts";
import { slidingWindows } from "../../src/data/slidingWindows.ts";
import { splitRows } from "../../src/data/split.ts";
import { windows } from "../../src/data/windows.ts";

/** Three rows of load, temp and flow, each of 4 values: 100 a row, 10 a channel, 1 a position. */
const rows = [0, 1, 2].map((r) => [0, 1, 2].map((c) => [0, 1, 2, 3].map((t) => 100 * r + 10 * c + t)));
const channelNames = ["load", "temp", "flow"];
const named = fromArrays({ series: rows, labels: ["a", "b", "a"], channelNames, name: "days" });
const { channelNames: _names, ...fields } = named;
const nameless = dataset({ ...fields, channelNames: undefined });

/** The same rows, read from elsewhere. */
const elsewhere = (data: Dataset): Dataset =>
  data.with({
    series: new Float64Array(0),
    source: {
      rows: data.rows,
      read(row, from, count, into, at) {
        for (let c = 0; c < data.channels; c++)
          for (let t = 0; t < count; t++)
            into[at + c * count + t] = data.series[(row * data.channels + c) * data.length + from + t];
      },
    },
  });
const valuesOf = (data: Dataset): number[] => [...chunks(data)].flatMap(({ series }) => [...series]);

describe("Channel names", () => {
  it("go with rows, splits, windows, batches and other fields", () => {
    expect(named.with({ name: "other" }).channelNames).toEqual(channelNames);
    expect(rowsOf(named, [2, 0]).channelNames).toEqual(channelNames);
    expect(rowsOf(elsewhere(named), [2, 0]).channelNames).toEqual(channelNames);
    expect(slidingWindows(named, { window: 2 }).channelNames).toEqual(channelNames);
    expect(gather(named, [1]).channelNames).toEqual(channelNames);
    const six = fromArrays({
      series: [...rows, ...rows],
      labels: ["a", "b", "a", "b", "a", "b"],
      channelNames,
    });
    expect(rowsOf(six, splitRows(six, 0.34, 0).test).channelNames).toEqual(channelNames);
    const series = [0, 1].map((c) => Array.from({ length: 30 }, (_, t) => t * (c + 1)));
    const parts = windows(series, {
      length: 2,
      horizon: 1,
      split: [10, 20, 30],
      channelNames: ["in", "out"],
    });
    expect(parts.test.channelNames).toEqual(["in", "out"]);
    expect("channelNames" in gather(nameless, [1])).toBe(false);
  });

  it("are no part of the data's hash, which the values are", () => {
    expect(dataHash(named)).toBe(dataHash(nameless));
    const swapped = chooseChannels(named, ["temp", "load", "flow"]);
    expect(dataHash(swapped)).not.toBe(dataHash(named));
    expect(dataHash(matchChannels(channelNames, swapped, "it").data)).toBe(dataHash(named));
  });

  it("are as many as channels, distinct and not empty", () => {
    const make = (names: readonly string[]) => () =>
      fromArrays({ series: rows, labels: ["a", "b", "a"], channelNames: names });
    expect(make(["x", "y"])).toThrow(
      "fromArrays: channelNames: 2 names for 3 channels; each has one; correct them",
    );
    expect(make(["x", "", "z"])).toThrow('the name of channel 1 is ""; a name is text that is not empty');
    expect(make(["x", "y", "x"])).toThrow('channels 0 and 2 are both called "x"; names are distinct');
    expect(() => named.with({ channelNames: ["x"] })).toThrow("days: 1 names for 3 channels");
  });
});

describe("matchChannels", () => {
  it("puts channels into the order of the names, in memory and elsewhere, and says so", () => {
    for (const given of [named, elsewhere(named)]) {
      const { data, note } = matchChannels(["flow", "load", "temp"], given, "the model m");
      expect(valuesOf(rowsOf(data, [1]))).toEqual([
        120, 121, 122, 123, 100, 101, 102, 103, 110, 111, 112, 113,
      ]);
      expect(data.channelNames).toEqual(["flow", "load", "temp"]);
      expect(data.classes).toEqual(["a", "b"]);
      expect(note).toBe(
        "days: its channels load, temp, flow are put into the order of the model m: flow, load, temp",
      );
    }
    expect(matchChannels(channelNames, named, "m")).toEqual({ data: named, note: null });
  });

  it("refuses what is missing or too many with both lists, and names the remedy", () => {
    expect(() => matchChannels(["temp", "load"], named, "the model m")).toThrow(
      "days: its channels are load, temp, flow, but those of the model m are temp, load (flow too many); " +
        "channels are matched by name; choose with --channels temp,load (in code: chooseChannels)",
    );
    expect(() => matchChannels(["load", "temp", "flow", "x y"], named, "the model m")).toThrow(
      'those of the model m are load, temp, flow, "x y" ("x y" missing); channels are matched by name; rename them, or give rows that have them all',
    );
    expect(() => matchChannels(["load", "temp", "Flow"], named, "the model m")).toThrow(
      "(Flow missing, flow too many)",
    );
    expect(() => matchChannels(["flow a"], named.with({ channelNames: ["a", "b", "flow a"] }), "m")).toThrow(
      'choose with --channels "flow a"',
    );
  });

  it("takes by position where one side has no names, and says so", () => {
    const taken = matchChannels(["x", "y", "z"], nameless, "the model m");
    expect(taken.data.channelNames).toEqual(["x", "y", "z"]);
    expect(valuesOf(taken.data)).toEqual(valuesOf(nameless));
    expect(taken.note).toBe(
      "days has no channel names: its channels are taken by position as x, y, z of the model m",
    );
    expect(matchChannels(undefined, named, "the model m")).toEqual({
      data: named,
      note: "the model m has no channel names: load, temp, flow of days are taken by position",
    });
    expect(matchChannels(undefined, nameless, "m")).toEqual({ data: nameless, note: null });
    // another number of channels is for the check of shapes
    expect(matchChannels(["x"], nameless, "m")).toEqual({ data: nameless, note: null });
  });

  it("brings any order back: every value is where it was", () => {
    const orders = fc.shuffledSubarray(channelNames, { minLength: 3 });
    fc.assert(
      fc.property(orders, fc.boolean(), (order, inMemory) => {
        const shuffled = chooseChannels(inMemory ? named : elsewhere(named), order);
        const { data } = matchChannels(channelNames, shuffled, "it");
        expect(valuesOf(data)).toEqual([...named.series]);
        expect(valuesOf(slidingWindows(data, { window: 2 }))).toEqual(
          valuesOf(slidingWindows(named, { window: 2 })),
        );
      }),
    );
  });
});

describe("chooseChannels", () => {
  it("takes some, in the order given, by name, or by number where there are none", () => {
    const some = chooseChannels(named, ["flow", "load"]);
    expect([some.channels, some.channelNames]).toEqual([2, ["flow", "load"]]);
    expect(valuesOf(rowsOf(some, [1]))).toEqual([120, 121, 122, 123, 100, 101, 102, 103]);
    const numbered = chooseChannels(nameless, ["2", 0]);
    expect(valuesOf(rowsOf(numbered, [1]))).toEqual([120, 121, 122, 123, 100, 101, 102, 103]);
    expect(numbered.channelNames).toBeUndefined();
    expect(chooseChannels(named, channelNames)).toBe(named);
  });

  it("refuses one that is not there, one that is given twice, and none", () => {
    expect(() => chooseChannels(named, ["load", "0"])).toThrow(
      'days: there is no channel "0" (channels); they are load, temp, flow',
    );
    expect(() => chooseChannels(nameless, ["load"], "x.npy")).toThrow(
      'x.npy: there is no channel "load" (channels); they have no names and go by numbers from 0 to 2',
    );
    expect(() => chooseChannels(nameless, [3])).toThrow('there is no channel "3"');
    expect(() => chooseChannels(nameless, ["1", "01"])).toThrow('channel "01" is given twice');
    expect(() => chooseChannels(named, [])).toThrow("channels names none");
  });

  it("keeps lengths and missing values of ragged rows", () => {
    const ragged = fromArrays({
      series: [
        [
          [1, 2, 3],
          [4, NaN, 6],
        ],
        [[7], [8]],
      ],
      labels: ["a", "b"],
      missing: "NaN",
      channelNames: ["x", "y"],
    });
    const turned = chooseChannels(ragged, ["y", "x"]);
    expect(valuesOf(turned)).toEqual([4, NaN, 6, 1, 2, 3, 8, NaN, NaN, 7, NaN, NaN]);
    expect([...(turned.lengths ?? [])]).toEqual([3, 1]);
  });
});
