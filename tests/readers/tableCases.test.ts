/** Tables that people really have (cases.ts says how they are judged). */
import { gzipSync } from "node:zlib";
import { comma, json, kind, lines, wave } from "./cases.ts";

kind("K1, fields that change in number", [
  [
    "a column is taken away, tabs",
    {
      "a.tsv": `t\tx\ty\n${lines(150, (i) => `${i}\t${wave(i)}\t1.5`)}${lines(50, (i) => `${i}\t${wave(i)}`)}`,
    },
    { window: 10, channels: ["x"] },
    /^a\.tsv: line 152 has 2 fields, the header 3; correct the line$/,
  ],
  [
    "two more in the last line, semicolons and decimal commas",
    { "a.csv": `t;x\n${lines(99, (i) => `${i};${comma(wave(i))}`)}99;1,5;2,5;3\n` },
    { time: "t" },
    /^a\.csv: line 101 has 4 fields, the header 2; correct the line$/,
  ],
  [
    "a sensor more after 20,000 lines, packed",
    { "a.csv.gz": gzipSync(`x,y\n${lines(20_000, (i) => `${wave(i)},0.5`)}${lines(9, () => "1,2,3")}`) },
    { window: 10 },
    /^a\.csv\.gz: line 20002 has 3 fields, the header 2; correct the line$/,
  ],
  [
    "a sensor more in JSON lines is missing before",
    { "a.jsonl": json(60, (i) => (i < 40 ? { x: wave(i) } : { x: wave(i), y: 0.5 })) },
    { window: 60 },
    {
      shape: [1, 2, 60],
      names: ["x", "y"],
      begins: [
        [-2, -0.25],
        [NaN, NaN],
      ],
    },
  ],
]);

kind("K2, columns of values that look otherwise", [
  [
    "blanks between thousands, tabs",
    { "a.csv": `x\ty\n${lines(20, (i) => `1 ${200 + i},5\t${(i * i) % 3}`)}` },
    { window: 20 },
    {
      shape: [1, 2, 20],
      begins: [
        [1200.5, 1201.5],
        [0, 1, 1],
      ],
      notes: [/x: decimal commas, thousands apart/],
    },
  ],
  [
    "percent signs and units, bars",
    { "a.csv": `x|y\n${lines(20, (i) => `${i * i} %|${wave(i)} mV`)}` },
    { window: 20 },
    {
      shape: [1, 2, 20],
      begins: [
        [0, 1, 4],
        [-2, -0.25],
      ],
      notes: [/x: "%" passed over/, /y: "mV" passed over/],
    },
  ],
  [
    "TRUE and FALSE in quotes, between other columns",
    {
      "a.csv": `"u","valve","x"\n${lines(12, (i) => `${wave(i)},"${i % 3 ? "TRUE" : "FALSE"}",${wave(3 * i)}`)}`,
    },
    { window: 12 },
    {
      shape: [1, 3, 12],
      names: ["u", "valve", "x"],
      begins: [[-2], [0, 1, 1, 0]],
      notes: [/valve: true and false as 1 and 0/],
    },
  ],
  [
    "booleans of JSON lines",
    { "a.jsonl": json(12, (i) => ({ x: wave(i), valve: i % 3 > 0 })) },
    { window: 12 },
    { shape: [1, 2, 12], names: ["x", "valve"], begins: [[-2], [0, 1, 1, 0]] },
  ],
  [
    "a bar at the end of rows alone",
    { "a.csv": `x|y|z\n${lines(12, (i) => `${wave(i)}|1.5|2|`)}` },
    { window: 4 },
    /^a\.csv: line 2 has 4 fields, the header 3; it ends with a separator; take it away, or add a column to the header$/,
  ],
  [
    "semicolons at the end of lines between commas",
    { "a.csv": `x,y,z;\n${lines(12, (i) => `${wave(i)},1.5,2.5;`)}` },
    { window: 4, separator: "," },
    /^a\.csv: column "z;": line 2 has "2\.5;"; values are numbers; correct it, or choose/,
  ],
  [
    "decimal commas as text in JSON lines",
    { "a.jsonl": json(12, (i) => ({ y: wave(i), x: i === 0 ? "1" : comma(wave(i)) })) },
    { window: 4 },
    /^a\.jsonl: column "x": row 1 \(from 0\) has "-0,25"; values are numbers; correct it/,
  ],
]);

kind("K3, decimal commas between fields", [
  [
    "tabs",
    { "a.tsv": `t\tx\n${lines(30, (i) => `${comma(i / 100)}\t${comma(wave(i))}`)}` },
    { window: 30, channels: ["t", "x"] },
    {
      shape: [1, 2, 30],
      begins: [
        [0, 0.01, 0.02],
        [-2, -0.25, 1.5],
      ],
    },
  ],
  [
    "no header, where both could separate",
    { "a.csv": lines(30, (i) => `0,${10 + i};1,${20 + i}`) },
    { window: 30, header: false },
    /^a\.csv: "," and ";" both stand between as many fields in every line; say which with --separator$/,
  ],
  [
    "no header, and said",
    { "a.csv": lines(30, (i) => `0,${10 + i};1,${20 + i}`) },
    { window: 30, header: false, separator: ";" },
    {
      shape: [1, 2, 30],
      begins: [
        [0.1, 0.11],
        [1.2, 1.21],
      ],
    },
  ],
  [
    "commas between fields too, in quotes",
    { "a.csv": `x,y\n${lines(30, (i) => `"${comma(wave(i))}","${comma(wave(2 * i))}"`)}` },
    { window: 30 },
    {
      shape: [1, 2, 30],
      begins: [
        [-2, -0.25],
        [-2, 1.5],
      ],
    },
  ],
  [
    "commas between fields too, without quotes",
    { "a.csv": `x,y\n${lines(30, (i) => `0,${i},1,5`)}` },
    { window: 30 },
    /^a\.csv: line 2 has 4 fields, the header 2; correct the line/,
  ],
]);

const late = (i: number): number => (i < 25_000 ? 0 : 0.5);
kind("K4, decimals that begin late", [
  [
    "JSON lines",
    { "a.jsonl": json(25_010, (i) => ({ x: late(i) })) },
    { window: 25_010 },
    { shape: [1, 1, 25_010] },
  ],
  [
    "a JSON array, the last values",
    { "a.json": JSON.stringify(Array.from({ length: 25_010 }, (_, i) => ({ x: late(i) }))) },
    { sql: "select x from data offset 24998", window: 12 },
    { shape: [1, 1, 12], begins: [[0, 0, 0.5]] },
  ],
  [
    "a query over a CSV with semicolons",
    { "a.csv": `x;k\n${lines(25_010, (i) => `${late(i)};a`)}` },
    { sql: "select x from data offset 24998", window: 12 },
    { shape: [1, 1, 12], begins: [[0, 0, 0.5]] },
  ],
  [
    "a query over a CSV with decimal commas",
    { "a.csv": `x;k\n${lines(100, (i) => `${comma(late(i * 1000))};a`)}` },
    { sql: "select x from data offset 24", window: 12 },
    { shape: [6, 1, 12], begins: [[0, 0.5, 0.5]], notes: [/x: decimal commas/] },
  ],
  [
    "CSV, packed, tabs",
    { "a.tsv.gz": gzipSync(`x\tk\n${lines(25_010, (i) => `${late(i)}\ta`)}`) },
    { window: 25_010, label: "k" },
    { shape: [1, 1, 25_010] },
  ],
]);

const noise = (i: number, t: number): number => ((i * 31 + t * 17) % 13) / 4;
const wide = (i: number): string => Array.from({ length: 5 }, (_, t) => noise(i, t)).join(",");
const state = (i: number): string => (i < 15 ? "a" : "b");
kind("K5, indices", [
  [
    "Unnamed: 0",
    { "a.csv": `Unnamed: 0,label,v0,v1,v2,v3,v4\n${lines(30, (i) => `${i},${state(i)},${wide(i)}`)}` },
    { label: "label" },
    { shape: [30, 1, 5], begins: [[0, 1, 2]], notes: [/left out: Unnamed: 0 \(it has no name/] },
  ],
  [
    "without a name in the last place, tabs",
    {
      "a.tsv": `label,v0,v1,v2,v3,v4,\n${lines(30, (i) => `${state(i)},${wide(i)},${i}`)}`.replaceAll(
        ",",
        "\t",
      ),
    },
    { label: "label" },
    { shape: [30, 1, 5], notes: [/left out: column 7 \(it has no name/] },
  ],
  [
    "row names of R, from 1 and in quotes",
    { "a.csv": `"","x","y"\n${lines(30, (i) => `"${i + 1}",${wave(i)},${wave(3 * i)}`)}` },
    { window: 30 },
    { shape: [1, 2, 30], names: ["x", "y"], notes: [/left out: column 1 \(it has no name/] },
  ],
  [
    "before a query",
    {
      "a.csv":
        `,when;x\n`.replace(",", ";") +
        lines(30, (i) => `${i};0${1 + (i % 9)}.03.2024 10:${10 + i};${comma(wave(i))}`),
    },
    { sql: "select * from data", time: "when" },
    { shape: [1, 1, 30], names: ["x"], notes: [/left out: column 1 \(it has no name/] },
  ],
  [
    "a key that was shuffled",
    { "a.csv": `x,number,y\n${lines(30, (i) => `${wave(i)},${100 + ((i * 7) % 30)},${wave(3 * i)}`)}` },
    { window: 30 },
    { shape: [1, 2, 30], names: ["x", "y"], notes: [/left out: number \(each row has another number/] },
  ],
  [
    "Parquet's and JSON's",
    { "a.jsonl": json(30, (i) => ({ __index_level_0__: i, x: wave(i) })) },
    { window: 30 },
    { shape: [1, 1, 30], names: ["x"], notes: [/left out: __index_level_0__/] },
  ],
]);

kind("K9, lists", [
  [
    "lists of lists",
    {
      "a.jsonl": json(12, (i) => ({
        label: "a",
        x: [
          [i, 1],
          [2, 3],
        ],
      })),
    },
    { label: "label" },
    /^a\.jsonl: column "x": it holds lists \(BIGINT\[\]\[\]\); unnest it with --sql, or leave it out with --channels$/,
  ],
  [
    "structures",
    { "a.jsonl": json(12, (i) => ({ label: "a", acc: { x: i, y: 2 } })) },
    { label: "label", window: 3 },
    /^a\.jsonl: column "acc": it holds structures \(STRUCT\(.*\)\); unnest it with --sql, or leave it out with --channels$/,
  ],
  [
    "asked for by name",
    {
      "a.json": JSON.stringify([
        { id: 1, x: [1.5, 2] },
        { id: 2, x: [3, 4] },
      ]),
    },
    { window: 1, channels: ["x"] },
    /^a\.json: column "x" \(channels\): it holds lists \(DOUBLE\[\]\); unnest it with --sql/,
  ],
  [
    "unnested as the refusal says",
    { "a.jsonl": json(2, (i) => ({ item: `s${i}`, x: [i, 1.5, 2] })) },
    { sql: "select item, unnest(x) as x from data", seriesBy: "item" },
    { shape: [2, 1, 3], begins: [[0, 1.5, 2]] },
  ],
]);

kind("K12, very wide", [
  [
    "12,000 columns of decimal commas",
    {
      "a.csv": `k;${Array.from({ length: 12_000 }, (_, c) => `c${c}`).join(";")}\n${lines(4, (i) => `${"ab"[i % 2]};${Array.from({ length: 12_000 }, (_, c) => comma(((c + i) % 7) / 4)).join(";")}`)}`,
    },
    { label: "k" },
    { shape: [4, 1, 12_000], begins: [[0, 0.25, 0.5]], classes: ["a", "b"] },
  ],
  [
    "lines of 2.4 MB",
    {
      "a.csv": `${Array.from({ length: 200_000 }, (_, c) => `c${c}`).join(",")}\n${lines(2, () => Array.from({ length: 200_000 }, (_, c) => `${c % 9}.125000000`).join(","))}`,
    },
    {},
    { shape: [2, 1, 200_000], begins: [[0.125, 1.125]] },
  ],
  [
    "tabs, packed, the class last",
    {
      "a.tsv.gz": gzipSync(
        `${Array.from({ length: 3000 }, (_, c) => `x${c}`).join("\t")}\tclass\n${lines(8, (i) => `${Array.from({ length: 3000 }, (_, c) => (c * i) % 5).join("\t")}\t${"ab"[i % 2]}`)}`,
      ),
    },
    { label: "class" },
    { shape: [8, 1, 3000], classes: ["a", "b"] },
  ],
]);

kind("K13, torn and ragged", [
  [
    "in a quoted field of the last line",
    { "a.csv": `x,note\n${lines(300, (i) => `${wave(i)},"fine, so far"`)}1.5,"fine, s` },
    { window: 50 },
    /^a\.csv: line 302, field 2 begins with a quote that is never closed; correct the line$/,
  ],
  [
    "in the middle, tabs, a series by name",
    { "a.tsv": `s\tt\tx\n${lines(80, (i) => (i === 40 ? "a\t4" : `a\t${i}\t${wave(i)}`))}` },
    { seriesBy: "s", time: "t", channels: ["x"] },
    /^a\.tsv: line 42 has 2 fields, the header 3; correct the line$/,
  ],
  [
    "a packed file that is cut",
    { "a.csv.gz": gzipSync(`t,x\n${lines(5000, (i) => `${i},${Math.sin(i)}`)}`).subarray(0, 20_000) },
    { time: "t" },
    /^a\.csv\.gz: it does not unpack \(.*\); is the file cut short\? give it whole$/,
  ],
  [
    "rows of a wide table without their tails, semicolons",
    { "a.csv": `class;x0;x1;x2;x3\n${lines(9, (i) => (i === 4 ? "a;1" : "a;1;2;3;4"))}` },
    { label: "class" },
    /^a\.csv: line 6 has 2 fields, the header 5; correct the line$/,
  ],
  [
    "the last line of JSON lines",
    { "a.jsonl": `${json(50, (i) => ({ x: wave(i) }))}{"x": 1.` },
    { window: 5 },
    /^a\.jsonl: .*; correct the (file|line)/,
  ],
  [
    "a comment between rows",
    {
      "a.csv": `t|x\n${lines(9, (i) => `${i}|${wave(i)}`)}# restarted\n${lines(9, (i) => `${9 + i}|1.5`)}`,
    },
    { time: "t" },
    /^a\.csv: line 11 has 1 field, the header 2; correct the line$/,
  ],
]);

const day = (from: number): string => `t,load,state\n${lines(20, (i) => `${i},${from + wave(i)},a`)}`;
kind("K14, several files", [
  [
    "the files' names and a column are the series",
    {
      ".path": "*.csv",
      "1.csv": `who,t,x\n${lines(20, (i) => `${i < 10 ? "p" : "q"},${i},${wave(i)}`)}`,
      "2.csv": `who,t,x\n${lines(20, (i) => `${i < 10 ? "p" : "q"},${i},${wave(i)}`)}`,
    },
    { seriesBy: ["filename", "who"], time: "t" },
    { shape: [4, 1, 10], names: ["x"], begins: [[-2, -0.25]] },
  ],
  [
    "the files' names are groups, columns in another order",
    {
      ".path": "day*.csv",
      "day1.csv": day(0),
      "day2.csv": `state,t,load\n${lines(20, (i) => `b,${i},${100 + wave(i)}`)}`,
    },
    { time: "t", group: "filename", label: "state", window: 10 },
    { shape: [4, 1, 10], names: ["load"], classes: ["a", "b"] },
  ],
  [
    "JSON lines",
    {
      ".path": "*.jsonl",
      "1.jsonl": json(12, (i) => ({ t: i, x: wave(i) })),
      "2.jsonl": json(12, (i) => ({ t: i, x: 1.5 })),
    },
    { seriesBy: "filename", time: "t" },
    { shape: [2, 1, 12], names: ["x"], begins: [[-2]] },
  ],
  [
    "columns that differ",
    { ".path": "*.csv", "1.csv": day(0), "2.csv": day(0).replace("load", "power") },
    { seriesBy: "filename", time: "t", label: "state" },
    /^2\.csv: its columns are t, power, state, but those of 1\.csv are t, load, state; files that are read together have the same$/,
  ],
]);

kind("K22, short rows", [
  [
    "semicolons",
    { "a.csv": "class;x0;x1;x2\na;1;2,5;3\nb;4;;\na;5;6,5;\n" },
    { label: "class" },
    {
      shape: [3, 1, 3],
      lengths: [3, 1, 2],
      begins: [[1, 2.5, 3]],
      notes: [/2 of 3 rows end in empty fields: they are taken as shorter \(1 to 3 values\)/],
    },
  ],
  [
    "NA, in the class's file of tabs",
    { "a.tsv": "x0\tx1\tx2\tclass\n1\t2\t3\ta\n4\tNA\tNA\tb\n" },
    { label: "class" },
    { shape: [2, 1, 3], lengths: [3, 1] },
  ],
  [
    "two channels, the longer says",
    { "a.csv": "x0,x1,x2,y0,y1,y2,class\n1,2,3,4,5,6,a\n1,2,,4,,,b\n" },
    { label: "class", channels: ["x", "y"] },
    { shape: [2, 2, 3], lengths: [3, 2], names: ["x", "y"] },
  ],
  [
    "null in JSON lines",
    { "a.jsonl": '{"class":"a","x0":1,"x1":2,"x2":3}\n{"class":"b","x0":4,"x1":null,"x2":null}\n' },
    { label: "class" },
    { shape: [2, 1, 3], lengths: [3, 1] },
  ],
]);
