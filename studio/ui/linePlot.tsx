/** Curves over a common axis: a loss an epoch, a frequency response. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { colourOf, onScheme, seriesColour } from "./colours.ts";
import { Figure } from "./figure.tsx";
import "./plot.css";

export interface LineSeries {
  readonly name: string;
  /** One for each of `x`; NaN or null where there is none. */
  readonly values: ArrayLike<number | null>;
  /** A variable of style.css. Default: by its place. */
  readonly colour?: string;
}
export interface LinePlotProps {
  readonly title: string;
  /** Going up. */
  readonly x: ArrayLike<number>;
  readonly xName?: string;
  readonly series: readonly LineSeries[];
  /** The vertical axis in powers of ten. Values of 0 and below are then gaps. */
  readonly log?: boolean;
  /** In pixels. Default: 220. */
  readonly height?: number;
}

// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- uPlot's enumeration is in its types alone
const LOGARITHMIC = 3 as uPlot.Scale.Distr.Logarithmic;

type Numbers = (number | null)[];

function dataOf({ x, series, log }: LinePlotProps): [number[], ...Numbers[]] {
  const shown = (value: number | null): number | null =>
    value !== null && Number.isFinite(value) && !(log && value <= 0) ? value : null;
  return [Array.from(x), ...series.map(({ values }) => Array.from(values, shown))];
}

function plotOf(props: LinePlotProps, root: HTMLElement, pointed: (at: number | null) => void): uPlot {
  const { series, log, height = 220, xName = "" } = props;
  const axis = {
    stroke: colourOf("--soft", root),
    grid: { stroke: colourOf("--rule", root), width: 1 },
    ticks: { stroke: colourOf("--rule", root), width: 1 },
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
  };
  return new uPlot(
    {
      width: Math.max(50, root.clientWidth),
      height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false },
      scales: { x: { time: false }, y: log ? { distr: LOGARITHMIC } : {} },
      axes: [
        { ...axis, ...(xName && { label: xName, labelSize: 16 }), size: 36 },
        { ...axis, size: 60 },
      ],
      series: [
        {},
        ...series.map(({ name, colour = seriesColour(series.findIndex((one) => one.name === name)) }) => ({
          label: name,
          stroke: colourOf(colour, root),
          width: 1.5,
          spanGaps: false,
        })),
      ],
      hooks: { setCursor: [({ cursor: { idx } }: uPlot) => pointed(idx ?? null)] },
    },
    dataOf(props),
    root,
  );
}

const short = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value)
    ? "none"
    : String(Number(value.toPrecision(5)));

export function LinePlot(props: LinePlotProps) {
  const { title, x, xName = "", series, log, height } = props;
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const pointed = useSignal<number | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const shape = series.map(({ name, colour }) => `${name}\t${colour ?? ""}`).join("\n");
  useEffect(() => {
    const at = root.current;
    if (!at) return;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = plotOf(newest.current, at, (index) => void (pointed.value = index));
    };
    make();
    const observer = new ResizeObserver(() => {
      const { current } = plot;
      if (current && at.clientWidth > 0 && at.clientWidth !== current.width)
        current.setSize({ width: at.clientWidth, height: current.height });
    });
    observer.observe(at);
    const endScheme = onScheme(make);
    return () => {
      observer.disconnect();
      endScheme();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, log, height, xName]);
  useEffect(() => plot.current?.setData(dataOf(props)), [x, series]);
  const at = pointed.value ?? x.length - 1;
  const numbers = (): string =>
    [
      [xName || "x", ...series.map(({ name }) => name)].join("\t"),
      ...Array.from(x, (value, i) => [value, ...series.map(({ values }) => values[i] ?? "")].join("\t")),
    ].join("\n");
  return (
    <Figure title={title} numbers={numbers}>
      <div
        ref={root}
        role="img"
        aria-label={`${title}: ${series.map(({ name, values }) => `${name} ends at ${short(values[values.length - 1])}`).join(", ")}`}
      />
      <p class="readout soft">
        {x.length > 0 && (
          <span class="key">
            {xName || "x"} {short(x[at])}
          </span>
        )}
        {series.map(
          ({ name, values, colour = seriesColour(series.findIndex((one) => one.name === name)) }) => (
            <span key={name} class="key">
              <i class="swatch" style={{ background: `var(${colour})` }} />
              {name} {short(values[at])}
            </span>
          ),
        )}
      </p>
    </Figure>
  );
}
