/** A model as one page: the module inside it, nothing fetched, and a policy in its head that forbids the browser to fetch anything. */
import { printable } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import { sha256 } from "../../numerics/sha256.ts";
import { takesOf } from "../../models/takes.ts";
import { base64 } from "../base64.ts";
import { encodeMjs } from "../mjs.ts";
import { pageText } from "./pageText.ts";

/** The text of a page; throws as `encodeMjs` does. */
export function encodeHtml(model: AnyModel, name: string): string {
  const { module, sheet } = encodeMjs(model, name);
  const { channels, length, lengths, missing } = takesOf(sheet.preparation, sheet.input);
  const script = `${module}${pageText}\nload().then(page.start, (error) => { document.getElementById("fault").textContent = error.message; });\n`;
  const named = sheet.channelNames ? ` (${sheet.channelNames.join(", ")})` : ", a column each";
  const takes = [
    channels === 1 ? "one channel" : `${channels} channels${named}`,
    lengths === "one" ? `${length} values a row` : `rows of any length, ${lengths} to ${length}`,
    missing === "filled" ? "empty or NaN where a value is missing" : "no value missing",
  ].join("; ");
  const says = sheet.answers === "values" ? "values" : `one of ${sheet.classes.length} classes`;
  const policy = `default-src 'none'; script-src ${hashOf(script)} 'wasm-unsafe-eval'; style-src-elem ${hashOf(STYLE)}; style-src-attr 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escape(sheet.name)}</title>
<style>${STYLE}</style></head>
<body><main>
<h1>${escape(sheet.name)}</h1>
<p>Says ${escape(says)} of a row: ${escape(takes)}. All is computed in this page; nothing leaves it.</p>
<section aria-label="Input">
<p><label class="drop">Drop a file of numbers on this page, or choose one <input type="file" id="file" accept=".csv,.txt,.tsv,text/*"></label></p>
<details><summary>Write or paste numbers</summary>
<p><label for="text">Numbers, separated by blanks, commas or lines</label></p>
<textarea id="text" rows="4" spellcheck="false"></textarea>
<p><button id="use" type="button">Use them</button></p></details>
<p><button id="microphone" type="button" hidden>Microphone</button>
<label id="rate-label" hidden>at <input id="rate" type="number" value="16000" min="3000" max="192000" step="any"> samples a second</label>
<button id="motion" type="button" hidden>Motion of this device</button>
<button id="stop" type="button" hidden>Stop</button></p>
<p id="note"></p><p id="fault" role="alert"></p>
</section>
<section aria-label="Answer" aria-live="polite">
<p id="answer"></p><p id="where"></p>
<svg id="plot" viewBox="0 0 720 200" role="img" aria-label="the row, when there is one" preserveAspectRatio="none"></svg>
<p id="range"></p>
<table><tbody id="answers"></tbody></table>
</section>
<nav id="list" aria-label="Windows"></nav>
<p id="ready"></p>
</main>
<script type="module">${script}</script></body></html>
`;
}

const hashOf = (text: string): string => {
  const hex = sha256(new TextEncoder().encode(text));
  return `'sha256-${base64(Uint8Array.from({ length: 32 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16)))}'`;
};

const escape = (text: string): string =>
  printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --ground: #fdfdfc; --line: #d8dde3; --mark: #2360b8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a2acb9; --ground: #14181d; --line: #343c46; --mark: #78abf5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
p { margin: .5rem 0; }
#where, #range, #ready, #note { color: var(--soft); font-size: .875rem; }
.drop { display: block; border: 1.5px dashed var(--line); border-radius: .5rem; padding: 1rem; }
.drop input { display: block; margin-top: .5rem; max-width: 100%; }
textarea { width: 100%; font: inherit; }
input, textarea, button { color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .375rem; padding: .35rem .6rem; font: inherit; }
input[type=number] { width: 8rem; }
button { cursor: pointer; }
button:hover { border-color: var(--mark); }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
#fault { color: #b3261e; } @media (prefers-color-scheme: dark) { #fault { color: #ff8f84; } }
#fault:empty, #note:empty, #answer:empty, #where:empty, #range:empty { display: none; }
#answer { font-size: 2rem; font-weight: 600; margin: 1rem 0 0; }
#plot { display: block; width: 100%; height: 200px; margin: .75rem 0; border: 1px solid var(--line); border-radius: .5rem; }
#plot path { fill: none; stroke: var(--mark); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 400; padding: .15rem .75rem .15rem 0; }
td { text-align: right; padding: .15rem .75rem .15rem 0; white-space: nowrap; }
td:last-child { width: 60%; padding-right: 0; }
.bar { height: .6rem; border-radius: .3rem; background: var(--mark); min-width: 1px; }
#list { display: flex; flex-wrap: wrap; gap: .35rem; margin: 1rem 0; }
#list button { font-size: .8125rem; padding: .2rem .5rem; }
`;
