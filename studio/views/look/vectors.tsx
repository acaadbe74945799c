/** The vectors of a derivation, and small tables of numbers. */
import type { ComponentChildren } from "preact";
import type { ConvolutionExplanation, PairNumbers } from "toeplitz";
import { Figure } from "../../ui/figure.tsx";
import { short } from "../../ui/format.ts";

const NAMES: readonly (readonly [keyof PairNumbers, string])[] = [
  ["y", "y, what it reads"],
  ["w", "w, the filter"],
  ["Ay", "A(w) y"],
  ["z", "z"],
  ["slope", "s'(z)"],
  ["out", "s(z)"],
  ["g", "g, d(loss)/ds(z)"],
  ["v", "v = g D, the back-signal"],
  ["vA", "v A(w)"],
  ["dw", "C(v) y, the filter's gradient"],
];

export function Vectors({ told: { vectors } }: { readonly told: ConvolutionExplanation }) {
  const listed = NAMES.flatMap(([key, name]) => {
    const values = vectors[key];
    return Array.isArray(values) ? [{ name, values: values as readonly number[] }] : [];
  });
  const numbers = (): string => listed.map(({ name, values }) => [name, ...values].join("\t")).join("\n");
  return (
    <Figure title="Vectors of the pair of channels" numbers={numbers}>
      <ul class="vectors">
        {listed.map(({ name, values }) => (
          <li key={name}>
            <span>{name}</span>
            <Spark values={values} name={name} />
            <span class="soft">
              {values.length} · {values.slice(0, 4).map(short).join(", ")}
              {values.length > 4 && " …"}
            </span>
          </li>
        ))}
      </ul>
      {vectors.b !== null && <p class="soft">b = {short(vectors.b)}</p>}
    </Figure>
  );
}

const WIDTH = 300;
const HEIGHT = 34;

function Spark({ values, name }: { readonly values: readonly number[]; readonly name: string }) {
  const least = values.reduce((a, b) => Math.min(a, b), 0);
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const y = (value: number): number => HEIGHT - 2 - ((HEIGHT - 4) * (value - least)) / (most - least || 1);
  const step = WIDTH / Math.max(1, values.length);
  const points = values.map((value, i) => `${((i + 0.5) * step).toFixed(1)} ${y(value).toFixed(1)}`);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${name}: from ${short(least)} to ${short(most)}`}
    >
      <path d={`M0 ${y(0)}H${WIDTH}`} stroke="var(--rule)" vector-effect="non-scaling-stroke" />
      <path
        d={`M${points.join("L")}`}
        fill="none"
        stroke="var(--s0)"
        stroke-width="1.4"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  );
}

export interface CellsProps {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly children?: ComponentChildren;
}

/** A table of numbers with its own copy. */
export function Cells({ title, head, rows, children }: CellsProps) {
  return (
    <Figure title={title} numbers={() => [head, ...rows].map((cells) => cells.join("\t")).join("\n")}>
      <div class="scroll" role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name === "" ? <span class="unseen">what</span> : name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, i) => (
                  <td key={head[i + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {children}
    </Figure>
  );
}
