/** Bundles what every exported .mjs has in common, `src/export/runtime.ts`, into `src/export/runtimeText.ts`. */
import { writeFileSync } from "node:fs";
import { runtimeFile } from "./runtimeBundle.ts";

writeFileSync(new URL("../src/export/runtimeText.ts", import.meta.url), await runtimeFile());
