/**
 * The matrices of one pair of channels, by their index formulas: nothing is formed but the corner that is shown. Indices count
 * from 1, as the formulas do: output i, tap j and position k meet where k - 1 = s (i - 1) + d (j - 1) - p.
 */
import type { ConvolveMap } from "../graph/ops.ts";

/** What of a matrix is shown. */
export interface MatrixView {
  /** Such as `A(w)`. */
  readonly name: string;
  /** The letter that its entries go by. */
  readonly symbol: "A" | "H" | "C" | "D" | "DA" | "DH";
  /** Its rows, all of them. */
  readonly rows: number;
  /** Its columns, all of them. */
  readonly columns: number;
  /** The index formula of an entry. */
  readonly formula: string;
  /** The letters of its indices: row, column. */
  readonly indices: readonly [row: string, column: string];
  /** The vector whose entries stand in it. */
  readonly of: "w" | "y" | "v" | "s'(z)";
  /** The entries of the top-left corner; null where nothing stands: outside the band, or in the padding. */
  readonly corner: readonly (readonly (number | null)[])[];
  /** Which entry of the vector stands there, from 1. */
  readonly from: readonly (readonly (number | null)[])[];
}

/** The vectors of one output channel and one input channel. */
export interface PairVectors {
  /** The taps of the filter. */
  readonly w: ArrayLike<number>;
  /** The input channel. */
  readonly y: ArrayLike<number>;
  /** The back-signal of the output channel. */
  readonly v: ArrayLike<number>;
  /** s'(z) of the output channel. */
  readonly slope: ArrayLike<number>;
}

/** Matrices up to so many entries are shown whole, of larger ones a corner. */
const WHOLE = 1024;
const CORNER = { rows: 10, columns: 16 } as const;

/** The tap (from 0) that output i takes from position k, both from 0; null where none. */
function tapAt(m: ConvolveMap, i: number, k: number): number | null {
  const j = (k - m.stride * i + m.padding) / m.dilation;
  return Number.isInteger(j) && j >= 0 && j < m.taps ? j : null;
}

/** The position (from 0) that output i meets with tap j; null in the padding. */
function positionAt(m: ConvolveMap, i: number, j: number): number | null {
  const k = m.stride * i + m.dilation * j - m.padding;
  return k >= 0 && k < m.length ? k : null;
}

/** The output (from 0) that meets position k with tap j; null where none. */
function outputAt(m: ConvolveMap, j: number, k: number): number | null {
  const i = (k - m.dilation * j + m.padding) / m.stride;
  return Number.isInteger(i) && i >= 0 && i < m.outLength ? i : null;
}

const isPlain = (m: ConvolveMap): boolean => m.stride === 1 && m.dilation === 1 && m.padding === 0;

/** s (i-1) + d (j-1) - p + 1, without the parts that do nothing. */
function positionFormula({ stride, dilation, padding }: ConvolveMap): string {
  const part = (factor: number, index: string): string => (factor === 1 ? index : `${factor} (${index} - 1)`);
  const constant = 1 - padding - (stride === 1 ? 1 : 0) - (dilation === 1 ? 1 : 0);
  const rest = constant === 0 ? "" : constant < 0 ? ` - ${-constant}` : ` + ${constant}`;
  return `${part(stride, "i")} + ${part(dilation, "j")}${rest}`;
}

/** A(w), H(y), C(v), D, D A(w) and D H(y) of one pair of channels. */
export function matricesOf(m: ConvolveMap, { w, y, v, slope }: PairVectors): readonly MatrixView[] {
  const k = positionFormula(m);
  const plain = isPlain(m);
  const [n, before] = [m.outLength, m.length];
  const aFormula = plain
    ? "A_{ik} = w_{k-i+1} where 1 <= k-i+1 <= f, else 0"
    : `A_{ik} = w_j where k = ${k}, else 0`;
  const hFormula = plain ? "H_{ij} = y_{i+j-1}" : `H_{ij} = y_k, k = ${k}, 0 outside`;
  return [
    view({
      name: "A(w)",
      symbol: "A",
      rows: n,
      columns: before,
      formula: aFormula,
      indices: ["i", "k"],
      of: "w",
      at: (i, p) => tapAt(m, i, p),
      value: (_, j) => w[j],
    }),
    view({
      name: "H(y)",
      symbol: "H",
      rows: n,
      columns: m.taps,
      formula: hFormula,
      indices: ["i", "j"],
      of: "y",
      at: (i, j) => positionAt(m, i, j),
      value: (_, p) => y[p],
    }),
    view({
      name: "C(v)",
      symbol: "C",
      rows: m.taps,
      columns: before,
      formula: plain
        ? "C_{jk} = v_{k-j+1} where 1 <= k-j+1 <= n, else 0"
        : `C_{jk} = v_i where k = ${k}, else 0`,
      indices: ["j", "k"],
      of: "v",
      at: (j, p) => outputAt(m, j, p),
      value: (_, i) => v[i],
    }),
    view({
      name: "D",
      symbol: "D",
      rows: n,
      columns: n,
      formula: "D_{ii} = s'(z)_i, else 0",
      indices: ["i", "k"],
      of: "s'(z)",
      at: (i, p) => (i === p ? i : null),
      value: (i) => slope[i],
    }),
    view({
      name: "D A(w), the Jacobian dy_l/dy_{l-1}",
      symbol: "DA",
      rows: n,
      columns: before,
      formula: plain ? "(DA)_{ik} = s'(z)_i w_{k-i+1}" : `(DA)_{ik} = s'(z)_i w_j where k = ${k}`,
      indices: ["i", "k"],
      of: "w",
      at: (i, p) => tapAt(m, i, p),
      value: (i, j) => slope[i] * w[j],
    }),
    view({
      name: "D H(y), the Jacobian dy_l/dw_l",
      symbol: "DH",
      rows: n,
      columns: m.taps,
      formula: plain ? "(DH)_{ij} = s'(z)_i y_{i+j-1}" : `(DH)_{ij} = s'(z)_i y_k, k = ${k}`,
      indices: ["i", "j"],
      of: "y",
      at: (i, j) => positionAt(m, i, j),
      value: (i, p) => slope[i] * y[p],
    }),
  ];
}

interface Rule extends Omit<MatrixView, "corner" | "from"> {
  /** The entry of the vector at a row and column, all from 0; null where nothing stands. */
  readonly at: (row: number, column: number) => number | null;
  readonly value: (row: number, entry: number) => number;
}

function view({ at, value, ...rest }: Rule): MatrixView {
  const isWhole = rest.rows * rest.columns <= WHOLE;
  const rows = isWhole ? rest.rows : Math.min(rest.rows, CORNER.rows);
  const columns = isWhole ? rest.columns : Math.min(rest.columns, CORNER.columns);
  const entries = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_unused, k) => at(i, k)),
  );
  return {
    ...rest,
    corner: entries.map((row, i) => row.map((e) => (e === null ? null : value(i, e)))),
    from: entries.map((row) => row.map((e) => (e === null ? null : e + 1))),
  };
}

/** What stands at an entry of the corner, both from 0, and why: `A_{2,3} = w_2`, without its value. */
export function entryFormula({ symbol, of, from, name }: MatrixView, row: number, column: number): string {
  const own = `${symbol.length > 1 ? `(${symbol})` : symbol}_{${row + 1},${column + 1}}`;
  const entry = from[row][column];
  if (entry === null)
    return `${own} = 0, ${symbol === "H" || symbol === "DH" ? "in the padding" : name === "D" ? "off the diagonal" : "outside the band"}`;
  const factor = symbol.length > 1 ? `s'(z)_${row + 1} ` : "";
  return `${own} = ${factor}${of}_${entry}`;
}

/** v A(w) of a pair as the column product A(w)^T v^T: each position sums down its column. */
export function columnProduct(m: ConvolveMap, w: ArrayLike<number>, v: ArrayLike<number>): Float64Array {
  const out = new Float64Array(m.length);
  for (let k = 0; k < m.length; k++) {
    // the outputs that can reach position k
    const last = Math.min(m.outLength - 1, Math.floor((k + m.padding) / m.stride));
    const reach = m.dilation * (m.taps - 1);
    const first = Math.max(0, Math.ceil((k + m.padding - reach) / m.stride));
    for (let i = first; i <= last; i++) {
      const j = tapAt(m, i, k);
      if (j !== null) out[k] += w[j] * v[i];
    }
  }
  return out;
}
