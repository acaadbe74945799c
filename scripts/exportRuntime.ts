/** Bundles what exported files have in common into texts of `src/export/`. */
import { writeFileSync } from "node:fs";
import { bundled, bundles, sourceOf } from "./runtimeBundle.ts";

for (const bundle of bundles) writeFileSync(sourceOf(bundle.to), (await bundled(bundle)).file);
