/** Writes schema/: the JSON Schemas that the package ships, from the code's tables. A part of `npm run docs:tables`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { metadataSchema } from "../src/formats/metadataSchema.ts";
import { modelSchema } from "../src/layers/schema.ts";
import { spaceSchema } from "../src/training/sweep/spaceSchema.ts";

const text = (schema: object): Promise<string> =>
  format(JSON.stringify(schema), { parser: "json", printWidth: 110 });

/** The files by their names, as they are in schema/. */
export const schemaFiles = async (): Promise<Readonly<Record<string, string>>> => ({
  "model.json": await text(modelSchema()),
  "metadata.json": await text(metadataSchema()),
  "space.json": await text(spaceSchema()),
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL("../schema/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(await schemaFiles())) writeFileSync(folder + name, content);
}
