/** The project's pages in Markdown: which there are, their code blocks, links and headings. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { root } from "../house/house.ts";

/** README.md and what stands beside it, the examples', then docs/: paths from the project's root. */
export const pageFiles = (): string[] => [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"].filter((name) =>
    existsSync(root + name),
  ),
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => `docs/${name}`),
];

export const textOf = (page: string): string => readFileSync(root + page, "utf8");

export interface Block {
  readonly page: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** What the comments directly before it say: `<!-- given: ... -->` and `<!-- run -->`. */
  readonly given: string;
  readonly runs: boolean;
  /** What its lines that print say that they print, `console.log(x); // 0.786...`: as far as the dots. */
  readonly prints: readonly string[];
}

/** Fenced code, with the comments that stand before it. */
export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  const fences = /^((?:<!--(?:(?!-->)[\s\S])*-->\s*\n)*)```(\w*)\n([\s\S]*?)^```$/gm;
  for (const { index, 0: whole, 1: comments, 2: language, 3: body } of text.matchAll(fences)) {
    const given = [...comments.matchAll(/<!-- given:\s([\s\S]*?)\s-->/g)].map(([, code]) => code);
    blocks.push({
      page,
      line: text.slice(0, index + whole.indexOf("```")).split("\n").length,
      language,
      text: body,
      given: given.join("\n"),
      runs: comments.includes("<!-- run -->"),
      prints: [...body.matchAll(/^\s*console\.log\(.*\); \/\/ (.*?)(?:\.\.\.)?$/gm)].map(([, said]) => said),
    });
  }
  return blocks;
}

/** The text without its fenced code: as many lines, those of code empty. */
export const proseOf = (text: string): string =>
  text.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));

const LINK = /(\]\()([^)\s]+)(\))/g;

/** The text with the target of each link in its prose changed. */
export function withLinks(text: string, change: (target: string) => string): string {
  return text
    .split(/^(```[\s\S]*?^```$)/m)
    .map((part) =>
      part.startsWith("```")
        ? part
        : part.replace(
            LINK,
            (_, open: string, target: string, close: string) => open + change(target) + close,
          ),
    )
    .join("");
}

export interface Link {
  /** From the project's root; of a link within a page, the page. */
  readonly path: string;
  readonly anchor: string;
}

/** Links of a page that stay within the project. */
export function relativeLinks(page: string, text: string): Link[] {
  const found: Link[] = [];
  withLinks(text, (target) => {
    if (/^[a-z]+:/.test(target)) return target;
    const [path, anchor = ""] = target.split("#");
    found.push({ path: path === "" ? page : posix.join(posix.dirname(page), path), anchor });
    return target;
  });
  return found;
}

/** The anchors of a page's headings, as GitHub and the site make them. */
export const anchorsOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );
