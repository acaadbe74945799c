/** The studio as files for any static host: everything relative, nothing from elsewhere. */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Writes sw.js: serviceWorker.js with the list of all files. */
const serviceWorker: Plugin = {
  name: "service-worker",
  apply: "build",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const files = ["./", ...readdirSync(at("public")), ...Object.keys(bundle)].filter(
        (name) => name !== "index.html",
      );
      // names have the hashes of their contents, but for the page
      const page = bundle["index.html"];
      const text = JSON.stringify(files) + (page?.type === "asset" ? String(page.source) : "");
      const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
      this.emitFile({
        type: "asset",
        fileName: "sw.js",
        source: readFileSync(at("serviceWorker.js"), "utf8")
          .replace("__FILES__", JSON.stringify(files))
          .replace("__HASH__", hash),
      });
    },
  },
};

export default defineConfig({
  root: at("."),
  base: "./",
  resolve: { alias: { toeplitz: at("../src/index.ts") } },
  plugins: [serviceWorker],
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
