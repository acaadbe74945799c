/** The tables of docs/models.md, docs/training.md and docs/options.md are what `npm run docs:tables` writes now. */
import { describe, expect, it } from "vitest";
import { tableNames, tablePages, withTables } from "../../scripts/docsTables.ts";
import { trainRows } from "../../src/cli/options/trainRows.ts";
import { root } from "../house/house.ts";
import { textOf } from "./markdown.ts";

describe("tables of the docs", () => {
  it.each(tablePages)("%s is up to date", async (page) => {
    const text = textOf(page);
    expect(await withTables(text, root + page)).toBe(text);
  });

  it("all stand in a page", () => {
    const text = tablePages.map(textOf).join("");
    expect(tableNames.filter((name) => !text.includes(`<!-- table:${name} -->`))).toEqual([]);
  });

  it("have each option of train once, with what it reaches, its values, default and meaning", () => {
    const page = textOf("docs/options.md");
    const options = page.slice(
      page.indexOf("<!-- table:trainOptions"),
      page.indexOf("<!-- table:verbOptions"),
    );
    const rows = [...options.matchAll(/^\| `(--[^`]+)` +\|.*\|$/gm)];
    expect(rows.map(([, flags]) => flags.replaceAll("\\|", "|")).toSorted()).toEqual(
      Object.values(trainRows)
        .map(({ flags }) => flags)
        .toSorted(),
    );
    const cells = ([row]: readonly string[]): string[] => row.split(/(?<!\\)\|/).map((text) => text.trim());
    expect(
      rows
        .map(cells)
        .find(([, flags]) => flags === "`--hop <N>`")
        ?.slice(2, -1),
    ).toEqual([
      "a whole number of at least 1 or a time (2s, 500ms)",
      "--window",
      "`weights`",
      "all",
      "positions from one window to the next",
    ]);
    expect(
      rows
        .map(cells)
        .find(([, flags]) => flags === "`--split <HOW>`")
        ?.slice(2, 4),
    ).toEqual(["`class`, `group`, `time`", "group where rows have groups, time for windows, else class"]);
  });

  it("refuse a name that there is none of", async () => {
    await expect(withTables("<!-- table:loses -->\n<!-- /table -->", `${root}docs/x.md`)).rejects.toThrow(
      "there is no table loses; there are architectures,",
    );
  });
});
