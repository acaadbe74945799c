/** Plots: long series that pan and zoom, and curves. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { onScheme, seriesColour } from "./colours.ts";
import { Figure } from "./figure.tsx";
import { gestures, type Grab } from "./gestures.ts";
import { SeriesChart, type Mark, type PlotSeries, type Scene, type Shade } from "./seriesChart.ts";
import "./plot.css";
import { byKey, within, type Stretch } from "./stretch.ts";

export { LinePlot, type LinePlotProps, type LineSeries } from "./linePlot.tsx";
export type { Mark, PlotSeries, Shade } from "./seriesChart.ts";
export type { Stretch } from "./stretch.ts";

export interface SeriesPlotProps {
  readonly title: string;
  readonly series: readonly PlotSeries[];
  /** Samples a second: the axis is then in seconds. */
  readonly rate?: number;
  readonly marks?: readonly Mark[];
  readonly shades?: readonly Shade[];
  /** In pixels. Default: 220. */
  readonly height?: number;
  /** The stretch that is shown, null for all of it, where plots share it. */
  readonly shown?: Signal<Stretch | null>;
  /** The sample that the keyboard's cursor (comma and full stop) is at, where others want to know. */
  readonly cursor?: Signal<number | null>;
  /** Whether any drag draws a stretch, not one with Shift alone. */
  readonly isDrawing?: boolean;
  /** A stretch was drawn. */
  readonly onDrawn?: (drawn: Stretch) => void;
  /** An edge of the band of that number was dragged. */
  readonly onEdge?: (shade: number, now: Stretch) => void;
  /** The band of that number was clicked. */
  readonly onShade?: (shade: number) => void;
  /** Keys that the plot does not use itself; true where this one was used. */
  readonly onKey?: (key: string, cursor: number | null) => boolean;
}

const NONE: readonly never[] = [];
/** Pixels beside an edge in which it is taken. */
const NEAR = 5;
/** Samples whose numbers are copied at most. */
const MOST_COPIED = 100_000;

const KEYS =
  "Arrow keys move, plus and minus zoom, Home and End go to the ends, 0 shows all; comma and full stop move the cursor.";

/** A number as it is read beside a plot. */
export const shortNumber = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(6))) : "no value";

export function SeriesPlot(props: SeriesPlotProps) {
  const { title, series, rate, marks = NONE, shades = NONE, height = 220 } = props;
  const own = useSignal<Stretch | null>(null);
  const shown = props.shown ?? own;
  const ownCursor = useSignal<number | null>(null);
  const cursor = props.cursor ?? ownCursor;
  const pointed = useSignal<number | null>(null);
  const drawn = useSignal<Stretch | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<SeriesChart | null>(null);
  const length = Math.max(0, ...series.map(({ pyramid }) => pyramid.values.length));
  const now = (): Stretch => within(shown.peek() ?? { from: 0, to: length }, length);
  const show = (wanted: Stretch): void => void (shown.value = within(wanted, length));
  const bands = drawn.value ? [...shades, { ...drawn.value, name: "", isChosen: true }] : shades;
  const scene: Scene = { series, rate, marks, shades: bands, cursor: cursor.value };
  const latest = { length, now, show, shades, props, drawn, shown };
  const last = useRef(latest);
  last.current = latest;

  const key = height;
  useEffect(() => {
    const at = root.current;
    if (!at) return;
    const made = new SeriesChart(at, height, scene, now());
    chart.current = made;
    made.onPointed = (sample) => void (pointed.value = sample);
    const listen = (): (() => void) => gestures(made.over, gestured(made, last, at));
    let ends = listen();
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(at);
    made.onMade = () => {
      ends();
      ends = listen();
    };
    const endScheme = onScheme(() => made.restyle());
    return () => {
      observer.disconnect();
      endScheme();
      ends();
      made.destroy();
      chart.current = null;
    };
  }, [key]);
  useEffect(() => chart.current?.set(scene), [series, rate, marks, shades, cursor.value, drawn.value]);
  // not by rendering: a frame of a drag costs a frame of the chart alone
  useEffect(() => shown.subscribe(() => chart.current?.show(now())), [shown, length]);

  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    if (event.key === "," || event.key === ".") {
      const step = Math.max(1, Math.round(chart.current?.perPixel ?? 1)) * (event.key === "," ? -1 : 1);
      const { from, to } = now();
      const at = Math.min(length - 1, Math.max(0, (cursor.value ?? Math.round((from + to) / 2)) + step));
      cursor.value = at;
      if (at < from || at > to) show({ from: at - (to - from) / 2, to: at + (to - from) / 2 });
    } else {
      const wanted = byKey(event.key, now(), length);
      if (wanted) show(wanted);
      else if (!props.onKey?.(event.key, cursor.value)) return;
    }
    event.preventDefault();
  };
  return (
    <Figure title={title} numbers={() => numbersOf(series, now(), rate)}>
      <div
        class="plot"
        role="application"
        aria-label={`${title}: plot that moves and zooms`}
        aria-description={KEYS}
        tabIndex={0}
        onKeyDown={onKey}
        data-samples={length}
      >
        <div ref={root} role="img" aria-label={described(series, length, rate)} />
      </div>
      <Readout
        series={series}
        at={pointed.value ?? cursor.value}
        rate={rate}
        isKeyed={cursor.value !== null}
      />
    </Figure>
  );
}

/** How gestures reach the chart and the newest properties. */
function gestured(
  chart: SeriesChart,
  last: { readonly current: Latest },
  at: HTMLElement,
): Parameters<typeof gestures>[1] {
  return {
    sampleAt: (x) => chart.sampleAt(x),
    shown: () => last.current.now(),
    show: (wanted) => last.current.show(wanted),
    all: () => void (last.current.shown.value = null),
    rested: () => {
      const measured = chart.measured();
      if (!measured) return;
      at.parentElement?.setAttribute("data-fps", measured.rate.toFixed(1));
      at.parentElement?.setAttribute("data-longest-frame", measured.longest.toFixed(1));
    },
    grab: (start, isShift) => {
      chart.measured();
      return grabbed(start, isShift, NEAR * chart.perPixel, last.current);
    },
  };
}

interface Latest {
  readonly length: number;
  readonly shown: Signal<Stretch | null>;
  readonly now: () => Stretch;
  readonly show: (wanted: Stretch) => void;
  readonly shades: readonly Shade[];
  readonly props: SeriesPlotProps;
  readonly drawn: Signal<Stretch | null>;
}

/** What a press at a sample begins, other than a move: an edge that is taken, or a new stretch. A click chooses a band. */
function grabbed(start: number, isShift: boolean, near: number, now: Latest): Grab | null {
  const { shades, props, drawn, length } = now;
  const clip = (at: number): number => Math.min(length, Math.max(0, Math.round(at)));
  if (props.onEdge && !isShift)
    for (const [i, { from, to }] of shades.entries()) {
      if (Math.min(Math.abs(start - from), Math.abs(start - to)) > near) continue;
      const other = Math.abs(start - from) < Math.abs(start - to) ? to : from;
      return {
        to: (at) => void (drawn.value = ordered(other, clip(at))),
        end: (at, isMoved) => {
          drawn.value = null;
          if (isMoved && clip(at) !== other) props.onEdge?.(i, ordered(other, clip(at)));
          else props.onShade?.(i);
        },
      };
    }
  if (props.onDrawn && (isShift || props.isDrawing))
    return {
      to: (at) => void (drawn.value = ordered(clip(start), clip(at))),
      end: (at, isMoved) => {
        drawn.value = null;
        const found = ordered(clip(start), clip(at));
        if (isMoved && found.to > found.from) props.onDrawn?.(found);
        else choose(start, now);
      },
    };
  return null;
}

function choose(at: number, { shades, props }: Latest): void {
  const found = shades.findIndex(({ from, to }) => at >= from && at < to);
  if (found >= 0) props.onShade?.(found);
}

const ordered = (a: number, b: number): Stretch => ({ from: Math.min(a, b), to: Math.max(a, b) });

const described = (series: readonly PlotSeries[], length: number, rate: number | undefined): string =>
  `${series.map(({ name }) => name).join(", ")}: ${length} samples${rate === undefined ? "" : `, ${shortNumber(length / rate)} seconds`}`;

interface ReadoutProps {
  readonly series: readonly PlotSeries[];
  readonly at: number | null;
  readonly rate: number | undefined;
  /** Whether keys move the cursor: then it is read out. */
  readonly isKeyed: boolean;
}

/** The key of the series, with their values where the cursor is. */
function Readout({ series, at, rate, isKeyed }: ReadoutProps) {
  const length = Math.max(0, ...series.map(({ pyramid }) => pyramid.values.length));
  const sample = at === null || length === 0 ? null : Math.min(length - 1, Math.max(0, Math.round(at)));
  return (
    <p class="readout soft" aria-live={isKeyed ? "polite" : "off"}>
      {series.map(({ name, colour, pyramid }, s) => (
        <span key={name} class="key">
          <i class="swatch" style={{ background: `var(${colour ?? seriesColour(s)})` }} />
          {name} {sample !== null && shortNumber(pyramid.values[sample])}
        </span>
      ))}
      {sample !== null && (
        <span class="key">{rate === undefined ? `sample ${sample}` : `${shortNumber(sample / rate)} s`}</span>
      )}
    </p>
  );
}

function numbersOf(series: readonly PlotSeries[], { from, to }: Stretch, rate: number | undefined): string {
  const lines = [[rate === undefined ? "sample" : "seconds", ...series.map(({ name }) => name)].join("\t")];
  const first = Math.floor(from);
  const last = Math.min(Math.ceil(to), first + MOST_COPIED);
  for (let t = first; t < last; t++)
    lines.push(
      [rate === undefined ? t : t / rate, ...series.map(({ pyramid }) => pyramid.values[t] ?? "")].join("\t"),
    );
  if (last < to)
    lines.push(`the first ${MOST_COPIED} of ${Math.ceil(to) - first} samples; zoom in for others`);
  return lines.join("\n");
}
