/**
 * The proof that explanations are documents: of several networks LaTeX that pdflatex compiles, without a line that is too long
 * for its page, and HTML that a validator accepts. `npm run proof:latex`; Debian has pdflatex in texlive-latex-base and amsmath in
 * texlive-latex-recommended.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HtmlValidate } from "html-validate";
import {
  architectures,
  explain,
  explanationHtml,
  explanationLatex,
  fromArrays,
  gather,
  trainer,
  type Model,
  type NetworkFields,
} from "../src/index.ts";

const classes = ["a", "b_1", "50 %"];
const task = { channels: 1, length: 64, classes };
const models: readonly Model[] = [
  architectures.chain(task, { filters: [9, 5] }),
  architectures.mnist1dCnn(task),
  architectures.fcn({ ...task, channels: 3, length: 16 }),
  architectures.lite({ ...task, length: 16 }),
  architectures.tcn({ ...task, length: 16 }),
];

async function fieldsOf(model: Model): Promise<NetworkFields> {
  const t = await trainer(model, { batch: 1, seed: 1 });
  return { model, classes, preparation: { kind: "none" }, weights: t.weights(), provenance: {} };
}

/** What pdflatex has against a document; null where it compiles. */
function faultOf(tex: string): string | null {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-latex-"));
  try {
    writeFileSync(join(folder, "row.tex"), tex);
    const words = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "row.tex"];
    spawnSync("pdflatex", words, { cwd: folder, stdio: "ignore", timeout: 120_000 });
    const log = readFileSync(join(folder, "row.log"), "latin1");
    const fault = /^!.*|^Overfull.*|^LaTeX Warning: (?!Label).*/m.exec(log);
    return /Output written on/.test(log) ? (fault?.[0] ?? null) : (fault?.[0] ?? "nothing was written");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const hasLatex = spawnSync("pdflatex", ["--version"]).status === 0;
if (!hasLatex)
  console.log(
    "LaTeX: skipped, no pdflatex on the PATH (Debian: texlive-latex-base, texlive-latex-recommended)",
  );
const validator = new HtmlValidate({ extends: ["html-validate:standard"] });
let faults = 0;
for (const model of models) {
  const { channels, length } = model.input;
  const series = [
    Array.from({ length: channels }, (_, c) =>
      Array.from({ length }, (_v, t) => Math.sin((c + 1) * t * 0.3)),
    ),
  ];
  const data = fromArrays({ name: "waves", series, labels: ["b_1"], classes });
  const e = await explain(await fieldsOf(model), gather(data, [0]));
  const page = explanationHtml(e);
  const { results } = await validator.validateString(page);
  const messages = results.flatMap((r) => r.messages);
  const tex = explanationLatex(e);
  const fault = hasLatex ? faultOf(tex) : null;
  faults += messages.length + Number(fault !== null);
  const html = messages.length === 0 ? "valid" : `line ${messages[0].line}: ${messages[0].message}`;
  console.log(
    `${model.name}: HTML of ${page.length} characters ${html}; LaTeX of ${tex.length} ${hasLatex ? (fault ?? "compiles") : "skipped"}`,
  );
}
process.exitCode = faults > 0 ? 1 : 0;
