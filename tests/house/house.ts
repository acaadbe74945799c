/** What the code says of itself, as the house test reads it: imports of every kind, lines, functions. */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

export interface Source {
  /** From the project's root, `src/graph/ops.ts`. */
  readonly path: string;
  readonly text: string;
}

export const root = fileURLToPath(new URL("../..", import.meta.url));

export const sources = (folder = "src"): Source[] =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => /\.tsx?$/.test(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(root + path, "utf8") }));

/** `src/graph/ops.ts` is in room `graph`; of a file beside the rooms, its own name. */
export const roomOf = (path: string): string => path.split("/")[1];

/** A node of the syntax tree (ESTree, with TypeScript's). */
interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const isSyntax = (value: unknown): value is Syntax =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

/** Every node with the node that it is in. */
function* nodes(of: Syntax, parent: Syntax | null = null): Generator<readonly [Syntax, Syntax | null]> {
  yield [of, parent];
  for (const field of Object.values(of))
    for (const child of Array.isArray(field) ? field : [field]) if (isSyntax(child)) yield* nodes(child, of);
}

const parse = ({ path, text }: Source): Syntax => parseSync(path, text).program as unknown as Syntax;

/** What a file imports or exports from elsewhere, types too: paths from the root, and packages by their names. */
export function importsOf(file: Source): string[] {
  return [...nodes(parse(file))].flatMap(([{ type, source }]) => {
    if (!/^(Import|Export|TSImport)/.test(type) || !isSyntax(source) || typeof source.value !== "string")
      return [];
    const name = source.value;
    return [name.startsWith(".") ? posix.join(posix.dirname(file.path), name) : name];
  });
}

/** Files that reach each other, by Tarjan's strongly connected components: each is a circle of imports. */
export function circles(files: readonly Source[]): string[][] {
  const to = new Map(files.map((file) => [file.path, importsOf(file)]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const lowOf = (path: string): number => low.get(path) ?? Infinity;
  const visit = (path: string): void => {
    low.set(path, index.size);
    index.set(path, index.size);
    stack.push(path);
    for (const next of to.get(path) ?? []) {
      if (!to.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(path, Math.min(lowOf(path), lowOf(next)));
    }
    if (low.get(path) !== index.get(path)) return;
    const circle = stack.splice(stack.indexOf(path));
    if (circle.length > 1 || to.get(path)?.includes(path)) found.push(circle.toSorted());
  };
  for (const { path } of files) if (!index.has(path)) visit(path);
  return found;
}

export interface Measured {
  readonly name: string;
  readonly lines: number;
  /** The reason that its first line gives for being long: `// long: ...`. */
  readonly reason: string | null;
}

/** Functions, methods and arrow functions, with their lines from head to end. */
export function functionsOf(file: Source): Measured[] {
  const nameOf = (value: unknown): string | null =>
    isSyntax(value) && typeof value.name === "string" ? value.name : null;
  return [...nodes(parse(file))].flatMap(([node, parent]) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return [];
    const text = file.text.slice(node.start, node.end);
    const lineBefore = file.text.slice(0, node.start).split("\n").length - 1;
    const head = file.text
      .split("\n")
      .slice(lineBefore, lineBefore + 1 + text.slice(0, text.indexOf("{")).split("\n").length);
    const reason = head.map((line) => /\/\/ long: (.+)/.exec(line)?.[1]).find((r) => r !== undefined);
    return [
      {
        name: nameOf(node.id) ?? nameOf(parent?.id) ?? nameOf(parent?.key) ?? "a function",
        lines: text.split("\n").length,
        reason: reason ?? null,
      },
    ];
  });
}

/** Calls that put every value of a list on the stack, which ends at some 100,000 of them: `Math.max(...list)` and the like. */
const SPREADING = /^(Math\.(max|min)|String\.from(CharCode|CodePoint)|.*\.(push|unshift))$/s;

/** Where a file spreads a list of any length into such a call, by line. */
export function stackedLists(file: Source): string[] {
  return [...nodes(parse(file))].flatMap(([node]) => {
    if (node.type !== "CallExpression" || !isSyntax(node.callee) || !Array.isArray(node.arguments)) return [];
    const callee = file.text.slice(node.callee.start, node.callee.end);
    const spreads = node.arguments.some((given) => isSyntax(given) && given.type === "SpreadElement");
    const line = file.text.slice(0, node.start).split("\n").length;
    return spreads && SPREADING.test(callee) ? [`${file.path}:${line} ${callee}`] : [];
  });
}
