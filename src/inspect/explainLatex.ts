/**
 * An explanation as a LaTeX document that pdflatex compiles with amsmath alone. Text that a name holds cannot leave it: what LaTeX
 * gives a meaning is written by its commands, and what its first fonts have not, as U+ and its number.
 */
import { printable } from "../data/printable.ts";
import type { BlockExplanation } from "./blocks.ts";
import type { ConvolutionExplanation } from "./derivation.ts";
import type { Explanation, LayerExplanation } from "./explain.ts";
import { pairText, modeNote, vectorLines } from "./explainText.ts";
import type { MatrixView } from "./matrices.ts";

/** Entries of a matrix and values of a vector that fit on a page. */
const MOST = { rows: 10, columns: 6, values: 6, beside: 3 } as const;

const COMMANDS: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "''",
};

/** A name as text. */
export const latexText = (text: string): string =>
  Array.from(printable(text), (c) => {
    const code = c.codePointAt(0) ?? 0;
    if (Object.hasOwn(COMMANDS, c)) return COMMANDS[c];
    return code < 127 ? c : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  }).join("");

/** A number in mathematics: four digits, powers of ten where they are needed. */
function number(x: number): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "\\text{NaN}" : x > 0 ? "\\infty" : "-\\infty";
  if (x === 0) return "0";
  const a = Math.abs(x);
  if (a >= 1e-3 && a < 1e5) return String(Number(x.toPrecision(4)));
  const [mantissa, power] = x.toExponential(2).split("e");
  return `${mantissa}\\cdot 10^{${Number(power)}}`;
}

/** The document. */
export function explanationLatex(e: Explanation, title = `One row through ${e.model}`): string {
  const note = modeNote(e);
  const body = e.layers.map(layerPart).join("\n");
  return `\\documentclass[a4paper]{article}
\\usepackage{amsmath}
\\setlength{\\textwidth}{17cm}\\setlength{\\oddsidemargin}{-5mm}\\setlength{\\evensidemargin}{-5mm}
\\setlength{\\textheight}{25cm}\\setlength{\\topmargin}{-2cm}
\\setcounter{MaxMatrixCols}{40}
\\allowdisplaybreaks
\\setlength{\\parindent}{0pt}
\\title{${latexText(title)}}
\\author{}\\date{}
\\begin{document}
\\maketitle
The loss against ${latexText(e.target)} is $${number(e.loss)}$.${note === null ? "" : ` ${latexText(note[0].toUpperCase() + note.slice(1))}.`}
Indices count from 1, channels from 0.
\\[ z = A(w)\\,y + b\\,\\mathbf 1, \\quad y_l = s(z), \\quad v = g D, \\quad D = \\mathrm{diag}(s'(z)) \\]
\\[ \\frac{d}{db} = v\\,\\mathbf 1, \\quad \\frac{d}{dw} = (C(v)\\,y)^T, \\quad g_{l-1} = v A(w) \\]
${body}
\\end{document}
`;
}

function layerPart({ name, input, output, parameters, convolution }: LayerExplanation): string {
  const size = `$${input.channels} \\times ${input.length} \\to ${output.channels} \\times ${output.length}$`;
  const head = `\\section*{${latexText(name)}}\n${size}${parameters > 0 ? `, ${parameters} parameters` : ""}.`;
  return convolution ? `${head}\n${derivation(convolution)}` : head;
}

/** What of the derivation's symbols is written by other signs in mathematics. */
const SYMBOLS: Readonly<Record<string, string>> = {
  "A(w) y": "A(w)\\,y",
  "g below": "g_{l-1}",
};

function derivation(c: ConvolutionExplanation): string {
  const { stride, dilation, padding, groups } = c.map;
  const s =
    c.activation.length > 0 ? `$s$ is ${c.activation.map(latexText).join(", ")}` : "$s$ is the identity";
  const pair = pairText(c);
  const { costs, bias, gradient: g } = c;
  const lines = [
    `${s}.${pair === "" ? "" : ` Shown${latexText(pair)}.`} Stride ${stride}, dilation ${dilation}, padding ${padding}, groups ${groups}.`,
    aligned(vectorLines(c).map(([symbol, values]) => [SYMBOLS[symbol] ?? symbol, vector(values)])),
    ...c.matrices.map(matrixPart),
    "The gradient of the filter three ways:",
    aligned([
      [g.by === "C(v) y" ? "C(v)\\,y" : "dT/dw", vector(g.operators)],
      ...(g.compiled ? [["\\text{compiled}", vector(g.compiled.values)] as const] : []),
      ...(g.central
        ? [
            [
              "\\text{central}",
              vector(g.central.values.filter((_, i) => g.central?.at[i] === g.first + i)),
            ] as const,
          ]
        : []),
    ]),
    ...(g.compiled && g.central
      ? [
          `Relative differences: compiled $${number(g.compiled.difference)}$, central $${number(g.central.difference)}$ (${g.central.at.length} of ${g.taps} taps).`,
        ]
      : []),
    ...(bias
      ? [
          `The gradient of the bias is $v\\,\\mathbf 1 = ${number(bias.operators)}$, compiled $${number(bias.compiled)}$.`,
        ]
      : []),
    "Two readings of the transpose:",
    aligned([
      ["v A(w)", vector(c.transpose.row)],
      ["(A(w)^T v^T)^T", vector(c.transpose.column)],
    ]),
    slopeTable(c),
    `Each product takes ${costs.multiplyAdds} multiply-adds; stored are $y$ (${costs.stored.y} numbers), $z$ (${costs.stored.z}), $v$ (${costs.stored.v}) and $w$ (${costs.stored.w}); $A(w)$, never formed, would have ${costs.matrix}.`,
    ...(c.block ? [blockPart(c.block)] : []),
  ];
  return lines.join("\n\n");
}

const aligned = (lines: readonly (readonly [left: string, right: string])[]): string =>
  `{\\footnotesize\n\\begin{align*}\n${lines.map(([left, right]) => `${left} &= ${right}`).join(" \\\\\n")}\n\\end{align*}}`;

function vector(values: readonly number[], most: number = MOST.values): string {
  const shown = values.slice(0, most).map(number);
  return `(${[...shown, ...(values.length > most ? ["\\ldots"] : [])].join(",\\ ")})`;
}

function matrix(rows: readonly (readonly (number | null)[])[], isCut: boolean): string {
  const lines = rows.map((row) => {
    const cells = row.map((x) => (x === null ? "\\cdot" : number(x)));
    return [...cells, ...(isCut ? ["\\cdots"] : [])].join(" & ");
  });
  return `\\begin{pmatrix}\n${lines.join(" \\\\\n")}\n\\end{pmatrix}`;
}

/** Names with what they stand for. */
const NAMES: Readonly<Record<MatrixView["symbol"], string>> = {
  A: "A(w)",
  H: "H(y)",
  C: "C(v)",
  D: "D",
  DA: "D A(w) = \\frac{dy_l}{dy_{l-1}}",
  DH: "D H(y) = \\frac{dy_l}{dw_l}",
};

function matrixPart(m: MatrixView): string {
  const rows = m.corner.slice(0, MOST.rows).map((row) => row.slice(0, MOST.columns));
  const isCut = rows.length < m.rows || rows[0].length < m.columns;
  const about = `$${m.rows} \\times ${m.columns}$${isCut ? `, its first ${rows.length} rows and ${rows[0].length} columns` : ""}`;
  return `${about}; ${latexText(m.formula)}:\n{\\footnotesize\n\\[ ${NAMES[m.symbol]} = ${matrix(rows, isCut)} \\]}`;
}

const WAYS = { z: "from $z$ kept", y: "from $y = s(z)$", recompute: "from $z$ computed again" } as const;

function slopeTable({ slopes }: ConvolutionExplanation): string {
  const rows = slopes.map(
    (way) =>
      `${WAYS[way.from]} & ${way.bytes} & ${way.multiplyAdds} & ${way.values === null ? "not open here" : `$${vector(way.values, MOST.beside)}$`}`,
  );
  return `{\\footnotesize\n\\begin{tabular}{lrrl}\n$s'(z)$ & bytes kept & multiply-adds more & values\\\\\\hline\n${rows.join("\\\\\n")}\n\\end{tabular}}`;
}

function blockPart(b: BlockExplanation): string {
  return [
    `Fewer products: $F(${b.m}, ${b.r})$ takes ${b.products} for ${b.m} outputs of ${b.r} taps instead of ${b.m * b.r}. The first block${b.chunks > 1 ? ` and the first of ${b.chunks} chunks of the filter` : ""}:`,
    `{\\footnotesize\n\\[ A = ${matrix(b.A, false)} \\quad G = ${matrix(b.G, false)} \\]\n\\[ B = ${matrix(b.B, false)} \\]}`,
    aligned([
      ["w", vector(b.w)],
      ["y", vector(b.y)],
      ["v", vector(b.v)],
      ["G w", vector(b.Gw)],
      ["B y", vector(b.By)],
      ["A v", vector(b.Av)],
      ["A^T [(G w) \\cdot (B y)]", vector(b.forward)],
      ["G^T [(A v) \\cdot (B y)]", vector(b.filter)],
      ["B^T [(A v) \\cdot (G w)]", vector(b.back)],
    ]),
  ].join("\n\n");
}
