/**
 * Writes the tables of docs/models.md, docs/training.md, docs/options.md, docs/limits.md and docs/recipes.md from the code's own tables and comments: `npm run docs:tables`.
 * A page has its prose and, between `<!-- table:NAME -->` and `<!-- /table -->`, what `tables` says of that name.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import * as limits from "./tables/limits.ts";
import * as models from "./tables/models.ts";
import * as options from "./tables/options.ts";
import * as recipes from "./tables/recipes.ts";
import * as training from "./tables/training.ts";

const tables: Readonly<Record<string, () => string>> = {
  ...models,
  ...training,
  ...options,
  ...limits,
  ...recipes,
};

export const tablePages = [
  "docs/models.md",
  "docs/training.md",
  "docs/options.md",
  "docs/limits.md",
  "docs/recipes.md",
] as const;

/** The text with each table made anew, in the project's format. */
export async function withTables(text: string, path: string): Promise<string> {
  const filled = text.replace(
    /(<!-- table:(\w+) -->)[^]*?(<!-- \/table -->)/g,
    (_, open: string, name: string, close: string) => {
      if (!Object.hasOwn(tables, name))
        throw new Error(`${path}: there is no table ${name}; there are ${Object.keys(tables).join(", ")}`);
      return `${open}\n\n${tables[name]()}\n\n${close}`;
    },
  );
  return format(filled, { ...(await resolveConfig(path)), parser: "markdown" });
}

export const tableNames = Object.keys(tables);

const root = fileURLToPath(new URL("../", import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const page of tablePages) {
    const path = root + page;
    const before = readFileSync(path, "utf8");
    const after = await withTables(before, path);
    if (after !== before) writeFileSync(path, after);
  }
