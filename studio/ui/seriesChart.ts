/**
 * A plot of long series on a canvas: a stretch of them, intervals behind, marks before. It draws at most once a frame, from
 * the pyramid, so that the length of a series costs nothing.
 */
import uPlot from "uplot";
import { colourOf } from "./colours.ts";
import { Frames } from "./frames.ts";
import { extremes, stretch, type Pyramid } from "./pyramid.ts";
import type { Stretch } from "./stretch.ts";

export interface PlotSeries {
  readonly name: string;
  /** A variable of style.css, such as `--s0`. Default: by its place. */
  readonly colour?: string;
  readonly pyramid: Pyramid;
}
/** A line at a sample. */
export interface Mark {
  readonly at: number;
  readonly name: string;
  readonly colour?: string;
}
/** Samples `from` up to, but not with, `to`, drawn as a band with a name. */
export interface Shade extends Stretch {
  readonly name: string;
  readonly colour?: string;
  readonly isChosen?: boolean;
}
/** What is drawn. */
export interface Scene {
  readonly series: readonly PlotSeries[];
  readonly rate?: number;
  readonly marks: readonly Mark[];
  readonly shades: readonly Shade[];
  /** The sample that the keyboard's cursor is at. */
  readonly cursor: number | null;
}

/** Height of a band's name, in pixels of CSS. */
const NAME = 13;

export class SeriesChart {
  readonly #root: HTMLElement;
  readonly #height: number;
  readonly #frames = new Frames();
  #scene: Scene;
  #shown: Stretch;
  #plot: uPlot;
  #due = 0;
  #isBinned = false;
  #colours = new Map<string, string>();
  /** The least and the largest of all series. */
  #range: [number, number] = [0, 1];
  /** Where the mouse is, as a sample; null elsewhere. */
  onPointed: (at: number | null) => void = () => undefined;
  /** The plot, and the element that gestures are on, were made anew. */
  onMade: () => void = () => undefined;

  constructor(root: HTMLElement, height: number, scene: Scene, shown: Stretch) {
    this.#root = root;
    this.#height = height;
    this.#scene = scene;
    this.#shown = shown;
    this.#plot = this.#made();
  }

  get over(): HTMLElement {
    return this.#plot.over;
  }

  /** The sample under a place of the screen. */
  sampleAt(clientX: number): number {
    const { left } = this.#plot.over.getBoundingClientRect();
    return this.#plot.posToVal(clientX - left, "x") * (this.#scene.rate ?? 1);
  }

  /** Samples a pixel. */
  get perPixel(): number {
    return (this.#shown.to - this.#shown.from) / Math.max(1, this.#plot.over.clientWidth);
  }

  /** Shows another stretch, in the next frame. */
  show(shown: Stretch): void {
    this.#shown = shown;
    this.#due ||= requestAnimationFrame(() => this.#draw());
  }

  /** Draws other things; other series, or another rate, make the plot anew. */
  set(scene: Scene): void {
    const isSame = scene.rate === this.#scene.rate && sameSeries(scene.series, this.#scene.series);
    this.#scene = scene;
    if (isSame) return this.show(this.#shown);
    this.restyle();
  }

  /** Made anew, in the colours of now. */
  restyle(): void {
    this.#colours.clear();
    this.#plot.destroy();
    this.#plot = this.#made();
    this.onMade();
  }

  resize(): void {
    const width = this.#root.clientWidth;
    if (width > 0 && width !== this.#plot.width) {
      this.#plot.setSize({ width, height: this.#height });
      this.show(this.#shown);
    }
  }

  /** Frames a second since the last time, and the longest between two. */
  measured(): ReturnType<Frames["end"]> {
    return this.#frames.end();
  }

  destroy(): void {
    cancelAnimationFrame(this.#due);
    this.#plot.destroy();
  }

  #colour(variable: string): string {
    const known = this.#colours.get(variable);
    if (known !== undefined) return known;
    const colour = colourOf(variable, this.#root);
    this.#colours.set(variable, colour);
    return colour;
  }

  #made(): uPlot {
    const { series, rate } = this.#scene;
    const all = series.map(({ pyramid }) => extremes(pyramid, 0, pyramid.values.length));
    const ends = all.flat().filter(Number.isFinite);
    const [low, high] = ends.length > 0 ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
    const room = (high - low || Math.abs(high) || 1) * 0.05;
    this.#range = [low - room, high + room];
    const axis = {
      stroke: this.#colour("--soft"),
      grid: { stroke: this.#colour("--rule"), width: 1 },
      ticks: { stroke: this.#colour("--rule"), width: 1 },
      font: "12px system-ui, sans-serif",
      labelFont: "12px system-ui, sans-serif",
    };
    const plot = new uPlot(
      {
        width: Math.max(50, this.#root.clientWidth),
        height: this.#height,
        legend: { show: false },
        cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false }, y: false },
        scales: { x: { time: false, auto: false }, y: { auto: false, range: () => this.#range } },
        axes: [
          { ...axis, size: 42, label: rate === undefined ? "sample" : "seconds", labelSize: 16 },
          { ...axis, size: 56 },
        ],
        series: [
          {},
          ...series.map(({ name, colour }, s) => ({
            label: name,
            stroke: this.#colour(colour ?? `--s${s % 6}`),
            width: 1,
            points: { show: false },
            paths: (own: uPlot, at: number, first: number, last: number) =>
              this.#isBinned ? bars(own, at) : line(own, at, first, last),
          })),
        ],
        hooks: {
          drawClear: [(own: uPlot) => this.#bands(own)],
          draw: [(own: uPlot) => this.#marks(own)],
          setCursor: [
            (own: uPlot) => {
              const { left = -1 } = own.cursor;
              this.onPointed(left < 0 ? null : own.posToVal(left, "x") * (rate ?? 1));
            },
          ],
        },
      },
      [[], ...series.map(() => [])],
      this.#root,
    );
    this.#due ||= requestAnimationFrame(() => this.#draw());
    return plot;
  }

  #draw(): void {
    this.#due = 0;
    const { series, rate = 1 } = this.#scene;
    const { from, to } = this.#shown;
    const width = Math.max(1, this.#plot.over.clientWidth);
    const { x, y, isBinned } = stretch(
      series.map(({ pyramid }) => pyramid),
      from,
      to,
      width,
    );
    for (let i = 0; i < x.length; i++) x[i] /= rate;
    this.#isBinned = isBinned;
    this.#plot.batch(() => {
      this.#plot.setData([x, ...y], false);
      this.#plot.setScale("x", { min: from / rate, max: to / rate });
    });
    this.#frames.drawn();
  }

  /** Intervals: bands behind the series, with a name where there is room for it. */
  #bands(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const { rate = 1 } = this.#scene;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `${NAME * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    let free = -Infinity;
    for (const { from, to, name, colour = "--s1", isChosen } of this.#scene.shades) {
      if (to < this.#shown.from || from > this.#shown.to) continue;
      const left = plot.valToPos(from / rate, "x", true);
      const wide = Math.max(ratio, plot.valToPos(to / rate, "x", true) - left);
      ctx.fillStyle = this.#colour(colour);
      ctx.globalAlpha = isChosen ? 0.35 : 0.18;
      ctx.fillRect(left, bbox.top, wide, bbox.height);
      ctx.globalAlpha = 1;
      ctx.fillRect(left, bbox.top, ratio, bbox.height);
      ctx.fillRect(left + wide - ratio, bbox.top, ratio, bbox.height);
      const at = Math.max(left, bbox.left) + 4 * ratio;
      if (at > free) {
        ctx.fillStyle = this.#colour("--ink");
        ctx.fillText(name, at, bbox.top + 2 * ratio);
        free = at + ctx.measureText(name).width;
      }
    }
    ctx.restore();
  }

  #marks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const { rate = 1, marks, cursor } = this.#scene;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.font = `${NAME * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    let free = -Infinity;
    const line = (at: number, name: string, colour: string): void => {
      if (at < this.#shown.from || at > this.#shown.to) return;
      const left = plot.valToPos(at / rate, "x", true);
      ctx.fillStyle = this.#colour(colour);
      ctx.fillRect(left, bbox.top, ratio, bbox.height);
      if (left <= free) return;
      ctx.fillText(name, left + 3 * ratio, bbox.top + bbox.height);
      free = left + ctx.measureText(name).width;
    };
    for (const { at, name, colour = "--wrong" } of marks) line(at, name, colour);
    if (cursor !== null) line(cursor, "", "--ink");
    ctx.restore();
  }
}

const line = uPlot.paths.linear?.() ?? (() => null);

/**
 * Bins as bars from the least to the largest, each drawn on to where the one before ends: the picture of a line through them,
 * at a fraction of the cost of stroking one.
 */
function bars(plot: uPlot, at: number): null {
  const { ctx, bbox, series } = plot;
  const [x, y] = [plot.data[0], plot.data[at]];
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const { stroke } = series[at];
  const colour: unknown = typeof stroke === "function" ? stroke(plot, at) : stroke;
  if (typeof colour === "string") ctx.fillStyle = colour;
  let before: readonly [number, number] | null = null;
  for (let i = 0; i + 1 < x.length; i += 2) {
    const [least, most] = [y[i], y[i + 1]];
    if (typeof least !== "number" || typeof most !== "number") {
      before = null;
      continue;
    }
    const left = Math.round(plot.valToPos(x[i], "x", true));
    const right = i + 2 < x.length ? Math.round(plot.valToPos(x[i + 2], "x", true)) : left + ratio;
    let top = plot.valToPos(most, "y", true);
    let bottom = plot.valToPos(least, "y", true);
    const own = [top, bottom] as const;
    if (before && before[1] < top) [, top] = before;
    if (before && before[0] > bottom) [bottom] = before;
    ctx.fillRect(left, top, Math.max(ratio, right - left), Math.max(ratio, bottom - top));
    before = own;
  }
  ctx.restore();
  return null;
}

const sameSeries = (a: readonly PlotSeries[], b: readonly PlotSeries[]): boolean =>
  a.length === b.length &&
  a.every((one, i) => one.pyramid === b[i].pyramid && one.name === b[i].name && one.colour === b[i].colour);
