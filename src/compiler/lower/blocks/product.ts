/** A small matrix times vectors, in as few operations as its mirrored points allow: those of a and -a share their halves. */
import type { Matrix } from "../../../operators/index.ts";
import type { CodeWriter } from "../../code.ts";
import type { Value } from "../../../vector/vector.ts";

/** matrix . values, a sum a row, terms in ascending order. */
export function emitProduct(code: CodeWriter, matrix: Matrix, values: readonly Value[]): Value[] {
  const folded = foldColumns(code, matrix, values);
  return emitRows(code, folded.matrix, folded.values);
}

/** Columns that are each other's mirror become their sum and their difference. */
function foldColumns(
  code: CodeWriter,
  matrix: Matrix,
  values: readonly Value[],
): { matrix: Matrix; values: readonly Value[] } {
  const columns = values.map((_, i) => matrix.map((row) => row[i]));
  const taken = new Set<number>();
  const kept: { readonly column: readonly number[]; readonly value: Value }[] = [];
  columns.forEach((column, i) => {
    if (taken.has(i)) return;
    const k = columns.findIndex((other, at) => at > i && !taken.has(at) && isMirror(column, other));
    if (k < 0) {
      kept.push({ column, value: values[i] });
      return;
    }
    taken.add(k);
    const even = column.map((x, p) => (x === columns[k][p] ? x : 0));
    const odd = column.map((x, p) => (x === columns[k][p] ? 0 : x));
    kept.push({ column: even, value: code.add(values[i], values[k]) });
    kept.push({ column: odd, value: code.sub(values[i], values[k]) });
  });
  return {
    matrix: matrix.map((_, p) => Float64Array.from(kept, ({ column }) => column[p])),
    values: kept.map(({ value }) => value),
  };
}

/** Rows that are each other's mirror are the sum and the difference of two halves. */
function emitRows(code: CodeWriter, matrix: Matrix, values: readonly Value[]): Value[] {
  const results: Value[] = [];
  matrix.forEach((row, p) => {
    if (p in results) return;
    const q = matrix.findIndex((other, at) => at > p && !(at in results) && isMirror([...row], [...other]));
    if (q < 0) {
      results[p] = emitSum(code, row, values);
      return;
    }
    const even = emitSum(
      code,
      row.map((x, i) => (x === matrix[q][i] ? x : 0)),
      values,
    );
    const odd = emitSum(
      code,
      row.map((x, i) => (x === matrix[q][i] ? 0 : x)),
      values,
    );
    results[p] = code.add(even, odd);
    results[q] = code.sub(even, odd);
  });
  return results;
}

/** Whether two rows or columns are equal here and opposite there, and neither everywhere. */
function isMirror(a: readonly number[], b: readonly number[]): boolean {
  let [equal, opposite] = [0, 0];
  for (const [i, x] of a.entries()) {
    if (x === 0 && b[i] === 0) continue;
    if (x === b[i]) equal++;
    else if (x === -b[i]) opposite++;
    else return false;
  }
  return equal > 0 && opposite > 0;
}

/** The sum of factors times values; a sum without terms is +0, one that begins with a minus begins with its first plus. */
function emitSum(code: CodeWriter, factors: Float64Array, values: readonly Value[]): Value {
  const terms = values
    .map((value, i) => ({ value, factor: factors[i] }))
    .filter(({ factor }) => factor !== 0);
  if (terms.length === 0) return code.float(0);
  const first = Math.max(
    0,
    terms.findIndex(({ factor }) => factor > 0),
  );
  const scaled = ({ value, factor }: (typeof terms)[number]): Value =>
    factor === 1 ? value : code.mul(value, code.float(factor));
  return terms
    .filter((_, i) => i !== first)
    .reduce(
      (sum, term) => (term.factor === -1 ? code.sub(sum, term.value) : code.add(sum, scaled(term))),
      scaled(terms[first]),
    );
}
