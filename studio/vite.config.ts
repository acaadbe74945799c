/** The studio as files for any static host: everything relative, nothing from elsewhere. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  base: "./",
  resolve: { alias: { toeplitz: at("../src/index.ts") } },
  worker: { format: "es" },
  // a data: URL in place of a file would be refused by the page's own policy
  build: {
    outDir: at("../dist/studio"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
