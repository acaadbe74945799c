/** The text of `src/export/runtimeText.ts`: the bundle that `npm run export:runtime` writes, and that a test holds it against. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export async function runtimeFile(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/export/runtime.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "toeplitz",
    platform: "browser",
    target: "es2022",
    minify: true,
    charset: "ascii",
    legalComments: "none",
  });
  return [
    "/** Written by `npm run export:runtime` from `runtime.ts` and the library's own code: what every exported .mjs begins with. */",
    `export const runtimeText =\n  ${JSON.stringify(outputFiles[0].text.trim())};`,
    "",
  ].join("\n");
}
