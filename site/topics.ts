/** The pages of the site by topic, as the sidebar shows them; a test says that every page of docs/ is in it. */

export interface Topic {
  readonly title: string;
  readonly pages: readonly Entry[];
}

/** A file from the project's root, or a section of one with a title of its own. */
export type Entry = string | { readonly page: string; readonly section: string; readonly title: string };

export const topics: readonly Topic[] = [
  { title: "Start", pages: ["README.md", "docs/studio.md", "examples/README.md", "CHANGELOG.md"] },
  { title: "Data", pages: ["docs/data.md", "docs/preparation.md", "docs/studio-data.md"] },
  {
    title: "Training",
    pages: [
      "docs/training.md",
      "docs/sweep.md",
      "docs/options.md",
      "docs/protocols.md",
      "docs/runs.md",
      "docs/numerics.md",
      "docs/machines.md",
      "docs/distributed.md",
    ],
  },
  {
    title: "Models",
    pages: [
      "docs/models.md",
      "docs/rocket.md",
      "docs/streams.md",
      "docs/calibration.md",
      "docs/model-file.md",
      "docs/formats.md",
      "docs/pytorch.md",
      "docs/accuracy.md",
      "docs/recipes.md",
      "docs/limits.md",
    ],
  },
  {
    title: "Understanding",
    pages: [
      "docs/explain.md",
      "docs/why.md",
      { page: "docs/runs.md", section: "the-report", title: "The report of a run" },
      { page: "docs/runs.md", section: "comparing-runs", title: "Comparing runs" },
      { page: "docs/protocols.md", section: "baselines", title: "Baselines" },
    ],
  },
  { title: "Leaving home", pages: ["docs/exports.md"] },
  { title: "Performance", pages: ["docs/performance.md", "docs/measurements.md", "docs/scale.md"] },
  { title: "Contributing", pages: ["CONTRIBUTING.md", "docs/architecture.md", "SECURITY.md"] },
];
