import { describe, expect, it } from "vitest";
import { gather } from "../../../src/data/dataset.ts";
import { readCsv, refusal, rows } from "./csv.ts";

const values = async (...given: Parameters<typeof readCsv>): Promise<number[]> => [
  ...(await readCsv(...given)).series,
];
const sin = (i: number): string => Math.sin(i).toFixed(4);

describe("fields", () => {
  it("are what stands between separators, with LF, CRLF or CR at the ends of lines", async () => {
    for (const end of ["\n", "\r\n", "\r"])
      for (const [name, sign] of [
        ["comma", ","],
        ["semicolon", ";"],
        ["tab", "\t"],
        ["bar", "|"],
      ]) {
        const text = [
          ["a", "b"],
          ["1", "2.5"],
          ["-3e2", ".5"],
        ]
          .map((row) => row.join(sign))
          .join(end);
        expect(await values(text), name).toEqual([1, 2.5, -300, 0.5]);
      }
  });

  it("have the separator with which quotes end before it, whatever else stands in the header", async () => {
    expect(await values('x|y,k\n1,"a, b"\n2,"c"\n', { label: "k" })).toEqual([1, 2]);
    expect(await refusal('x|y,k,m\n"1",2,3\n4,5\n')).toBe(
      "t.csv: line 3 has 2 fields, the header 3; correct the line",
    );
  });

  it("in quotes hold separators, line ends and doubled quotes", async () => {
    const text = 'a,b,"the ""class"""\n1,2,"x, y"\n"3",4,"two\nlines"\n';
    const data = await readCsv(text, { label: 'the "class"' });
    expect(data.classes).toEqual(["two\nlines", "x, y"]);
    expect([...data.series]).toEqual([1, 2, 3, 4]);
  });

  it("are the same wherever the bytes are cut into pieces", async () => {
    const text = `a,b,k\r\n${rows(40, (i) => `${sin(i)},"${sin(i + 1)}","q""${i % 3}"`).replaceAll("\n", "\r\n")}`;
    const whole = await readCsv(text, { label: "k" });
    for (const piece of [1, 2, 3, 7, 64]) {
      const data = await readCsv(text, { label: "k" }, piece);
      expect([...data.series]).toEqual([...whole.series]);
      expect(data.classes).toEqual(whole.classes);
    }
  });

  it("of a torn or ragged line are refused with the line and both counts", async () => {
    const head = `t,x,y\n${rows(100, (i) => `${i},1,${sin(i)}`)}`;
    expect(await refusal(`${head}100,1`)).toBe(
      "t.csv: line 102 has 2 fields, the header 3; correct the line",
    );
    expect(await refusal(`${head}100,1\n101,1,1\n`)).toMatch(/^t\.csv: line 102 has 2 fields, the header 3/);
    expect(await refusal(`${head}100,1,2,3\n`)).toMatch(/^t\.csv: line 102 has 4 fields, the header 3/);
    expect(await refusal("a;b;c\n1;2;3;\n4;5;6;\n")).toBe(
      "t.csv: line 2 has 4 fields, the header 3; it ends with a separator; take it away, or add a column to the header",
    );
    expect(await refusal('a,b\n"1\n2",3\n4\n')).toMatch(/^t\.csv: line 4 has 1 field, the header 2/);
  });

  it("that miss at the end of a table of one column are said", async () => {
    expect((await readCsv("x\n1\n2\n\n\n", { window: 1 })).notes).toContain(
      "2 empty lines at the end are no rows; write NaN where a value is missing",
    );
    expect(await refusal("x\n1\n\n2\n", { window: 1 })).toContain("an empty line stands before line 4");
  });

  it("that quotes do not end, or go on after, are refused with the line where they begin", async () => {
    expect(await refusal('a,b\n1,"2\n3,4\n')).toBe(
      "t.csv: line 2, field 2 begins with a quote that is never closed; correct the line",
    );
    expect(await refusal('a,b\n1,2\n"3"4,5\n')).toBe(
      't.csv: line 3, field 1 goes on after its closing quote ("4"); a quote in a quoted field is doubled; correct the line',
    );
    expect(await refusal('Station 7\n"a";"b"\n"1";"2"\n')).toBe(
      't.csv: line 2, field 1 goes on after its closing quote (";"); if that stands between fields, give --separator, or --skip N where the header stands further down; correct the line',
    );
  });

  it("of lines before the header are passed over by skip, and the refusal says so", async () => {
    const text = "Station 7\nmeasured in May\nx,y\n1,2\n3,5\n";
    for (const end of ["\r", "\r\n"])
      for (const piece of [1, 64])
        expect(await values(text.replaceAll("\n", end), { skip: 2 }, piece)).toEqual([1, 2, 3, 5]);
    expect(await refusal(text.replace("x,y", '"x,y'), { skip: 2 })).toContain(
      "line 3, field 1 begins with a quote",
    );
    expect(await refusal(text)).toContain("if the header stands further down, give --skip N");
    expect(await values(text, { skip: 2 })).toEqual([1, 2, 3, 5]);
    expect(await refusal(`${text}4\n`, { skip: 2 })).toBe(
      "t.csv: line 6 has 1 field, the header 2; correct the line",
    );
  });
});

describe("the header", () => {
  it("of numbers is refused; without one, columns are numbered", async () => {
    expect(await refusal("1.5,2\n3,4\n")).toContain(
      "its first line is numbers (1.5, 2), not the names of columns",
    );
    expect(await values("1.5,2\n3,4\n", { header: false })).toEqual([1.5, 2, 3, 4]);
    const data = await readCsv("up,1,2\ndown,3,4\n", { header: false, label: "column0" });
    expect([data.classes, [...data.series]]).toEqual([
      ["down", "up"],
      [1, 2, 3, 4],
    ]);
  });

  it("with numbers is a row that would be lost, unless they are those of steps", async () => {
    for (const first of ["5.1,3.5,setosa", "512,498,630", "3,walk,7", "0,50,x", '"0,5","1,5",x'])
      expect(await refusal(`${first}\n${first}\n`, { window: 1 }), first).toMatch(
        /^t\.csv: its first line (is|has) numbers \(.*\), not the names of columns; give it a header, say --no-header, or --skip N/,
      );
    for (const names of [",0", "0,1,kind", "kind,400.5,401,401.5", "a,2019,2020,2021"])
      expect(
        (
          await readCsv(
            `${names}\n${"1.25,2.5,7,8".split(",").slice(0, names.split(",").length).join(",")}\n`,
          )
        ).rows,
        names,
      ).toBe(1);
  });

  it("that names two columns alike is refused; names that differ in case are two", async () => {
    expect(await refusal("a,b,a\n1,2,3\n")).toContain('two columns are called "a"');
    expect(await values("x,X\n1,2\n", { channels: ["X"], window: 1 })).toEqual([]);
    expect([...gather(await readCsv("x,X\n1,2\n", { channels: ["X"], window: 1 }), [0]).series]).toEqual([2]);
  });

  it("keeps class names such as NA, and numbers with zeros before them", async () => {
    const data = await readCsv("x,y,k\n1,2,NA\n3,4,007\n5,6,NA\n", { label: "k" });
    expect(data.classes).toEqual(["007", "NA"]);
  });
});

describe("text", () => {
  const text = "wärme,k\n1,ä\n2,b\n";

  it("is UTF-8 with or without its mark, or UTF-16 by its mark", async () => {
    const utf16 = (little: boolean): Uint8Array => {
      const bytes = new DataView(new ArrayBuffer(2 + 2 * text.length));
      [0xfeff, ...Array.from(text, (c) => c.charCodeAt(0))].forEach((unit, i) =>
        bytes.setUint16(2 * i, unit, little),
      );
      return new Uint8Array(bytes.buffer);
    };
    const options = { label: "k", channels: ["wärme"], window: 1 };
    for (const content of [text, `\ufeff${text}`, utf16(true), utf16(false)])
      for (const piece of [1, 64])
        expect((await readCsv(content, options, piece)).classes).toEqual(["b", "ä"]);
  });

  it("in Latin-1 is refused with the line and the remedy, which works", async () => {
    const latin = Uint8Array.from("warm,k\n1,b\n2,\u00e4\n", (c) => c.charCodeAt(0));
    expect(await refusal(latin, { label: "k" })).toBe(
      "t.csv: line 3, field 2 is no UTF-8 (byte 0xe4); if the file is Latin-1 or Windows-1252, give --encoding windows-1252, or convert it to UTF-8",
    );
    expect((await readCsv(latin, { label: "k", encoding: "windows-1252" })).classes).toEqual(["b", "ä"]);
  });
});

describe("numbers", () => {
  const column = (...cells: string[]): string => `x;k\n${cells.map((cell) => `${cell};a`).join("\n")}\n`;
  const read = async (...cells: string[]): Promise<number[]> => values(column(...cells), { label: "k" });

  it("are the nearest doubles of plain decimals, whatever their length", async () => {
    const cells = [
      "0.1",
      "123456789012345678",
      "1.7976931348623157e308",
      "4.9e-324",
      "-0",
      "+7",
      "9007199254740993",
      "0.30000000000000004",
    ];
    expect(await read(...cells)).toEqual(cells.map(Number));
  });

  it("have decimal commas, thousands, percent signs and units where a whole column agrees", async () => {
    expect(await read("0,5", "1,25", "3")).toEqual([0.5, 1.25, 3]);
    expect(await read("1.234,5", "0,25", "12")).toEqual([1234.5, 0.25, 12]);
    expect(await read("1,234.5", "999", "1,000,000")).toEqual([1234.5, 999, 1e6]);
    expect(await read("1 234,5", "12,5")).toEqual([1234.5, 12.5]);
    expect(await read("12 %", "7.5%")).toEqual([12, 7.5]);
    expect(await read("5 mV", "7 mV")).toEqual([5, 7]);
    expect(await read("0,123", "0,456")).toEqual([0.123, 0.456]);
    expect((await readCsv(column("0,5", "1,25"), { label: "k" })).notes).toContain("x: decimal commas");
  });

  it("keep their exponents, which are no units, and units that are called E", async () => {
    expect(await read("1,5e+2", "2,5e-3", "3e2", "4")).toEqual([150, 0.0025, 300, 4]);
    expect(await read("5.25 E", "7E")).toEqual([5.25, 7]);
    expect(await read("1,5e2 m²", "2,5e+3 m²")).toEqual([150, 2500]);
  });

  it("with three digits behind a point, where semicolons stand between fields, may be thousands", async () => {
    const text = "x;y;k\n1.234;987;a\n5.678;12;b\n";
    expect(await refusal(text, { label: "k" })).toBe(
      't.csv: column "x": it has numbers such as 1.234, which is one number with a decimal point and another with thousands; say which with --decimal point or comma',
    );
    expect(await values(text, { label: "k", decimal: "comma" })).toEqual([1234, 987, 5678, 12]);
    expect(await values(text, { label: "k", decimal: "point" })).toEqual([1.234, 987, 5.678, 12]);
    expect(await values(text.replace("987", "0.987"), { label: "k" })).toEqual([1.234, 0.987, 5.678, 12]);
    expect(await values(text.replaceAll(";", ","), { label: "k" })).toEqual([1.234, 987, 5.678, 12]);
    expect(await refusal("x\n1.234\n5.678\n", { window: 1 })).toContain("say which with --decimal");
  });

  it("that can be read in two ways are refused by name, until an option says which", async () => {
    expect(await refusal(column("1,234", "5,678"), { label: "k" })).toBe(
      't.csv: column "x": line 2 has "1,234", which is one number with a decimal comma and another with thousands; say which with --decimal comma or point',
    );
    expect(await values(column("1,234", "5,678"), { label: "k", decimal: "comma" })).toEqual([1.234, 5.678]);
    expect(await values(column("1,234", "5,678"), { label: "k", decimal: "point" })).toEqual([1234, 5678]);
    expect(await refusal(column("1,5", "2.5"), { label: "k" })).toContain("written in several ways");
    expect(await refusal(column("5 mV", "7"), { label: "k" })).toContain("some of its cells have a unit");
  });

  it("by a column that is beyond doubt are told for the others of its file", async () => {
    const text = "u;v;k\n230,123;0,5;a\n231,456;0,25;b\n";
    expect(await values(text, { label: "k" })).toEqual([230.123, 0.5, 231.456, 0.25]);
    expect(await refusal("u;v;k\n1.234;0,5;a\n5.678;0,25;b\n", { label: "k" })).toContain(
      "say what the point is with --decimal",
    );
  });

  it("stay numbers after any row: decimals may begin late", async () => {
    const text = `x,k\n${rows(30_000, (i) => `0,${"ab"[i % 2]}`)}0.5,b\n`;
    expect((await values(text, { label: "k" })).at(-1)).toBe(0.5);
  });

  it("beside a word are refused with the line, however late it comes", async () => {
    expect(await refusal(`x,y\n${rows(30_000, (i) => `${sin(i)},1`)}oops,1\n`)).toBe(
      't.csv: column "x": line 30002 has "oops"; values are numbers; correct it, or choose the columns with --channels',
    );
    expect(await refusal("x;y\n1;0.50;\n".replaceAll(";", ",").replace("0.50,", "0.50;"))).toContain(
      '"0.50;"',
    );
    expect(await refusal("x,y\n1,inf\n2,3\n")).toContain("values are finite");
  });

  it("are 1 and 0 for true and false, and NaN for marks of what is missing", async () => {
    const data = await readCsv("x,valve\n1,True\n2,false\n3,NA\n", { window: 3 });
    expect([...gather(data, [0]).series]).toEqual([1, 2, 3, 1, 0, NaN]);
    expect(data.notes).toContain("valve: true and false as 1 and 0");
  });
});

describe("columns", () => {
  const noise = (i: number): string => Array.from({ length: 5 }, (_, t) => sin(7 * i + t * t)).join(",");
  const head = "v0,v1,v2,v3,v4";

  it("without a name, that count up, that are keys, or that say the class, are no channels", async () => {
    const plain = await readCsv(`label,${head}\n${rows(30, (i) => `${i < 15 ? "a" : "b"},${noise(i)}`)}`, {
      label: "label",
    });
    const others: readonly (readonly [string, (i: number) => number, string])[] = [
      ["", (i) => i, "it has no name"],
      ["Unnamed: 0", (i) => i, "it has no name"],
      ["number", (i) => 100 + 2 * i, "it counts up"],
      ["patient", (i) => 1 + ((7 * i) % 30), "each row has another number"],
      ["code", (i) => (i < 15 ? 3 : 8), "it has one value a class, so it says the class"],
      ["sample_id", (i) => (i * i) % 7, "by its name it is no measurement"],
    ];
    for (const [name, of, why] of others) {
      const text = `${name},label,${head}\n${rows(30, (i) => `${of(i)},${i < 15 ? "a" : "b"},${noise(i)}`)}`;
      const data = await readCsv(text, { label: "label" });
      expect([...data.series], name).toEqual([...plain.series]);
      expect(data.notes?.join("\n"), name).toContain(`left out: ${name || "column 1"} (${why}`);
    }
  });

  it("of text are left out and told, and refused where they are asked for", async () => {
    const text = `x,note\n${rows(12, (i) => `${sin(i)},fine`)}`;
    expect((await readCsv(text, { window: 4 })).notes).toContain("left out: note (it is text)");
    expect(await refusal(text, { window: 4, channels: ["note"] })).toContain('column "note" is text');
  });

  it("in another order, and all others of them, give the same channels", async () => {
    const data = await readCsv(`t,load,temp\n${rows(20, (i) => `${i},${sin(i)},${sin(2 * i)}`)}`, {
      time: "t",
      window: 5,
    });
    const other = await readCsv(`temp,t,load\n${rows(20, (i) => `${sin(2 * i)},${i},${sin(i)}`)}`, {
      time: "t",
      window: 5,
      channels: ["load", "temp"],
    });
    const all = [0, 1, 2, 3];
    expect([...gather(other, all).series]).toEqual([...gather(data, all).series]);
  });

  it("that end in empty fields make shorter rows, which is told", async () => {
    const data = await readCsv("k,x0,x1,x2\na,1,2,3\nb,4,,\na,5,,6\n", { label: "k" });
    expect([...(data.lengths ?? [])]).toEqual([3, 1, 3]);
    expect([...data.series]).toEqual([1, 2, 3, 4, NaN, NaN, 5, NaN, 6]);
    expect(data.notes?.join()).toContain("1 of 3 rows end in empty fields");
    expect(await refusal("k,x0,x1\na,1,2\nb,,\n", { label: "k" })).toContain("has no value in any column");
  });
});

describe("time", () => {
  const of = (times: readonly string[], more = {}): Promise<number[]> =>
    readCsv(`t;x\n${times.map((t, i) => `${t};${i}`).join("\n")}\n`, {
      time: "t",
      channels: ["x"],
      window: times.length,
      ...more,
    }).then((data) => [...gather(data, [0]).series]);

  it("orders rows by dates, clocks and zones", async () => {
    expect(await of(["2024-01-03", "2024-01-01", "2024-01-02"])).toEqual([1, 2, 0]);
    expect(await of(["03.01.2024 10:00", "01.01.2024 10:00", "01.02.2024 09:00"])).toEqual([1, 0, 2]);
    expect(await of(["2024-01-01T10:00+02:00", "2024-01-01T09:30Z", "2024-01-01T08:30Z"])).toEqual([0, 2, 1]);
    expect(await of(["13/01/2024", "02/01/2024", "01/02/2024"])).toEqual([1, 0, 2]);
    expect(await of(["01/13/2024", "01/02/2024", "02/01/2024"])).toEqual([1, 0, 2]);
  });

  it("that can be read in two ways, mixes zones or goes back by an hour is refused", async () => {
    await expect(of(["01/02/2024", "02/02/2024"])).rejects.toThrow("day and month cannot be told apart");
    await expect(of(["2024-01-01T10:00Z", "2024-01-01T11:00"])).rejects.toThrow("some have none");
    await expect(of(["2024-10-27 02:30", "2024-10-27 02:45", "2024-10-27 02:00"])).rejects.toThrow(
      "clock is set back",
    );
    await expect(of(["2024-02-30", "2024-03-01"])).rejects.toThrow("there is no such time");
  });
});

describe("size", () => {
  it("of 10,000 columns is read, and so is a line of 200 kB", async () => {
    const names = Array.from({ length: 10_000 }, (_, c) => `c${c}`).join(",");
    const line = Array.from({ length: 10_000 }, (_, c) => String((c % 17) / 8)).join(",");
    const data = await readCsv(`k,${names}\n${rows(100, (i) => `${i % 2},${line}`)}`, { label: "k" });
    expect([data.rows, data.length, data.series[999_999]]).toEqual([100, 10_000, (9999 % 17) / 8]);
    const wide = Array.from({ length: 30_000 }, (_, c) => `c${c}`).join(",");
    const long = await readCsv(`${wide}\n${Array.from({ length: 30_000 }, () => "1.25e-3").join(",")}\n`);
    expect([long.rows, long.length, long.series[29_999]]).toEqual([1, 30_000, 1.25e-3]);
  });
});

describe("a table with a column of times whose rows are taken as series", () => {
  it("says how rows become time steps", async () => {
    const text = "date,x,y,kind\n2024-01-01,1,2,a\n2024-01-02,3,4,b\n";
    const note =
      "each row is taken as a whole series; if rows are time steps, say so with --time date (--series-by, --window)";
    expect((await readCsv(text, { label: "kind" })).notes).toContain(note);
    expect((await readCsv(text, { label: "kind", time: "date", window: 1 })).notes).not.toContain(note);
    expect((await readCsv("x,y,kind\n1,2,a\n", { label: "kind" })).notes).toHaveLength(1);
  });
});
