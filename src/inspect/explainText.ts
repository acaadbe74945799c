/** An explanation as text of at most 100 columns. */
import { append } from "../numerics/extremes.ts";
import { printable } from "../data/printable.ts";
import { listed } from "../data/channelNames.ts";
import type { Signal } from "../layers/layer.ts";
import type { BlockExplanation } from "./blocks.ts";
import type { ConvolutionExplanation, FilterGradient, SlopeWay } from "./derivation.ts";
import type { Explanation, LayerExplanation } from "./explain.ts";
import type { MatrixView } from "./matrices.ts";
import { spark } from "./spark.ts";

/** The options of `explanationText`. */
export interface TextOptions {
  /** How signals are drawn: Unicode blocks, or plain ASCII where a terminal shows no more. Default: "blocks". */
  readonly style?: "blocks" | "plain";
  /**
   * Which matrices are shown: A(w) of each convolution, or all six of the derivation. Default: all of a chain and where one
   * layer is told, else A(w).
   */
  readonly matrices?: "A" | "all";
}

const SPARK = 72;
const CELLS = { rows: 6, columns: 9 } as const;
const FIRST = 8;
const shape = ({ channels, length }: Signal): string => `${channels} x ${length}`;
export const short = (x: number): string => {
  if (x === 0) return "0";
  const a = Math.abs(x);
  if (a < 1e5 && Number.isInteger(x)) return String(x);
  return a >= 0.001 && a < 1000 ? x.toFixed(4).slice(0, 8) : x.toExponential(1);
};
const cell = (x: number | null): string => (x === null ? "." : short(x)).padStart(9);
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

/** What the loss is of, in one line: mode, statistics and temperature; nothing where there is nothing to say. */
export function modeNote(e: Explanation): string | null {
  if (e.batchStatistics)
    return "training mode: batch norm uses the statistics of this row alone, as a step of one row would";
  if (e.statistics === "training") return "training mode";
  const said = [
    ...(e.layers.some((l) => l.kind === "batchNorm") ? ["batch norm uses its running statistics"] : []),
    ...(e.temperature === undefined
      ? []
      : [`logits are divided by the temperature, ${short(e.temperature)}`]),
  ];
  return said.length > 0 ? `prediction mode: ${said.join("; ")}` : null;
}

/** An explanation as lines of text of at most 100 columns. */
export function explanationText(e: Explanation, options: TextOptions = {}): string {
  const { style = "blocks" } = options;
  const against = e.answers === "classes" ? `class ${printable(e.target)}` : printable(e.target);
  const lines = [`loss ${e.loss.toFixed(6)} against ${against}`];
  const note = modeNote(e);
  if (note !== null) lines.push(note);
  const first = e.layers[0].input;
  const named = e.channelNames
    ? ` (${listed(e.channelNames)})${first.channels > 1 ? `, ${listed(e.channelNames.slice(0, 1))}:` : ""}`
    : "";
  lines.push(
    "",
    `input  ${shape(first)}${named}`,
    `  ${spark(e.input.slice(0, first.length), SPARK, style)}`,
  );
  const told = e.layers.filter(({ convolution }) => convolution).length;
  const matrices = options.matrices ?? (e.form === "chain" || told === 1 ? "all" : "A");
  for (const layer of e.layers) append(lines, ["", ...layerLines(layer, { style, matrices })]);
  return lines.join("\n");
}

function layerLines(layer: LayerExplanation, options: Required<TextOptions>): string[] {
  const { name, input, output, parameters, receptiveField, signal, convolution } = layer;
  const facts = [`${shape(input)} -> ${shape(output)}`];
  if (parameters > 0) facts.push(plural(parameters, "parameter"));
  facts.push(`sees ${plural(receptiveField, "position")}`);
  const values = signal.length > 1 ? [`  ${spark(signal, SPARK, options.style)}`] : [];
  return [
    `${printable(name)}  ${facts.join(", ")}`,
    ...values,
    ...(convolution ? convolutionLines(layer, convolution, options) : []),
  ];
}

/** Which pair of channels is told, where there is more than one. */
export const pairText = (c: ConvolutionExplanation): string =>
  c.map.channels * c.map.filters > 1
    ? ` of output channel ${c.channel.output} and input channel ${c.channel.input}`
    : "";

/** The vectors that the derivation goes through, in its order: name and values. */
export function vectorLines(c: ConvolutionExplanation): readonly (readonly [string, readonly number[]])[] {
  const { y, w, b, Ay, z, slope, out, g, v, vA, back } = c.vectors;
  const hasStage = c.activation.length > 0;
  return [
    ["y", y],
    ["w", w],
    ["A(w) y", Ay],
    ...(b === null ? [] : [["b", [b]] as const]),
    ["z", z],
    ...(hasStage
      ? ([
          ["s'(z)", slope],
          ["s(z)", out],
          ["g", g],
        ] as const)
      : []),
    ["v", v],
    ["v A(w)", vA],
    ...(c.map.filters > 1 ? [["g below", back] as const] : []),
  ];
}

function convolutionLines(
  { input, output }: LayerExplanation,
  c: ConvolutionExplanation,
  { matrices }: Required<TextOptions>,
): string[] {
  const { y, z, v } = c.norms;
  const { stride, dilation, padding, groups } = c.map;
  const map = Object.entries({ stride, dilation, padding, groups }).flatMap(([name, value]) =>
    value === (name === "padding" ? 0 : 1) ? [] : [`${name} ${value}`],
  );
  const s = c.activation.length > 0 ? `s = ${c.activation.map(printable).join(", ")}` : "s = the identity";
  const shown = matrices === "all" ? c.matrices : c.matrices.slice(0, 1);
  const all = matrices === "all";
  const of = c.map.channels * c.map.filters > 1 ? pairText(c) : "";
  const dims = of === "" ? `, ${output.length} x ${input.length}` : `, ${c.map.outLength} x ${c.map.length}`;
  return [
    `  |y| ${short(y)}  |z| ${short(z)}  |v| ${short(v)}  ${s}`.slice(0, 100),
    ...(map.length > 0 ? [`  ${map.join(", ")}`] : []),
    ...(all ? [`  vectors${of}`, ...vectorLines(c).map(([name, values]) => vectorLine(name, values))] : []),
    ...shown.flatMap((m, i) => matrixLines(m, i === 0 ? `${of}${dims}` : `, ${m.rows} x ${m.columns}`, all)),
    ...gradientLines(c.gradient),
    ...biasLines(c),
    ...(all ? [...transposeLines(c), ...slopeLines(c.slopes), ...costLines(c)] : []),
    ...blockLines(c.block, all),
  ];
}

function vectorLine(name: string, values: readonly number[]): string {
  const more = values.length > FIRST ? ` .. ${values.length}` : "";
  return `    ${name.padEnd(10)}${values.slice(0, FIRST).map(cell).join("")}${more}`;
}

function matrixLines(m: MatrixView, about: string, hasFormula: boolean): string[] {
  const rows = m.corner.slice(0, CELLS.rows).map((row) => row.slice(0, CELLS.columns));
  const isWhole = rows.length === m.rows && rows[0].length === m.columns;
  const part = isWhole
    ? ""
    : `: its first ${plural(rows.length, "row")} and ${plural(rows[0].length, "column")}`;
  return [
    `  ${m.name}${about}${part}`,
    ...(hasFormula ? [`    ${m.formula}`] : []),
    ...rows.map((row) => `  ${row.map(cell).join("")}`),
  ];
}

function gradientLines(g: FilterGradient): string[] {
  const first = (values: readonly number[]): string => values.map(cell).slice(0, FIRST).join("");
  const line = (label: string, values: readonly number[]): string =>
    `    ${label.padEnd(10)}${first(values)}`;
  const shown = Math.min(FIRST, g.operators.length);
  const head = [
    `  gradient of w, |dw| ${short(g.norm)}, ${plural(g.taps, "tap")}${tapsShown(g.taps, g.first, shown)}`,
    line(g.by, g.operators),
  ];
  if (g.compiled === null || g.central === null)
    return [...head, "    (w is made of parameters by weight norm: no gradient of it stands in the program)"];
  const { at, values, difference } = g.central;
  return [
    ...head,
    line("compiled", g.compiled.values),
    line(
      "central",
      values.filter((_, i) => at[i] === g.first + i),
    ),
    `    relative differences to ${g.by}: compiled ${g.compiled.difference.toExponential(1)}, ` +
      `central ${difference.toExponential(1)} (${at.length} of ${g.taps} taps)`,
  ];
}

const tapsShown = (taps: number, first: number, shown: number): string =>
  taps === shown
    ? ""
    : first === 0
      ? `, the first ${shown}`
      : `, those from ${first} to ${first + shown - 1}`;

const biasLines = ({ bias }: ConvolutionExplanation): string[] =>
  bias === null ? [] : [`  gradient of b: v 1 = ${short(bias.operators)}, compiled ${short(bias.compiled)}`];

function transposeLines({ transpose: t }: ConvolutionExplanation): string[] {
  return [
    `  two readings of the transpose, ${plural(t.products, "product")} each, the largest difference ${t.difference === 0 ? "0" : t.difference.toExponential(1)}`,
    vectorLine("v A", t.row),
    vectorLine("A^T v^T", t.column),
    `    ${t.bytes.matrixFree} bytes are read from v and w; with A formed it would be ${t.bytes.formed}`,
  ];
}

const WAYS: Readonly<Record<SlopeWay["from"], string>> = {
  z: "z kept",
  y: "from y",
  recompute: "z again",
};

function slopeLines(ways: readonly SlopeWay[]): string[] {
  return [
    "  s'(z) three ways: bytes kept (float32) and multiply-adds more, of the whole layer",
    ...ways.flatMap((way) => [
      `    ${WAYS[way.from].padEnd(10)}${`${way.bytes} bytes`.padStart(14)}${`${way.multiplyAdds} multiply-adds`.padStart(24)}   ` +
        (way.values === null ? "not open here" : (way.formula ?? "the graph's own")),
      ...(way.values === null ? [] : [vectorLine("", way.values)]),
    ]),
  ];
}

function costLines({ costs: { multiplyAdds, stored, matrix } }: ConvolutionExplanation): string[] {
  const { y, z, v, w } = stored;
  return [
    `  A y, v A and C y: ${multiplyAdds} multiply-adds each; stored y ${y}, z ${z}, v ${v}, w ${w} numbers`,
    `    (A(w) of the whole layer, never formed, would have ${matrix})`,
  ];
}

function blockLines(block: BlockExplanation | null, isWhole: boolean): string[] {
  if (!block) return [];
  const { m, r, products, share } = block;
  const head =
    `  fast: F(${m}, ${r}), ${products} products for ${m} outputs of ${r} taps instead of ${m * r}; ` +
    `${Math.round(100 * share)} % of the operations, transforms counted`;
  if (!isWhole) return [head];
  const matrix = (name: string, rows: readonly (readonly number[])[]): string[] => [
    `    ${name}, ${rows.length} x ${rows[0].length}`,
    ...rows.map((row) => `  ${row.map(cell).join("")}`),
  ];
  return [
    head,
    `    points ${block.points.join(", ")} and infinity`,
    ...matrix("A", block.A),
    ...matrix("G", block.G),
    ...matrix("B", block.B),
    `    the first block${block.chunks > 1 ? ` and the first of ${block.chunks} chunks of w` : ""}:`,
    vectorLine("w", block.w),
    vectorLine("y", block.y),
    vectorLine("v", block.v),
    vectorLine("G w", block.Gw),
    vectorLine("B y", block.By),
    vectorLine("A v", block.Av),
    vectorLine("forward", block.forward),
    vectorLine("filter", block.filter),
    vectorLine("back", block.back),
    `    (A^T [Gw . By], G^T [Av . By], B^T [Av . Gw]; from direct sums by ${block.difference.toExponential(1)} at most)`,
  ];
}
