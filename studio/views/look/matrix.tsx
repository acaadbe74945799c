/** A matrix as a heat map: what stands where, by which formula, where the pointer is. */
import { useSignal } from "@preact/signals";
import { entryFormula, type MatrixView } from "toeplitz";
import { Figure } from "../../ui/figure.tsx";
import { short } from "../../ui/format.ts";

const CELL = 14;

export function Matrix({ matrix }: { readonly matrix: MatrixView }) {
  const { name, rows, columns, corner, formula, indices } = matrix;
  const pointed = useSignal<readonly [number, number] | null>(null);
  const [height, width] = [corner.length, corner[0]?.length ?? 0];
  const most = Math.max(...corner.flat().map((value) => Math.abs(value ?? 0)), 0);
  const isCorner = height < rows || width < columns;
  const title = `${name}, ${rows} × ${columns}${isCorner ? `, its corner of ${height} × ${width}` : ""}`;
  const at = pointed.value;
  return (
    <Figure
      title={title}
      numbers={() => corner.map((row) => row.map((value) => value ?? 0).join("\t")).join("\n")}
    >
      <svg
        class="matrix"
        viewBox={`0 0 ${width * CELL} ${height * CELL}`}
        style={{ maxWidth: `${Math.max(48, width * 16)}px` }}
        role="img"
        aria-label={`${title}: ${formula}`}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const place = (share: number, count: number): number =>
            Math.min(count - 1, Math.max(0, Math.floor(share * count)));
          pointed.value = [
            place((event.clientY - box.top) / box.height, height),
            place((event.clientX - box.left) / box.width, width),
          ];
        }}
        onPointerLeave={() => void (pointed.value = null)}
      >
        {corner.flatMap((row, i) =>
          row.map((value, k) =>
            value === null ? null : (
              <rect
                key={`${i},${k}`}
                x={k * CELL}
                y={i * CELL}
                width={CELL - 1}
                height={CELL - 1}
                fill={`var(${value < 0 ? "--wrong" : "--right"})`}
                fill-opacity={most > 0 ? 0.08 + (0.9 * Math.abs(value)) / most : 0.08}
              />
            ),
          ),
        )}
      </svg>
      <p class="readout soft">
        {at
          ? `${entryFormula(matrix, at[0], at[1])}${corner[at[0]][at[1]] === null ? "" : ` = ${short(corner[at[0]][at[1]])}`}`
          : `${formula}; ${indices[0]} down, ${indices[1]} across, from 1`}
      </p>
    </Figure>
  );
}
