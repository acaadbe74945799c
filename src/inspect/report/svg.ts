/**
 * The few pieces of SVG and HTML that a report is drawn with: text that cannot break out, scales with round ticks, and
 * long series thinned to what a screen can show. Everything is a pure function to a string.
 */
import { printable } from "../../data/printable.ts";
import { log } from "../../numerics/f64.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML and attributes take it; control and direction characters, which could redraw a line, are shown as \u{..}. */
export const escape = (text: string): string => printable(text).replace(/[&<>"']/g, (c) => ENTITIES[c]);

/** At most `most` characters of a name. */
export const clip = (text: string, most: number): string => {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
};

/** A number for people: four significant digits, no exponent where it can be read without. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return "–";
  if (x === 0) return "0";
  const a = Math.abs(x);
  if (a >= 1e6 || a < 1e-4) return x.toExponential(2);
  return String(Number(x.toPrecision(4)));
}

export const percent = (x: number): string => (Number.isFinite(100 * x) ? `${(100 * x).toFixed(2)} %` : "–");
export const grouped = (n: number): string => Math.round(n).toLocaleString("en-US");

/** A coordinate. */
export const px = (x: number): string => String(Math.round(x * 10) / 10);

export interface Scale {
  readonly at: (value: number) => number;
  /** Where it begins and ends. */
  readonly range: readonly [number, number];
  readonly ticks: readonly number[];
  readonly label: (value: number) => string;
}

/** 10^k for a whole k, exact where a double is. */
const ten = (k: number): number => Number(`1e${k}`);
const exponent = (x: number): number => Number(x.toExponential().split("e")[1]);

/** 1, 2 or 5 times a power of ten, about `count` of them in a domain. */
function stepOf([least, most]: readonly [number, number], count: number): number {
  const raw = (most - least) / count;
  const power = ten(exponent(raw));
  return power * ([1, 2, 5].find((f) => f * power >= raw) ?? 10);
}

const TICKS = 5;

/** Numbers are drawn up to this size, and differences down to its inverse: beyond it scales leave what doubles are. */
const DRAWN = 1e300;
const drawn = (v: number): number => (Number.isFinite(v) ? Math.min(DRAWN, Math.max(-DRAWN, v)) : NaN);

/** A domain with room: nothing becomes something, whatever `domain` is. */
const widened = ([least, most]: readonly [number, number]): [number, number] => {
  if (most - least > 1 / DRAWN) return [least, most];
  if (Math.abs(least) < 1 / DRAWN) return [0, 1];
  return least === 0 ? [0, 1] : [least - Math.abs(least) / 2, least + Math.abs(least) / 2];
};

/** A place that paper could have; NaN of what is infinite or beyond all measure, which is not drawn. */
const onPaper = (at: number): number => (Math.abs(at) <= 1e9 ? at : NaN);

/** A domain that begins and ends with a tick. */
export function rounded(domain: readonly [number, number]): [number, number] {
  const [least, most] = widened(domain);
  const step = stepOf([least, most], TICKS);
  return [Math.floor(least / step + 1e-9) * step, Math.ceil(most / step - 1e-9) * step];
}

/** Ticks at round numbers. */
export function linear(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [least, most] = widened(domain);
  const step = stepOf([least, most], TICKS);
  const first = Math.ceil(least / step - 1e-9);
  const ticks = Array.from({ length: Math.floor(most / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  const digits = Math.max(0, -exponent(step));
  return {
    at: (value) => onPaper(range[0] + ((drawn(value) - least) / (most - least)) * (range[1] - range[0])),
    range,
    ticks,
    label: (value) => {
      if (value !== 0 && (Math.abs(value) >= 1e6 || digits > 4))
        return value.toExponential(Math.min(20, Math.max(0, exponent(value) - exponent(step))));
      if (digits > 20) return "0";
      return digits > 0 ? value.toFixed(digits) : grouped(value);
    },
  };
}

/** Powers of ten, and between few of them 2 and 5 times each; the domain is above 0. */
export function logarithmic(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [least, most] = domain;
  const [from, to] = [exponent(least), exponent(most)];
  const decades = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const every = Math.max(1, Math.ceil(decades.length / 6));
  const factors = decades.length <= 2 ? [1, 2, 5] : [1];
  const round = decades
    .filter((k) => (k - to) % every === 0)
    .flatMap((k) => factors.map((f) => f * ten(k)))
    .filter((t) => t >= least * (1 - 1e-9) && t <= most * (1 + 1e-9));
  // between two round numbers there may be none
  const ticks = round.length > 0 ? round : [least, most];
  const span = log(most) - log(least) || 1;
  return {
    range,
    at: (value) => onPaper(range[0] + ((log(value) - log(least)) / span) * (range[1] - range[0])),
    ticks,
    label: (value) =>
      value >= 1e6 || value < 1e-4 ? value.toExponential(0) : String(Number(value.toPrecision(3))),
  };
}

/** The indices of a series to draw on `width` pixels: of more than two a pixel, the least and the largest of each. */
export function thinned(values: ArrayLike<number>, width: number): number[] {
  const count = values.length;
  if (count <= 2 * width) return Array.from({ length: count }, (_, i) => i);
  const kept: number[] = [];
  for (let p = 0; p < width; p++) {
    const from = Math.floor((p * count) / width);
    const to = Math.floor(((p + 1) * count) / width);
    let least = from;
    let most = from;
    for (let i = from + 1; i < to; i++) {
      // what is no number is kept only where there is nothing else
      if (values[i] < values[least] || Number.isNaN(values[least])) least = i;
      if (values[i] > values[most] || Number.isNaN(values[most])) most = i;
    }
    kept.push(Math.min(least, most));
    if (least !== most) kept.push(Math.max(least, most));
  }
  return kept;
}

/** A path through points; what is no number interrupts it. */
export function path(points: readonly (readonly [x: number, y: number])[]): string {
  let pen = "M";
  let d = "";
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = "M";
      continue;
    }
    d += `${pen}${px(x)} ${px(y)}`;
    pen = "L";
  }
  return d;
}

/** The least and largest of numbers; null where there are none. */
export function extent(values: Iterable<number>): [number, number] | null {
  let least = Infinity;
  let most = -Infinity;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (v < least) least = v;
    if (v > most) most = v;
  }
  return least <= most ? [drawn(least), drawn(most)] : null;
}

/** A table; cells are text, the first column names the row. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], name: string): string {
  const line = (cells: readonly string[]): string =>
    cells.map((c, i) => (i === 0 ? `<th scope="row">${escape(c)}</th>` : `<td>${escape(c)}</td>`)).join("");
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escape(name)}"><table data-table="${escape(name)}">` +
    `<thead><tr>${head.map((h) => `<th scope="col">${escape(h)}</th>`).join("")}</tr></thead>` +
    `<tbody>${rows.map((row) => `<tr>${line(row)}</tr>`).join("")}</tbody></table></div>`
  );
}
