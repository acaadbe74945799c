/** The results as data and as a table. */
import { type Measure } from "./contender.ts";
import { workloads } from "./workloads.ts";

/** One contender at one measure of one workload: either `refused`, or figures over `rounds` rounds. */
export interface Result {
  readonly workload: string;
  readonly measure: Measure;
  readonly contender: string;
  readonly refused?: string;
  /** Milliseconds of one step or one inference: median, least and most over the rounds. */
  readonly medianMs?: number;
  readonly fastestMs?: number;
  readonly slowestMs?: number;
  readonly rounds?: number;
  /** Median over the rounds of this contender's time by PyTorch's in the same round. */
  readonly ratio?: number;
  /** Building, compiling and the first step together. */
  readonly firstMs?: number;
  /** The training loss after the last step. */
  readonly loss?: number;
  readonly note?: string;
}

/** A run of the benchmark: what `docs/performance.json` holds. */
export interface Performance {
  readonly schema: 1;
  readonly date: string;
  readonly machine: string;
  readonly threads: number;
  readonly rounds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly absent: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

/** Three significant digits, and no exponent. */
export const digits = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-GB") : String(Number(value.toPrecision(3)));

const measureTitle = (measure: Measure, batch: number): string =>
  ({ step: `training step, batch ${batch}`, one: "inference, 1 sample", batch: `inference, batch ${batch}` })[
    measure
  ];

/** Columns of numbers, which stand to the right. */
const numeric = (column: number): boolean => column >= 3 && column <= 6;

/** Rows of cells, the first being the heads. */
function rows({ results }: Performance): string[][] {
  const heads = [
    "workload",
    "measure",
    "contender",
    "median ms",
    "fastest ms",
    "by PyTorch",
    "first ms",
    "notes",
  ];
  return [
    heads,
    ...results.map((result) => {
      const batch = workloads.find(({ name }) => name === result.workload)?.batch ?? 0;
      const cell = (value: number | undefined): string => (value === undefined ? "" : digits(value));
      return [
        result.workload,
        measureTitle(result.measure, batch),
        result.contender,
        result.refused === undefined ? cell(result.medianMs) : "-",
        cell(result.fastestMs),
        cell(result.ratio),
        cell(result.firstMs),
        result.refused ?? result.note ?? "",
      ];
    }),
  ];
}

/** The table for a terminal or for README.md, with the machine and the versions below it. */
export function table(performance: Performance, form: "text" | "markdown"): string {
  const cells = rows(performance);
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]): string => {
    const padded = row.map((text, i) => (numeric(i) ? text.padStart(widths[i]) : text.padEnd(widths[i])));
    return form === "text" ? padded.join("  ").trimEnd() : `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, i) => "-".repeat(width - (numeric(i) ? 1 : 0)) + (numeric(i) ? ":" : ""));
  const [heads, ...body] = cells;
  const lines = [line(heads), ...(form === "markdown" ? [line(rule)] : []), ...body.map(line)];
  const versions = Object.entries(performance.versions).map(([name, version]) => `${name} ${version}`);
  const absent = Object.entries(performance.absent).map(([name, reason]) => `${name} is absent (${reason})`);
  const foot = `Medians of ${performance.rounds} interleaved rounds, ${performance.threads} thread${performance.threads === 1 ? "" : "s"}, ${performance.date}: ${performance.machine}. ${[...versions, ...absent].join("; ")}.`;
  return [...lines, "", foot].join("\n");
}

/** What the README shows: milliseconds of a step and of one sample, a column a contender, PyTorch's ratio behind. */
export function summary({ results, versions, rounds, threads, date, machine }: Performance): string {
  const contenders = Object.keys(versions);
  const lines = workloads.flatMap(({ name, batch }) =>
    (["step", "one"] as const).map((measure) => {
      const cells = contenders.map((contender) => {
        const r = results.find(
          (x) => x.workload === name && x.measure === measure && x.contender === contender,
        );
        if (r?.medianMs === undefined) return "cannot";
        return r.ratio === undefined || r.ratio === 1
          ? digits(r.medianMs)
          : `${digits(r.medianMs)} (${digits(r.ratio)} x)`;
      });
      return `| ${[name, measureTitle(measure, batch), ...cells].join(" | ")} |`;
    }),
  );
  return [
    `| net | measure | ${contenders.join(" | ")} |`,
    `| --- | --- | ${contenders.map(() => "--:").join(" | ")} |`,
    ...lines,
    "",
    `Milliseconds, and the ratio to PyTorch's time in the same rounds: medians of ${rounds} interleaved rounds, ${threads} thread, ${date}, ${machine}. "cannot": refused or over its budget; reasons, versions, first steps and batches in [docs/performance.md](docs/performance.md).`,
  ].join("\n");
}

/** The text with the table between its bench markers; unchanged without both of them. */
export function withTable(text: string, content: string): string {
  const [open, close] = ["<!-- bench -->", "<!-- /bench -->"];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) return text;
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}
