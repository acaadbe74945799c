/** What is installed is what was looked at: locks, scripts at install, the list of materials. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: true;
  readonly inBundle?: true;
  readonly hasInstallScript?: true;
}

function entries(lock: string): [string, Entry][] {
  const { packages } = JSON.parse(readFileSync(`${root}${lock}`, "utf8")) as {
    packages: Record<string, Entry>;
  };
  return Object.entries(packages).filter(([path]) => path !== "");
}

/** Packages that run something where they are installed, each looked at; all of them are for development alone. */
const atInstall: Readonly<Record<string, readonly string[]>> = {
  "package-lock.json": ["node_modules/core-js", "node_modules/esbuild"],
  "site/package-lock.json": ["node_modules/esbuild"],
};

describe.each(Object.keys(atInstall))("%s", (lock) => {
  const all = entries(lock);

  test("has a strong sum for every package that is fetched", () => {
    const fetched = all.filter(([, { link, inBundle }]) => link !== true && inBundle !== true);
    expect(fetched.length).toBeGreaterThan(20);
    expect(
      fetched.filter(([, { integrity }]) => integrity?.startsWith("sha512-") !== true).map(([path]) => path),
    ).toEqual([]);
  });

  test("fetches by https alone, if it says from where", () => {
    expect(
      all.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https:")),
    ).toEqual([]);
  });

  test("runs nothing at install but what is listed here", () => {
    const found = all.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path);
    expect(found.toSorted()).toEqual(atInstall[lock]);
  });
});

describe("package.json", () => {
  const own = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
    publishConfig: object;
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
  };

  test("publishes with provenance", () => {
    expect(own.publishConfig).toEqual({ access: "public", provenance: true });
  });

  test("has a list of materials: what users get and what development takes, each with its sum", () => {
    const { status, stdout } = spawnSync("npm", ["run", "--silent", "sbom"], { cwd: root, encoding: "utf8" });
    expect(status).toBe(0);
    const { bomFormat, components } = JSON.parse(stdout) as {
      bomFormat: string;
      components: { name: string; hashes?: object[]; properties?: { name: string }[] }[];
    };
    expect(bomFormat).toBe("CycloneDX");
    // what is for development alone says so
    const used = components.filter(
      ({ properties = [] }) => !properties.some(({ name }) => name.endsWith(":development")),
    );
    const names = used.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(own.dependencies), "picomatch"]));
    expect(names).not.toContain("vitest");
    expect(components.filter(({ hashes }) => !hashes?.length)).toEqual([]);
  });
});
