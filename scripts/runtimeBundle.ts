/** The texts that exported files are made of: bundles that `npm run export:runtime` writes, and that a test holds them against. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** What is bundled: from where, to where, and what it is called there. */
export const bundles = [
  {
    from: "runtime.ts",
    to: "runtimeText.ts",
    name: "runtimeText",
    variable: "toeplitz",
    what: "what every exported .mjs begins with",
  },
  {
    from: "streamRuntime.ts",
    to: "streamRuntimeText.ts",
    name: "streamRuntimeText",
    variable: "toeplitz",
    what: "what an exported .mjs that streams begins with",
  },
  {
    from: "html/page.ts",
    to: "html/pageText.ts",
    name: "pageText",
    variable: "page",
    what: "what an exported page does",
  },
] as const;

export const sourceOf = (file: string): URL => new URL(`../src/export/${file}`, import.meta.url);

/** A bundle's text, and the file that holds it. */
export async function bundled({ from, name, variable, what }: (typeof bundles)[number]): Promise<{
  readonly text: string;
  readonly file: string;
}> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(sourceOf(from))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: variable,
    platform: "browser",
    target: "es2022",
    minify: true,
    charset: "ascii",
    legalComments: "none",
  });
  const text = outputFiles[0].text.trim();
  const file = `/** Written by \`npm run export:runtime\` from \`${from}\` and the library's own code: ${what}. */
export const ${name} =
  ${JSON.stringify(text)};
`;
  return { text, file };
}
