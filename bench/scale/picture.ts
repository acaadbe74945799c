/**
 * docs/scale.svg: the modelled speed-up of 1 to 64 threads, training steps and predictions, on logarithmic axes. Colours
 * follow the reader's light or dark scheme.
 */
import type { ScaledWorkload } from "./count.ts";
import type { Scale } from "./measure.ts";
import { threadCounts } from "./threads.ts";

const WIDTH = 880;
const HEIGHT = 400;
const TOP = 64;
const BOTTOM = HEIGHT - 48;
const LEFT = 52;
const GAP = 56;
const PANEL = (WIDTH - LEFT - GAP - 90) / 2;
const MOST = Math.log2(threadCounts[threadCounts.length - 1]);

const style = `<style>
.ink{fill:#24292f}.quiet{fill:#57606a}.rule{stroke:#d0d7de}.even{stroke:#57606a;stroke-dasharray:4 4}
.c0{stroke:#0969da;fill:#0969da}.c1{stroke:#8250df;fill:#8250df}.c2{stroke:#1a7f37;fill:#1a7f37}.c3{stroke:#9a6700;fill:#9a6700}.c4{stroke:#cf222e;fill:#cf222e}
polyline{fill:none!important;stroke-width:2}
@media (prefers-color-scheme:dark){
.ink{fill:#e6edf3}.quiet{fill:#9198a1}.rule{stroke:#30363d}.even{stroke:#9198a1}
.c0{stroke:#4493f8;fill:#4493f8}.c1{stroke:#ab7df8;fill:#ab7df8}.c2{stroke:#3fb950;fill:#3fb950}.c3{stroke:#d29922;fill:#d29922}.c4{stroke:#f85149;fill:#f85149}}
</style>`;

const text = (x: number, y: number, content: string, size = 12, anchor = "start", shade = "ink"): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}" class="${shade}">${content}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, shade: string): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${shade}"/>`;

const y = (times: number): number => BOTTOM - (Math.log2(times) / MOST) * (BOTTOM - TOP);

function panel(title: string, left: number, curves: readonly ScaledWorkload[]): readonly string[] {
  const x = (threads: number): number => left + (Math.log2(threads) / MOST) * PANEL;
  return [
    text(left, TOP - 16, title),
    ...threadCounts.flatMap((n) => [
      line(x(n), TOP, x(n), BOTTOM, "rule"),
      line(left, y(n), left + PANEL, y(n), "rule"),
      text(x(n), BOTTOM + 16, String(n), 10, "middle", "quiet"),
      text(left - 6, y(n) + 4, `${n} x`, 10, "end", "quiet"),
    ]),
    line(left, BOTTOM, left + PANEL, TOP, "even"),
    ...curves.flatMap(({ counter }, k) => {
      const points = counter.map(({ threads, ms }): readonly [number, number] => [
        x(threads),
        y(Math.max(1, counter[0].ms / ms)),
      ]);
      return [
        `<polyline class="c${k}" points="${points.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ")}"/>`,
        ...points.map(([a, b]) => `<circle class="c${k}" cx="${a.toFixed(1)}" cy="${b.toFixed(1)}" r="3"/>`),
      ];
    }),
  ];
}

export function picture({ threads }: Scale): string {
  const steps = threads.filter(({ of }) => of === "step");
  const batches = threads.filter(({ of }) => of === "batch");
  const legend = steps.flatMap(({ name }, k) => [
    `<rect x="${LEFT + k * 110}" y="14" width="12" height="12" class="c${k}"/>`,
    text(LEFT + k * 110 + 18, 24, name),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif">`,
    style,
    ...legend,
    text(WIDTH - 16, 24, "modelled, by threads", 12, "end", "quiet"),
    ...panel("training step", LEFT, steps),
    ...panel("prediction", LEFT + PANEL + GAP, batches),
    "</svg>",
    "",
  ].join("\n");
}
