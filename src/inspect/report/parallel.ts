/** Parallel coordinates: an axis a parameter and one for the score, a line a trial (Inselberg 1985). */
import {
  choiceAt,
  valueAt,
  activeAt,
  type Parameter,
  type Point,
  type Space,
} from "../../training/sweep/space.ts";
import { figure, legend, svg } from "./charts.ts";
import { clip, escape, path, px, short } from "./svg.ts";

/** A trial to draw. */
export interface ParallelLine {
  readonly name: string;
  readonly point: Point;
  /** NaN of one that failed: its line ends before the last axis. */
  readonly score: number;
  /** `best`: it won; `whole`: it ran the whole length; `part`: it went on once at least; `first`: it did not. */
  readonly kind: keyof typeof kinds;
}

/** In the order in which they are drawn, so that the best lies on top, with what the legend calls them. */
const kinds = { first: "first rung alone", part: "went on", whole: "whole length", best: "best" } as const;
const colours = { first: "p-first", part: "s0", whole: "s1", best: "p-best" } as const;

const TOP = 34;
const BOTTOM = 300;
const GAP = 112;
const LEFT = 92;
/** Of a choice's part of its axis, what its lines spread over: apart, but not as if they were on a scale. */
const SPREAD = 0.5;

/** What lines look like: many faint ones, few strong ones. */
export const PARALLEL_STYLE = `.parallel .lines path{stroke-width:1.1;stroke-opacity:.75}.parallel .lines path.p-first{stroke:var(--soft);stroke-opacity:.4}
.parallel .lines path.s1{stroke-width:1.6;stroke-opacity:1}.parallel .lines path.p-best{stroke:var(--ink);stroke-width:3;stroke-opacity:1}
i.p-first{background:var(--soft);opacity:.5}i.p-best{background:var(--ink)}.parallel svg{min-width:var(--wide)}
.parallel svg text{paint-order:stroke;stroke:var(--card);stroke-width:3.5px;stroke-linejoin:round}`;

/** `isLow`: the less of the score, the better; the best is at the top. */
export function parallelChart(
  title: string,
  space: Space,
  { score, isLow }: { readonly score: string; readonly isLow: boolean },
  lines: readonly ParallelLine[],
): string {
  const names = Object.keys(space);
  const x = (i: number): number => LEFT + i * GAP;
  const width = x(names.length) + 56;
  const last = scoreAxis(lines, isLow);
  const axes = [
    ...Object.entries(space).map(([name, parameter], i) => axis(x(i), name, ticksOf(parameter))),
    axis(x(names.length), `${score}, by rank`, last.ticks),
  ];
  const all = Object.keys(kinds) as ParallelLine["kind"][];
  const drawn = all.flatMap((kind) =>
    lines.filter((line) => line.kind === kind).map((line) => lineOf(space, line, x, last.at(line.score))),
  );
  const keys = all
    .filter((kind) => lines.some((line) => line.kind === kind))
    .map((kind) => ({ name: kinds[kind], colour: colours[kind] }));
  const picture = `<g class="lines">${drawn.join("")}</g>${axes.join("")}`;
  const alt = `${title}: ${lines.length} lines over ${names.join(", ")} and ${score}`;
  const drawing = svg(alt, width, BOTTOM + 22, picture, "", width);
  const scrolled = `<div class="scroll" tabindex="0" role="region" aria-label="${escape(title)}" style="--wide:${px(0.75 * width)}px">${drawing}</div>`;
  return `<div class="parallel">${figure(title, scrolled, legend(keys))}</div>`;
}

function axis(x: number, name: string, ticks: readonly (readonly [y: number, text: string])[]): string {
  const marks = ticks.map(
    ([y, text]) =>
      `<line class="grid" x1="${px(x - 4)}" x2="${px(x + 4)}" y1="${px(y)}" y2="${px(y)}"/>` +
      `<text x="${px(x - 7)}" y="${px(y + 4)}" text-anchor="end">${escape(clip(text, 12))}</text>`,
  );
  return (
    `<line class="grid" x1="${px(x)}" x2="${px(x)}" y1="${TOP}" y2="${BOTTOM}"/>${marks.join("")}` +
    `<text class="axis" x="${px(x)}" y="16" text-anchor="middle">${escape(clip(name, 14))}</text>`
  );
}

const down = (u: number): number => BOTTOM - u * (BOTTOM - TOP);

/** Where a point lies on the axis of a parameter. */
function place(parameter: Parameter, u: number): number {
  if (parameter.kind !== "choice") return down(u);
  const count = parameter.values.length;
  const k = choiceAt(u, count);
  return down((k + 0.5 + SPREAD * (u * count - k - 0.5)) / count);
}

const MOST_TICKS = 12;

function ticksOf(parameter: Parameter): [y: number, text: string][] {
  if (parameter.kind === "choice") {
    const { values } = parameter;
    const every = Math.ceil(values.length / MOST_TICKS);
    return values.flatMap((value, k): [number, string][] =>
      k % every > 0 ? [] : [[down((k + 0.5) / values.length), value === null ? "none" : String(value)]],
    );
  }
  return [0, 0.25, 0.5, 0.75, 1].map((u) => [
    down(u),
    short(Number(Number(valueAt(parameter, u)).toPrecision(2))),
  ]);
}

interface ScoreAxis {
  /** NaN of a trial that failed. */
  readonly at: (score: number) => number;
  readonly ticks: readonly (readonly [y: number, text: string])[];
}

/** Scores by their rank, which no trial that went far astray squeezes together; each tick is the score that stands there. */
function scoreAxis(lines: readonly ParallelLine[], isLow: boolean): ScoreAxis {
  const scores = lines
    .map(({ score }) => score)
    .filter(Number.isFinite)
    .toSorted((a, b) => (isLow ? a - b : b - a));
  const most = Math.max(1, scores.length - 1);
  const at = (score: number): number => {
    const k = scores.indexOf(score);
    return k < 0 ? NaN : down(1 - k / most);
  };
  const shown = [...new Set([0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * (scores.length - 1))))];
  return { at, ticks: scores.length === 0 ? [] : shown.map((k) => [at(scores[k]), short(scores[k])]) };
}

/** A line passes by the axis of a parameter that its trial did not have. */
function lineOf(space: Space, line: ParallelLine, x: (i: number) => number, end: number): string {
  const active = activeAt(space, line.point);
  const points = Object.values(space).flatMap((parameter, i): (readonly [number, number])[] =>
    active[i] ? [[x(i), place(parameter, line.point[i])]] : [],
  );
  const whole = path([...points, [x(active.length), end]]);
  return `<path class="${colours[line.kind]}" d="${whole}"><title>${escape(line.name)}</title></path>`;
}
