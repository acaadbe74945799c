/** Rows as points: what a layer makes of them, by its two directions of most variance. A click leads to the row. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { LayerSummary } from "toeplitz";
import type { DataSummary } from "../../engine/data.ts";
import type { RowPlane } from "../../engine/lookingWhole.ts";
import type { ModelSummary } from "../../engine/models.ts";
import { chosenRow } from "../../session.ts";
import { colourOf, onScheme, seriesColour } from "../../ui/colours.ts";
import { ChoiceField } from "../../ui/field.tsx";
import { Figure } from "../../ui/figure.tsx";
import { percent } from "../../ui/format.ts";
import { Shown, useAnswer } from "./asked.tsx";
import { look, named, scores } from "./state.ts";

export interface PlaneOfRowsProps {
  readonly model: ModelSummary;
  readonly data: DataSummary;
  readonly layers: readonly LayerSummary[];
}

export function PlaneOfRows({ model, data, layers }: PlaneOfRowsProps) {
  const layer = useSignal("");
  const answer = useAnswer("rowPlane", {
    model: model.id,
    data: data.id,
    layer: layer.value === "" ? null : layer.value,
  });
  return (
    <>
      <ChoiceField
        label="Behind layer"
        value={layer.value}
        options={[["", "what the head reads"], ...layers.map(({ name }): [string, string] => [name, name])]}
        onChoose={(name) => void (layer.value = name)}
      />
      <Shown answer={answer}>{(found) => <Points found={found} data={data} />}</Shown>
    </>
  );
}

const HEIGHT = 420;
const EDGE = 12;
/** Pixels around a point in which it is taken. */
const NEAR = 8;

function Points({ found, data }: { readonly found: RowPlane; readonly data: DataSummary }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointed = useSignal<number | null>(null);
  const places = useRef<readonly (readonly [number, number])[]>([]);
  const { value } = scores;
  const classOf = (row: number): number => {
    const truth = value?.truth[row];
    return typeof truth === "number" ? truth : -1;
  };
  useEffect(() => {
    const at = canvas.current;
    if (!at) return;
    const draw = (): void => {
      places.current = placed(found.points, at.clientWidth, HEIGHT);
      paint(at, places.current, found.rows.map(classOf), found.rows.indexOf(chosenRow.value));
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(at);
    const endScheme = onScheme(draw);
    return () => {
      observer.disconnect();
      endScheme();
    };
  }, [found, value, chosenRow.value]);
  const nearest = (event: MouseEvent): number | null => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return null;
    let best: number | null = null;
    let least = NEAR ** 2;
    places.current.forEach(([x, y], i) => {
      const apart = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
      if (apart <= least) [least, best] = [apart, i];
    });
    return best;
  };
  const at = pointed.value;
  const told = (i: number): string => {
    const row = found.rows[i];
    return `row ${row}${value ? `: ${named(value, value.truth[row])}, called ${named(value, value.said[row])}` : ""}`;
  };
  return (
    <Figure
      title={`${found.rows.length} rows by ${found.layer}`}
      numbers={() =>
        ["row\tfirst\tsecond", ...found.points.map(([x, y], i) => `${found.rows[i]}\t${x}\t${y}`)].join("\n")
      }
    >
      <canvas
        ref={canvas}
        class="points"
        role="img"
        aria-label={`Rows of ${data.name} in the plane of the two directions of most variance, which explain ${percent(found.explained[0])} and ${percent(found.explained[1])} of it`}
        onPointerMove={(event) => void (pointed.value = nearest(event))}
        onPointerLeave={() => void (pointed.value = null)}
        onClick={(event) => {
          const hit = nearest(event);
          if (hit !== null) look(found.rows[hit]);
        }}
      />
      <p class="readout soft">
        {at === null
          ? `The two directions explain ${percent(found.explained[0])} and ${percent(found.explained[1])} of the variance.${found.leftOut > 0 ? ` ${found.leftOut} rows are left out, evenly.` : ""}`
          : told(at)}
      </p>
      <p class="soft">
        {data.classes.slice(0, 12).map((name, k) => (
          <span key={name} class="key">
            <i class="swatch" style={{ background: `var(${seriesColour(k)})` }} />
            {name}
          </span>
        ))}
      </p>
    </Figure>
  );
}

/** Points in pixels, both axes in one scale. */
function placed(
  points: RowPlane["points"],
  width: number,
  height: number,
): readonly (readonly [number, number])[] {
  const range = (k: 0 | 1): readonly [number, number] => [
    points.reduce((least, point) => Math.min(least, point[k]), Infinity),
    points.reduce((most, point) => Math.max(most, point[k]), -Infinity),
  ];
  const [[x0, x1], [y0, y1]] = [range(0), range(1)];
  const scale = Math.min((width - 2 * EDGE) / (x1 - x0 || 1), (height - 2 * EDGE) / (y1 - y0 || 1));
  return points.map(([x, y]) => [
    width / 2 + scale * (x - (x0 + x1) / 2),
    height / 2 - scale * (y - (y0 + y1) / 2),
  ]);
}

function paint(
  canvas: HTMLCanvasElement,
  points: readonly (readonly [number, number])[],
  classes: readonly number[],
  chosen: number,
): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(HEIGHT * ratio);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  const parent = canvas.parentElement ?? canvas;
  const colours = new Map<number, string>();
  points.forEach(([x, y], i) => {
    const k = classes[i];
    const known = colours.get(k) ?? colourOf(k < 0 ? "--soft" : seriesColour(k), parent);
    colours.set(k, known);
    context.fillStyle = known;
    context.globalAlpha = 0.75;
    context.beginPath();
    context.arc(x, y, 3, 0, 2 * Math.PI);
    context.fill();
  });
  if (chosen < 0) return;
  context.globalAlpha = 1;
  context.strokeStyle = colourOf("--ink", parent);
  context.lineWidth = 2;
  context.beginPath();
  context.arc(...points[chosen], 7, 0, 2 * Math.PI);
  context.stroke();
}
