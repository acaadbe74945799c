/**
 * An explanation as one page: no file beside it, nothing fetched, and a policy in its head that forbids the browser to fetch
 * anything. A matrix is a table whose cells are shaded by their values; each has its index formula as its title, which the
 * line below the matrix shows for the cell under the mouse or in focus. Arrow keys move within a matrix.
 */
import { largestOf } from "../numerics/extremes.ts";
import { VERSION } from "../models/version.ts";
import type { BlockExplanation } from "./blocks.ts";
import type { ConvolutionExplanation, FilterGradient, SlopeWay } from "./derivation.ts";
import type { Explanation, LayerExplanation } from "./explain.ts";
import { pairText, modeNote, vectorLines } from "./explainText.ts";
import { entryFormula, type MatrixView } from "./matrices.ts";
import { smallCurve } from "./report/charts.ts";
import { inkOf, opacityOf, schemes, type Scheme, type Side } from "./report/colours.ts";
import { hashOf } from "./report/page.ts";
import { STYLE } from "./report/style.ts";
import { clip, escape, grouped, percent, short, table } from "./report/svg.ts";

/** Shades of either sign. */
const SHADES = 8;
/** Channels of the input that are drawn. */
const MOST_CHANNELS = 6;
/** Values of a vector that stand in the page as numbers. */
const MOST_VALUES = 24;

/** The page; `title` is what it is called, such as the row and its data set. */
export function explanationHtml(e: Explanation, title = `One row through ${e.model}`): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src ${hashOf(SHEET)}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>
<style>${SHEET}</style></head>
<body><header><h1>${escape(title)}</h1>${about(e)}${tiles(e)}</header>
<main>${inputSection(e)}${e.layers.map(layerSection).join("\n")}</main>
<footer><p class="soft">Written by toeplitz ${escape(VERSION)}. Vectors and matrices count from 1, as the formulas do; channels from 0.</p></footer>
<script>${SCRIPT}</script></body></html>
`;
}

const about = (e: Explanation): string => {
  const note = modeNote(e);
  return `<p class="soft">The derivation with this row's numbers, layer by layer.${note === null ? "" : ` ${escape(`${note[0].toUpperCase()}${note.slice(1)}`)}.`}</p>`;
};

function tiles(e: Explanation): string {
  const tile = (name: string, large: string): string =>
    `<div class="tile"><dt>${escape(name)}</dt><dd>${escape(large)}</dd></div>`;
  const parts = [tile(`loss against ${clip(e.target, 40)}`, short(e.loss))];
  if (e.probabilities)
    e.probabilities
      .map((p, k) => [p, e.classes[k]] as const)
      .sort(([a], [b]) => b - a)
      .slice(0, 3)
      .forEach(([p, name]) => parts.push(tile(`p of ${clip(name, 40)}`, percent(p))));
  return `<dl class="tiles">${parts.join("")}</dl>`;
}

function inputSection(e: Explanation): string {
  const { channels, length } = e.layers[0].input;
  const shown = Math.min(channels, MOST_CHANNELS);
  const drawn = Array.from({ length: shown }, (_, c) => {
    const name = e.channelNames?.[c] ?? `channel ${c}`;
    return smallCurve(
      [e.input.slice(c * length, (c + 1) * length)],
      `${name}, ${length} values`,
      escape(clip(name, 40)),
    );
  });
  return `<section id="input"><h2>Input, ${channels} x ${length}</h2><p class="soft">The row as the first layer reads it: prepared.${channels > shown ? ` The first ${shown} of ${channels} channels are drawn.` : ""}</p><div class="smalls">${drawn.join("")}</div></section>`;
}

function layerSection(layer: LayerExplanation): string {
  const { name, input, output, parameters, receptiveField, signal, convolution: c } = layer;
  const facts = [
    `${input.channels} x ${input.length} → ${output.channels} x ${output.length}`,
    ...(parameters > 0 ? [`${grouped(parameters)} parameters`] : []),
    `sees ${receptiveField} positions of the input`,
  ];
  const curve =
    signal.length > 1 && c === null
      ? `<div class="smalls">${smallCurve([signal], `${name}, first channel, ${signal.length} values`, "channel 0")}</div>`
      : "";
  return `<section id="${escape(name)}"><h2>${escape(name)}</h2><p class="soft">${escape(facts.join(", "))}</p>${curve}${c ? derivation(name, c) : ""}</section>`;
}

function derivation(name: string, c: ConvolutionExplanation): string {
  const { stride, dilation, padding, groups, channels, filters } = c.map;
  const s = c.activation.length > 0 ? `s is ${c.activation.join(", ")}` : "s is the identity";
  const pair = channels * filters > 1 ? ` Shown${pairText(c)} of ${filters} and ${channels}.` : "";
  const index =
    stride === 1 && dilation === 1 && padding === 0 && groups === 1
      ? ""
      : ` Stride ${stride}, dilation ${dilation}, padding ${padding}, groups ${groups}.`;
  const label = (what: string): string => `${name}: ${what}`;
  return [
    `<p>z = A(w) y + b 1, y<sub>l</sub> = s(z), v = g D; ${escape(s)}.${escape(pair)}${index}</p>`,
    vectors(c, label("vectors")),
    `<h3>Matrices, none of which is formed</h3><div class="matrices">${c.matrices.map((m) => heatMap(m, label(m.name))).join("")}</div>`,
    `<h3>The gradient of the filter, three ways</h3>${gradients(c.gradient, c.bias, label("gradients"))}`,
    `<h3>Two readings of the transpose</h3>${transposes(c, label("transpose"))}`,
    `<h3>Three ways to have s'(z)</h3>${slopes(c.slopes, label("s'(z)"))}`,
    `<h3>Costs and what is stored</h3>${costs(c, label("costs"))}`,
    c.block ? blockPart(c.block, label) : "",
  ].join("");
}

const numbers = (values: readonly number[]): string =>
  values.slice(0, MOST_VALUES).map(short).join(", ") + (values.length > MOST_VALUES ? ", …" : "");

function vectors(c: ConvolutionExplanation, name: string): string {
  const curves = vectorLines(c)
    .filter(([, values]) => values.length > 1)
    .map(([symbol, values]) =>
      smallCurve(
        [values],
        `${symbol}, ${values.length} values`,
        `<b>${escape(symbol)}</b>, ${values.length}`,
      ),
    );
  const rows = vectorLines(c).map(([symbol, values]) => [symbol, String(values.length), numbers(values)]);
  return `<div class="smalls">${curves.join("")}</div>${table(["vector", "size", "values"], rows, name)}`;
}

function heatMap(m: MatrixView, name: string): string {
  const most = largestOf(m.corner.flat().map((x) => Math.abs(x ?? 0)));
  const shade = (x: number | null): string => {
    if (x === null || x === 0 || !Number.isFinite(x) || most === 0) return "";
    return ` class="${x > 0 ? "p" : "n"}${Math.max(1, Math.round((SHADES * Math.abs(x)) / most))}"`;
  };
  const lines = m.corner.map((row, i) => {
    const cells = row.map((x, k) => {
      const formula = `${entryFormula(m, i, k)}${x === null ? "" : ` = ${short(x)}`}`;
      return `<td${shade(x)} title="${escape(formula)}">${x === null ? "·" : short(x)}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  const [rows, columns] = [m.corner.length, m.corner[0].length];
  const part =
    rows === m.rows && columns === m.columns
      ? `${m.rows} x ${m.columns}`
      : `${m.rows} x ${m.columns}, its first ${rows} rows and ${columns} columns`;
  return (
    `<figure><figcaption><b>${withIndices(m.name)}</b>, ${part}<br>${withIndices(m.formula)}</figcaption>` +
    `<div class="scroll"><table class="heat" aria-label="${escape(name)}"><tbody>${lines.join("")}</tbody></table></div>` +
    `<p class="entry soft" aria-live="polite">point at an entry, or move by the arrow keys</p></figure>`
  );
}

/** A formula whose indices stand lower. */
const withIndices = (formula: string): string =>
  escape(formula).replace(
    /_(?:\{([^}]*)\}|(\w+))/g,
    (_, many: string | undefined, one: string | undefined) => `<sub>${many ?? one ?? ""}</sub>`,
  );

function gradients(g: FilterGradient, bias: ConvolutionExplanation["bias"], name: string): string {
  const shown = g.operators.map((_, j) => `w ${j + 1}`);
  const central = new Map(g.central?.at.map((at, i) => [at, g.central?.values[i] ?? NaN]));
  const line = (label: string, values: readonly number[], difference: string): string[] => [
    label,
    ...values.map(short),
    difference,
  ];
  const rows = [
    line(`${g.by} (f64)`, g.operators, ""),
    ...(g.compiled
      ? [line("compiled (float32)", g.compiled.values, g.compiled.difference.toExponential(1))]
      : []),
    ...(g.central
      ? [
          line(
            "central difference",
            g.operators.map((_, j) => central.get(g.first + j) ?? NaN),
            g.central.difference.toExponential(1),
          ),
        ]
      : []),
  ];
  const note = g.compiled
    ? ""
    : `<p class="soft">w is made of parameters by weight norm: no gradient of it stands in the program.</p>`;
  const db = bias ? `<p>db = v 1 = ${short(bias.operators)}; compiled ${short(bias.compiled)}.</p>` : "";
  return `${table(["by", ...shown, "relative difference over all"], rows, name)}${note}<p class="soft">|dw| = ${short(g.norm)} over ${grouped(g.taps)} taps${g.central ? `; central differences at ${g.central.at.length} of them` : ""}.</p>${db}`;
}

function transposes({ transpose: t }: ConvolutionExplanation, name: string): string {
  const rows = [
    ["v A", String(t.products), grouped(t.bytes.matrixFree), numbers(t.row)],
    ["Aᵀ vᵀ", String(t.products), grouped(t.bytes.formed), numbers(t.column)],
  ];
  const said =
    t.difference === 0
      ? "The same numbers, to the last bit."
      : `They differ by ${t.difference.toExponential(1)} at most.`;
  return `${table(["reading", "products", "bytes read (of the second: if A were formed)", "values"], rows, name)}<p class="soft">${said}</p>`;
}

const WAYS: Readonly<Record<SlopeWay["from"], string>> = {
  z: "from the z that was kept",
  y: "from y = s(z)",
  recompute: "from z computed again",
};

function slopes(ways: readonly SlopeWay[], name: string): string {
  const rows = ways.map((way) => [
    WAYS[way.from],
    way.values === null ? "–" : (way.formula ?? "the graph's own"),
    grouped(way.bytes),
    grouped(way.multiplyAdds),
    way.values === null ? "not open here" : numbers(way.values),
  ]);
  return table(["way", "formula", "bytes kept", "multiply-adds more", "values"], rows, name);
}

function costs({ costs: { multiplyAdds, stored, matrix } }: ConvolutionExplanation, name: string): string {
  const rows = [
    ["A(w) y, v A(w) and C(v) y, each", `${grouped(multiplyAdds)} multiply-adds`],
    ...Object.entries(stored).map(([of, count]) => [`${of} stored`, `${grouped(count)} numbers`]),
    ["A(w) if it were formed", `${grouped(matrix)} numbers`],
  ];
  return table(["the whole layer, this row", ""], rows, name);
}

function blockPart(b: BlockExplanation, label: (what: string) => string): string {
  const matrix = (name: string, rows: readonly (readonly number[])[]): string =>
    `<figure><figcaption><b>${name}</b>, ${rows.length} x ${rows[0].length}</figcaption>${table(
      ["", ...rows[0].map((_, i) => String(i + 1))],
      rows.map((row, i) => [String(i + 1), ...row.map(short)]),
      label(name),
    )}</figure>`;
  const rows = [
    ["w", b.w],
    ["y", b.y],
    ["v", b.v],
    ["G w", b.Gw],
    ["B y", b.By],
    ["A v", b.Av],
    ["forward: Aᵀ [Gw · By]", b.forward],
    ["filter: Gᵀ [Av · By]", b.filter],
    ["back: Bᵀ [Av · Gw]", b.back],
  ] as const;
  return (
    `<h3>Fewer products: F(${b.m}, ${b.r})</h3><p>${b.products} products for ${b.m} outputs of ${b.r} taps instead of ${b.m * b.r}; ` +
    `${Math.round(100 * b.share)} % of the operations, transforms counted. Evaluated at ${b.points.map(short).join(", ")} and infinity. ` +
    `The first block${b.chunks > 1 ? ` and the first of ${b.chunks} chunks of the filter` : ""}; from direct sums by ${b.difference.toExponential(1)} at most.</p>` +
    table(
      ["vector", "values"],
      rows.map(([symbol, values]) => [symbol, numbers(values)]),
      label("block"),
    ) +
    `<div class="matrices">${matrix("A", b.A)}${matrix("G", b.G)}${matrix("B", b.B)}</div>`
  );
}

/** A class a shade, and the ink that can be read on it, in light and dark. */
function shades(scheme: Scheme): string {
  const sides: readonly (readonly [string, Side])[] = [
    ["p", "right"],
    ["n", "wrong"],
  ];
  return sides
    .flatMap(([letter, side]) =>
      Array.from({ length: SHADES }, (_, i) => {
        const share = (i + 1) / SHADES;
        const alpha = Math.round(255 * opacityOf(share))
          .toString(16)
          .padStart(2, "0");
        return `.heat .${letter}${i + 1}{background:${schemes[scheme][side]}${alpha};color:${inkOf(scheme, side, share)}}`;
      }),
    )
    .join("");
}

const SHEET = `${STYLE}
h3{font-size:16px;margin:24px 0 8px}footer{margin-top:48px}
.matrices{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr));gap:16px;align-items:start}
.heat{border-collapse:separate;border-spacing:1px;font-size:12px}.heat th,.heat td,.heat td:first-child{min-width:40px;max-width:none;padding:3px 5px;border:0;text-align:center;border-radius:2px}
.heat td:focus-visible{outline:2px solid var(--ink);outline-offset:0}.entry{min-height:1.5em;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;margin:6px 0 0;overflow-wrap:anywhere}
table[data-table] tr>:last-child{text-align:left;min-width:200px}table[data-table] td:last-child{white-space:normal}
.matrices table[data-table] tr>:last-child{text-align:right;min-width:0}
${shades("light")}@media (prefers-color-scheme:dark){${shades("dark")}}
`;

/** Shows the formula of the cell under the mouse or in focus; one cell a matrix is a tab stop, arrow keys move it. */
const SCRIPT = `for(const t of document.querySelectorAll("table.heat")){
const out=t.closest("figure").querySelector(".entry");
const show=(c)=>{if(c&&c.title)out.textContent=c.title};
const first=t.rows[0].cells[0];first.tabIndex=0;let at=first;
const go=(c)=>{if(!c)return;at.tabIndex=-1;at=c;c.tabIndex=0;c.focus()};
t.addEventListener("mousemove",(e)=>show(e.target.closest("td")));
t.addEventListener("focusin",(e)=>show(e.target.closest("td")));
t.addEventListener("click",(e)=>go(e.target.closest("td")));
t.addEventListener("keydown",(e)=>{const r=at.parentElement.rowIndex,k=at.cellIndex;
const to={ArrowUp:[r-1,k],ArrowDown:[r+1,k],ArrowLeft:[r,k-1],ArrowRight:[r,k+1],Home:[r,0],End:[r,t.rows[r].cells.length-1]}[e.key];
if(!to)return;e.preventDefault();const row=t.rows[to[0]];go(row&&row.cells[to[1]])})}`;
