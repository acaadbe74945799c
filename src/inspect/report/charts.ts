/** The charts of a report as inline SVG: curves over epochs, a confusion matrix, points, small curves. */
import { largestOf } from "../../numerics/extremes.ts";
import { inkOf, opacityOf } from "./colours.ts";
import {
  clip,
  escape,
  extent,
  grouped,
  linear,
  logarithmic,
  path,
  px,
  rounded,
  short,
  thinned,
  type Scale,
} from "./svg.ts";

const WIDTH = 380;
const HEIGHT = 240;
/** Of a letter of the labels, about. */
const LETTER = 6.9;

export interface Series {
  readonly name: string;
  /** One value an x; NaN where there is none. */
  readonly values: readonly number[];
  /** A class of the style sheet, or a colour. */
  readonly colour: string;
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly x: readonly number[];
  readonly series: readonly Series[];
  /** Where values are above 0 and span much. */
  readonly scale: "linear" | "log";
  /** Of the vertical axis; by the values where absent. */
  readonly domain?: readonly [number, number];
  /** A vertical line, and what it is. */
  readonly mark?: { readonly x: number; readonly name: string };
}

/** Curves over a shared axis, with a legend in words. */
export function lineChart({ title, xLabel, x, series, scale, domain, mark }: LineChart): string {
  const isDrawn = (v: number): boolean => Number.isFinite(v) && (scale === "linear" || v > 0);
  const values = series.flatMap((s) => s.values.filter(isDrawn));
  const found = domain ?? extent(scale === "log" ? values.filter((v) => v > 1e-300) : values);
  if (!found || x.length === 0) return "";
  const isLog = scale === "log" && found[1] > found[0];
  const vertical = [HEIGHT - 34, 10] as const;
  const y = isLog ? logarithmic(padLog(found), vertical) : linear(rounded(found), vertical);
  const left = 12 + LETTER * largestOf(y.ticks.map((t) => y.label(t).length));
  const all = linear(extent(x) ?? [0, 1], [left, WIDTH - 12]);
  const across = { ...all, ticks: all.ticks.filter(Number.isInteger), label: grouped };
  const lines = series.map(({ name, values: v, colour }) => {
    const points = thinned(v, WIDTH).map((i) => [across.at(x[i]), isDrawn(v[i]) ? y.at(v[i]) : NaN] as const);
    const drawn = points.filter(([, at]) => Number.isFinite(at));
    const stroke = colour.startsWith("hsl") ? `style="stroke:${colour}"` : `class="${colour}"`;
    if (drawn.length === 1)
      return `<circle ${stroke} cx="${px(drawn[0][0])}" cy="${px(drawn[0][1])}" r="3"><title>${escape(name)}</title></circle>`;
    return `<path ${stroke} d="${path(points)}"><title>${escape(name)}</title></path>`;
  });
  const at = mark && across.at(mark.x);
  const marked =
    at === undefined ? "" : `<line class="mark" x1="${px(at)}" x2="${px(at)}" y1="10" y2="${HEIGHT - 34}"/>`;
  const summary = series
    .map((s) => {
      const finite = s.values.filter(Number.isFinite);
      return `${s.name} from ${short(finite[0])} to ${short(finite[finite.length - 1])}`;
    })
    .slice(0, 8)
    .join("; ");
  return figure(
    `${title}${isLog ? " (logarithmic)" : ""}`,
    svg(
      `${title}: ${summary}`,
      WIDTH,
      HEIGHT,
      axes(across, y, xLabel) + marked + `<g class="lines">${lines.join("")}</g>`,
    ),
    legend(series) + (mark ? `<span class="key"><i class="mark"></i>${escape(mark.name)}</span>` : ""),
  );
}

const padLog = ([least, most]: readonly [number, number]): [number, number] => [least / 1.05, most * 1.05];

/** Predicted against true values, with the line where they agree. */
export function scatter(title: string, pairs: readonly (readonly [truth: number, said: number])[]): string {
  const domain = extent(pairs.flat());
  if (!domain) return "";
  const size = 300;
  const y = linear(rounded(domain), [size - 34, 10]);
  const left = 12 + LETTER * largestOf(y.ticks.map((t) => y.label(t).length)) + 14;
  const x = linear(rounded(domain), [left, WIDTH - 12]);
  const drawn = pairs.filter((pair) => pair.every(Number.isFinite));
  const dots = drawn.map(([t, s]) => `<circle class="dot" cx="${px(x.at(t))}" cy="${px(y.at(s))}" r="2.2"/>`);
  const agree = `<path class="mark" d="${path([
    [x.at(domain[0]), y.at(domain[0])],
    [x.at(domain[1]), y.at(domain[1])],
  ])}"/>`;
  const name = `<text class="axis" transform="translate(11 ${size / 2 - 12}) rotate(-90)" text-anchor="middle">predicted</text>`;
  const picture = axes(x, y, "true", size) + name + agree + dots.join("");
  return figure(title, svg(`${title}: ${drawn.length} points`, WIDTH, size, picture), "");
}

/** Counts of `[actual][predicted]` as shades: what is right in one colour, what is wrong in another. */
export function confusionChart(classes: readonly string[], counts: readonly (readonly number[])[]): string {
  const n = classes.length;
  const columns = columnsOf(classes, counts);
  const most = n > 20 ? 2 * WIDTH : WIDTH;
  const names = columns.map((c) => clip(c, 14));
  const margin = 22 + 6.2 * largestOf(names.map((c) => Array.from(c).length));
  const cell = Math.min(72, (most - margin - 8) / names.length);
  const width = margin + names.length * cell + 8;
  const flat = margin - 22 < cell - 2;
  const top = flat ? 38 : margin;
  const every = Math.max(1, Math.ceil(10 / cell));
  const font = Math.min(11, Math.max(7, cell * every * 0.8));
  const labels = names.map((name, k) => {
    if (k % every > 0) return "";
    const middle = k * cell + cell / 2;
    const column = flat
      ? `<text x="${px(margin + middle)}" y="${top - 6}" text-anchor="middle">${escape(name)}</text>`
      : `<text transform="translate(${px(margin + middle + font / 3)} ${px(top - 5)}) rotate(-90)">${escape(name)}</text>`;
    return `${column}${k < n ? rowName(name, top + middle) : ""}`;
  });
  function rowName(name: string, y: number): string {
    return `<text x="${px(margin - 5)}" y="${px(y + font / 3)}" text-anchor="end">${escape(name)}</text>`;
  }
  const cells = counts.flatMap((row, k) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((count, j) => {
      if (count === 0) return "";
      const share = count / total;
      const [x, y] = [margin + j * cell, top + k * cell];
      const about = `${count} of ${total} of class ${classes[k]} called ${columns[j]}`;
      const rect =
        `<rect class="${j === k ? "right" : "wrong"}" x="${px(x)}" y="${px(y)}" width="${px(cell - 0.5)}" ` +
        `height="${px(cell - 0.5)}" fill-opacity="${opacityOf(share)}"><title>${escape(about)}</title></rect>`;
      if (cell < 7 * String(count).length + 4 || cell < 14) return rect;
      const side = j === k ? "right" : "wrong";
      const ink = `light-${inkOf("light", side, share)} dark-${inkOf("dark", side, share)}`;
      return `${rect}<text class="${ink}" x="${px(x + cell / 2)}" y="${px(y + cell / 2 + 4)}" text-anchor="middle">${count}</text>`;
    });
  });
  const [size, wide] = [n * cell, names.length * cell];
  const frame = `<rect class="frame" x="${px(margin)}" y="${px(top)}" width="${px(wide)}" height="${px(size)}"/>`;
  const sides =
    `<text class="axis" x="${px(margin + wide / 2)}" y="11" text-anchor="middle">predicted</text>` +
    `<text class="axis" transform="translate(11 ${px(top + size / 2)}) rotate(-90)" text-anchor="middle">actual</text>`;
  const drawn = `${frame}<g font-size="${px(font)}">${labels.join("")}${cells.join("")}</g>${sides}`;
  return figure(
    "Confusion matrix",
    `<div class="scroll"${n > 20 ? ' tabindex="0" role="region" aria-label="confusion matrix"' : ""}>${svg(
      `Confusion matrix of ${n} classes; the table of classes has its sums`,
      width,
      top + size + 4,
      drawn,
      n > 20 ? "wide" : "",
      1.25 * width,
    )}</div>`,
    `<span class="key"><i class="right"></i>right</span><span class="key"><i class="wrong"></i>wrong</span>` +
      `<span class="key">shade: the part of the row</span>`,
  );
}

/** The names of a confusion matrix's columns: the classes, and behind them what was called none of them, where that was. */
export const columnsOf = (
  classes: readonly string[],
  counts: readonly (readonly number[])[],
): readonly string[] => (counts.some((row) => row.length > classes.length) ? [...classes, NONE] : classes);

/** A row whose outputs are no numbers is called that. */
export const NONE = "no class";

/** Channels of one series, small, on one scale; `caption` is HTML. */
export function smallCurve(channels: readonly ArrayLike<number>[], alt: string, caption: string): string {
  const [width, height] = [200, 84];
  const domain = extent(channels.flatMap((c) => Array.from(c)));
  if (!domain) return "";
  const y = linear(domain, [height - 5, 5]);
  const lines = channels.map((values, c) => {
    const x = linear([0, Math.max(1, values.length - 1)], [3, width - 3]);
    return `<path class="s${c % 6}" d="${path(thinned(values, width).map((i) => [x.at(i), y.at(values[i])]))}"/>`;
  });
  const zero = domain[0] < 0 && domain[1] > 0 ? y.at(0) : null;
  const base =
    zero === null ? "" : `<line class="grid" x1="0" x2="${width}" y1="${px(zero)}" y2="${px(zero)}"/>`;
  return `<figure class="small">${svg(alt, width, height, `${base}<g class="lines">${lines.join("")}</g>`)}<figcaption>${caption}</figcaption></figure>`;
}

export function axes(x: Scale, y: Scale, xLabel: string, height = HEIGHT): string {
  const [from, right] = x.range;
  const horizontal = y.ticks.map(
    (t) =>
      `<line class="grid" x1="${px(from)}" x2="${right}" y1="${px(y.at(t))}" y2="${px(y.at(t))}"/>` +
      `<text x="${px(from - 6)}" y="${px(y.at(t) + 4)}" text-anchor="end">${y.label(t)}</text>`,
  );
  const vertical = x.ticks.map(
    (t) => `<text x="${px(x.at(t))}" y="${height - 18}" text-anchor="middle">${x.label(t)}</text>`,
  );
  const name = `<text x="${px((from + right) / 2)}" y="${height - 3}" text-anchor="middle">${escape(xLabel)}</text>`;
  return horizontal.join("") + vertical.join("") + name;
}

/** The names of the lines of `smallCurve`, by colour. */
export const curveKeys = (names: readonly string[]): string =>
  `<div class="keys">${legend(names.map((name, c) => ({ name, colour: `s${c % 6}` })))}</div>`;

export function legend(series: readonly Pick<Series, "name" | "colour">[]): string {
  return series
    .map(({ name, colour }) => {
      const swatch = colour.startsWith("hsl")
        ? `<i style="background:${colour}"></i>`
        : `<i class="${colour}"></i>`;
      return `<span class="key">${swatch}${escape(name)}</span>`;
    })
    .join("");
}

export const svg = (
  alt: string,
  width: number,
  height: number,
  content: string,
  kind = "",
  most = 0,
): string =>
  `<svg role="img" aria-label="${escape(alt)}" viewBox="0 0 ${px(width)} ${px(height)}"${kind ? ` class="${kind}"` : ""}` +
  `${most > 0 ? ` style="max-width:${px(most)}px"` : ""}>${content}</svg>`;

export const figure = (title: string, drawing: string, keys: string): string =>
  `<figure><figcaption>${escape(title)}</figcaption>${drawing}${keys ? `<div class="keys">${keys}</div>` : ""}</figure>`;
