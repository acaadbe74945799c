/**
 * docs/performance.svg: how many times as fast as the rival each kind of toeplitz is, a panel a measure, a row a
 * network, on a logarithmic axis; bars grow from 1, to the right where it is faster. One thread on either side.
 * Colours follow the reader's light or dark scheme.
 */
import { measures, type Measure } from "../src/bench/contender.ts";
import { find, rival, speedup, type Measured, type Performance } from "../src/bench/performance.ts";
import { digits } from "../src/bench/tables.ts";

const WIDTH = 880;
const LABELS = 92;
const GAP = 46;
const TOP = 64;
const BAR = 8;
const ROW_GAP = 10;

const titles: Readonly<Record<Measure, string>> = {
  step: "training step",
  batch: "inference, batch",
  one: "inference, one row",
};

/** Light and dark: text, lines, then a colour for each kind of toeplitz. */
const style = `<style>
.ink{fill:#24292f}.quiet{fill:#57606a}.rule{stroke:#d0d7de}.one{stroke:#57606a}
.c0{fill:#0969da}.c1{fill:#8250df}.c2{fill:#1a7f37}.c3{fill:#9a6700}.on{fill:#fff}
@media (prefers-color-scheme:dark){
.ink{fill:#e6edf3}.on{fill:#0d1117}.quiet{fill:#9198a1}.rule{stroke:#30363d}.one{stroke:#9198a1}
.c0{fill:#4493f8}.c1{fill:#ab7df8}.c2{fill:#3fb950}.c3{fill:#d29922}}
</style>`;

const text = (x: number, y: number, content: string, size = 12, anchor = "start", shade = "ink"): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}" class="${shade}">${content}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, shade: string): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${shade}"/>`;

/** The picture of a run, as SVG. */
export function picture(p: Performance): string {
  const kinds = p.contenders.filter(({ name, threads }) => threads === 1 && name.startsWith("toeplitz "));
  const ratio = (w: Measured, measure: Measure, name: string): number | undefined =>
    speedup(find(w, measure, name, 1), find(w, measure, rival[measure], 1));
  const all = p.workloads.flatMap((w) =>
    measures.flatMap((m) => kinds.flatMap(({ name }) => ratio(w, m, name) ?? [])),
  );
  // whole powers of ten around everything, 1 too
  const first = Math.floor(Math.log10(Math.min(1, ...all)));
  const last = Math.ceil(Math.log10(Math.max(1, ...all)));
  const panel = (WIDTH - LABELS - 16) / measures.length - GAP;
  const at = (value: number): number => ((Math.log10(value) - first) / Math.max(1, last - first)) * panel;
  const rowHeight = kinds.length * BAR + ROW_GAP;
  const bottom = TOP + p.workloads.length * rowHeight;
  const height = bottom + 30;

  const bars = measures.flatMap((measure, m) => {
    const left = LABELS + m * (panel + GAP);
    const ticks = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
    return [
      text(left, TOP - 12, `${titles[measure]}, vs ${rival[measure]}`, 12),
      ...ticks.flatMap((tick) => [
        line(left + at(tick), TOP - 4, left + at(tick), bottom, tick === 1 ? "one" : "rule"),
        text(left + at(tick), bottom + 15, `${digits(tick)} x`, 10, "middle", "quiet"),
      ]),
      ...p.workloads.flatMap((w, row) =>
        kinds.flatMap(({ name }, k) => {
          const value = ratio(w, measure, name);
          if (value === undefined) return [];
          const y = TOP + row * rowHeight + k * BAR;
          const [from, to] = [Math.min(at(1), at(value)), Math.max(at(1), at(value))];
          const inside = value < 1 || at(value) > panel - 30;
          return [
            `<rect x="${(left + from).toFixed(1)}" y="${y}" width="${Math.max(1, to - from).toFixed(1)}" height="${BAR - 1}" class="c${k}"/>`,
            inside && value >= 1
              ? text(left + to - 3, y + BAR - 1.5, digits(Number(value.toPrecision(2))), 8, "end", "on")
              : text(
                  left + (value < 1 ? at(1) : to) + 3,
                  y + BAR - 1.5,
                  digits(Number(value.toPrecision(2))),
                  8,
                  "start",
                  "quiet",
                ),
          ];
        }),
      ),
    ];
  });
  const names = p.workloads.map((w, row) =>
    text(LABELS - 8, TOP + row * rowHeight + (kinds.length * BAR) / 2 + 4, w.name, 12, "end"),
  );
  const legend = kinds.map(({ name }, k) => {
    const x = LABELS + k * 150;
    return `<rect x="${x}" y="16" width="12" height="12" class="c${k}"/>${text(x + 18, 26, name.replace("toeplitz ", ""), 12)}`;
  });
  const title = "times as fast, one thread";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif">`,
    style,
    ...legend,
    text(WIDTH - 16, 26, title, 12, "end", "quiet"),
    ...bars.filter((part) => part !== ""),
    ...names,
    "</svg>",
    "",
  ].join("\n");
}
