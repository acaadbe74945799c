/**
 * The pages of the documentation site: README.md, what stands beside it, the examples' and docs/, with
 * their images, as they stand. The rule for links: one to a page or an image stays; one to another file of the project
 * becomes one to a page that shows the file; one to nothing is an error. `npm run docs` runs this before the site is built.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { pageFiles, relativeLinks, withLinks } from "../tests/docs/markdown.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}site/pages/`;
const images = /\.(svg|png|webp)$/;
const languages: Readonly<Record<string, string>> = { ".ts": "ts", ".json": "json", ".md": "md" };

const write = (path: string, text: string): void => {
  mkdirSync(dirname(out + path), { recursive: true });
  writeFileSync(out + path, text);
};

/** Where a page is on the site: the README is its first page. */
const placeOf = (page: string): string => (page === "README.md" ? "index.md" : page);

/** A page that shows a file of the project. */
function sourcePage(file: string): string {
  const text = readFileSync(root + file, "utf8");
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length + 1)));
  const language = languages[extname(file)] ?? "text";
  return `---\nsearch: false\noutline: false\n---\n\n# ${file}\n\n${fence}${language}\n${text}\n${fence}\n`;
}

rmSync(out, { recursive: true, force: true });
const pages = pageFiles();
const shown = new Set<string>();
for (const page of pages) {
  const text = readFileSync(root + page, "utf8");
  for (const { path } of relativeLinks(page, text))
    if (!statSync(root + path, { throwIfNoEntry: false })?.isFile())
      throw new Error(`${page} has a link to ${path}, which is no file`);
  const rewritten = withLinks(text, (target) => {
    const [link] = relativeLinks(page, `[x](${target})`);
    if (link === undefined || images.test(link.path)) return target;
    const isPage = pages.includes(link.path);
    if (!isPage) shown.add(link.path);
    const to = isPage ? placeOf(link.path) : `source/${link.path}.md`;
    const way = posix.relative(posix.dirname(placeOf(page)), to);
    return `${way.startsWith(".") ? way : `./${way}`}${link.anchor === "" ? "" : `#${link.anchor}`}`;
  });
  write(placeOf(page), rewritten);
}
for (const file of shown) write(`source/${file}.md`, sourcePage(file));
for (const name of readdirSync(`${root}docs`).filter((file) => images.test(file)))
  if (existsSync(`${out}docs`)) cpSync(`${root}docs/${name}`, `${out}docs/${name}`);
