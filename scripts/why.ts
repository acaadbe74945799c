/**
 * How many gradients integrated gradients take until their sum is within 1/1000 of the difference that they divide: by halving
 * the intervals that err, as `attribute` does, and by even steps and Gauss-Legendre points, of every architecture that is trained for a
 * few epochs. `npm run proof:why`; it ends with 1 where a row of `attribute` is not within 1/1000. docs/why.md has its table.
 */
import { architectures as A, attribute, fit, gather, type Dataset, type Model } from "../src/index.ts";
import { engineOf } from "../src/inspect/attribute/program.ts";
import { prepare } from "../src/models/preparation.ts";
import { bumps } from "../tests/training/shared.ts";

type Rule = (n: number) => readonly (readonly [place: number, weight: number])[];

/** Gauss-Legendre points of [0, 1] by Newton's method on the Legendre polynomial. */
const legendre: Rule = (n) =>
  Array.from({ length: n }, (_, i) => {
    let z = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let turn = 0; turn < 50; turn++) {
      let [p, before] = [1, 0];
      for (let j = 0; j < n; j++) [p, before] = [((2 * j + 1) * z * p - j * before) / (j + 1), p];
      slope = (n * (z * p - before)) / (z * z - 1);
      z -= p / slope;
    }
    return [(1 - z) / 2, 1 / ((1 - z * z) * slope * slope)] as const;
  });
const rules: Readonly<Record<string, Rule>> = {
  midpoints: (n) => Array.from({ length: n }, (_, i) => [(i + 0.5) / n, 1 / n] as const),
  trapezoids: (n) =>
    Array.from({ length: n }, (_, i) => [i / (n - 1), (i % (n - 1) === 0 ? 0.5 : 1) / (n - 1)] as const),
  "Gauss-Legendre": legendre,
};

const short = bumps({ rows: 48, length: 60, classes: 3 });
const long = bumps({ rows: 24, length: 1100, classes: 3 });
const all: readonly (readonly [string, Model, Dataset])[] = [
  ["chain", A.chain(short), short],
  ["mnist1d-cnn", A.mnist1dCnn(short), short],
  ["fcn", A.fcn(short), short],
  ["resnet", A.resnet(short), short],
  ["inception", A.inception(short), short],
  ["lite", A.lite(short), short],
  ["tcn", A.tcn(short), short],
  ["wavenet", A.wavenet(short), short],
  ["m5", A.m5(long, { filters: 16 }), long],
  ["keyword", A.keyword(long, { rate: 8000 }), long],
];
const ROWS = [0, 1, 2, 3];
const MOST = 2048;

/** The first power of two of points by which the sum is within 1/1000; Infinity beyond `MOST`. */
function pointsBy(
  rule: Rule,
  slopesAt: (places: readonly number[]) => readonly number[],
  difference: number,
): number {
  for (let n = 16; n <= MOST; n *= 2) {
    const points = rule(n);
    const slopes = slopesAt(points.map(([place]) => place));
    const sum = points.reduce((total, [, weight], i) => total + weight * slopes[i], 0);
    if (Math.abs(sum - difference) <= 1e-3 * Math.abs(difference)) return n;
  }
  return Infinity;
}

const told = (counts: readonly number[]): string =>
  counts.map((n) => (n === Infinity ? `> ${MOST}` : String(n))).join(", ");

let failed = false;
console.log(`| network | attribute | ${Object.keys(rules).join(" | ")} |`);
console.log(
  `| --- | --- | ${Object.keys(rules)
    .map(() => "---")
    .join(" | ")} |`,
);
for (const [name, build, data] of all) {
  const { model: net } = await fit(build, data, { epochs: 6, batch: 16, seed: 1 });
  const rows = gather(data, ROWS);
  const why = await attribute(net, rows);
  failed ||= why.some(({ completeness }) => !((completeness?.relative ?? 1) <= 1e-3));
  const engine = await engineOf(net);
  const prepared = prepare(net.preparation, rows, build.input);
  const counts = Object.values(rules).map((rule) =>
    ROWS.map((row) => {
      const x = prepared.subarray(row * engine.size, (row + 1) * engine.size);
      const target = data.classes.indexOf(String(why[row].target));
      const slopesAt = (places: readonly number[]): number[] => {
        const values = Float32Array.from(places.flatMap((a) => Array.from(x, (v) => a * v)));
        const seeds = new Float32Array(places.length * engine.width);
        places.forEach((_, i) => (seeds[i * engine.width + target] = 1));
        const points = { values, count: places.length, extent: () => [0, build.input.length] as const };
        const { gradients } = engine.gradients(points, seeds);
        return places.map((_, i) => x.reduce((sum, v, j) => sum + v * gradients[i * engine.size + j], 0));
      };
      return pointsBy(rule, slopesAt, why[row].completeness?.difference ?? NaN);
    }),
  );
  const own = why.map(({ completeness }) => completeness?.steps ?? NaN);
  console.log(`| ${[name, told(own), ...counts.map(told)].join(" | ")} |`);
}
if (failed) process.exitCode = 1;
