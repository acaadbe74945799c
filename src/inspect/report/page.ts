/**
 * The report of a run as one page: no file beside it, nothing fetched, and a policy in its head that forbids the browser
 * to fetch anything. Every number that is drawn also stands in a table.
 */
import {
  columnsOf,
  confusionChart,
  NONE,
  curveKeys,
  lineChart,
  scatter,
  smallCurve,
  type Series,
} from "./charts.ts";
import type { HardRow, Judged } from "./judge.ts";
import { commonestMistakes, confusionMatrix, type ConfusionPair } from "../../models/scores/confusion.ts";
import { sha256 } from "../../numerics/sha256.ts";
import { classFigures, type ClassFigures } from "../../models/scores/metrics.ts";
import { bestEpoch, type Epoch } from "../../training/history.ts";
import type { Scored } from "../../models/scores/scored.ts";
import { REASONS_STYLE, reasonCurve, reasonKeys, reasonTable, type Reasons } from "./reasons.ts";
import { STYLE as BASE } from "./style.ts";
import { clip, escape, extent, percent, short, table } from "./svg.ts";

export interface ReportData {
  readonly title: string;
  /** One line under it. */
  readonly about: string;
  /** Loss and accuracy by part, in the order of the tiles. */
  readonly scores: Readonly<Record<string, Scored | null>>;
  /** What the part's figure has to beat: accuracies, or RMSE of values. */
  readonly baselines?: {
    readonly on: "test" | "validation";
    readonly majority: number;
    readonly nearest: number | null;
  } | null;
  readonly history: readonly Epoch[];
  readonly judged: Judged | null;
  /** Why the model says what it says of the rows that are shown; absent or null: rows are shown without. */
  readonly reasons?: Reasons | null;
  /** The first layer with filters. */
  readonly filters: {
    readonly layer: string;
    readonly shape: readonly number[];
    readonly data: ArrayLike<number>;
    /** What its input channels are called, where they are the rows' and have names. */
    readonly channelNames?: readonly string[];
  } | null;
  /** Names and values, for the table at the end. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly reproduce: readonly string[];
}

const STYLE = `${BASE}${REASONS_STYLE}`;
const MOST_FILTERS = 24;
const MOST_CHANNELS = 6;
/** Lines of a table that has one an epoch. */
const MOST_LINES = 40;

export function reportPage(d: ReportData): string {
  const sections = [
    course(d.history),
    d.judged ? answers(d.judged) : "",
    d.judged ? hardest(d.judged, d.reasons ?? null) : "",
    filters(d.filters),
    flow(d.history),
    making(d),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(d.title)}</title>
<style>${STYLE}</style></head>
<body><header><h1>${escape(d.title)}</h1><p class="soft">${escape(d.about)}</p>${tiles(d)}</header>
<main>${sections.join("\n")}</main>
<script>${SCRIPT}</script></body></html>
`;
}

/** What CSP calls a text: only what stands here runs, whatever a name in the page says. */
function hashOf(text: string): string {
  const bytes = sha256(new TextEncoder().encode(text)).match(/../g) ?? [];
  return `'sha256-${btoa(bytes.map((hex) => String.fromCharCode(parseInt(hex, 16))).join(""))}'`;
}

/**
 * Nothing is fetched, and only this script and this style sheet apply. Attributes of style, such as a curve's colour, stay open:
 * without fetching they can do no more than look odd, and names are never in them.
 */
const policy = (): string =>
  `default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src-elem ${hashOf(STYLE)}; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'`;

/** Copies a command; the page works as well without. */
const SCRIPT = `for(const pre of document.querySelectorAll("pre[data-copy]")){if(!navigator.clipboard)break;
const b=document.createElement("button");b.textContent="copy";b.onclick=()=>navigator.clipboard.writeText(pre.textContent).then(()=>{b.textContent="copied"},()=>{});pre.after(b)}`;

const section = (id: string, title: string, about: string, ...content: string[]): string =>
  `<section id="${id}"><h2>${escape(title)}</h2>${about ? `<p class="soft">${about}</p>` : ""}${content.join("")}</section>`;

const details = (about: string, content: string): string =>
  `<details><summary>${escape(about)}</summary>${content}</details>`;

function tiles({ scores, judged, baselines }: ReportData): string {
  const tile = (name: string, large: string, small: string): string =>
    `<div class="tile"><dt>${escape(name)}</dt><dd>${large}</dd><dd>${small}</dd></div>`;
  const parts = Object.entries(scores).map(([part, s]) => {
    if (s === null) return "";
    if (Number.isFinite(s.accuracy))
      return tile(`${part} accuracy`, percent(s.accuracy), `loss ${short(s.loss)}`);
    return tile(`${part} loss`, short(s.loss), "");
  });
  const v = judged?.values;
  if (v) parts.push(tile(`${judged.part} RMSE`, short(v.rmse), `MAE ${short(v.mae)}, R² ${short(v.r2)}`));
  if (baselines) {
    const figure = judged?.values ? short : percent;
    const near = baselines.nearest === null ? "" : `nearest neighbour ${figure(baselines.nearest)}`;
    const simplest = judged?.values ? "mean value" : "commonest class";
    parts.push(tile(`baseline on ${baselines.on}: ${simplest}`, figure(baselines.majority), near));
  }
  return `<dl class="tiles">${parts.join("")}</dl>`;
}

/** Loss and accuracy over the epochs; of an ensemble, curves of each member. */
function course(history: readonly Epoch[]): string {
  if (history.length === 0) return "";
  const members = groups(history);
  const many = members.length > 1;
  const longest = members.reduce((a, b) => (b.length > a.length ? b : a));
  const x = longest.map((e) => e.epoch);
  const curves = (of: (e: Epoch) => number | null | undefined, name: string, colour: string): Series[] =>
    members.flatMap((m, i) => {
      const values = m.map((e) => of(e) ?? NaN);
      return values.some(Number.isFinite)
        ? [{ name: many ? `${name}, network ${i + 1}` : name, values, colour }]
        : [];
    });
  const loss = [
    ...curves((e) => e.loss, "training", "s0"),
    ...curves((e) => e.validation?.loss, "validation", "s1"),
  ];
  const accuracy = [
    ...curves((e) => e.accuracy, "training", "s0"),
    ...curves((e) => e.validation?.accuracy, "validation", "s1"),
  ];
  const rmse = curves((e) => e.validation?.rmse, "validation", "s1");
  const rate = curves((e) => e.learningRate, "learning rate", "s2").slice(0, 1);
  const bounds = extent(loss.flatMap((s) => s.values.filter((v) => v > 0)));
  const best = many ? null : bestEpoch(history);
  const mark = best ? { mark: { x: best.epoch, name: `least ${best.by} loss, epoch ${best.epoch}` } } : {};
  const shared = { xLabel: "epoch", x };
  const varies = rate.some((s) => s.values.some((v) => v !== s.values[0]));
  const span = Math.ceil(history.length / MOST_LINES);
  const shown = history.filter((_, i) => i % span === 0 || i === history.length - 1);
  // of values there is no accuracy, and so no column of it
  const columns: readonly (readonly [name: string, cell: (e: Epoch) => string])[] = [
    ["epoch", (e) => `${e.member ? `${e.member}: ` : ""}${e.epoch}`],
    ["steps", (e) => String(e.steps)],
    ["loss", (e) => short(e.loss)],
    ...(accuracy.length > 0 ? [["accuracy", (e: Epoch) => percent(e.accuracy ?? NaN)] as const] : []),
    ["validation loss", (e) => short(e.validation?.loss ?? NaN)],
    ...(accuracy.length > 0
      ? [["validation accuracy", (e: Epoch) => percent(e.validation?.accuracy ?? NaN)] as const]
      : []),
    ...(rmse.length > 0
      ? [["validation RMSE", (e: Epoch) => short(e.validation?.rmse ?? NaN)] as const]
      : []),
    ["learning rate", (e) => short(e.learningRate ?? NaN)],
  ];
  const head = columns.map(([name]) => name);
  const row = (e: Epoch): string[] => columns.map(([, cell]) => cell(e));
  return section(
    "course",
    "Course of training",
    "Training figures are means over an epoch's steps, each before its update; validation figures stand at the epoch's end.",
    `<div class="charts three">`,
    lineChart({
      title: "Loss",
      ...shared,
      series: loss,
      scale: bounds && bounds[1] > 8 * bounds[0] ? "log" : "linear",
      ...mark,
    }),
    lineChart({ title: "RMSE", ...shared, series: rmse, scale: "linear", ...mark }),
    lineChart({ title: "Accuracy", ...shared, series: accuracy, scale: "linear", ...mark }),
    varies ? lineChart({ title: "Learning rate", ...shared, series: rate, scale: "linear" }) : "",
    "</div>",
    details(
      `as numbers${span > 1 ? ` (one in ${span} of the ${history.length} epochs)` : ""}`,
      table(head, shown.map(row), "course"),
    ),
  );
}

/** Epochs by member, in order. */
function groups(history: readonly Epoch[]): Epoch[][] {
  const by = new Map<number, Epoch[]>();
  for (const e of history) {
    const own = by.get(e.member ?? 1);
    if (own) own.push(e);
    else by.set(e.member ?? 1, [e]);
  }
  return [...by.values()];
}

function answers({ part, rows, classes, several, values }: Judged): string {
  if (several) {
    const { names, figures, right } = several;
    return section(
      "answers",
      `Answers on the ${part} rows`,
      `${rows} rows, each with several classes at once; ${percent(right)} of all answers are right.`,
      `<div class="long">${figuresTable(names, figures, "rows")}</div>`,
    );
  }
  if (values)
    return section(
      "answers",
      `Answers on the ${part} rows`,
      `${rows} rows. RMSE ${short(values.rmse)}, MAE ${short(values.mae)}, R² ${short(values.r2)}.`,
      `<div class="charts">${scatter("Predicted against true values", values.pairs)}`,
      `<figure><figcaption>Root of the mean squared error, mean absolute error, part of the variance explained</figcaption>${table(
        ["metric", "value"],
        [
          ["RMSE", short(values.rmse)],
          ["MAE", short(values.mae)],
          ["R²", short(values.r2)],
        ],
        "values",
      )}</figure></div>`,
    );
  if (!classes) return "";
  const { names, confusion, of = "rows" } = classes;
  const counted = (pairs: readonly ConfusionPair[]): number =>
    pairs.reduce((sum, { count }) => sum + count, 0);
  const total = counted(confusion.pairs);
  const wrong = counted(confusion.pairs.filter(({ actual, predicted }) => actual !== predicted));
  const listed = commonestMistakes(confusion, 20).map(({ actual, predicted, count }) => [
    clip(names[actual], 60),
    clip(names[predicted] ?? NONE, 60),
    String(count),
  ]);
  const perClass = figuresTable(names, classFigures(confusion), of);
  const drawn = names.length <= MOST_DRAWN ? confusionChart(names, confusionMatrix(confusion)) : "";
  return section(
    "answers",
    `Answers on the ${part} rows`,
    `${total - wrong} of ${total} ${of} right, ${wrong} wrong.`,
    `<div class="${names.length > 20 ? "long" : "charts"}">${drawn}${perClass}</div>`,
    listed.length > 0
      ? details("the commonest confusions", table(["is", "called", of], listed, "confusions"))
      : "",
    names.length <= 20 ? matrixTable(names, confusionMatrix(confusion)) : "",
  );
}

/** Classes up to which their confusions are drawn, and up to which each has a line of figures. */
const MOST_DRAWN = 200;
const MOST_LISTED = 1000;

const matrixTable = (names: readonly string[], matrix: readonly (readonly number[])[]): string =>
  details(
    "the confusion matrix as numbers (rows: actual, columns: predicted)",
    table(
      ["", ...columnsOf(names, matrix)],
      matrix.map((row, k) => [names[k], ...row.map(String)]),
      "confusion",
    ),
  );

/** The names of the channels that are drawn, by colour; nothing where they have none. */
const channelKeys = (names: readonly string[] | undefined): string =>
  names ? curveKeys(names.slice(0, MOST_CHANNELS).map((name) => clip(name, 40))) : "";

/** Precision, recall and F1 of each class, and how many rows or positions have it. */
function figuresTable(names: readonly string[], figures: readonly ClassFigures[], of: string): string {
  const shown =
    figures.length <= MOST_LISTED ? figures : figures.filter((s) => s.support > 0).slice(0, MOST_LISTED);
  const places = new Map(figures.map((s, k) => [s, k]));
  const lines = shown.map((s) => [
    clip(names[places.get(s) ?? 0], 60),
    ...[s.precision, s.recall, s.f1].map((x) => (Number.isFinite(x) ? x.toFixed(4) : "–")),
    String(s.support),
  ]);
  const head = ["class", "precision", "recall", "F1", of];
  return `<figure><figcaption>Precision, recall and F1 of ${shown === figures ? "each class" : `${shown.length} of ${figures.length} classes`}</figcaption>${table(head, lines, "classes")}</figure>`;
}

function hardest(
  { part, hardest: rows, typical = [], values, channelNames }: Judged,
  reasons: Reasons | null,
): string {
  if (rows.length === 0) return "";
  const draw = (h: HardRow): string => {
    const wrong = h.truth !== h.said;
    const part = (p: number): string => ` (${percent(p).replace(" ", "&nbsp;")})`;
    const said = `${escape(clip(h.said, 40))}${h.probability && wrong ? part(h.probability.said) : ""}`;
    const truth = `${escape(clip(h.truth, 40))}${h.probability ? part(h.probability.truth) : ""}`;
    const words = values
      ? `true <b>${truth}</b>, predicted <b>${said}</b>; squared error`
      : `is <b>${truth}</b>${wrong ? `, called <b>${said}</b>` : ", rightly called so"}; loss`;
    const caption = `row ${h.row}: ${words} ${short(h.loss)}`;
    const why = reasons?.byRow.get(h.row);
    if (why) return reasonCurve(h, why, reasons?.rate, caption);
    const [first] = h.series;
    const domain = extent(h.series.flatMap((c) => Array.from(c))) ?? [0, 0];
    const alt = `row ${h.row}, ${h.series.length} x ${first.length} values from ${short(domain[0])} to ${short(domain[1])}`;
    return smallCurve(h.series.slice(0, MOST_CHANNELS), alt, caption);
  };
  const beside =
    typical.length > 0
      ? `<h3>A typical row of each class</h3><p class="soft">The ${part} row of the median probability.</p><div class="smalls">${typical.map(draw).join("")}</div>`
      : "";
  const channels = rows[0].series.length;
  const lines = rows.map((h) => [
    String(h.row),
    clip(h.truth, 60),
    clip(h.said, 60),
    ...(h.probability ? [percent(h.probability.truth)] : []),
    short(h.loss),
  ]);
  const head = values
    ? ["row", "true", "predicted", "squared error"]
    : ["row", "is", "called", "probability of its class", "loss"];
  return section(
    "hardest",
    "The hardest rows",
    `The ${part} rows of the largest loss, in raw units; rows count from 0.${channels > MOST_CHANNELS ? ` The first ${MOST_CHANNELS} of ${channels} channels are drawn.` : ""}${reasons ? ` ${escape(reasons.about)}` : ""}`,
    `<div class="smalls">${rows.map(draw).join("")}</div>${reasons?.byRow.size ? reasonKeys() : ""}${channelKeys(channelNames)}`,
    beside,
    details("as numbers", table(head, lines, "hardest")),
    reasons?.byRow.size ? details("the reasons as numbers", reasonTable([...rows, ...typical], reasons)) : "",
  );
}

function filters(found: ReportData["filters"]): string {
  if (!found) return "";
  const [count, channels, taps] = found.shape;
  if (taps < 2) return "";
  const drawn = Math.min(count, MOST_FILTERS);
  const values = Array.from(found.data);
  const curves = Array.from({ length: drawn }, (_, f) => {
    const own = Array.from({ length: Math.min(channels, MOST_CHANNELS) }, (_unused, c) =>
      values.slice((f * channels + c) * taps, (f * channels + c + 1) * taps),
    );
    const norm = Math.sqrt(
      values.slice(f * channels * taps, (f + 1) * channels * taps).reduce((sum, w) => sum + w * w, 0),
    );
    return smallCurve(
      own,
      `filter ${f + 1}: ${taps} taps, first ${own[0].slice(0, 3).map(short).join(", ")}`,
      `filter ${f + 1}, |w| ${short(norm)}`,
    );
  });
  const some = drawn < count ? `, the first ${drawn} of them` : "";
  const many =
    channels > 1
      ? ` A line is a channel${channels > MOST_CHANNELS ? `, the first ${MOST_CHANNELS} of ${channels}` : ""}.`
      : "";
  const keys = channelKeys(found.channelNames);
  return section(
    "filters",
    "Filters of the first layer",
    `${escape(found.layer)}: ${count} filters of ${taps} taps${some}, each on a scale of its own; the thin line is 0.${many}`,
    `<div class="smalls">${curves.join("")}</div>${keys}`,
  );
}

function flow(history: readonly Epoch[]): string {
  const measured = history.filter((e) => e.backSignals && (e.member ?? 1) === 1);
  if (measured.length === 0) return "";
  const names = Object.keys(measured[0].backSignals ?? {});
  const value = (e: Epoch, name: string): number => e.backSignals?.[name] ?? NaN;
  const colour = (i: number): string =>
    `hsl(${Math.round(215 - (195 * i) / Math.max(1, names.length - 1))} 65% 50%)`;
  const series = names.map((name, i) => ({
    name,
    values: measured.map((e) => value(e, name)),
    colour: colour(i),
  }));
  const picks = [0, measured.length >> 1, measured.length - 1]
    .filter((v, i, all) => all.indexOf(v) === i)
    .map((i) => measured[i]);
  return section(
    "flow",
    "Gradient flow",
    "|v<sub>l</sub>|, the norm of each layer's back-signal d(loss)/dz<sub>l</sub>, on 16 training rows after an epoch. " +
      "Lines that stay within a few powers of ten of each other learn together; one that falls far below the others has stopped learning.",
    `<div class="charts">${lineChart({ title: "|v| by layer", xLabel: "epoch", x: measured.map((e) => e.epoch), series, scale: "log" })}`,
    `<figure><figcaption>From the first layer to the last</figcaption>${table(
      ["layer", ...picks.map((e) => `epoch ${e.epoch}`)],
      names.map((name) => [name, ...picks.map((e) => short(value(e, name)))]),
      "flow",
    )}</figure></div>`,
  );
}

function making({ settings, reproduce }: ReportData): string {
  const rows = settings.map(
    ([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`,
  );
  return section(
    "making",
    "How it was made",
    "One seed gives one result, bit for bit: the first command trains again, the second checks that the weights are these.",
    ...reproduce.map((line) => `<pre data-copy>${escape(line)}</pre>`),
    `<div class="scroll"><table class="facts" data-table="settings"><tbody>${rows.join("")}</tbody></table></div>`,
  );
}
