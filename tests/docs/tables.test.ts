/** docs/models.md and docs/training.md are what `npm run docs:tables` writes now. */
import { describe, expect, it } from "vitest";
import { tableNames, tablePages, withTables } from "../../scripts/docsTables.ts";
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

  it("refuse a name that there is none of", async () => {
    await expect(withTables("<!-- table:loses -->\n<!-- /table -->", `${root}docs/x.md`)).rejects.toThrow(
      "there is no table loses; there are architectures,",
    );
  });
});
