/**
 * The rooms of `src` and which way the arrows run: the one list of them. `house.test.ts` holds the code against it, and
 * `npm run lint:rooms` writes it into `.oxlintrc.json`, so that an editor shows a wrong arrow where it is drawn.
 */

export interface Room {
  /** Rooms that its files import from; what those stand on is allowed too. */
  readonly on: readonly string[];
  /** Packages and `node:` modules: none in the core, which runs in browsers, but for what is named. */
  readonly packages: readonly string[] | "any";
}

const core = (...on: readonly string[]): Room => ({ on, packages: [] });
const node = (...on: readonly string[]): Room => ({ on, packages: "any" });

export const rooms: Readonly<Record<string, Room>> = {
  numerics: core(),
  operators: core(),
  graph: core("numerics"),
  layers: core("graph"),
  data: core("numerics"),
  readers: { on: ["data"], packages: ["fflate"] },
  vector: core("numerics"),
  compiler: core("graph", "vector", "operators"),
  backends: core("vector"),
  models: core("layers", "compiler", "backends", "data"),
  training: core("models"),
  formats: { on: ["models", "training", "readers"], packages: ["@bufbuild/protobuf/wire"] },
  export: { on: ["formats"], packages: ["fflate"] },
  inspect: core("models", "training", "operators"),
  distributed: node("training", "backends"),
  bench: node("formats", "inspect", "readers"),
  cli: node("formats", "export", "inspect", "readers", "distributed", "bench"),
};

/** Files and folders that use Node or a package though their room does not: `index.ts` never reaches them. */
export const nodeOnly = [
  "src/node.ts",
  "src/readers/node/",
  "src/backends/x64/native.ts",
  "src/backends/x64/koffi.ts",
] as const;

/** What the studio imports beside its own files; of these, its build configuration alone may use Node. */
export const studioPackages = ["toeplitz", "preact", "preact/hooks", "@preact/signals", "uplot"] as const;

/** Longer files and functions say why on their first line: `long: ...`. */
export const MOST_LINES = 500;
export const MOST_FUNCTION_LINES = 80;
/** Of the studio, whose components hold the markup that they draw. */
export const MOST_COMPONENT_LINES = 110;

/** A room and everything below it. */
export function reach(name: string): ReadonlySet<string> {
  const found = new Set([name]);
  for (const room of found) for (const below of rooms[room].on) found.add(below);
  return found;
}

/** The overrides of `.oxlintrc.json` that say the same to the linter. */
export function lintOverrides(): readonly object[] {
  const rule = (...patterns: readonly object[]): object => ({
    "no-restricted-imports": ["error", { patterns }],
  });
  const names = Object.keys(rooms);
  const ofRoom = ([name, { on, packages }]: readonly [string, Room]): object => {
    const allowed = reach(name);
    const above = names.filter((other) => !allowed.has(other)).map((other) => `**/${other}/**`);
    const listed = on.length > 0 ? on.join(", ") : "nothing";
    return {
      files: [`src/${name}/**`],
      rules: rule(
        ...(above.length > 0
          ? [{ group: above, message: `${name}/ stands on ${listed} (docs/architecture.md, the arrows).` }]
          : []),
        ...(packages === "any"
          ? []
          : [
              { regex: "^(\\.\\./)+(index|node)\\.ts$", message: "rooms never import the public surface." },
              {
                regex: packages.length === 0 ? "^[^.]" : "^node:", // the test knows the packages by name
                message: "the core runs in a browser: node: and other packages belong in node.ts and cli/.",
              },
            ]),
      ),
    };
  };
  return [
    ...Object.entries(rooms).map(ofRoom),
    {
      files: ["src/index.ts"],
      rules: rule({
        regex: "^([^.]|\\./node\\.ts$|\\./(cli|bench|readers/node)/)",
        message: "index.ts is the isomorphic core: no package, no node:, no command line.",
      }),
    },
    {
      files: nodeOnly.map((path) => (path.endsWith("/") ? `${path}**` : path)),
      rules: rule({ group: ["**/cli/**", "**/bench/**"], message: "what Node needs stands below cli/." }),
    },
  ];
}
