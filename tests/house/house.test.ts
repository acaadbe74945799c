import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  circles,
  functionsOf,
  importsOf,
  roomOf,
  root,
  sources,
  stackedLists,
  type Source,
} from "./house.ts";
import {
  lintOverrides,
  MOST_COMPONENT_LINES,
  MOST_FUNCTION_LINES,
  MOST_LINES,
  nodeOnly,
  reach,
  rooms,
  studioPackages,
} from "./rooms.ts";

const files = sources();
const studio = sources("studio").filter(({ path }) => path !== "studio/vite.config.ts");
const isNodeOnly = (path: string): boolean => nodeOnly.some((place) => path.startsWith(place));

/** Imports of a file that its room does not allow. */
function wrongArrows(file: Source): string[] {
  const name = roomOf(file.path);
  if (!(name in rooms)) return [];
  const allowed = reach(name);
  const { packages } = rooms[name];
  return importsOf(file)
    .filter((to) => {
      if (!to.startsWith("src/"))
        return packages !== "any" && !isNodeOnly(file.path) && !packages.includes(to);
      if (packages === "any" && /^src\/(index|node)\.ts$/.test(to)) return false;
      return !allowed.has(roomOf(to)) || (isNodeOnly(to) && !isNodeOnly(file.path) && packages !== "any");
    })
    .map((to) => `${file.path} -> ${to}`);
}

describe("The house", () => {
  test("has every folder of src as a room, and every room as a folder", () => {
    const folders = new Set(files.map(({ path }) => roomOf(path)).filter((name) => !name.endsWith(".ts")));
    expect([...folders].toSorted()).toEqual(Object.keys(rooms).toSorted());
  });

  test("has no circle of imports, type imports included", () => {
    expect(circles(files)).toEqual([]);
  });

  test("draws arrows only the way that they run", () => {
    expect(files.flatMap(wrongArrows)).toEqual([]);
  });

  test("reaches nothing of Node from index.ts", () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set(["src/index.ts"]);
    for (const path of reached)
      for (const to of importsOf(byPath.get(path) as Source)) if (byPath.has(to)) reached.add(to);
    expect([...reached].filter(isNodeOnly)).toEqual([]);
  });

  test("says to the linter what it says here (npm run lint:rooms)", () => {
    const config = JSON.parse(readFileSync(`${root}.oxlintrc.json`, "utf8")) as {
      overrides: { rules: Record<string, unknown> }[];
    };
    const ofRooms = config.overrides.filter(({ rules }) => "no-restricted-imports" in rules);
    expect(ofRooms).toEqual(lintOverrides());
  });

  test(`has no file of more than ${MOST_LINES} lines without a reason on its first line`, () => {
    const long = files.filter(
      ({ text }) => text.split("\n").length > MOST_LINES + 1 && !/^.*long: /.test(text),
    );
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test(`has no function of more than ${MOST_FUNCTION_LINES} lines without a reason on its first line`, () => {
    const long = files.flatMap((file) =>
      functionsOf(file)
        .filter(({ lines, reason }) => lines > MOST_FUNCTION_LINES && reason === null)
        .map(({ name, lines }) => `${file.path}: ${name} has ${lines} lines`),
    );
    expect(long).toEqual([]);
  });

  test("puts no list of any length on the stack", () => {
    expect(files.flatMap(stackedLists)).toEqual([]);
  });
});

describe("The studio", () => {
  test("stands on the public surface, its few packages and itself", () => {
    const others = studio.flatMap((file) =>
      importsOf(file)
        .filter((to) => !to.startsWith("studio/") && !to.endsWith(".css"))
        .filter((to) => !(studioPackages as readonly string[]).includes(to))
        .map((to) => `${file.path} -> ${to}`),
    );
    expect(others).toEqual([]);
  });

  test("has no circle of imports, and no long file or function", () => {
    expect(circles(studio)).toEqual([]);
    const long = studio.filter(({ text }) => text.split("\n").length > MOST_LINES + 1);
    expect(long.map(({ path }) => path)).toEqual([]);
    const functions = studio.flatMap((file) =>
      functionsOf(file)
        .filter(({ lines, reason }) => lines > MOST_COMPONENT_LINES && reason === null)
        .map(({ name, lines }) => `${file.path}: ${name} has ${lines} lines`),
    );
    expect(functions).toEqual([]);
  });
});

describe("The house test", () => {
  const planted = (path: string, text: string): Source => ({ path, text });

  test("is red on a circle, of types too", () => {
    const a = planted("src/graph/a.ts", 'import type { B } from "./b.ts";');
    const b = planted("src/graph/b.ts", 'export { A } from "./a.ts";');
    expect(circles([a, b])).toEqual([["src/graph/a.ts", "src/graph/b.ts"]]);
  });

  test("is red on an arrow up, on a package and on Node in the core", () => {
    expect(
      wrongArrows(planted("src/graph/a.ts", 'import type { Layer } from "../layers/layer.ts";')),
    ).toEqual(["src/graph/a.ts -> src/layers/layer.ts"]);
    expect(
      wrongArrows(planted("src/readers/a.ts", 'import { x } from "node:fs";\nimport y from "left-pad";')),
    ).toEqual(["src/readers/a.ts -> node:fs", "src/readers/a.ts -> left-pad"]);
    expect(
      wrongArrows(planted("src/training/a.ts", 'const x = await import("../backends/x64/native.ts");')),
    ).toEqual(["src/training/a.ts -> src/backends/x64/native.ts"]);
    expect(
      wrongArrows(planted("src/training/a.ts", 'import type { Run } from "../models/network.ts";')),
    ).toEqual([]);
  });

  test("is red on a list that is spread into a call, and not on one that is spread into a list", () => {
    const text =
      "const a = [...x];\nf(...x);\nMath.max(0, ...x);\na.b.push(...x);\nString.fromCharCode(...x);\n";
    expect(stackedLists(planted("src/graph/a.ts", text))).toEqual([
      "src/graph/a.ts:3 Math.max",
      "src/graph/a.ts:4 a.b.push",
      "src/graph/a.ts:5 String.fromCharCode",
    ]);
  });

  test("measures functions", () => {
    const body = Array.from({ length: 81 }, () => "  f();").join("\n");
    const source = planted("src/graph/a.ts", `export function long(\n  x: number,\n): void {\n${body}\n}\n`);
    expect(functionsOf(source)).toEqual([{ name: "long", lines: 85, reason: null }]);
  });
});
