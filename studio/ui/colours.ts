/** Colours for canvases, from the style sheet: a canvas knows neither variables nor `light-dark()`. */

/** How many colours of series there are, `--s0` and on. */
export const SERIES_COLOURS = 6;

/** The name of the colour of the n-th series or class. */
export const seriesColour = (n: number): string => `--s${n % SERIES_COLOURS}`;

/** The value that a variable of style.css has where `element` stands. */
export function colourOf(variable: string, element: HTMLElement): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Calls back when the page turns light or dark; returns what ends that. */
export function onScheme(changed: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}
