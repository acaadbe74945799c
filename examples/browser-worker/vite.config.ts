import { defineConfig } from "vite";

export default defineConfig({
  resolve: { tsconfigPaths: true }, // in this repository "toeplitz" is src/; with the installed package, leave this out
});
