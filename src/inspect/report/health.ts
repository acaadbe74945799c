/** What a trainer looks for, as a part of the report: calibration, groups, findings, what filters let through, rows in the plane. */
import { largestOf, leastOf } from "../../numerics/extremes.ts";
import type { Reliability } from "../../models/scores/reliability.ts";
import type { Finding } from "../health/diagnose.ts";
import type { LayerResponse } from "../health/filterResponse.ts";
import { axes, figure, legend, smallCurve, svg } from "./charts.ts";
import { clip, escape, extent, linear, path, percent, px, rounded, short, table } from "./svg.ts";

/** What is drawn; each where there is something. */
export interface Health {
  /** Of the judged rows, of one class a row or position. */
  readonly reliability?: Reliability;
  /** At which probabilities are told. */
  readonly temperature?: number;
  /** Further figures of the judged rows, by name. */
  readonly figures?: readonly (readonly [name: string, value: string])[];
  readonly groups?: readonly {
    readonly group: string;
    readonly rows: number;
    readonly accuracy: number;
    readonly interval?: readonly [low: number, high: number];
    /** The commonest mistake in words; empty where there is none. */
    readonly mistake: string;
  }[];
  readonly findings?: readonly Finding[];
  readonly response?: LayerResponse;
  readonly plane?: {
    readonly layer: string;
    readonly rows: number;
    readonly points: readonly (readonly [first: number, second: number])[];
    readonly explained: readonly [first: number, second: number];
    /** The class of each point, and what classes are called. */
    readonly labels: readonly number[];
    readonly names: readonly string[];
  };
}

const WIDTH = 380;
const SIZE = 300;
const MOST_FILTERS = 24;
const MOST_GROUPS = 50;
const MOST_LISTED = 100;
/** Classes that a legend still tells apart. */
const MOST_KEYS = 12;

const part = (id: string, title: string, about: string, content: string): string =>
  `<section id="${id}"><h2>${escape(title)}</h2><p class="soft">${about}</p>${content}</section>`;
const details = (about: string, content: string): string =>
  `<details><summary>${escape(about)}</summary>${content}</details>`;

/** The sections; nothing of what there is not. `judged` says which rows. */
export function healthSections(h: Health, judged: string): string {
  return [
    calibration(h, judged),
    groupSection(h, judged),
    findingsSection(h),
    responseSection(h),
    planeSection(h, judged),
  ].join("");
}

function calibration({ reliability: r, temperature, figures = [] }: Health, judged: string): string {
  if (!r) return "";
  const at =
    temperature === undefined
      ? "The model is not calibrated (train --calibrate)."
      : `Probabilities are at the model's temperature, ${short(temperature)}.`;
  const lines = r.bins
    .filter(({ count }) => count > 0)
    .map((b) => [
      `${percent(b.from)} to ${percent(b.to)}`,
      String(b.count),
      percent(b.confidence),
      percent(b.accuracy),
    ]);
  return part(
    "calibration",
    "How far probabilities are to be believed",
    `Of the ${escape(judged)} rows: the part that is right, by the probability of the class that was said. On the dashed line ${"a probability means what it says"}. ${at}`,
    `<div class="charts">${reliabilityChart(r)}<figure><figcaption>Figures</figcaption>${table(
      ["figure", "value"],
      [...figures, ["calibration error (ECE)", short(r.ece)], ["largest of a bin", short(r.largest)]],
      "figures",
    )}</figure></div>${details("the bins as numbers", table(["probability", "rows", "mean probability", "right"], lines, "reliability"))}`,
  );
}

/** A bar a bin, as high as the part that is right, and how many rows it has beneath. */
function reliabilityChart({ bins, ece }: Reliability): string {
  const y = linear([0, 1], [SIZE - 74, 10]);
  const x = linear([0, 1], [48, WIDTH - 12]);
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const bars = bins.map(({ from, to, count, accuracy, confidence }) => {
    if (count === 0) return "";
    const about = `${count} rows of ${percent(from)} to ${percent(to)}: mean ${percent(confidence)}, right ${percent(accuracy)}`;
    const [left, wide] = [x.at(from) + 0.5, x.at(to) - x.at(from) - 1];
    const high = y.at(0) - y.at(accuracy);
    const many = (34 * count) / total;
    return (
      `<rect class="right" x="${px(left)}" y="${px(y.at(accuracy))}" width="${px(wide)}" height="${px(Math.max(high, 1))}"><title>${escape(about)}</title></rect>` +
      `<circle class="s1" cx="${px(x.at(confidence))}" cy="${px(y.at(accuracy))}" r="2.6"/>` +
      `<rect class="wrong" x="${px(left)}" y="${px(SIZE - 36 - many)}" width="${px(wide)}" height="${px(Math.max(many, 0.6))}"/>`
    );
  });
  const line = `<path class="mark" d="${path([
    [x.at(0), y.at(0)],
    [x.at(1), y.at(1)],
  ])}"/>`;
  return figure(
    "Reliability",
    svg(
      `Reliability in ${bins.length} bins, calibration error ${short(ece)}`,
      WIDTH,
      SIZE,
      axes(x, y, "probability of what was said", SIZE) + bars.join("") + line,
    ),
    `<span class="key"><i class="right"></i>right</span><span class="key"><i class="s1"></i>mean probability</span><span class="key"><i class="wrong"></i>rows</span>`,
  );
}

function groupSection({ groups = [] }: Health, judged: string): string {
  if (groups.length === 0) return "";
  const shown = groups.toSorted((a, b) => a.accuracy - b.accuracy).slice(0, MOST_GROUPS);
  const lines = shown.map((g) => [
    clip(g.group, 60),
    String(g.rows),
    percent(g.accuracy),
    g.interval ? `${percent(g.interval[0])} to ${percent(g.interval[1])}` : "–",
    clip(g.mistake, 80),
  ]);
  const some = shown.length < groups.length ? `, the ${shown.length} lowest of ${groups.length}` : "";
  return part(
    "groups",
    "Groups of rows",
    `Each group of the ${escape(judged)} rows by itself${some}: what all have in the mean can hide one on which the model fails.`,
    `<figure>${table(["group", "rows", "accuracy", "95 % interval", "commonest mistake"], lines, "groups")}</figure>`,
  );
}

function findingsSection({ findings }: Health): string {
  if (!findings) return "";
  const lines = findings
    .slice(0, MOST_LISTED)
    .map((f) => [f.kind, f.layer, f.says.slice(f.layer.length + 2)]);
  const some =
    lines.length < findings.length ? ` The first ${lines.length} of ${findings.length} are listed.` : "";
  return part(
    "findings",
    "What a trainer looks for",
    `Channels that say nothing, and back-signals that vanish or explode (1,000 times apart from the last layer's).${some}`,
    findings.length === 0
      ? "<p>Nothing was found.</p>"
      : `<figure>${table(["what", "layer", ""], lines, "findings")}</figure>`,
  );
}

function responseSection({ response }: Health): string {
  if (!response || response.taps < 2) return "";
  const { layer, taps, dilation, unit, frequencies, filters } = response;
  const shown = filters.slice(0, MOST_FILTERS);
  const nyquist = frequencies[frequencies.length - 1];
  const curves = shown.map(({ filter, decibels, peak }) =>
    smallCurve(
      [decibels],
      `filter ${filter + 1}: from ${short(leastOf(decibels))} to ${short(largestOf(decibels))} dB over 0 to ${short(nyquist)} ${unit}`,
      `filter ${filter + 1}: most at ${short(peak)}, ${short(largestOf(decibels))} dB`,
    ),
  );
  const some = shown.length < filters.length ? `, the first ${shown.length} of ${filters.length}` : "";
  const lines = shown.map(({ filter, decibels, peak }) => [
    String(filter + 1),
    short(peak),
    short(largestOf(decibels)),
    short(decibels[0]),
    short(decibels[decibels.length - 1]),
  ]);
  return part(
    "response",
    "What the filters of the first layer let through",
    `${escape(layer)}: ${filters.length} filters of ${taps} taps${dilation > 1 ? `, ${dilation} apart` : ""}${some}; from 0 on the left to ${short(nyquist)} ${unit} on the right, each on its own scale of dB.`,
    `<div class="smalls">${curves.join("")}</div>${details(
      "as numbers",
      table(["filter", `most at (${unit})`, "there (dB)", "at 0 (dB)", "at the end (dB)"], lines, "response"),
    )}`,
  );
}

function planeSection({ plane: p }: Health, judged: string): string {
  if (!p) return "";
  const [wide, high] = [extent(p.points.map(([a]) => a)), extent(p.points.map(([, b]) => b))];
  if (!wide || !high) return "";
  const x = linear(rounded(wide), [56, WIDTH - 12]);
  const y = linear(rounded(high), [SIZE - 34, 10]);
  const count = p.names.length;
  const hue = (k: number): string => `hsl(${Math.round((360 * k) / count)} 65% 50%)`;
  const colour = (k: number): string => (count <= 6 ? `s${k}` : hue(k));
  const dots = p.points.map(([a, b], i) => {
    const k = p.labels[i];
    const how = count <= 6 ? `class="s${k}"` : `style="fill:${hue(k)}"`;
    return `<circle ${how} cx="${px(x.at(a))}" cy="${px(y.at(b))}" r="2.4" fill-opacity=".7"/>`;
  });
  const keys =
    count <= MOST_KEYS ? legend(p.names.map((name, k) => ({ name: clip(name, 30), colour: colour(k) }))) : "";
  const some = p.points.length < p.rows ? `${p.points.length} of the ${p.rows}` : `the ${p.rows}`;
  return part(
    "plane",
    "Rows in the plane",
    `What ${escape(p.layer)} makes of ${some} ${escape(judged)} rows, by the two directions of most variance: they explain ${percent(p.explained[0])} and ${percent(p.explained[1])} of it.`,
    `<div class="charts">${figure(
      "First and second principal component, by class",
      svg(
        `${p.points.length} rows of ${count} classes in the plane`,
        WIDTH,
        SIZE,
        axes(x, y, "first component", SIZE) + dots.join(""),
      ),
      keys,
    )}<figure><figcaption>The middle of each class</figcaption>${middles(p)}</figure></div>`,
  );
}

function middles({ points, labels, names }: NonNullable<Health["plane"]>): string {
  const lines = names.slice(0, MOST_LISTED).flatMap((name, k) => {
    const own = points.filter((_, i) => labels[i] === k);
    if (own.length === 0) return [];
    const mean = (axis: 0 | 1): string => short(own.reduce((sum, p) => sum + p[axis], 0) / own.length);
    return [[clip(name, 60), String(own.length), mean(0), mean(1)]];
  });
  return table(["class", "rows", "first", "second"], lines, "plane");
}
