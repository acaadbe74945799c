import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { VERSION } from "../../src/index.ts";
import { root } from "../house/house.ts";

it("the version that is written into models is the package's, and in the change log", () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
  expect(VERSION).toBe(version);
  expect(readFileSync(`${root}CHANGELOG.md`, "utf8")).toContain(`\n## ${version}`);
});
