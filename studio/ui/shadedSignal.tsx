/**
 * Series over bands of colour: how much each stretch of a series speaks for (blue) or against (red) something. A band is the
 * sum over its positions, so that nothing is lost where there are more positions than pixels.
 */
import { useSignal } from "@preact/signals";
import { Figure } from "./figure.tsx";
import { short } from "./format.ts";

export interface ShadedLine {
  readonly name: string;
  /** Null where there is no value. */
  readonly signal: readonly (number | null)[];
  /** As many. */
  readonly shades: readonly number[];
}

export interface ShadedSignalProps {
  readonly title: string;
  readonly lines: readonly ShadedLine[];
  /** Where position t is: first + step t. */
  readonly axis: { readonly first: number; readonly step: number; readonly unit: string };
  /** What shades are called. */
  readonly of: string;
}

const MOST_BANDS = 300;
const WIDTH = 1000;
const HEIGHT = 90;

export function ShadedSignal({ title, lines, axis, of }: ShadedSignalProps) {
  const pointed = useSignal<number | null>(null);
  const length = lines[0]?.signal.length ?? 0;
  const place = (t: number): string => short(axis.first + axis.step * t);
  const banded = lines.map(({ shades }) => bandsOf(shades));
  const most = Math.max(...banded.map((bands) => Math.max(...bands.map(Math.abs))), 0);
  const numbers = (): string =>
    [
      [axis.unit, ...lines.flatMap(({ name }) => [name, `${of} of ${name}`])].join("\t"),
      ...Array.from({ length }, (_, t) =>
        [
          axis.first + axis.step * t,
          ...lines.flatMap(({ signal, shades }) => [signal[t] ?? "", shades[t]]),
        ].join("\t"),
      ),
    ].join("\n");
  const at = pointed.value;
  return (
    <Figure title={title} numbers={numbers}>
      {lines.map((line, i) => (
        <div key={line.name} class="shaded">
          {lines.length > 1 && <span class="soft">{line.name}</span>}
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`${line.name}: ${strongest(line, place, axis.unit)}`}
            onPointerMove={(event) => {
              const box = event.currentTarget.getBoundingClientRect();
              const share = (event.clientX - box.left) / box.width;
              pointed.value = Math.min(length - 1, Math.max(0, Math.floor(share * length)));
            }}
            onPointerLeave={() => void (pointed.value = null)}
          >
            {banded[i].map((sum, b) => (
              <rect
                key={b}
                x={(b * WIDTH) / banded[i].length}
                y={0}
                width={WIDTH / banded[i].length + 0.3}
                height={HEIGHT}
                fill={`var(${sum < 0 ? "--wrong" : "--right"})`}
                fill-opacity={most > 0 ? (0.75 * Math.abs(sum)) / most : 0}
              />
            ))}
            <path
              d={pathOf(line.signal)}
              fill="none"
              stroke="var(--ink)"
              stroke-width="1.4"
              vector-effect="non-scaling-stroke"
            />
            {at !== null && (
              <line
                x1={((at + 0.5) * WIDTH) / length}
                x2={((at + 0.5) * WIDTH) / length}
                y1={0}
                y2={HEIGHT}
                stroke="var(--soft)"
                vector-effect="non-scaling-stroke"
              />
            )}
          </svg>
        </div>
      ))}
      <p class="ends soft">
        <span>{place(0)}</span>
        <span>{axis.unit === "s" ? "seconds" : "position"}</span>
        <span>{place(length - 1)}</span>
      </p>
      <p class="readout soft">
        {at === null
          ? "\u00a0"
          : `${axis.unit === "s" ? `${place(at)} s` : `position ${place(at)}`}: ${lines
              .map(({ name, signal, shades }) => `${name} ${short(signal[at])}, ${of} ${short(shades[at])}`)
              .join(" · ")}`}
      </p>
    </Figure>
  );
}

function bandsOf(shades: readonly number[]): number[] {
  const count = Math.min(MOST_BANDS, shades.length);
  const bands = Array.from({ length: count }, () => 0);
  shades.forEach((value, t) => (bands[Math.floor((t * count) / shades.length)] += value));
  return bands;
}

/** The series from edge to edge; a gap where there is no value. Of many positions the least and the largest of each pixel. */
function pathOf(signal: readonly (number | null)[]): string {
  const values = signal.filter((value) => value !== null).filter(Number.isFinite);
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const y = (value: number): number =>
    most > least ? HEIGHT - 6 - ((HEIGHT - 12) * (value - least)) / (most - least) : HEIGHT / 2;
  const points = thinned(signal);
  let isOpen = false;
  return points
    .map(({ t, value }) => {
      if (value === null) {
        isOpen = false;
        return "";
      }
      const letter = isOpen ? "L" : "M";
      isOpen = true;
      return `${letter}${(((t + 0.5) * WIDTH) / signal.length).toFixed(1)} ${y(value).toFixed(1)}`;
    })
    .join("");
}

function thinned(signal: readonly (number | null)[]): { t: number; value: number | null }[] {
  if (signal.length <= 2 * WIDTH) return signal.map((value, t) => ({ t, value }));
  const fold = Math.ceil(signal.length / WIDTH);
  return Array.from({ length: Math.ceil(signal.length / fold) }, (_, k) => {
    const part = signal.slice(k * fold, (k + 1) * fold);
    const known = part.filter((value) => value !== null);
    if (known.length === 0) return [{ t: k * fold, value: null }];
    return [Math.min(...known), Math.max(...known)].map((value, i) => ({
      t: k * fold + (i * fold) / 2,
      value,
    }));
  }).flat();
}

function strongest({ shades }: ShadedLine, place: (t: number) => string, unit: string): string {
  const top = shades.reduce((best, value, t) => (Math.abs(value) > Math.abs(shades[best]) ? t : best), 0);
  return `the strongest part, ${short(shades[top])}, at ${place(top)} ${unit}`;
}
