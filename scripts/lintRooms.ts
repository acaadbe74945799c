/** Writes the rooms and arrows of tests/house/rooms.ts into .oxlintrc.json. */
import { readFileSync, writeFileSync } from "node:fs";
import { lintOverrides } from "../tests/house/rooms.ts";

const file = new URL("../.oxlintrc.json", import.meta.url);
interface Override {
  readonly rules: Readonly<Record<string, unknown>>;
}
const config = JSON.parse(readFileSync(file, "utf8")) as { overrides: readonly Override[] };
const others = config.overrides.filter(({ rules }) => !("no-restricted-imports" in rules));
writeFileSync(
  file,
  `${JSON.stringify({ ...config, overrides: [...lintOverrides(), ...others] }, null, 2)}\n`,
);
