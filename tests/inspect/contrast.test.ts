/** Counts can be read on every shade of the confusion matrix: WCAG 2.2, success criterion 1.4.3, level AA. */
import { describe, expect, it } from "vitest";
import { confusionChart } from "../../src/inspect/report/charts.ts";
import { STYLE } from "../../src/inspect/report/style.ts";

const AA = 4.5;
const [light, dark] = STYLE.split("@media (prefers-color-scheme:dark)");

/** A colour of the style sheet, as red, green and blue from 0 to 1. */
function colour(sheet: string, name: string): number[] {
  const [, hex] = new RegExp(`--${name}:#([0-9a-f]{6})`).exec(sheet) ?? ["", ""];
  expect(hex, name).not.toBe("");
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
const luminance = (rgb: readonly number[]): number => {
  const [r, g, b] = rgb.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: readonly number[], b: readonly number[]): number => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

describe.each([
  ["light", light],
  ["dark", dark],
])("in the %s scheme", (scheme, sheet) => {
  it("every count of a confusion matrix has a contrast of 4.5 with its shade, whatever its part of the row", () => {
    const inks = { black: [0, 0, 0], white: [1, 1, 1] } as const;
    expect(STYLE).toContain(`svg text.${scheme}-black{fill:#000}`);
    expect(STYLE).toContain(`svg text.${scheme}-white{fill:#fff}`);
    let least = Infinity;
    for (let count = 1; count < 100; count++) {
      const drawn = confusionChart(
        ["a", "b"],
        [
          [count, 100 - count],
          [100 - count, count],
        ],
      );
      const cells = drawn.matchAll(
        /<rect class="(right|wrong)"[^>]*fill-opacity="([\d.]+)">.*?<\/rect><text class="light-(\w+) dark-(\w+)"/g,
      );
      let seen = 0;
      for (const [, side, opacity, onLight, onDark] of cells) {
        seen++;
        const [below, above, a] = [colour(sheet, "card"), colour(sheet, side), Number(opacity)];
        const shade = above.map((v, i) => a * v + (1 - a) * below[i]);
        const ink = inks[(scheme === "light" ? onLight : onDark) as keyof typeof inks];
        least = Math.min(least, contrast(ink, shade));
      }
      expect(seen).toBe(4);
    }
    expect(least).toBeGreaterThanOrEqual(AA);
  });
});
