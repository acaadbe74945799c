/** The documentation site. `DOCS_BASE` is the path that it is served under, `/` where it is not set. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type DefaultTheme } from "vitepress";
import { topics, type Entry } from "../topics.ts";

const pages = fileURLToPath(new URL("../pages/", import.meta.url));
const base = `/${process.env.DOCS_BASE ?? ""}/`.replace(/\/+/g, "/");
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const placeOf = (page: string): string => (page === "README.md" ? "index.md" : page);
const titleOf = (page: string): string =>
  /^# (.+)$/m.exec(readFileSync(pages + placeOf(page), "utf8"))?.[1] ?? page;

function item(entry: Entry): DefaultTheme.SidebarItem[] {
  const page = typeof entry === "string" ? entry : entry.page;
  if (!existsSync(pages + placeOf(page))) return [];
  const link = page === "README.md" ? "/" : `/${page.replace(/\.md$/, "")}`;
  return typeof entry === "string"
    ? [{ text: titleOf(page), link }]
    : [{ text: entry.title, link: `${link}#${entry.section}` }];
}

const api = JSON.parse(
  readFileSync(`${pages}api/typedoc-sidebar.json`, "utf8"),
) as DefaultTheme.SidebarItem[];

export default defineConfig({
  title: "toeplitz",
  description: "Train, understand and ship 1-D convolutional networks in TypeScript.",
  base,
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: "pages",
  ignoreDeadLinks: false,
  vite: { build: { chunkSizeWarningLimit: 2000 } }, // mermaid, fetched by the page that has a diagram
  markdown: {
    config(md) {
      const fence = md.renderer.rules.fence?.bind(md.renderer.rules);
      md.renderer.rules.fence = (tokens, index, ...rest) =>
        tokens[index].info.trim() === "mermaid"
          ? `<Mermaid code="${encodeURIComponent(tokens[index].content)}" />`
          : (fence?.(tokens, index, ...rest) ?? "");
    },
  },
  themeConfig: {
    nav: [
      { text: "Start", link: "/" },
      { text: "API", link: "/api/" },
      { text: version, link: "/CHANGELOG" },
    ],
    outline: [2, 3],
    search: { provider: "local" },
    sidebar: [
      ...topics.map(({ title, pages: entries }) => ({ text: title, items: entries.flatMap(item) })),
      { text: "API", items: api },
    ],
  },
});
