/** The studio's own files: read once, before anybody asks, so that no request ever names a path. */
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../../data/errors.ts";

export interface ServedFile {
  readonly bytes: Buffer;
  readonly type: string;
  /** A file whose name has the hash of its content never changes. */
  readonly cache: "immutable" | "no-cache";
}

export interface StudioFiles {
  /** By what a request asks for: `/`, `/assets/x.js`. */
  readonly byTarget: ReadonlyMap<string, ServedFile>;
  /** The page's own policy, from its head. */
  readonly policy: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/** Where `npm run build` puts them: the same from `src` and from `dist`. */
const BUILT = fileURLToPath(new URL("../../../dist/studio/", import.meta.url));

const PAGE = "index.html";
/** By this the page knows that it is asked to show the runs of its server. */
const MARK = '<meta name="toeplitz-runs" content="api/runs" />';

/** Reads them; throws InputError where they have not been built. */
export function studioFiles(folder = BUILT): StudioFiles {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [`${entry.parentPath.replace(/\/?$/, "/")}${entry.name}`.slice(folder.length)] : [],
    );
  } catch {
    names = [];
  }
  if (!names.includes(PAGE))
    throw new InputError(
      "the studio's files are not there: this is a clone that is not built; run npm run build",
    );
  const html = readFileSync(`${folder}${PAGE}`, "utf8");
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1];
  if (policy === undefined) throw new Error(`${PAGE} has no policy`);
  const byTarget = new Map<string, ServedFile>();
  for (const name of names) {
    const bytes = readFileSync(`${folder}${name}`);
    const type = types[extname(name)] ?? "application/octet-stream";
    byTarget.set(`/${name.replaceAll("\\", "/")}`, {
      bytes,
      type,
      cache: name.startsWith("assets") ? "immutable" : "no-cache",
    });
  }
  const page: ServedFile = {
    bytes: Buffer.from(html.replace("</head>", `  ${MARK}\n  </head>`)),
    type: types[".html"],
    cache: "no-cache",
  };
  byTarget.set("/", page).set(`/${PAGE}`, page);
  return { byTarget, policy };
}
