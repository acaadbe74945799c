/**
 * The colours of the confusion matrix in light and dark, and the ink that can be read on each of its shades: black or white,
 * one of which has a contrast of at least 4.58 with any colour, above the 4.5 that WCAG 2.2 wants (level AA).
 */
import { exp, log } from "../../numerics/f64.ts";

/** Red, green and blue, from 0 to 255. */
type Colour = readonly [red: number, green: number, blue: number];

/** What a matrix is drawn with, by the reader's preference. */
export const schemes = {
  light: { card: "#f6f8fa", right: "#0969da", wrong: "#cf222e" },
  dark: { card: "#151b23", right: "#388bfd", wrong: "#f85149" },
} as const;
export type Scheme = keyof typeof schemes;
export type Side = "right" | "wrong";
export type Ink = "black" | "white";

/** How opaque a shade is, by the part of its row. */
export const opacityOf = (share: number): number => Number((0.15 + 0.85 * share).toFixed(2));

const parsed = (hex: string): Colour => [
  parseInt(hex.slice(1, 3), 16),
  parseInt(hex.slice(3, 5), 16),
  parseInt(hex.slice(5, 7), 16),
];

/** The relative luminance of sRGB, from 0 of black to 1 of white. */
function luminance([red, green, blue]: Colour): number {
  const linear = (value: number): number => {
    const s = value / 255;
    return s <= 0.04045 ? s / 12.92 : exp(2.4 * log((s + 0.055) / 1.055));
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** The ink for a count on its shade. */
export function inkOf(scheme: Scheme, side: Side, share: number): Ink {
  const { card, [side]: over } = schemes[scheme];
  const [below, above] = [parsed(card), parsed(over)];
  const a = opacityOf(share);
  const mix = (c: 0 | 1 | 2): number => a * above[c] + (1 - a) * below[c];
  const l = luminance([mix(0), mix(1), mix(2)]);
  return (l + 0.05) / 0.05 > 1.05 / (l + 0.05) ? "black" : "white";
}
