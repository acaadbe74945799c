/** What became of each column, as data. */
import { describe, expect, it } from "vitest";
import { csvColumns, readCsv } from "../../../src/index.ts";

const long =
  "time,who,state,x,y,remark,id\n" +
  Array.from(
    { length: 24 },
    (_, i) =>
      `${i % 6},p${Math.floor(i / 6)},${i < 12 ? "up" : "down"},${(i * 7) % 5},${(i * i) % 7},ok,${i}\n`,
  ).join("");

const roles = async (text: string, options = {}) =>
  (await csvColumns(text, options)).columns.map(({ name, role, why }) => [name, role, why ?? ""]);

describe("csvColumns", () => {
  it("says of each column what it became, and why one is left out", async () => {
    expect(await roles(long, { time: "time", seriesBy: "who", label: "state" })).toEqual([
      ["time", "time", ""],
      ["who", "series", ""],
      ["state", "label", ""],
      ["x", "channel", ""],
      ["y", "channel", ""],
      ["remark", "left out", "it is text"],
      ["id", "left out", "by its name it is no measurement"],
    ]);
  });

  it("says the same as the notes of the data set", async () => {
    const options = { time: "time", seriesBy: "who", label: "state", channels: ["y", "id"] };
    const { columns, rows, separator } = await csvColumns(long, options);
    const data = await readCsv(long, options);
    expect([rows, separator]).toEqual(["time steps", ","]);
    const channels = columns.filter(({ role }) => role === "channel").map(({ name }) => name);
    expect(channels).toEqual(["y", "id"]);
    expect(data.notes?.[0]).toContain(`channels ${channels.join(", ")}`);
  });

  it("finds the separator, and that rows are series", async () => {
    const { rows, separator } = await csvColumns("class;a0;a1\nx;1;2\ny;3;4\n", { label: "class" });
    expect([rows, separator]).toEqual(["series", ";"]);
  });

  it("says of a choice that will not do what reading says, and goes on without it", async () => {
    const options = { time: "when" };
    const { fault, columns } = await csvColumns(long, options);
    await expect(readCsv(long, options)).rejects.toThrow(fault);
    expect(fault).toContain('there is no column "when" (time)');
    expect(columns.map(({ role }) => role)).toContain("channel");
  });

  it("says why numbers among text are none", async () => {
    const { columns, fault } = await csvColumns("a,b\n1,2\n2,x7\n3,4\n4,5\n");
    expect(fault).toContain('column "b"');
    expect(columns[1].why).toContain("x7");
  });
});
