/**
 * Why the model says what it says of the rows that a report shows: the contributions of their positions in the logit of the class that was said,
 * as shades behind the row. How many gradients that takes is bounded by the work of training, never by the clock, so that a report follows
 * from its run.
 */
import { rowsOf, type Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { largestOf } from "../../numerics/extremes.ts";
import { summary } from "../../layers/summary.ts";
import type { Runtime } from "../../models/runtime.ts";
import { attribute, type Attributable } from "../attribute/attribute.ts";
import { stretches, type Stretch } from "../attribute/stretches.ts";
import type { Attribution } from "../attribute/types.ts";
import type { HardRow, Judged } from "./judge.ts";
import { clip, escape, extent, linear, path, px, short, table, thinned } from "./svg.ts";

/** Attributions by row, and how they came about. */
export interface Reasons {
  readonly byRow: ReadonlyMap<number, Attribution>;
  /** A sentence. */
  readonly about: string;
  /** Of the rows, in Hz. */
  readonly rate?: number;
}

/** Multiply-adds that are spent: this share of training's, within bounds of about half a second and two on one core. */
const SHARE = 0.03;
const LEAST_WORK = 2e10;
const MOST_WORK = 6e10;
/** Gradients a row: no more are worth it for a picture, and with fewer integrated gradients mean little. */
const MOST_POINTS = 256;
const FEWEST_POINTS = 9;
/** A gradient by the input is a way forth and a way back. */
const WAYS = 2;

/** Gradients a row along the line of integrated gradients; null where so many rows of such a model would take too long. */
export function stepsFor(multiplyAdds: number, rows: number, passes: number): number | null {
  const spent = Math.min(MOST_WORK, Math.max(LEAST_WORK, SHARE * 3 * multiplyAdds * passes));
  const points = Math.floor(spent / (WAYS * Math.max(1, multiplyAdds) * rows));
  return points < FEWEST_POINTS ? null : Math.min(MOST_POINTS, points);
}

/** The reasons for the rows that a report shows; null where there are none to show. `passes`: how many rows training saw. */
export async function reasonsOf(
  model: Attributable,
  data: Dataset,
  judged: Judged,
  passes: number,
  runtime: Runtime = {},
): Promise<Reasons | null> {
  const network = model.kind === "ensemble" ? model.members[0] : model;
  // a row whose outputs are no numbers says nothing that could have reasons
  const answered = [...judged.hardest, ...(judged.typical ?? [])].filter(
    ({ probability }) => !Number.isNaN(probability?.said),
  );
  const shown = [...new Set(answered.map(({ row }) => row))];
  if (network.kind !== "network" || shown.length === 0) return null;
  const { multiplyAdds } = summary(network.model);
  const steps = stepsFor(multiplyAdds, shown.length, passes);
  const target = network.answers === "values" ? 0 : undefined;
  try {
    const found = await attribute(network, rowsOf(data, shown), {
      ...runtime,
      target,
      ...(steps === null ? { method: "inputTimesGradient" as const } : { steps }),
    });
    const off = largestOf(found.map(({ completeness }) => completeness?.relative ?? 0));
    return {
      byRow: new Map(found.map((why, i) => [shown[i], why])),
      about: aboutOf(model, network.answers === "values", steps === null ? null : off),
      ...(data.rate !== undefined && { rate: data.rate }),
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { byRow: new Map(), about: `No reasons are drawn: ${error.message}.` };
  }
}

function aboutOf(model: Attributable, values: boolean, off: number | null): string {
  const what = values ? "the first value" : "the logit of the class that was said";
  const whose = model.kind === "ensemble" ? ` by the first of ${model.members.length} networks` : "";
  const how =
    off === null
      ? "(x - baseline) times the gradient, since integrated gradients would take long"
      : `integrated gradients, which sum to its difference from the baseline${off > 0.001 ? ` (within ${percentUp(off)})` : ""}`;
  return `Shades are the contributions of positions, all channels together, in ${what}${whose}: ${how}; the baseline is 0 in the model's units. Each row has a scale of its own.`;
}

const percentUp = (x: number): string => `${Math.ceil(1000 * x) / 10} %`;

const WIDTH = 200;
const HEIGHT = 84;
const FOOT = 13;
/** A strip of shade, in the drawing's units. */
const STRIP = 4;
const MOST_CHANNELS = 6;

/** A row with its reasons behind it, as `smallCurve` draws one without; `caption` is HTML. */
export function reasonCurve(
  { row, series }: HardRow,
  why: Attribution,
  rate: number | undefined,
  caption: string,
): string {
  const channels = series.slice(0, MOST_CHANNELS);
  const domain = extent(channels.flatMap((c) => Array.from(c)));
  if (!domain) return "";
  const scale = rate === undefined ? 1 : 1 / rate;
  const last = Math.max(1, series[0].length - 1) * scale;
  const x = linear([0, last], [3, WIDTH - 3]);
  const y = linear(domain, [HEIGHT - 5, 5]);
  const lines = channels.map(
    (values, c) =>
      `<path class="s${c % 6}" d="${path(thinned(values, WIDTH).map((i) => [x.at(i * scale), y.at(values[i])]))}"/>`,
  );
  const unit = why.axis.unit === "s" ? " s" : "";
  const foot =
    `<text class="foot" x="3" y="${HEIGHT + FOOT - 3}">0${unit}</text>` +
    `<text class="foot" x="${WIDTH - 3}" y="${HEIGHT + FOOT - 3}" text-anchor="end">${escape(short(last))}${unit}</text>`;
  const alt = `row ${row}, ${series.length} x ${series[0].length} values; ${mostText(why)}`;
  return (
    `<figure class="small"><svg role="img" aria-label="${escape(alt)}" viewBox="0 0 ${WIDTH} ${HEIGHT + FOOT}">` +
    `${shades(why, x.at)}<g class="lines">${lines.join("")}</g>${foot}</svg><figcaption>${caption}</figcaption></figure>`
  );
}

/** Strips of the contributions of all channels together, the darker the larger. */
function shades({ perPosition, axis }: Attribution, at: (x: number) => number): string {
  const strips = new Float64Array(WIDTH / STRIP);
  const clamp = (p: number): number => Math.min(strips.length - 1, Math.max(0, p));
  perPosition.forEach((contribution, t) => {
    if (contribution === 0) return;
    const middle = axis.first + axis.step * t;
    const from = clamp(Math.round(at(middle - axis.step / 2) / STRIP));
    const to = Math.max(from, clamp(Math.round(at(middle + axis.step / 2) / STRIP) - 1));
    for (let s = from; s <= to; s++) strips[s] += contribution / (to - from + 1);
  });
  const most = strips.reduce((largest, s) => Math.max(largest, Math.abs(s)), 0);
  return Array.from(strips, (s, i) => {
    const opacity = Number(((0.75 * Math.abs(s)) / most).toFixed(2));
    if (!(opacity >= 0.02)) return "";
    return `<rect class="${s > 0 ? "for" : "against"}" x="${px(i * STRIP)}" y="0" width="${STRIP}" height="${HEIGHT}" fill-opacity="${opacity}"/>`;
  }).join("");
}

const MOST = 2;

/** The stretches with the largest contributions, for and against. */
function mostText(why: Attribution): string {
  const all = stretches(why.perPosition, why.axis, 64);
  const side = (word: string, found: readonly Stretch[]): string[] =>
    found.length > 0
      ? [
          `${word} ${found
            .slice(0, MOST)
            .map((s) => stretchText(s, why))
            .join(", ")}`,
        ]
      : [];
  return [
    ...side(
      "for:",
      all.filter(({ sum }) => sum > 0),
    ),
    ...side(
      "against:",
      all.filter(({ sum }) => sum < 0),
    ),
  ].join("; ");
}

const stretchText = ({ from, to, sum }: Stretch, { axis }: Attribution): string =>
  `${short(from)}${from === to ? "" : ` to ${short(to)}`}${axis.unit === "s" ? " s" : ""} (${sum > 0 ? "+" : ""}${short(sum)})`;

/** What the shades mean. */
export const reasonKeys = (): string =>
  `<div class="keys"><span class="key"><i class="for"></i>speaks for what was said</span><span class="key"><i class="against"></i>against it</span></div>`;

/** The same as a table. */
export function reasonTable(rows: readonly HardRow[], { byRow }: Reasons): string {
  const lines = rows.flatMap(({ row }) => {
    const why = byRow.get(row);
    if (!why) return [];
    const of = typeof why.target === "number" ? `value ${why.target}` : clip(why.target, 60);
    return [
      [String(row), of, short(why.output), short(why.perPosition.reduce((a, b) => a + b, 0)), mostText(why)],
    ];
  });
  return table(["row", "explained", "output", "sum of contributions", "most of it at"], lines, "reasons");
}

/** Of the style sheet. */
export const REASONS_STYLE = `rect.for{fill:var(--s2)}rect.against{fill:var(--s4)}.key i.for{background:var(--s2);height:10px}.key i.against{background:var(--s4);height:10px}
svg text.foot{font-size:10px}h3{font-size:16px;margin:20px 0 10px}`;
