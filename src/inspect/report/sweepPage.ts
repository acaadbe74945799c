/** The report of a sweep as one page: the trials as lines over their parameters, what mattered, how the best one was found. */
import { costOf } from "../../training/monitor.ts";
import type { Importance } from "../../training/sweep/importance.ts";
import { told } from "../../training/sweep/recipeSpace.ts";
import type { Space } from "../../training/sweep/space.ts";
import type { Search, Searched, Trial } from "../../training/sweep/sweep.ts";
import { lineChart } from "./charts.ts";
import { hashOf } from "./page.ts";
import { PARALLEL_STYLE, parallelChart, type ParallelLine } from "./parallel.ts";
import { STYLE as BASE } from "./style.ts";
import { escape, percent, short, table } from "./svg.ts";

export interface SweepData {
  readonly title: string;
  /** One line under it. */
  readonly about: string;
  readonly space: Space;
  readonly how: Search;
  readonly searched: Searched;
  readonly importances: readonly Importance[];
  /** Names and values, for the table at the end. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

const STYLE = `${BASE}${PARALLEL_STYLE}
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:6px 12px;align-items:center;font-size:14px}
.bars i{display:block;height:12px;border-radius:3px;background:var(--s0);min-width:1px}`;
/** Lines of the table of trials. */
const MOST_LINES = 200;

export function sweepPage(d: SweepData): string {
  const policy = `default-src 'none'; style-src-elem ${hashOf(STYLE)}; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(d.title)}</title>
<style>${STYLE}</style></head>
<body><header><h1>${escape(d.title)}</h1><p class="soft">${escape(d.about)}</p>${tiles(d)}</header>
<main>${[trials(d), mattered(d), course(d), all(d), making(d)].join("\n")}</main></body></html>
`;
}

const section = (id: string, title: string, about: string, content: string): string =>
  `<section id="${id}"><h2>${escape(title)}</h2><p class="soft">${escape(about)}</p>${content}</section>`;

const isLow = ({ monitor }: Search): boolean => costOf(monitor, 1) > 0;
const scoreOf = ({ outcome }: Pick<Trial, "outcome">): number =>
  outcome.kind === "scored" ? outcome.score : NaN;

function tiles({ how, searched: { best, ranked, finished } }: SweepData): string {
  const tile = (name: string, large: string, small: string): string =>
    `<div class="tile"><dt>${escape(name)}</dt><dd>${escape(large)}</dd><dd>${escape(small)}</dd></div>`;
  const steps = finished.reduce((sum, { outcome }) => sum + outcome.steps, 0);
  const whole = ranked.filter(({ rung }) => rung === how.rungs - 1).length;
  const failed = ranked.filter(({ outcome }) => outcome.kind === "failed").length;
  return `<dl class="tiles">${[
    tile(
      `best ${how.monitor}`,
      best ? short(scoreOf(best)) : "–",
      best ? `trial ${best.trial}` : "no trial came to its end",
    ),
    tile("trials", String(ranked.length), `${whole} ran the whole length, ${failed} failed`),
    tile("steps", steps.toLocaleString("en-US"), `of ${finished.length} rungs`),
  ].join("")}</dl>`;
}

function trials({ space, how, searched }: SweepData): string {
  const { ranked, best, points } = searched;
  const kindOf = ({ trial, rung }: Trial): ParallelLine["kind"] => {
    if (trial === best?.trial) return "best";
    if (rung === how.rungs - 1 && how.rungs > 1) return "whole";
    return rung > 0 ? "part" : "first";
  };
  const lines = ranked.map((trial): ParallelLine => {
    const score = scoreOf(trial);
    const what = Number.isNaN(score) ? "failed" : `${how.monitor} ${short(score)}`;
    return {
      name: `trial ${trial.trial}: ${told(trial.values)}: ${what}`,
      point: points[trial.trial],
      score,
      kind: kindOf(trial),
    };
  });
  return section(
    "trials",
    "Trials",
    "A line is a trial: where it crosses an axis is its value of that parameter, its score at its furthest rung on the right, the best at the top. A line passes by what its trial did not have, and ends before the score where it failed.",
    parallelChart("Trials over their parameters", space, { score: how.monitor, isLow: isLow(how) }, lines),
  );
}

function mattered({ importances }: SweepData): string {
  const known = importances.filter(
    (each): each is Importance & { readonly part: number } => each.part !== null,
  );
  if (known.length === 0) return "";
  const bars = known.map(
    ({ name, part }) =>
      `<span>${escape(name)}</span><i style="width:${(100 * part).toFixed(1)}%"></i><span>${percent(part)}</span>`,
  );
  return section(
    "importance",
    "What mattered",
    "The part of the variance of the trials' ranks at the first rung that each parameter explains by itself, corrected for chance. What parameters do together is not in it, and where a sampler draws good values together, each has the part of all.",
    `<figure><div class="bars">${bars.join("")}</div></figure>`,
  );
}

/** The best score of a whole length so far, by the steps that were spent. */
function course({ how, searched: { finished } }: SweepData): string {
  const better = (a: number, b: number): number => (Number.isNaN(a) || (isLow(how) ? b < a : b > a) ? b : a);
  let steps = 0;
  let best = NaN;
  const x: number[] = [];
  const values: number[] = [];
  for (const { rung, outcome } of finished) {
    steps += outcome.steps;
    if (rung < how.rungs - 1 || outcome.kind === "failed") continue;
    best = better(best, outcome.score);
    x.push(steps);
    values.push(best);
  }
  const chart = lineChart({
    title: `Best ${how.monitor} of a whole length`,
    xLabel: "steps of all trials so far",
    x,
    series: [{ name: how.monitor, values, colour: "s0" }],
    scale: "linear",
  });
  return chart === ""
    ? ""
    : section(
        "course",
        "How it was found",
        "What each trial that ran its whole length added.",
        `<div class="charts">${chart}</div>`,
      );
}

function all({ space, how, searched: { ranked } }: SweepData): string {
  const names = Object.keys(space);
  const rows = ranked
    .slice(0, MOST_LINES)
    .map((trial) => [
      String(trial.trial),
      `${trial.rung + 1} of ${how.rungs}`,
      trial.outcome.kind === "scored" ? short(trial.outcome.score) : "failed",
      ...names.map((name) => String(trial.values[name] ?? "–")),
    ]);
  const left =
    ranked.length > MOST_LINES ? ` The first ${MOST_LINES} of ${ranked.length}; all are in sweep.jsonl.` : "";
  const failed = ranked.flatMap(({ trial, outcome }) =>
    outcome.kind === "failed" ? [[`trial ${trial}`, outcome.why]] : [],
  );
  return section(
    "ranking",
    "Ranking",
    `Further rungs first: a trial went further because it was better.${left}`,
    table(["trial", "rung", how.monitor, ...names], rows, "ranking") +
      (failed.length > 0 ? facts(failed.slice(0, MOST_LINES), "failed") : ""),
  );
}

const facts = (rows: readonly (readonly string[])[], name: string): string =>
  table(["", name], rows, name).replace("<table ", '<table class="facts" ');

const making = ({ settings }: SweepData): string =>
  section("settings", "Settings", "What the sweep follows from.", facts(settings, "value"));
