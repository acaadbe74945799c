/** A benchmark as tables: cells first, then as text for a terminal or as Markdown. */
import { table } from "../inspect/table.ts";
import { measures, type Measure } from "./contender.ts";
import {
  find,
  rival,
  share,
  speedup,
  type Measured,
  type Performance,
  type StartResult,
} from "./performance.ts";

/** Three significant digits, and no exponent. */
export const digits = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
const cell = (value: number | undefined): string => (value === undefined ? "" : digits(value));
const times = (value: number | undefined): string => (value === undefined ? "" : `${digits(value)} x`);
const percent = (value: number | undefined): string =>
  value === undefined ? "" : `${Math.round(100 * value)} %`;

type Rows = readonly (readonly string[])[];
type Form = "text" | "markdown";

const markdown = ([heads, ...body]: Rows, words: number): string =>
  [heads, heads.map((_, i) => (i < words ? "---" : "--:")), ...body]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");

/** The first `words` columns hold words; the others are numbers, to the right. */
const show = (rows: Rows, form: Form, words: number): string =>
  form === "text" ? table(rows) : markdown(rows, words);

const titles = (w: Measured): Readonly<Record<Measure, string>> => ({
  step: "training step ms",
  batch: `batch of ${w.batch} ms`,
  one: "one row ms",
});

/** One workload: a row a contender. */
function workloadRows(p: Performance, w: Measured): Rows {
  const heads = ["contender", "threads"];
  for (const measure of measures) heads.push(titles(w)[measure], `vs ${rival[measure]}`, "of peak");
  const body = p.contenders.map(({ name, threads }) => {
    const cells = [name, String(threads)];
    for (const measure of measures) {
      const result = find(w, measure, name, threads);
      const against = find(w, measure, rival[measure], threads);
      const none = result?.refused === undefined ? "" : "-";
      cells.push(
        result?.medianMs === undefined ? none : digits(result.medianMs),
        times(speedup(result, against)),
        percent(share(p, w, result)),
      );
    }
    return cells;
  });
  return [heads, ...body];
}

/** What stands behind a dash or beside a figure, each said once. */
function notes(w: Measured): string[] {
  const said = new Map<string, string[]>();
  for (const { contender, measure, refused, note } of w.results) {
    const text = refused ?? note;
    if (text === undefined) continue;
    const key = `${contender}: ${text}`;
    const list = said.get(key) ?? [];
    if (!list.includes(measure)) list.push(measure);
    said.set(key, list);
  }
  return [...said].map(([key, list]) =>
    list.length === measures.length ? key : `${key} (${list.join(", ")})`,
  );
}

function startRows(w: Measured): Rows {
  const heads = [
    "contender",
    "threads",
    "import ms",
    "first step ms",
    "from process start ms",
    "steady after steps",
    "steady after ms",
    "steady step ms",
  ];
  const figures = (s: StartResult): string[] =>
    "refused" in s
      ? ["-", "-", "-", "-", "-", "-"]
      : [
          digits(s.importMs),
          digits(s.firstMs),
          digits(s.importMs + s.firstMs),
          String(s.steady.after),
          digits(s.steady.afterMs),
          digits(s.steady.stepMs),
        ];
  return [heads, ...w.starts.map((s) => [s.contender, String(s.threads), ...figures(s)])];
}

/** The machine's peaks: a row a loop. */
const peakRows = ({ peaks }: Performance): Rows => [
  ["loop", "bits", "operations", "threads", "GFLOP/s"],
  ...peaks.map((k) => [k.code, String(k.bits), k.operation, String(k.threads), digits(k.gflops)]),
];

/** Machine, versions, who is absent and why. */
export function foot(p: Performance): string[] {
  const byName = new Map<string, string>();
  for (const { name, version } of p.contenders) byName.set(name.split(" ")[0], version);
  const versions = [...byName].map(([name, version]) => `${name} ${version}`).join(", ");
  const reasons = new Map<string, string[]>();
  for (const { contender, threads, reason } of p.absent) {
    const who = `${contender} on ${threads} thread${threads === 1 ? "" : "s"}`;
    reasons.set(reason, [...(reasons.get(reason) ?? []), who]);
  }
  return [
    `${p.date}, ${p.machine}, ${p.cores} cores; ${versions}. Medians of up to ${p.plan.rounds} interleaved rounds.`,
    ...[...reasons].map(([reason, who]) => `Absent: ${who.join(", ")} (${reason}).`),
  ];
}

/** Everything, workload by workload. */
export function report(p: Performance, form: Form): string {
  const head = (level: string, text: string): string => (form === "text" ? text : `${level} ${text}`);
  const parts = [head("##", "Peaks"), show(peakRows(p), form, 1)];
  for (const w of p.workloads) {
    parts.push(head("##", `${w.name}: ${w.title}`), show(workloadRows(p, w), form, 1));
    if (w.starts.length > 0) parts.push(show(startRows(w), form, 1));
    const said = notes(w);
    if (said.length > 0) parts.push(`${said.join("; ")}.`);
  }
  parts.push(foot(p).join("\n"));
  return parts.join("\n\n");
}

/** The rows that decide: the smallest, the usual and the largest step, and predictions of many rows and of one. */
const deciding: readonly (readonly [workload: string, measure: Measure])[] = [
  ["chain", "step"],
  ["mnist1d-cnn", "step"],
  ["fcn", "step"],
  ["inception", "step"],
  ["fcn", "batch"],
  ["fcn", "one"],
];

/** What the README shows: those rows of what was measured, times as fast as the rivals at the same thread count. */
export function summary(p: Performance): string {
  const strict = p.contenders.filter(({ name }) => name.startsWith("toeplitz"));
  const threads = [...new Set(strict.map((c) => c.threads))];
  const kinds = strict.filter((c) => c.threads === 1);
  const more = strict.filter((c) => c.threads > 1 && c.name === kinds[0]?.name);
  const columns = [...kinds, ...more];
  const short = (c: { name: string; threads: number }): string =>
    `${c.name.replace("toeplitz ", "")}${threads.length > 1 ? `, ${c.threads} thread${c.threads > 1 ? "s" : ""}` : ""}`;
  const rows = deciding.flatMap(([name, measure]) =>
    p.workloads
      .filter((w) => w.name === name)
      .map((w) => {
        const against = find(w, measure, rival[measure], 1);
        const title = {
          step: `training step, batch ${w.batch}`,
          batch: `inference, batch ${w.batch}`,
          one: "inference, 1 row",
        };
        return [
          w.name,
          title[measure],
          `${rival[measure]} ${cell(against?.medianMs)}`.trim(),
          ...columns.map((c) => {
            const result = find(w, measure, c.name, c.threads);
            const ratio = speedup(result, find(w, measure, rival[measure], c.threads));
            return result?.medianMs === undefined
              ? "-"
              : `${digits(result.medianMs)}${ratio === undefined ? "" : ` (${digits(ratio)} x)`}`;
          }),
        ];
      }),
  );
  return [
    markdown([["net", "measure", "rival, 1 thread, ms", ...columns.map(short)], ...rows], 2),
    "",
    `Milliseconds, and how many times as fast as the rival on as many threads in the same rounds. ${foot(p).join(" ")} All contenders, shares of the machine's peak and first steps: [docs/performance.md](docs/performance.md).`,
  ].join("\n");
}
