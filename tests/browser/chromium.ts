/**
 * A Chromium to test with: CHROMIUM_PATH, or one on the PATH, or Debian's package where we are root and may install it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function onPath(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const candidate of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // look further
    }
  }
  return null;
}

/** The browser's path, or the reason why there is none. */
export function findChromium(): { path: string } | { reason: string } {
  const known = process.env.CHROMIUM_PATH ?? onPath();
  if (known) return { path: known };
  if (process.getuid?.() !== 0) return { reason: "no Chromium on the PATH, and installing one needs root" };
  if (spawnSync("apt-get", ["--version"]).status !== 0)
    return { reason: "no Chromium on the PATH, and no apt-get to install one" };
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    execFileSync("apt-get", ["update", "-qq"], { env, timeout: 120_000, stdio: "ignore" });
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], {
      env,
      timeout: 300_000,
      stdio: "ignore",
    });
  } catch {
    return { reason: "no Chromium on the PATH, and apt-get could not install it" };
  }
  const installed = onPath();
  return installed ? { path: installed } : { reason: "apt-get installed no Chromium" };
}
